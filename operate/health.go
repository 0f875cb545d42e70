// SPDX-License-Identifier: Apache-2.0

package operate

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Check is one thing that must work for the server to serve.
type Check struct {
	Name    string
	Timeout time.Duration // 0 is two seconds
	Ready   func(context.Context) error
}

// Health tells whether the process lives and whether it can serve. The checks
// run side by side, at most once a second however often somebody asks, and one
// that does not come back is not started anew. Safe for concurrent use.
type Health struct {
	checks []*check
	ending atomic.Bool
	now    func() time.Time

	mu     sync.Mutex
	at     time.Time
	result map[string]string
}

type check struct {
	Check
	running atomic.Bool
}

// NewHealth gives the health of these checks.
func NewHealth(checks ...Check) *Health {
	h := &Health{now: time.Now}
	for _, c := range checks {
		if c.Timeout == 0 {
			c.Timeout = 2 * time.Second
		}
		h.checks = append(h.checks, &check{Check: c})
	}
	return h
}

// End makes the server not ready, so that whoever spreads the load sends no
// more. Serve calls it when it begins to end.
func (h *Health) End() { h.ending.Store(true) }

// Live answers 200 as long as the process can answer at all.
func (h *Health) Live() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { tell(w, http.StatusOK, map[string]any{"live": true}) })
}

// Ready answers 200 when every check passes, 503 otherwise. With details, for
// the listener of metrics.listen, it tells what is wrong; without, for
// everybody, it does not.
func (h *Health) Ready(details bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		result, ready := h.ask(), !h.ending.Load()
		for _, says := range result {
			ready = ready && says == "ok"
		}
		status := http.StatusOK
		if !ready {
			status = http.StatusServiceUnavailable
		}
		body := map[string]any{"ready": ready}
		if details {
			body["checks"], body["ending"] = result, h.ending.Load()
		}
		tell(w, status, body)
	})
}

func tell(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body) // the caller may have gone; nobody else to tell
}

// ask gives what each check says: "ok" or what is wrong. Its context is none
// of a request's: the answer is for all who ask in this second.
func (h *Health) ask() map[string]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.result != nil && h.now().Sub(h.at) < time.Second {
		return h.result
	}
	says := make([]string, len(h.checks))
	var all sync.WaitGroup
	for i, c := range h.checks {
		all.Go(func() { says[i] = c.run() })
	}
	all.Wait()
	h.result, h.at = map[string]string{}, h.now()
	for i, c := range h.checks {
		h.result[c.Name] = says[i]
	}
	return h.result
}

func (c *check) run() string {
	if !c.running.CompareAndSwap(false, true) {
		return "the check before has not come back"
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.Timeout)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		defer c.running.Store(false)
		defer func() {
			if fault := recover(); fault != nil {
				done <- fmt.Errorf("the check panics: %v", fault)
			}
		}()
		done <- c.Ready(ctx)
	}()
	select {
	case err := <-done:
		if err != nil {
			return scrub(err.Error())
		}
		return "ok"
	case <-ctx.Done():
		return "no answer in " + c.Timeout.String()
	}
}
