// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
)

// callerKey is where the context keeps who asks, replyKey where it keeps the
// answer that is being made.
type (
	callerKey struct{}
	replyKey  struct{}
)

func callerOf(ctx context.Context) app.Caller {
	c, _ := ctx.Value(callerKey{}).(app.Caller)
	return c
}

// inner is a context under a name of its own: huma.Context has a method Context.
type inner = huma.Context

// reply is an answer that is not sent yet: its end may still be another one,
// and what it is worth is known only when it is whole.
type reply struct {
	inner
	body   io.Reader // of the request, when it was read once already; nil: as it came
	status int
	head   http.Header
	text   bytes.Buffer
	file   io.ReadCloser // in place of text: what is sent as it is read
}

func (r *reply) SetStatus(code int)              { r.status = code }
func (r *reply) Status() int                     { return r.status }
func (r *reply) SetHeader(name, value string)    { r.head.Set(name, value) }
func (r *reply) AppendHeader(name, value string) { r.head.Add(name, value) }
func (r *reply) BodyWriter() io.Writer           { return &r.text }

func (r *reply) BodyReader() io.Reader {
	if r.body != nil {
		return r.body
	}
	return r.inner.BodyReader()
}

func (r *reply) close() {
	if r.file != nil {
		r.file.Close() // it was read only
	}
}

// replace puts a failure in the place of what was to be answered.
func (r *reply) replace(f *fault) {
	r.close()
	r.file, r.status = nil, f.Status
	r.text.Reset()
	for name := range r.head {
		r.head.Del(name)
	}
	r.head.Set("Content-Type", "application/problem+json")
	r.text.Write(f.json())
}

// serve stands before an operation: it lets in who may, asks the conditions of
// the request, carries it out once, and sends the answer when it is whole.
func (s *server) serve(c call) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r := &reply{inner: ctx, status: http.StatusOK, head: http.Header{}}
		defer r.close()
		caller, f := s.admit(c, r)
		if f == nil {
			f = s.run(c, r, caller, next)
		}
		if f != nil {
			r.replace(f)
		}
		s.send(c, r)
	}
}

// admit gives who asks, when he shows a token that opens the organisation for
// the need.
func (s *server) admit(c call, r *reply) (app.Caller, *fault) {
	token, ok := strings.CutPrefix(r.Header("Authorization"), "Bearer ")
	if !ok {
		return app.Caller{}, newFault("denied", http.StatusUnauthorized, "no token was shown", "send Authorization: Bearer dmc_…")
	}
	caller, err := s.o.Caller(r.Context(), token)
	if err != nil {
		f := tell(s.o.Log, err)
		if f.Status == http.StatusForbidden {
			f.Status, f.Title = http.StatusUnauthorized, http.StatusText(http.StatusUnauthorized)
		}
		return caller, f
	}
	if c.open {
		return caller, nil
	}
	org := r.Param("org")
	if !isPlain(org) {
		return caller, newFault("not-found", http.StatusNotFound, "there is no such organisation that you belong to", "GET "+prefix+"/organisations lists yours")
	}
	if caller = caller.In(org); c.need != "" {
		if err := s.o.App.May(r.Context(), caller, c.need); err != nil {
			return caller, tell(s.o.Log, err)
		}
	}
	return caller, nil
}

// run has the operation make its answer.
func (s *server) run(c call, r *reply, caller app.Caller, next func(huma.Context)) *fault {
	for _, name := range c.params() {
		if !isPlain(r.Param(name)) {
			return newFault("not-found", http.StatusNotFound, name+": this is no id", "the list of the same path names those that there are")
		}
	}
	caller, f := s.conditions(c, r, caller)
	if f != nil || r.status == http.StatusNotModified {
		return f
	}
	do := func(caller app.Caller) {
		in := huma.WithValue(huma.WithValue(r, replyKey{}, r), callerKey{}, caller)
		next(in)
		s.tag(c, r, caller)
	}
	if c.method != http.MethodPost || r.Header("Idempotency-Key") == "" {
		do(caller)
		return nil
	}
	return s.once(c, r, caller, do)
}

// send sends an answer. One that cannot be read to its end breaks the
// connection off, so that nobody takes a part for the whole.
func (s *server) send(c call, r *reply) {
	out := r.inner
	var from *bufio.Reader
	if r.file != nil {
		from = bufio.NewReaderSize(r.file, 64<<10)
		if _, err := from.Peek(1); err != nil && !errors.Is(err, io.EOF) {
			r.replace(tell(s.o.Log, err))
			from = nil
		}
	}
	if r.status == http.StatusUnauthorized {
		r.head.Set("WWW-Authenticate", "Bearer")
	}
	if r.head.Get("Cache-Control") == "" {
		r.head.Set("Cache-Control", "private, no-cache")
	}
	for name, values := range r.head {
		for _, v := range values {
			out.SetHeader(name, v)
		}
	}
	out.SetStatus(r.status)
	if r.status == http.StatusNoContent || r.status == http.StatusNotModified || out.Method() == http.MethodHead {
		return
	}
	if from == nil {
		_, _ = out.BodyWriter().Write(r.text.Bytes()) // the reader left when this fails; nobody is left to tell
		return
	}
	if _, err := io.Copy(out.BodyWriter(), from); err != nil {
		if out.Context().Err() == nil {
			s.o.Log.Info("sending a file", "operation", c.id, "error", err)
		}
		panic(http.ErrAbortHandler)
	}
}

// sent is a name of a file that is sent, in a header.
func sent(name string) string { return `attachment; filename="` + name + `"` }

// errBody tells of a body that does not arrive, or is too long.
func errBody(err error) error {
	var most *http.MaxBytesError
	if errors.As(err, &most) || errors.Is(err, errLong) {
		return newFault("usage", http.StatusRequestEntityTooLarge, "the body is too long", "see the operation for the most")
	}
	return problem.New(problem.Usage, "the body did not arrive whole", "send it again").Wrap(err)
}
