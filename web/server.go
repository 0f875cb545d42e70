// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/account/oidc"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/problem"
)

// Options say what is served, and to whom.
type Options struct {
	App      *app.App
	Caller   app.Caller                                // for which organisation, and who stands in the log
	Version  string                                    // of the program
	Policy   []byte                                    // what a collector needs to be allowed, for the page of snapshots
	Hosts    []string                                  // the values of the Host header that are answered: "127.0.0.1:7117", "localhost:7117"
	Secure   bool                                      // reached over TLS: cookies say so
	Address  func(*http.Request) string                // of the network, when a proxy stands before the server; nil: the other end
	Provider *oidc.Provider                            // signs people in too; nil: passwords only
	OIDC     oidc.Config                               // of the provider: what its groups are worth
	Passkeys *account.RelyingParty                     // what passkeys are bound to; nil: there are none
	API      http.Handler                              // what answers below /api/, with tokens of its own; nil: nothing
	Around   func(http.Handler) http.Handler           // what stands before all of it; nil: nothing
	Matched  func(ctx context.Context, pattern string) // is told the pattern of a page; nil: nobody
	Plan     PlanReader                                // reads a Terraform plan; nil: none is taken
	Largest  int64                                     // bytes of a snapshot or plan that is uploaded; 0: a gibibyte
	AnyIP    bool                                      // answer a Host that is an IP address too: it cannot be rebound
	Now      func() time.Time
	Log      *slog.Logger
	Opened   func() // called when a sign-in link was used; may be nil
}

// Server serves the application. Safe for concurrent use.
type Server struct {
	o        Options
	gate     gate
	away     away
	shelf    shelf
	verified verified
	styles   asset
	scripts  asset
	shipped  func() ([]check.Check, error)
	needs    map[string]account.Permission // of each page
	doors    map[string]bool               // paths that anybody may ask for
	handler  http.Handler
}

// New prepares a server.
func New(o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Largest == 0 {
		o.Largest = stateMost
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	styles, err := loadStyles()
	if err != nil {
		return nil, err
	}
	scripts, err := loadScript()
	if err != nil {
		return nil, err
	}
	s := &Server{o: o, shelf: newShelf(), styles: styles, scripts: scripts, shipped: sync.OnceValues(func() ([]check.Check, error) { return app.Checks(nil) })}
	s.needs, s.doors = needsOf(s.routes()), doorsOf(s.doorRoutes())
	if s.handler = s.guarded(s.mux()); o.Around != nil {
		s.handler = o.Around(s.handler)
	}
	return s, nil
}

// Handler gives the whole application with its guards.
func (s *Server) Handler() http.Handler { return s.handler }

// Link makes the path of a sign-in link. It takes the place of one that was
// not used yet.
func (s *Server) Link() string { return "/signin?token=" + s.gate.mint() }

// The limits of a connection. A page is small; a paper of a large estate may
// take minutes to make, so that only reading and idling are short.
const (
	headerTime = 10 * time.Second
	readTime   = 30 * time.Second
	writeTime  = 10 * time.Minute
	idleTime   = 2 * time.Minute
	headerMost = 32 << 10
	graceTime  = 10 * time.Second
)

// Serve answers on l until ctx ends, and lets what is under way come to its
// end. It verifies the log once, so that the light of the first page has
// something to say.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler: s.handler, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime, MaxHeaderBytes: headerMost,
		ErrorLog:    slog.NewLogLogger(s.o.Log.Handler(), slog.LevelWarn),
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	var background sync.WaitGroup
	background.Go(func() {
		s.verifyAll(ctx)
	})
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceTime)
		defer cancel()
		if err = server.Shutdown(grace); err != nil {
			err = errors.Join(fmt.Errorf("shutting down: %w", err), server.Close())
		}
	}
	background.Wait()
	if errors.Is(err, http.ErrServerClosed) || err == nil {
		return nil
	}
	return problem.New(problem.Unavailable, "the server ended", "start it again: demarc serve").Wrap(err)
}
