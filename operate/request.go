// SPDX-License-Identifier: Apache-2.0

package operate

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// request is what the guards know of one request; it travels in the context.
type request struct {
	id     string
	client netip.Addr
	secure bool
	route  string
}

type requestKey struct{}

func of(ctx context.Context) *request {
	r, _ := ctx.Value(requestKey{}).(*request)
	return r
}

// begin gives the record of the request, and makes it when there is none.
func begin(r *http.Request) (*http.Request, *request) {
	if known := of(r.Context()); known != nil {
		return r, known
	}
	known := &request{id: newID(), secure: r.TLS != nil}
	if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		known.client = at.Addr().Unmap().WithZone("")
	}
	return r.WithContext(context.WithValue(r.Context(), requestKey{}, known)), known
}

func newID() string {
	var b [8]byte
	rand.Read(b[:]) // never fails: it ends the program instead
	return hex.EncodeToString(b[:])
}

// Proxied finds the real caller of each request, and belongs before all other
// guards. From a trusted proxy it takes X-Forwarded-For (the right-most address
// that is no trusted proxy's), X-Forwarded-Proto and X-Request-Id; from anybody
// else it takes these headers away, so that nobody behind believes them.
func Proxied(trusted []netip.Prefix, next http.Handler) http.Handler {
	trusts := func(a netip.Addr) bool {
		return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, known := begin(r)
		h := r.Header
		if known.client.IsValid() && trusts(known.client) {
			known.client = forwarded(h.Values("X-Forwarded-For"), known.client, trusts)
			if proto := h.Values("X-Forwarded-Proto"); len(proto) > 0 {
				known.secure = proto[len(proto)-1] == "https"
			}
			if id := h.Get("X-Request-Id"); id != "" && len(id) <= 64 && plainWord(id) {
				known.id = id
			}
		} else {
			for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Request-Id"} {
				h.Del(name)
			}
		}
		for _, name := range []string{"Forwarded", "X-Forwarded-Host", "X-Real-Ip", "X-Original-Url", "X-Rewrite-Url"} {
			h.Del(name) // nobody here reads them, and nobody shall begin to
		}
		next.ServeHTTP(w, r)
	})
}

// forwarded walks from the last hop to the first, as long as it is trusted.
func forwarded(headers []string, last netip.Addr, trusts func(netip.Addr) bool) netip.Addr {
	hops := strings.Split(strings.Join(headers, ","), ",")
	for i := len(hops) - 1; i >= 0 && trusts(last); i-- {
		a, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break // whoever wrote this, what stands before it is worth nothing
		}
		last = a.Unmap().WithZone("")
	}
	return last
}

func plainWord(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r))
	}) < 0
}

// RequestID gives the id of the request that the context belongs to; empty
// outside of one.
func RequestID(ctx context.Context) string {
	if r := of(ctx); r != nil {
		return r.id
	}
	return ""
}

// Client gives the address of the caller; invalid when it cannot be told.
func Client(r *http.Request) netip.Addr {
	_, known := begin(r)
	return known.client
}

// Secure tells whether the request came over TLS, here or to a trusted proxy.
func Secure(r *http.Request) bool {
	_, known := begin(r)
	return known.secure
}

// Matched notes the route that serves the request: its pattern, as ServeMux
// has it. A door calls it that hands a changed copy of the request to its mux;
// else the pattern is found by itself.
func Matched(ctx context.Context, pattern string) {
	if r := of(ctx); r != nil {
		r.route = pattern
	}
}

// routeOf gives the pattern without its method; "other" for none, so that what
// strangers ask for makes no new names.
func routeOf(r *http.Request, known *request) string {
	pattern := known.route
	if pattern == "" {
		pattern = r.Pattern
	}
	if _, path, ok := strings.Cut(pattern, " "); ok {
		pattern = path
	}
	if pattern == "" || pattern == "/" {
		return "other"
	}
	return pattern
}

// methodOf gives the method, "other" for one that no door knows.
func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "other"
}

// answer counts what is written, and passes all else through.
type answer struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(p)
	a.bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// Flush sends what is written so far; for doors that ask for http.Flusher.
func (a *answer) Flush() { http.NewResponseController(a.ResponseWriter).Flush() }

// code gives the status; 200 when nothing was written.
func (a *answer) code() int {
	if a.status == 0 {
		return http.StatusOK
	}
	return a.status
}
