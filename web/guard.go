// SPDX-License-Identifier: Apache-2.0

package web

import (
	"compress/gzip"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// bodyMost bounds the body of a form. A page that takes a file sets its own bound.
const bodyMost = 64 << 10

// queryMost bounds a URL's query, which holds a view.
const queryMost = 8 << 10

// contentPolicy is the content security policy of every answer. The one script is ours
// and comes from its own address: none in a page runs, and it can make no markup
// of words, for it has no trusted types.
const contentPolicy = "default-src 'none'; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// guarded puts the guards before the pages: the headers of every answer, the
// host, the origin of what changes something, sizes, and the session.
func (s *Server) guarded(pages http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, http.StatusForbidden, "This came from another site", "Go back to the page and send it from there.")
	}))
	inner := origin.Handler(s.admitted(pages))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Frame-Options", "DENY")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin") // no-referrer would make the Origin of our own forms null
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "no-store")
		switch {
		case !s.knows(r.Host):
			s.refuse(w, r, http.StatusMisdirectedRequest, "This server is not called that", "Open the address that demarc serve printed.")
		case s.o.API != nil && strings.HasPrefix(r.URL.Path, "/api/"):
			s.o.API.ServeHTTP(w, r)
		case len(r.URL.RawQuery) > queryMost:
			s.refuse(w, r, http.StatusRequestURITooLong, "This address is too long", "Use fewer filters.")
		default:
			r = withBody(r)
			r.Body = http.MaxBytesReader(w, r.Body, bodyMost)
			inner.ServeHTTP(w, r)
		}
	})
}

// knows tells whether the Host header is a name of this server: a foreign name
// that was made to lead here (DNS rebinding) is not answered.
func (s *Server) knows(host string) bool {
	if slices.Contains(s.o.Hosts, strings.ToLower(host)) {
		return true
	}
	if !s.o.AnyIP {
		return false
	}
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	_, err = netip.ParseAddr(strings.Trim(name, "[]"))
	return err == nil
}

// packer compresses answers of text. What is packed already goes through.
type packer struct {
	http.ResponseWriter
	z       *gzip.Writer
	started bool
}

// packers are kept for the next answer: making one takes longer than packing a
// page. The quickest level makes pages a tenth larger in a third of the time.
var packers = sync.Pool{New: func() any {
	z, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is one
	}
	return z
}}

func (p *packer) WriteHeader(status int) {
	if !p.started {
		p.started = true
		h := p.Header()
		h.Add("Vary", "Accept-Encoding")
		if kind := h.Get("Content-Type"); status == http.StatusOK && (strings.HasPrefix(kind, "text/") || strings.HasPrefix(kind, "image/svg") || kind == "application/json") {
			h.Set("Content-Encoding", "gzip")
			h.Del("Content-Length")
			p.z = packers.Get().(*gzip.Writer)
			p.z.Reset(p.ResponseWriter)
		}
	}
	p.ResponseWriter.WriteHeader(status)
}

func (p *packer) Write(b []byte) (int, error) {
	if !p.started {
		p.WriteHeader(http.StatusOK)
	}
	if p.z == nil {
		return p.ResponseWriter.Write(b)
	}
	return p.z.Write(b)
}

// Unwrap is for http.ResponseController.
func (p *packer) Unwrap() http.ResponseWriter { return p.ResponseWriter }

func (p *packer) close() {
	if p.z != nil {
		p.z.Close() // the connection is gone when this fails; nobody is left to tell
		packers.Put(p.z)
		p.z = nil
	}
}
