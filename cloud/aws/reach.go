// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/url"
	"sync"
	"time"
)

// firstPatience is how long the very first calls may fail to connect.
const firstPatience = 10 * time.Second

// watch ends a run to which nothing answers any more: with ten attempts a call,
// each of thousands of calls would find that out by itself. Safe for concurrent
// use.
type watch struct {
	stop func(*Refusal)
	name string        // the endpoint that was asked for, or ""
	dead time.Duration // the silence that ends the run

	mu    sync.Mutex
	ever  bool        // something has answered
	alarm *time.Timer // runs while nothing answers and attempts fail to connect
	last  error
}

// attempt takes in how an attempt of a call ended.
func (w *watch) attempt(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var dns *net.DNSError
	switch {
	case w.ever && errors.As(err, &dns) && dns.IsNotFound: // a service without an endpoint in a region
	case err != nil && unconnected(err):
		w.last = err
		if w.alarm == nil {
			patience := w.dead
			if !w.ever {
				patience = min(patience, firstPatience)
			}
			w.alarm = time.AfterFunc(patience, w.ring)
		}
	case err == nil || !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded):
		w.ever = true
		w.quiet()
	}
}

func (w *watch) quiet() {
	if w.alarm != nil {
		w.alarm.Stop()
		w.alarm = nil
	}
}

// end lets go of the alarm.
func (w *watch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.quiet()
}

func (w *watch) ring() {
	w.mu.Lock()
	err, alive := w.last, w.alarm == nil
	w.mu.Unlock()
	if !alive {
		w.stop(unreachable(w.name, err))
	}
}

// unconnected tells that an attempt reached nobody: refused, no route, no name.
func unconnected(err error) bool {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return true
	}
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}

// unreachable tells where nothing answers.
func unreachable(endpoint string, err error) *Refusal {
	where := endpoint
	if sent := (*url.Error)(nil); where == "" && errors.As(err, &sent) {
		if u, bad := url.Parse(sent.URL); bad == nil {
			where = u.Scheme + "://" + u.Host
		}
	}
	f, _ := diagnoseNetwork(err)
	if dns := (*net.DNSError)(nil); errors.As(err, &dns) {
		f.detail = "the name " + dns.Name + " is not known"
	}
	return &Refusal{Sentence: "AWS cannot be reached at " + cmp.Or(where, "its endpoint") + ": " + cmp.Or(f.detail, "the network failed"),
		Hint: "look at the network, the name server, HTTPS_PROXY and --endpoint, then run the same command: what was read is kept in the spool", Err: err}
}
