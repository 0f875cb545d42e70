// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/job"
	"demarc.dev/demarc/operate"
	"demarc.dev/demarc/problem"
)

// watch is how the server is watched, and what stands before its pages.
type watch struct {
	config *operate.Config
	logger *slog.Logger
	meter  *operate.Meter
	health *operate.Health
	tracer *operate.Tracer
}

// begin prepares what the configuration says.
func begin(e *env, a *app.App, c app.Caller, config *operate.Config) *watch {
	w := &watch{config: config, logger: operate.NewLog(e.stderr, config.Log), meter: operate.NewMeter(version)}
	w.tracer = operate.NewTracer(config.Trace, version, config.TrustedProxies(), w.logger)
	w.health = operate.NewHealth(operate.Check{Name: "store", Ready: func(ctx context.Context) error {
		_, err := a.Orgs(ctx, c)
		return err
	}})
	for name, read := range map[string]func(waiting, running int64) int64{
		"demarc_jobs_waiting": func(w, _ int64) int64 { return w }, "demarc_jobs_running": func(_, r int64) int64 { return r },
	} {
		w.meter.Gauge(name, "Jobs of all organisations.", func() float64 {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			waiting, running, err := a.QueueDepth(ctx)
			if err != nil {
				return -1 // nobody knows
			}
			return float64(read(waiting, running))
		})
	}
	return w
}

// tried counts how a try at a job ended.
func (w *watch) tried(kind string, state job.State, took time.Duration) {
	w.meter.Job(kind, string(state), took)
}

// counted counts what people and programs are told.
func (w *watch) counted(tell app.Tell) app.Tell {
	return func(ctx context.Context, n app.Notice) error {
		err, way := tell(ctx, n), "mail"
		if n.Hook != "" {
			way = "hook"
		}
		w.meter.Notified(way, err)
		return err
	}
}

// around puts the guards before the pages.
func (w *watch) around(tls bool) func(http.Handler) http.Handler {
	return func(h http.Handler) http.Handler {
		if rate := w.config.Limit.Address; rate > 0 {
			h = operate.Limited(operate.NewLimiter(rate, 100_000), operate.ByAddress, func() { w.meter.Limit("address") }, h)
		}
		h = w.tracer.Traced(w.meter.Measured(h))
		if w.config.Log.Requests {
			h = operate.Logged(w.logger, h)
		}
		if tls {
			h = operate.HSTS(h)
		}
		return operate.Proxied(w.config.TrustedProxies(), h)
	}
}

// listen answers who watches the server, on a listener of its own, until ctx
// ends.
func (w *watch) listen(ctx context.Context) (end func(), err error) {
	listen := w.config.Metrics.Listen
	if listen == "" {
		return func() {}, nil
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return nil, problem.New(problem.Unavailable, "cannot listen on "+quote(listen)+" for metrics", "an address and a free port, such as --metrics 127.0.0.1:9117").Wrap(err)
	}
	server := &http.Server{Handler: w.mux(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second}
	go func() {
		if err := server.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			w.logger.Error("serving metrics", "error", err)
		}
	}()
	return func() {
		if err := server.Close(); err != nil {
			w.logger.Warn("ending the metrics", "error", fmt.Errorf("closing: %w", err))
		}
	}, nil
}

func (w *watch) mux() *http.ServeMux {
	m := http.NewServeMux()
	m.Handle("GET /metrics", w.meter.Handler())
	m.Handle("GET /healthz", w.health.Live())
	m.Handle("GET /readyz", w.health.Ready(true))
	return m
}

// visitorOf gives the address of who asks, behind a trusted proxy too.
func visitorOf(r *http.Request) string {
	if a := operate.Client(r); a.IsValid() {
		return a.String()
	}
	return ""
}
