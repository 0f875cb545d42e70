// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/account/oidc"
	"demarc.dev/demarc/account/oidc/oidctest"
	"demarc.dev/demarc/web"
)

// TestProvider signs in through an OpenID provider that runs here, as a browser
// does: away, the form there, and back.
func TestProvider(t *testing.T) {
	h := open(t, trap)
	const back = "https://demarc.example/signin/oidc/back"
	issuer, err := oidctest.Start(back)
	if err != nil {
		t.Fatal(err)
	}
	defer issuer.Close()
	issuer.Now = h.now
	user := func(groups ...string) oidctest.User {
		return oidctest.User{Password: "pw", Claims: map[string]any{"sub": "7", "email": "Ada@Larkspur.example", "email_verified": true, "name": "Ada", "groups": groups}}
	}
	issuer.Users["ada"] = user("audit")
	issuer.Users["eve"] = oidctest.User{Password: "pw", Claims: map[string]any{"sub": "8", "email": "mia@larkspur.example", "email_verified": false}}
	issuer.Users["new"] = oidctest.User{Password: "pw", Claims: map[string]any{"sub": "9", "email": "new@larkspur.example", "email_verified": true}}
	c := oidc.Config{Issuer: issuer.URL, ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret, Redirect: back, Scopes: []string{"email", "profile"}, GroupsClaim: "groups",
		Mapping: []oidc.Grant{{Group: "audit", Org: h.caller.Org, Role: string(account.InternalAuditor)}}}
	p, err := oidc.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	h.person(h.caller.Org, "mia@larkspur.example", account.Member{Role: account.Manager})
	if _, err := h.app.LetIn(t.Context(), h.caller, "ada@larkspur.example", "Ada", account.Member{Role: account.Viewer}); err != nil {
		t.Fatal(err)
	}
	all, err := h.app.Members(t.Context(), h.caller)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.app.RemoveMember(t.Context(), h.caller, all[0].Account); err != nil { // Ada has an account, and no access of her own
		t.Fatal(err)
	}
	if h.server, err = web.New(web.Options{App: h.app, Caller: h.caller, Hosts: []string{host}, Now: h.now, Provider: p, OIDC: c}); err != nil {
		t.Fatal(err)
	}

	// visit goes through the provider; the answer is that of the way back.
	visit := func(login string) (*house, int, string) {
		out := *h
		out.cookie = ""
		away := out.do(http.MethodGet, "/signin/oidc", "")
		out.keep(away)
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		resp, err := client.PostForm(away.Header().Get("Location"), url.Values{"login": {login}, "password": {"pw"}})
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		to, err := resp.Location()
		if err != nil {
			t.Fatal(resp.Status, err)
		}
		r := out.do(http.MethodGet, "/signin/oidc/back?"+to.RawQuery, "")
		again := out.do(http.MethodGet, "/signin/oidc/back?"+to.RawQuery, "")
		if again.Code != http.StatusUnauthorized {
			t.Errorf("coming back twice: %d", again.Code)
		}
		out.cookie = ""
		for _, x := range r.Result().Cookies() {
			if x.MaxAge >= 0 {
				out.cookie = x.Name + "=" + x.Value
			}
		}
		return &out, r.Code, text(r)
	}
	ada, code, said := visit("ada")
	if code != http.StatusOK || !strings.Contains(said, "You are signed in") {
		t.Fatalf("%d %s", code, said)
	}
	if r := ada.do(http.MethodGet, "/evidence", ""); r.Code != http.StatusOK {
		t.Errorf("the group's role opens the log: %d", r.Code)
	}
	issuer.Users["ada"] = user()
	if again, _, _ := visit("ada"); again.do(http.MethodGet, "/", "").Code != http.StatusNotFound {
		t.Error("who left the group is still let in")
	}
	if _, code, said := visit("eve"); code != http.StatusUnauthorized || strings.Contains(said, "signed in") && !strings.Contains(said, "Sign in") {
		t.Errorf("an address that is not verified opens another's account: %d", code)
	}
	if _, code, _ := visit("new"); code != http.StatusUnauthorized {
		t.Errorf("an account is made though that is not allowed: %d", code)
	}
	foreign := *h
	foreign.cookie = ""
	if r := foreign.do(http.MethodGet, "/signin/oidc/back?code=x&state=y", ""); r.Code != http.StatusUnauthorized {
		t.Errorf("a way back that was not begun here: %d", r.Code)
	}
}
