// SPDX-License-Identifier: Apache-2.0

//go:build unix

package story

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"demarc.dev/demarc/internal/browser"
)

// TestAttack: somebody who is signed in visits a hostile site. It can neither
// show a page of hers in a frame, nor do anything in her name, nor read her
// session; and words that are markup stay words.
func TestAttack(t *testing.T) {
	s := serve(t, nil, nil)
	mux := http.NewServeMux()
	page := func(path, body string) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, `<!doctype html><html lang="en"><title>Win a prize</title><link rel="icon" href="data:,">`, body)
		})
	}
	page("/frame", `<iframe width="600" height="400" src="`+s.at+`/o/larkspur/member"></iframe>`)
	page("/post", `<form method="post" action="`+s.at+`/o/larkspur/member"><input type="hidden" name="login" value="eve@evil.example"><input type="hidden" name="role" value="owner"><button>Claim it</button></form>`)
	page("/link", `<a href="`+s.at+`/o/larkspur/member">Claim it</a>`)
	evil := httptest.NewServer(mux)
	t.Cleanup(evil.Close)
	// Another site, not only another origin: to a browser these are two names.
	site := strings.Replace(evil.URL, "127.0.0.1", "localhost", 1)

	ada := s.person("ada")
	ada.signsInByLink()
	ada.visit("/o/larkspur/member")

	t.Run("Frame", func(t *testing.T) {
		ada.visit(site + "/frame")
		refused := ""
		for refused == "" {
			ada.must(ada.page.AwaitFault(ada.ctx))
			for _, f := range ada.page.Faults() {
				if strings.Contains(f, "frame-ancestors") || strings.Contains(f, "X-Frame-Options") || strings.Contains(f, "ERR_BLOCKED_BY_RESPONSE") {
					refused = f
				}
			}
		}
		t.Log(refused)
	})
	t.Run("Post", func(t *testing.T) {
		ada.visit(site + "/post")
		ada.presses("Claim it", "")
		ada.sees("This came from another site")
		if status, _ := ada.page.Status(); status != http.StatusForbidden {
			t.Errorf("a form of another site: %d", status)
		}
		ada.visit("/o/larkspur/member")
		ada.sees("Members")
		if text, err := ada.page.Value(ada.ctx, browser.Thing{Role: "main"}, "textContent"); err != nil || strings.Contains(text, "eve@evil.example") {
			t.Errorf("the form of another site let somebody in: %v", err)
		}
	})
	t.Run("Link", func(t *testing.T) {
		ada.visit(site + "/link")
		ada.follows("Claim it", "")
		ada.sees("You are not signed in") // a strict cookie does not come along
	})
	t.Run("Session", func(t *testing.T) {
		ada.visit("/o/larkspur/")
		readable := ""
		ada.must(ada.page.Eval(ada.ctx, "document.cookie", &readable))
		if readable != "" {
			t.Errorf("a script reads the cookie %q", readable)
		}
	})
	t.Run("Words", func(t *testing.T) {
		const hostile = `"><img src=x onerror=alert(1)><script>alert(2)</script>`
		ada.visit("/o/larkspur/request")
		ada.fills("What do you need to see?", hostile)
		ada.presses("Ask", "")
		ada.sees(hostile)
		ada.visit("/o/larkspur/request")
		ada.sees(hostile)
		ada.visit("/o/larkspur/go?q=" + "%22%3E%3Cscript%3Ealert(3)%3C/script%3E")
		ada.faultless()
	})
}
