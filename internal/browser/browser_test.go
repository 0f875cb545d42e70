// SPDX-License-Identifier: Apache-2.0

//go:build unix

package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

const form = `<!doctype html><title>Form</title><form method="post" action="/said"><label><span>Name</span><input name="name"></label>
<label><span>Size</span><select name="size"><option value="s">small</option><option value="l">large</option></select></label>
<fieldset>left<button name="side" value="left">Go</button></fieldset><fieldset>right<button name="side" value="right">Go</button></fieldset></form>`

const wrong = `<!doctype html><title>Wrong</title><img src="/none.png" alt=""><script>console.error("broken")</script><p style="color:red">x</p><script src="/bad.js"></script>`

// TestBrowser: a page is used as a person uses it, and what goes wrong in it is
// told.
func TestBrowser(t *testing.T) {
	mux := http.NewServeMux()
	page := func(pattern, policy, text string) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", policy)
			fmt.Fprint(w, text)
		})
	}
	page("GET /form", "default-src 'none'", form)
	page("GET /wrong", "script-src 'self' 'unsafe-inline'; style-src 'none'", wrong)
	mux.HandleFunc("GET /bad.js", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "throw new Error('on purpose')") })
	mux.HandleFunc("POST /said", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.PostFormValue("name"), " ", r.PostFormValue("size"), " ", r.PostFormValue("side"))
	})
	mux.HandleFunc("GET /file", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Disposition", "attachment")
		fmt.Fprint(w, "a file")
	})
	s := httptest.NewServer(mux)
	defer s.Close()
	b, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Stop()
	ctx := t.Context()
	p, err := b.Open(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Run("Form", func(t *testing.T) {
		must(p.Visit(ctx, s.URL+"/form"))
		must(p.Fill(ctx, Thing{Role: "field", Name: "Name"}, "Ada Lovelace"))
		must(p.Fill(ctx, Thing{Role: "field", Name: "Size"}, "large"))
		must(p.Follow(ctx, Thing{Role: "button", Name: "Go", Within: "right"}))
		must(p.See(ctx, "ada lovelace l right"))
		// The icon that browsers ask for by themselves is not there.
		if f := p.Faults(); len(f) > 1 || len(f) == 1 && !strings.Contains(f[0], "favicon") {
			t.Errorf("faults of a good page: %q", f)
		}
	})
	t.Run("File", func(t *testing.T) {
		file, err := p.Download(ctx, func() error { return p.Eval(ctx, "location.href = '/file'", nil) })
		must(err)
		if data, err := os.ReadFile(file); err != nil || string(data) != "a file" {
			t.Errorf("%q, %v", data, err)
		}
	})
	t.Run("Faults", func(t *testing.T) {
		p.Faults()
		must(p.Visit(ctx, s.URL+"/wrong"))
		told := ""
		must(p.until(ctx, "all faults are told", func(s *state) bool {
			told = strings.Join(s.faults, "\n")
			for _, want := range []string{"/none.png answered 404", "broken", "content security policy", "on purpose"} {
				if !strings.Contains(told, want) {
					return false
				}
			}
			return true
		}))
	})
}
