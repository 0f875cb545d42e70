// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/check"
)

// Options say what is served, and who is let in.
type Options struct {
	App *app.App
	// Caller gives who stands behind a token; Denied when nobody does. Nil:
	// App.Token.
	Caller func(ctx context.Context, token string) (app.Caller, error)
	Policy []byte // what a collector needs to be allowed, JSON; nil: it is not told
	Now    func() time.Time
	Log    *slog.Logger
}

// prefix is where the API lies.
const prefix = "/api/v1"

// server is the API with what its operations need.
type server struct {
	o   Options
	api huma.API
	mux *http.ServeMux

	shipped func() ([]check.Check, error)
}

// words sets how the framework tells of a wrong request, for the whole process.
var words sync.Once

// New gives the handler of the API: everything below /api/.
func New(o Options) (http.Handler, error) {
	s, err := build(o)
	if err != nil {
		return nil, err
	}
	json, err := s.api.OpenAPI().MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("writing the OpenAPI document: %w", err)
	}
	yaml, err := s.api.OpenAPI().YAML()
	if err != nil {
		return nil, fmt.Errorf("writing the OpenAPI document: %w", err)
	}
	s.mux.HandleFunc("GET "+prefix+"/openapi.json", document("application/openapi+json", json))
	s.mux.HandleFunc("GET "+prefix+"/openapi.yaml", document("application/openapi+yaml", yaml))
	return s, nil
}

// Document gives the OpenAPI document in YAML, for whoever reads it without a
// server.
func Document() ([]byte, error) {
	s, err := build(Options{})
	if err != nil {
		return nil, err
	}
	return s.api.OpenAPI().YAML()
}

// build makes the API with its operations.
func build(o Options) (*server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Caller == nil && o.App != nil {
		o.Caller = o.App.Token
	}
	words.Do(func() { huma.NewError = invalid })
	mux := http.NewServeMux()
	s := &server{o: o, mux: mux, api: humago.New(mux, config()), shipped: sync.OnceValues(func() ([]check.Check, error) { return app.Checks(nil) })}
	for _, c := range s.calls() {
		s.add(c)
	}
	s.settle()
	return s, nil
}

// ServeHTTP answers. What no operation answers, and what panics, is told as a
// problem too.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out := &begun{ResponseWriter: w}
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p == http.ErrAbortHandler {
			panic(p)
		}
		id := rand.Text()[:10]
		s.o.Log.Error("answering a program", "id", id, "panic", p, "stack", string(debug.Stack()))
		if out.begun {
			panic(http.ErrAbortHandler) // half an answer is none
		}
		tellPlain(w, internal(id))
	}()
	h, pattern := s.mux.Handler(r)
	if pattern == "" {
		s.unknown(w, r, h)
		return
	}
	s.mux.ServeHTTP(out, r)
}

// unknown answers what is no operation.
func (s *server) unknown(w http.ResponseWriter, r *http.Request, h http.Handler) {
	quiet := &silent{head: http.Header{}}
	h.ServeHTTP(quiet, r) // the multiplexer's own word: 404, 405, or another address
	for _, name := range []string{"Allow", "Location"} {
		if v := quiet.head.Get(name); v != "" {
			w.Header().Set(name, v)
		}
	}
	f := newFault("not-found", http.StatusNotFound, "there is nothing here", "GET "+prefix+"/openapi.json lists what there is")
	switch {
	case quiet.status == http.StatusMethodNotAllowed:
		f = newFault("usage", quiet.status, "this cannot be done with what lies here", "use one of: "+quiet.head.Get("Allow"))
	case quiet.status >= 300 && quiet.status < 400:
		f = newFault("usage", quiet.status, "this address is not written as it should be", "use the one in Location")
	}
	tellPlain(w, f)
}

// begun notes that an answer was begun.
type begun struct {
	http.ResponseWriter
	begun bool
}

func (b *begun) WriteHeader(status int) {
	b.begun = true
	b.ResponseWriter.WriteHeader(status)
}

func (b *begun) Write(p []byte) (int, error) {
	b.begun = true
	return b.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (b *begun) Unwrap() http.ResponseWriter { return b.ResponseWriter }

// silent takes an answer's head and nothing else.
type silent struct {
	head   http.Header
	status int
}

func (s *silent) Header() http.Header         { return s.head }
func (s *silent) Write(p []byte) (int, error) { return len(p), nil }
func (s *silent) WriteHeader(status int)      { s.status = status }

// document serves a text that never changes while the program runs.
func document(kind string, text []byte) http.HandlerFunc {
	tag := tagOf(text)
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("ETag", tag)
		w.Header().Set("Cache-Control", "no-cache")
		if has(r.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write(text) // the reader left when this fails; nobody is left to tell
	}
}

// isPlain tells whether a word of a path can be an id at all.
func isPlain(s string) bool {
	return s != "" && len(s) <= 128 && strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}
