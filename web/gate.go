// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
	"sync"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
)

// cookieName is the cookie of a session. Over TLS it bears the prefix that
// keeps another host of the domain from setting it.
const cookieName = "demarc_session"

func (s *Server) cookieName() string {
	if s.o.Secure {
		return "__Host-" + cookieName
	}
	return cookieName
}

// gate keeps the digest of the link that the program printed, until it is used.
type gate struct {
	mu    sync.Mutex
	token *[sha256.Size]byte
}

// mint makes the token of the next link.
func (g *gate) mint() string {
	token := rand.Text() + rand.Text()
	sum := sha256.Sum256([]byte(token))
	g.mu.Lock()
	defer g.mu.Unlock()
	g.token = &sum
	return token
}

// redeem tells whether a token is that of the link, which is then used.
func (g *gate) redeem(token string) bool {
	sum := sha256.Sum256([]byte(token))
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.token == nil || subtle.ConstantTimeCompare(sum[:], g.token[:]) != 1 {
		return false
	}
	g.token = nil
	return true
}

// sessionKey is where the context keeps the session of a request.
type sessionKey struct{}

// admitted lets in who holds a session; the way in and the styles are open.
func (s *Server) admitted(pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.open(r.URL.Path) {
			c, session, err := s.o.App.Session(r.Context(), s.tokenOf(r))
			if err != nil {
				s.atDoor(func(v *visit) error { return s.turnAway(v, err) }).ServeHTTP(w, r)
				return
			}
			r = r.WithContext(context.WithValue(context.WithValue(r.Context(), callerKey{}, c), sessionKey{}, session))
		}
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && r.Method != http.MethodHead {
			packed := &packer{ResponseWriter: w}
			defer packed.close()
			w = packed
		}
		pages.ServeHTTP(w, r)
	})
}

// turnAway shows the way in to who is not signed in.
func (s *Server) turnAway(v *visit, err error) error {
	if problem.Of(err) != problem.Denied {
		return err
	}
	return s.doorstep(v, http.StatusUnauthorized, page{Title: "Sign in", Next: "You are not signed in, or your session has ended."}, s.signinForm(v, "", safeNext(v.r)))
}

// safeNext gives the page that was asked for, to go on to after signing in.
func safeNext(r *http.Request) string {
	if r.Method != http.MethodGet || !strings.HasPrefix(r.URL.Path, "/o/") && !strings.HasPrefix(r.URL.Path, "/self") {
		return ""
	}
	return r.URL.RequestURI()
}

// onward sends to a page of ours, and nowhere else.
func (v *visit) onward(next string) error {
	if !strings.HasPrefix(next, "/o/") && !strings.HasPrefix(next, "/self") || strings.ContainsAny(next, "\\\r\n") {
		next = "/"
	}
	return v.redirect(next)
}

func (s *Server) tokenOf(r *http.Request) string {
	c, err := r.Cookie(s.cookieName())
	if err != nil {
		return ""
	}
	return c.Value
}

// setCookie gives the browser its session; an empty token takes it away. How
// long it lasts the server knows: the cookie ends with the browser.
func (s *Server) setCookie(w http.ResponseWriter, token string) {
	c := &http.Cookie{Name: s.cookieName(), Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: s.o.Secure}
	if token == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// visitor says who stands at the door.
func (s *Server) visitor(r *http.Request) app.Visitor {
	address := ""
	if s.o.Address != nil {
		address = s.o.Address(r)
	} else if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		address = host
	}
	return app.Visitor{Address: address, Browser: r.UserAgent()}
}

// session gives the session of the visit.
func (v *visit) session() account.Session {
	s, _ := v.Value(sessionKey{}).(account.Session)
	return s
}
