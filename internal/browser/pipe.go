// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// event is what a page of the browser tells of itself.
type event struct {
	Method string
	Params json.RawMessage
}

// message is what goes through the pipe, in either direction: JSON and a zero
// byte.
type message struct {
	ID      int             `json:"id,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *struct {
		Message string `json:"message"`
		Data    string `json:"data"`
	} `json:"error,omitempty"`
}

// pipe speaks the DevTools protocol. Safe for concurrent use.
type pipe struct {
	mu      sync.Mutex
	out     io.WriteCloser
	last    int
	waiting map[int]chan message
	hears   map[string]func(event) // by session; "" is the browser itself
	ended   error                  // why nothing comes any more
}

func newPipe(out io.WriteCloser) *pipe {
	return &pipe{out: out, waiting: map[int]chan message{}, hears: map[string]func(event){}}
}

// read deals out what comes until the pipe ends. A listener is called in the
// order of the events and must not wait for anything.
func (p *pipe) read(in io.Reader) {
	r := bufio.NewReaderSize(in, 1<<20)
	for {
		data, err := r.ReadBytes(0)
		if err != nil {
			p.end(fmt.Errorf("the browser ended: %w", err))
			return
		}
		var m message
		if err := json.Unmarshal(data[:len(data)-1], &m); err != nil {
			p.end(fmt.Errorf("reading what the browser says: %w", err))
			return
		}
		p.mu.Lock()
		answer, hear := p.waiting[m.ID], p.hears[m.Session]
		delete(p.waiting, m.ID)
		p.mu.Unlock()
		switch {
		case m.ID != 0 && answer != nil:
			answer <- m
		case m.ID == 0 && hear != nil:
			hear(event{m.Method, m.Params})
		}
	}
}

func (p *pipe) end(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended == nil {
		p.ended = why
	}
	for _, c := range p.waiting {
		close(c)
	}
	p.waiting = map[int]chan message{}
}

func (p *pipe) hear(session string, f func(event)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f == nil {
		delete(p.hears, session)
		return
	}
	p.hears[session] = f
}

// fault is an answer of the browser that refuses.
type fault struct{ method, says string }

func (f *fault) Error() string { return f.method + ": " + f.says }

// call asks the browser for something; result may be nil.
func (p *pipe) call(ctx context.Context, session, method string, params, result any) error {
	if params == nil {
		params = struct{}{}
	}
	data, err := json.Marshal(params)
	if err != nil {
		return fmt.Errorf("asking the browser for %s: %w", method, err)
	}
	answer := make(chan message, 1)
	id, err := p.send(message{Session: session, Method: method, Params: data}, answer)
	if err != nil {
		return err
	}
	select {
	case m, ok := <-answer:
		if !ok {
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.ended
		}
		if m.Error != nil {
			return &fault{method, m.Error.Message + " " + m.Error.Data}
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(m.Result, result)
	case <-ctx.Done():
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.waiting, id)
		return fmt.Errorf("waiting for %s: %w", method, context.Cause(ctx))
	}
}

func (p *pipe) send(m message, answer chan message) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended != nil {
		return 0, p.ended
	}
	p.last++
	m.ID = p.last
	data, err := json.Marshal(m)
	if err != nil {
		return 0, fmt.Errorf("asking the browser for %s: %w", m.Method, err)
	}
	p.waiting[m.ID] = answer
	if _, err := p.out.Write(append(data, 0)); err != nil {
		delete(p.waiting, m.ID)
		return 0, errors.Join(errors.New("the browser does not listen any more"), err)
	}
	return m.ID, nil
}
