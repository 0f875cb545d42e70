// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/spf13/pflag"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/operate"
	"demarc.dev/demarc/problem"
)

// operation is how the server is watched, and what stands before its pages.
type operation struct {
	log      operate.Log
	requests bool     // log each
	metrics  string   // address of a listener for figures and health; empty: none
	proxies  []string // networks whose headers about the visitor are believed
	rate     int      // requests a minute and address; 0: as many as come
}

func (o *operation) flags(f *pflag.FlagSet) {
	f.StringVar(&o.log.Format, "log-format", "text", "text for people, json for programs")
	f.StringVar(&o.log.Level, "log-level", "info", "the least that is logged: debug, info, warn, error")
	f.BoolVar(&o.requests, "log-requests", false, "log each request: who, what, how long; no query and no secret")
	f.StringVar(&o.metrics, "metrics", "", "address of a listener of its own for /metrics, /healthz and /readyz, such as 127.0.0.1:9117")
	f.StringSliceVar(&o.proxies, "trusted-proxy", nil, "networks of reverse proxies, such as 127.0.0.1/32: their word on the visitor's address is taken")
	f.IntVar(&o.rate, "rate", 1200, "requests a minute that one address may send; 0: no limit")
}

// watch is the operation at work.
type watch struct {
	operation
	logger  *slog.Logger
	meter   *operate.Meter
	health  *operate.Health
	trusted []netip.Prefix
}

// begin prepares what the flags say.
func (o operation) begin(e *env, a *app.App, c app.Caller) (*watch, error) {
	w := &watch{operation: o, logger: operate.NewLog(e.stderr, o.log), meter: operate.NewMeter(version)}
	for _, words := range o.proxies {
		p, err := netip.ParsePrefix(words)
		if err != nil {
			return nil, problem.New(problem.Usage, "--trusted-proxy "+quote(words)+" is no network", "an address and a length, such as 127.0.0.1/32")
		}
		w.trusted = append(w.trusted, p)
	}
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
	return w, nil
}

// around puts the guards before the pages.
func (w *watch) around(tls bool) func(http.Handler) http.Handler {
	return func(h http.Handler) http.Handler {
		if w.rate > 0 {
			h = operate.Limited(operate.NewLimiter(w.rate, 100_000), operate.ByAddress, func() { w.meter.Limit("address") }, h)
		}
		h = w.meter.Measured(h)
		if w.requests {
			h = operate.Logged(w.logger, h)
		}
		if tls {
			h = operate.HSTS(h)
		}
		return operate.Proxied(w.trusted, h)
	}
}

// listen answers who watches the server, on a listener of its own, until ctx
// ends.
func (w *watch) listen(ctx context.Context) (end func(), err error) {
	if w.metrics == "" {
		return func() {}, nil
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", w.metrics)
	if err != nil {
		return nil, problem.New(problem.Unavailable, "cannot listen on "+quote(w.metrics)+" for metrics", "an address and a free port, such as --metrics 127.0.0.1:9117").Wrap(err)
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
