// SPDX-License-Identifier: Apache-2.0

package operate

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Door is a listener and what it serves.
type Door struct {
	Name     string // for the log
	Listener net.Listener
	TLS      *tls.Config // nil: plain HTTP
	Handler  http.Handler
	// Last is for a door that answers until the others have ended, such as that
	// of metrics and health.
	Last bool
}

// Server serves several doors and ends them together.
type Server struct {
	Doors []Door
	Log   *slog.Logger

	// Health becomes not ready first; then Drain passes, in which the doors
	// answer as before, so that whoever spreads the load notices. 0: at once.
	Health *Health
	Drain  time.Duration

	// Grace is how long requests may take to end before they are cut off; 0 is
	// twenty seconds. The whole of Stop has as long again.
	Grace time.Duration

	// Stop are called one after the other once the doors are shut, whatever
	// the one before returned: end the workers, close the store.
	Stop []Step
}

// Step is one thing to do at the end.
type Step struct {
	Name string
	Do   func(context.Context) error
}

type endingKey struct{}

// Ending gives a channel that is closed when the server begins to shut its
// doors. An answer that goes on and on, such as a stream of progress, ends
// then. Nil, which is never closed, outside of a request to Server.
func Ending(ctx context.Context) <-chan struct{} {
	c, _ := ctx.Value(endingKey{}).(<-chan struct{})
	return c
}

// Serve serves until the context ends or a door fails, then ends in order:
// not ready, drain, the doors, the Last ones after the steps of Stop. It
// returns nil when it was ended and everything ended well. It takes over the
// listeners and closes them.
func (s *Server) Serve(ctx context.Context) error {
	ending := make(chan struct{})
	base := context.WithValue(context.WithoutCancel(ctx), endingKey{}, (<-chan struct{})(ending))
	base, cut := context.WithCancel(base)
	defer cut()
	failed := make(chan error, len(s.Doors))
	servers := make([]*http.Server, len(s.Doors))
	for i, d := range s.Doors {
		servers[i] = s.server(d, base)
		go func() {
			if err := serveDoor(servers[i], d); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("serving %s: %w", d.Name, err)
			}
		}()
		s.Log.Info("listening", "door", d.Name, "address", d.Listener.Addr().String(), "tls", d.TLS != nil)
	}
	var fault error
	select {
	case <-ctx.Done():
		s.Log.Info("ending", "why", context.Cause(ctx))
	case fault = <-failed:
		s.Log.Error("ending: a door failed", "error", fault)
	}
	if s.Health != nil {
		s.Health.End()
	}
	if s.Drain > 0 && fault == nil {
		time.Sleep(s.Drain)
	}
	close(ending)
	errs := []error{fault, s.shut(servers, false, cut)}
	errs = append(errs, s.stop()...)
	errs = append(errs, s.shut(servers, true, cut))
	return errors.Join(errs...)
}

func (s *Server) server(d Door, base context.Context) *http.Server {
	return &http.Server{
		Handler:           d.Handler,
		TLSConfig:         d.TLS,
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       15 * time.Minute, // a large upload over a slow line; answers may stream without end
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug), // what strangers send as a handshake
	}
}

func serveDoor(s *http.Server, d Door) error {
	if d.TLS != nil {
		return s.ServeTLS(d.Listener, "", "")
	}
	return s.Serve(d.Listener)
}

func (s *Server) grace() time.Duration {
	if s.Grace == 0 {
		return 20 * time.Second
	}
	return s.Grace
}

// shut waits for the requests of the doors, side by side, and cuts them off
// when the grace is over.
func (s *Server) shut(servers []*http.Server, last bool, cut context.CancelFunc) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.grace())
	defer cancel()
	var all sync.WaitGroup
	errs := make([]error, len(servers))
	for i, server := range servers {
		if s.Doors[i].Last != last {
			continue
		}
		all.Go(func() {
			if err := server.Shutdown(ctx); err != nil {
				cut()
				server.Close()
				s.Log.Warn("requests were cut off", "door", s.Doors[i].Name)
				errs[i] = fmt.Errorf("ending %s: requests were cut off after %s", s.Doors[i].Name, s.grace())
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func (s *Server) stop() (errs []error) {
	ctx, cancel := context.WithTimeout(context.Background(), s.grace())
	defer cancel()
	for _, step := range s.Stop {
		if err := step.Do(ctx); err != nil {
			s.Log.Error("a step of the end failed", "step", step.Name, "error", err)
			errs = append(errs, fmt.Errorf("%s: %w", step.Name, err))
		}
	}
	return errs
}
