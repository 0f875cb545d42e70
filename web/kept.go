// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// kept holds the values that were used last. What several ask for at once is
// made once, and nobody waits for the value of another key. The zero kept holds
// keptMost values.
type kept[T any] struct {
	weigh func(T) int // nil: each value weighs 1
	most  int         // weight of all; 0: keptMost. One value may be heavier

	mu     sync.Mutex
	keys   []string // the one that was used last comes last
	values map[string]*making[T]
	held   int
}

// making is a value that is there, or will be when done is closed.
type making[T any] struct {
	done   chan struct{}
	value  T
	err    error
	weight int
}

// keptMost is how many values are kept at hand.
const keptMost = 4

// get gives the value of a key, and makes it when it is not there. An error is
// kept for nobody; the end of another's request is no reason to give up.
func (k *kept[T]) get(ctx context.Context, key string, make func() (T, error)) (T, error) {
	for {
		m, ours := k.find(key)
		if ours {
			k.fill(key, m, make)
			return m.value, m.err
		}
		select {
		case <-m.done:
		case <-ctx.Done():
			return m.value, ctx.Err()
		}
		if !errors.Is(m.err, context.Canceled) || ctx.Err() != nil {
			return m.value, m.err
		}
	}
}

// soon is get for who waits no longer than for a while: ready is false as long as
// the value is being made, which goes on without him.
func (k *kept[T]) soon(ctx context.Context, key string, while time.Duration, make func(context.Context) (T, error)) (value T, ready bool, err error) {
	on, ended := context.WithoutCancel(ctx), newSignal()
	var made T // and fault are the other goroutine's until it has ended
	var fault error
	go func() {
		defer close(ended)
		defer func() {
			if p := recover(); p != nil {
				fault = fmt.Errorf("making a value: %v", p)
			}
		}()
		made, fault = k.get(on, key, func() (T, error) { return make(on) })
	}()
	late := time.NewTimer(while)
	defer late.Stop()
	select {
	case <-ended:
		return made, fault == nil, fault
	case <-late.C:
		return value, false, nil
	case <-ctx.Done():
		return value, false, ctx.Err()
	}
}

func newSignal() chan struct{} { return make(chan struct{}) }

// find gives what is kept for a key, and whether the caller is to make it.
func (k *kept[T]) find(key string) (m *making[T], ours bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if m, ok := k.values[key]; ok {
		at := slices.Index(k.keys, key)
		k.keys = append(slices.Delete(k.keys, at, at+1), key)
		return m, false
	}
	if k.values == nil {
		k.values = map[string]*making[T]{}
	}
	m = &making[T]{done: make(chan struct{}), err: errUnmade}
	k.keys, k.values[key] = append(k.keys, key), m
	return m, true
}

// errUnmade stands for what a panic left unmade.
var errUnmade = errors.New("making a value ended early")

// fill makes the value, and forgets the oldest while all weigh too much.
func (k *kept[T]) fill(key string, m *making[T], make func() (T, error)) {
	defer func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		defer close(m.done)
		if m.err != nil {
			k.forget(key)
			return
		}
		m.weight = 1
		if k.weigh != nil {
			m.weight = k.weigh(m.value)
		}
		most := k.most
		if most == 0 {
			most = keptMost
		}
		k.held += m.weight
		for i := 0; k.held > most && i < len(k.keys); {
			if oldest := k.keys[i]; oldest != key && k.values[oldest].weight > 0 { // what is being made weighs nothing yet
				k.forget(oldest)
				continue
			}
			i++
		}
	}()
	m.value, m.err = make()
}

func (k *kept[T]) forget(key string) {
	k.held -= k.values[key].weight
	delete(k.values, key)
	at := slices.Index(k.keys, key)
	k.keys = slices.Delete(k.keys, at, at+1)
}
