// SPDX-License-Identifier: Apache-2.0

package web

import (
	"compress/gzip"
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// bodyMost bounds the body of a request: forms only, nothing is uploaded.
const bodyMost = 64 << 10

// queryMost bounds a URL's query, which holds a view.
const queryMost = 8 << 10

// policy is the content security policy of every answer. There is no script,
// so that none can be smuggled in.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

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
		h.Set("Content-Security-Policy", policy)
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
		case len(r.URL.RawQuery) > queryMost:
			s.refuse(w, r, http.StatusRequestURITooLong, "This address is too long", "Use fewer filters.")
		default:
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

// admitted lets in who holds a session; the way in and the styles are open.
func (s *Server) admitted(pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/signin" || strings.HasPrefix(r.URL.Path, "/style/"):
		case !s.gate.holds(sessionOf(r)):
			s.refuse(w, r, http.StatusUnauthorized, "Sign in first", "Open the sign-in link that demarc serve printed. It works once; when it was used, the program prints another.")
			return
		}
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && r.Method != http.MethodHead {
			packed := &packer{ResponseWriter: w}
			defer packed.close()
			w = packed
		}
		pages.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, s.o.Caller)))
	})
}

func sessionOf(r *http.Request) string {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return ""
	}
	return c.Value
}

// signin redeems the token of a link.
func (s *Server) signin(w http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("token")
	if token == "" {
		s.refuse(w, r, http.StatusUnauthorized, "Sign in", "Open the sign-in link that demarc serve printed.")
		return
	}
	// A look ahead by a browser or another program must not use the link up.
	if r.Method != http.MethodGet || strings.Contains(r.Header.Get("Sec-Purpose"), "prefetch") {
		s.refuse(w, r, http.StatusServiceUnavailable, "Not yet", "Open the link.")
		return
	}
	session, ok := s.gate.redeem(token)
	if !ok {
		s.refuse(w, r, http.StatusUnauthorized, "This link does not work any more", "A sign-in link works once. Look where demarc serve runs: it printed another when this one was used.")
		return
	}
	if s.o.Opened != nil {
		s.o.Opened()
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: session, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: int(sessionTime.Seconds())})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *Server) signout(w http.ResponseWriter, r *http.Request) {
	s.gate.end(sessionOf(r))
	http.SetCookie(w, &http.Cookie{Name: cookieName, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: -1})
	s.refuse(w, r, http.StatusOK, "You are signed out", "To come back, open the sign-in link that demarc serve printed last.")
}

// packer compresses answers of text. What is packed already goes through.
type packer struct {
	http.ResponseWriter
	z       *gzip.Writer
	started bool
}

func (p *packer) WriteHeader(status int) {
	if !p.started {
		p.started = true
		h := p.Header()
		h.Add("Vary", "Accept-Encoding")
		if kind := h.Get("Content-Type"); status == http.StatusOK && (strings.HasPrefix(kind, "text/") || strings.HasPrefix(kind, "image/svg")) {
			h.Set("Content-Encoding", "gzip")
			h.Del("Content-Length")
			p.z = gzip.NewWriter(p.ResponseWriter)
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

func (p *packer) close() {
	if p.z != nil {
		p.z.Close() // the connection is gone when this fails; nobody is left to tell
	}
}
