// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestGuard(t *testing.T) {
	h := open(t, trap)
	out := *h // the same server without a session
	out.cookie = ""

	t.Run("WithoutSessionNoData", func(t *testing.T) {
		for _, path := range []string{"/", "/finding", "/finding.csv", "/evidence/key", "/report", "/nowhere", "/duty?status=open"} {
			r := out.do(http.MethodGet, path, "")
			if r.Code != http.StatusUnauthorized {
				t.Errorf("%s without a session: %d", path, r.Code)
			}
			if body := text(r); strings.Contains(body, "main") && strings.Contains(body, "111122223333") || strings.Contains(body, "larkspur") || strings.Contains(body, "ada@") {
				t.Errorf("%s without a session tells data: %s", path, body)
			}
		}
		for _, path := range []string{"/evidence/verify", "/evidence/pack", "/report", "/signout"} {
			if r := out.do(http.MethodPost, path, form("reason", "x")); r.Code != http.StatusUnauthorized {
				t.Errorf("POST %s without a session: %d", path, r.Code)
			}
		}
	})
	t.Run("LinkWorksOnce", func(t *testing.T) {
		link := h.server.Link()
		if r := out.do(http.MethodGet, link, "", func(r *http.Request) { r.Header.Set("Sec-Purpose", "prefetch") }); r.Code == http.StatusSeeOther {
			t.Error("a look ahead used the link up")
		}
		if r := out.do(http.MethodHead, link, ""); r.Code == http.StatusSeeOther {
			t.Error("a HEAD used the link up")
		}
		first := out.do(http.MethodGet, link, "")
		cookie := first.Header().Get("Set-Cookie")
		if first.Code != http.StatusSeeOther || !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Strict") {
			t.Fatalf("first use: %d, %q", first.Code, cookie)
		}
		if r := out.do(http.MethodGet, link, ""); r.Code != http.StatusUnauthorized || r.Header().Get("Set-Cookie") != "" {
			t.Errorf("second use: %d, %q", r.Code, r.Header().Get("Set-Cookie"))
		}
		for _, token := range []string{"x", strings.Repeat("A", 52)} {
			if r := out.do(http.MethodGet, "/signin?token="+token, ""); r.Code != http.StatusUnauthorized {
				t.Errorf("token %q: %d", token, r.Code)
			}
		}
	})
	t.Run("NewerLinkEndsTheOlder", func(t *testing.T) {
		older := h.server.Link()
		h.server.Link()
		if r := out.do(http.MethodGet, older, ""); r.Code != http.StatusUnauthorized {
			t.Errorf("the older link: %d", r.Code)
		}
	})
	t.Run("SignOutEndsTheSession", func(t *testing.T) {
		second := *h
		second.cookie = ""
		second.signin()
		if r := second.do(http.MethodGet, "/check", ""); r.Code != http.StatusOK {
			t.Fatalf("with a session: %d", r.Code)
		}
		second.do(http.MethodPost, "/signout", "")
		if r := second.do(http.MethodGet, "/check", ""); r.Code != http.StatusUnauthorized {
			t.Errorf("after signing out: %d", r.Code)
		}
		if r := h.do(http.MethodGet, "/check", ""); r.Code != http.StatusOK {
			t.Errorf("another session ended too: %d", r.Code)
		}
	})
	t.Run("ForeignHost", func(t *testing.T) {
		for _, name := range []string{"evil.example", "evil.example:7117", "127.0.0.1.evil.example:7117", "127.0.0.1:80", "10.0.0.1:7117"} {
			if r := h.do(http.MethodGet, "/", "", func(r *http.Request) { r.Host = name }); r.Code != http.StatusMisdirectedRequest {
				t.Errorf("host %s: %d", name, r.Code)
			}
		}
		if r := h.do(http.MethodGet, "/check", "", func(r *http.Request) { r.Host = "LOCALHOST:7117" }); r.Code != http.StatusOK {
			t.Errorf("its own name: %d", r.Code)
		}
	})
	t.Run("ForeignOrigin", func(t *testing.T) {
		for name, change := range map[string]func(*http.Request){
			"cross-site":   func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
			"same-site":    func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
			"other origin": func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "http://evil.example") },
			"null origin":  func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "null") },
		} {
			for _, path := range []string{"/evidence/verify", "/evidence/pack", "/report", "/signout"} {
				if r := h.do(http.MethodPost, path, form("paper", "gap", "format", "html"), change); r.Code != http.StatusForbidden {
					t.Errorf("%s from %s: %d", path, name, r.Code)
				}
			}
		}
	})
	t.Run("TooLarge", func(t *testing.T) {
		if r := h.do(http.MethodPost, "/report", "paper="+strings.Repeat("x", 1<<20)); r.Code < 400 {
			t.Errorf("a form of a megabyte: %d", r.Code)
		}
		if r := h.do(http.MethodGet, "/finding?text="+strings.Repeat("x", 10<<10), ""); r.Code != http.StatusRequestURITooLong {
			t.Errorf("a query of ten kilobytes: %d", r.Code)
		}
	})
	t.Run("WrongMethod", func(t *testing.T) {
		size, err := h.app.LogSize(t.Context(), h.caller)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/evidence/pack", "/evidence/verify"} {
			if r := h.do(http.MethodGet, path, ""); r.Code < 400 {
				t.Errorf("GET %s: %d", path, r.Code)
			}
		}
		if after, err := h.app.LogSize(t.Context(), h.caller); err != nil || after != size {
			t.Errorf("a GET wrote into the log: %d entries became %d (%v)", size, after, err)
		}
	})
}

// TestHeaders looks at every kind of answer.
func TestHeaders(t *testing.T) {
	h := open(t, trap)
	out := *h
	out.cookie = ""
	answers := map[string]http.Header{
		"page":       h.do(http.MethodGet, "/", "").Header(),
		"missing":    h.do(http.MethodGet, "/nowhere", "").Header(),
		"file":       h.do(http.MethodGet, "/finding.csv", "").Header(),
		"styles":     h.do(http.MethodGet, "/style/icon.svg", "").Header(),
		"paper":      h.do(http.MethodPost, "/report", form("paper", "gap", "format", "html")).Header(),
		"signed out": out.do(http.MethodGet, "/", "").Header(),
		"redirect":   out.do(http.MethodGet, h.server.Link(), "").Header(),
		"host":       h.do(http.MethodGet, "/", "", func(r *http.Request) { r.Host = "evil.example" }).Header(),
		"origin":     h.do(http.MethodPost, "/report", "", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }).Header(),
		"method":     h.do(http.MethodDelete, "/finding", "", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin") }).Header(),
	}
	for name, header := range answers {
		csp := header.Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "script-src 'self';") || !strings.Contains(csp, "require-trusted-types-for 'script'; trusted-types 'none';") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: Content-Security-Policy %q", name, csp)
		}
		for key, want := range map[string]string{"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-store"} {
			if got := header.Get(key); got != want {
				t.Errorf("%s: %s is %q, want %q", name, key, got, want)
			}
		}
	}
}
