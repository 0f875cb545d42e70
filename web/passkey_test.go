// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/account/passkeytest"
	"demarc.dev/demarc/web"
)

var (
	questionOf = regexp.MustCompile(`data-question="([^"]+)"`)
	ceremonyOf = regexp.MustCompile(`name="ceremony" value="([^"]+)"`)
)

// TestPasskey_Forms: the forms hold the question and take the answer, at the
// address that passkeys are bound to and at no other.
func TestPasskey_Forms(t *testing.T) {
	h := open(t, trap)
	const home = "localhost:7117"
	rp, err := account.NewRelyingParty("localhost", "Demarc", "http://"+home)
	if err != nil {
		t.Fatal(err)
	}
	if h.server, err = web.New(web.Options{App: h.app, Caller: h.caller, Passkeys: rp, Hosts: []string{host, home}, Now: h.now}); err != nil {
		t.Fatal(err)
	}
	mia := h.person(h.caller.Org, "mia@larkspur.example", account.Member{Role: account.Manager})
	id, err := h.app.Members(t.Context(), h.caller)
	if err != nil {
		t.Fatal(err)
	}
	device := passkeytest.New("localhost", id[0].Account)
	device.Origin = "http://" + home
	at := func(r *http.Request) { r.Host = home }
	// ask gives the question of a page and its ceremony.
	ask := func(page string) (string, string) {
		t.Helper()
		q, c := questionOf.FindStringSubmatch(page), ceremonyOf.FindStringSubmatch(page)
		for _, f := range parse(page).faults {
			if !strings.HasSuffix(f, " names no organisation") { // the door is of none
				t.Errorf("the page has a fault: %s", f)
			}
		}
		if q == nil || c == nil {
			t.Fatalf("no question on the page: %s", page)
		}
		return html.UnescapeString(q[1]), html.UnescapeString(c[1])
	}
	if r := mia.do(http.MethodGet, "/self/passkey", ""); r.Code != http.StatusNotFound {
		t.Errorf("a passkey for another address: %d", r.Code)
	}
	if page := text(mia.do(http.MethodGet, "/self", "")); !strings.Contains(page, "http://"+home) {
		t.Error("the page does not say where passkeys work")
	}
	question, ceremony := ask(text(mia.do(http.MethodGet, "/self/passkey", "", at)))
	r := mia.do(http.MethodPost, "/self/passkey", form("name", "key "+hostile[:20], "ceremony", ceremony, "answer", string(device.Register([]byte(question)))), at)
	if page := text(r); r.Code != http.StatusOK || !strings.Contains(page, "Your recovery codes") || strings.Contains(page, "<script>") {
		t.Fatalf("registering: %d %s", r.Code, page)
	}

	out := *h
	out.cookie = ""
	question, ceremony = ask(text(out.do(http.MethodGet, "/signin", "", at)))
	if r := out.do(http.MethodPost, "/signin/passkey", form("ceremony", ceremony), at); r.Code != http.StatusBadRequest && r.Code != http.StatusUnprocessableEntity {
		t.Errorf("without an answer: %d", r.Code)
	}
	answer := form("ceremony", ceremony, "answer", string(device.Assert([]byte(question))), "next", "/self")
	if r := out.do(http.MethodPost, "/signin/passkey", answer); r.Code != http.StatusNotFound {
		t.Errorf("at another address: %d", r.Code)
	}
	if r := out.do(http.MethodPost, "/signin/passkey", answer, at); r.Code != http.StatusSeeOther || r.Header().Get("Location") != "/self" {
		t.Errorf("signing in: %d to %q", r.Code, r.Header().Get("Location"))
	}
	if r := out.do(http.MethodPost, "/signin/passkey", answer, at); r.Code != http.StatusUnauthorized || r.Header().Get("Set-Cookie") != "" {
		t.Errorf("the same answer once more: %d", r.Code)
	}

	r = out.do(http.MethodPost, "/signin", form("login", "mia@larkspur.example", "password", phrase), at)
	out.keep(r)
	question, ceremony = ask(text(r))
	if r := out.do(http.MethodGet, "/self", "", at); r.Code != http.StatusUnauthorized {
		t.Errorf("without the second factor: %d", r.Code)
	}
	if r := out.do(http.MethodPost, "/signin/second", form("ceremony", ceremony, "answer", string(device.Assert([]byte(question))), "next", "/self"), at); r.Code != http.StatusSeeOther {
		t.Errorf("the second factor: %d %s", r.Code, text(r))
	}
}
