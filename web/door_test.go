// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
)

const phrase = "violet trams hum at dusk"

// person lets somebody in, has the operator make a link, and uses it: a browser
// of hers.
func (h *house) person(org, login string, m account.Member) *house {
	h.t.Helper()
	got, err := h.app.LetIn(h.t.Context(), h.caller.In(org), login, "", m)
	if err != nil {
		h.t.Fatal(err)
	}
	token, _, err := h.app.MakeLink(h.t.Context(), h.caller, got.Account)
	if err != nil {
		h.t.Fatal(err)
	}
	p := *h
	p.cookie = ""
	p.caller = h.caller.In(org)
	r := p.do(http.MethodPost, "/join", form("token", token, "password", phrase, "again", phrase))
	if r.Code != http.StatusSeeOther {
		h.t.Fatalf("%s cannot join: %d %s", login, r.Code, text(r))
	}
	p.keep(r)
	return &p
}

// keep keeps the cookie of an answer.
func (h *house) keep(r interface{ Result() *http.Response }) {
	for _, c := range r.Result().Cookies() {
		h.cookie = c.Name + "=" + c.Value
	}
}

// TestDoor signs in as people do.
func TestDoor(t *testing.T) {
	h := open(t, trap)
	org := h.caller.Org
	mia := h.person(org, "mia@larkspur.example", account.Member{Role: account.Manager})
	if r := mia.do(http.MethodGet, "/", ""); r.Code != http.StatusOK || !strings.Contains(text(r), "mia@larkspur.example") {
		t.Fatalf("the first page: %d", r.Code)
	}
	before := mia.cookie
	t.Run("Password", func(t *testing.T) {
		out := *h
		out.cookie = before // a session that somebody else fixed
		wrong := out.do(http.MethodPost, "/signin", form("login", "mia@larkspur.example", "password", "no"))
		if wrong.Code != http.StatusUnauthorized || wrong.Header().Get("Set-Cookie") != "" {
			t.Errorf("a wrong password: %d", wrong.Code)
		}
		r := out.do(http.MethodPost, "/signin", form("login", "mia@larkspur.example", "password", phrase, "next", "/o/"+org+"/duty?side=ours"))
		if r.Code != http.StatusSeeOther || r.Header().Get("Location") != "/o/"+org+"/duty?side=ours" {
			t.Errorf("signing in leads to %d %q", r.Code, r.Header().Get("Location"))
		}
		if out.keep(r); out.cookie == before {
			t.Error("the session is the one from before signing in")
		}
		for _, next := range []string{"//evil.example/o/", "https://evil.example", "/o/\\evil", "javascript:alert(1)"} {
			r := out.do(http.MethodPost, "/signin", form("login", "mia@larkspur.example", "password", phrase, "next", next))
			if to := r.Header().Get("Location"); to != "/" {
				t.Errorf("next=%q leads to %q", next, to)
			}
		}
		if r := out.do(http.MethodPost, "/signin", form("login", "mia@larkspur.example", "password", phrase), func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }); r.Code != http.StatusForbidden {
			t.Errorf("signing in from another site: %d", r.Code)
		}
	})
	t.Run("Codes", func(t *testing.T) {
		page := text(mia.do(http.MethodPost, "/self/codes", ""))
		uri := regexp.MustCompile(`otpauth://[^<]+`).FindString(page)
		u, err := url.Parse(strings.ReplaceAll(uri, "&amp;", "&"))
		if err != nil || u.Query().Get("secret") == "" {
			t.Fatalf("no seed on the page: %q", uri)
		}
		code := func() string {
			c, err := totp.GenerateCode(u.Query().Get("secret"), h.now())
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		page = text(mia.do(http.MethodPost, "/self/codes/confirm", form("code", code())))
		recovery := regexp.MustCompile(`[0-9A-Z]{4}(-[0-9A-Z]{4}){3}`).FindAllString(page, -1)
		if len(recovery) != 10 {
			t.Fatalf("%d recovery codes", len(recovery))
		}
		out := *h
		out.cookie = ""
		r := out.do(http.MethodPost, "/signin", form("login", "mia@larkspur.example", "password", phrase))
		out.keep(r)
		if look := out.do(http.MethodGet, "/", ""); look.Code != http.StatusUnauthorized {
			t.Errorf("without the code the first page is %d", look.Code)
		}
		r = out.do(http.MethodPost, "/signin/code", form("code", recovery[0]))
		out.keep(r)
		if look := out.do(http.MethodGet, "/", ""); r.Code != http.StatusSeeOther || look.Code != http.StatusOK {
			t.Errorf("with a recovery code: %d, then %d", r.Code, look.Code)
		}
	})
	t.Run("Token", func(t *testing.T) {
		page := text(mia.do(http.MethodPost, "/self/token", form("name", "ci", "organisation", org, "scope", "finding.read")))
		token := regexp.MustCompile(`dmc_[0-9A-Z_]+`).FindString(page)
		if _, err := h.app.Token(t.Context(), token); err != nil {
			t.Errorf("%q: %v", token, err)
		}
		if r := mia.do(http.MethodPost, "/self/token", form("name", "ci", "organisation", org, "scope", "member.manage")); r.Code != http.StatusForbidden {
			t.Errorf("a token for more than she may: %d", r.Code)
		}
	})
	t.Run("Request", func(t *testing.T) { auditorAsks(t, h, mia) })
	t.Run("PagesAreWhole", func(t *testing.T) {
		for _, path := range []string{"/self", "/member", "/request", "/request/q1"} {
			d := parse(text(h.do(http.MethodGet, path, "")))
			for _, f := range d.faults {
				t.Errorf("%s: %s", path, f)
			}
			if len(d.first) != 3 {
				t.Errorf("%s: the first lines say %q", path, d.first)
			}
		}
	})
}

// auditorAsks is the story of an external auditor: let in for a time, asks for
// evidence, gets it, and sees nothing else.
func auditorAsks(t *testing.T, h, manager *house) {
	until := h.now().Add(48 * time.Hour)
	eve := h.person(h.caller.Org, "eve@audit.example", account.Member{Role: account.ExternalAuditor, Until: &until})
	r := eve.do(http.MethodPost, "/request", form("text", "Show the access review "+hostile, "about", "9.2.5-C1"))
	at := inPlace.ReplaceAllString(r.Header().Get("Location"), "/")
	if r.Code != http.StatusSeeOther || at != "/request/q1" {
		t.Fatalf("asking leads to %d %q: %s", r.Code, at, text(r))
	}
	if r := manager.do(http.MethodGet, "/", ""); !strings.Contains(text(r), "eve@audit.example asks for evidence") {
		t.Error("the request does not wait for the manager")
	}
	if r := manager.do(http.MethodPost, at+"/answer", form("text", "In the pack", "pack", "yes")); r.Code != http.StatusSeeOther {
		t.Fatalf("answering: %d %s", r.Code, text(r))
	}
	pack := eve.do(http.MethodGet, at+"/pack", "")
	if pack.Code != http.StatusOK || !strings.HasPrefix(text(pack), "PK") {
		t.Errorf("the pack: %d", pack.Code)
	}
	if r := eve.do(http.MethodPost, at+"/follow", form("state", string(app.RequestClosed))); r.Code != http.StatusSeeOther {
		t.Errorf("closing: %d", r.Code)
	}
	for _, path := range []string{"/evidence", "/collect/s1", "/report", "/member"} {
		if r := eve.do(http.MethodGet, path, ""); r.Code != http.StatusForbidden {
			t.Errorf("the auditor gets %s: %d", path, r.Code)
		}
	}
}

// TestRoutes puts every route of the site map to every role, in the own and in
// another organisation, and to nobody: a route that forgets who may is found
// here, and so is one that fails.
func TestRoutes(t *testing.T) {
	h := open(t, trap)
	if err := h.app.CreateOrg(t.Context(), h.caller.In("bramble")); err != nil {
		t.Fatal(err)
	}
	until := h.now().Add(time.Hour * 24 * 30)
	people := map[account.Role][2]*house{}
	for _, role := range account.Roles() {
		m := account.Member{Role: role}
		if role == account.ExternalAuditor {
			m.Until = &until
		}
		people[role] = [2]*house{h.person(h.caller.Org, string(role)+"@larkspur.example", m), h.person("bramble", string(role)+"@bramble.example", m)}
	}
	fill := strings.NewReplacer("{$}", "", "{service}", "aws", "{duty}", "9.2.5-C1", "{fingerprint}", "0", "{control}", "9.2.5", "{check}", "x", "{snapshot}", "s1", "{import}", "f7", "{index}", "1", "{request}", "q1", "{agreement}", "g1", "{level}", "l1", "{supplier}", "amazon-web-services", "{record}", "m1", "{account}", "a-none", "{job}", "1", "{collector}", "x", "{schedule}", "x", "{step}", "sign", "{subscription}", "x", "{risk}", "aws-ct-01", "{line}", "A.5.1", "{audit}", "a1", "{nonconformity}", "n1", "{review}", "m1", "{routine}", "access-review", "{day}", "2026-01-31", "{policy}", "access")
	nobody := *h
	nobody.cookie = ""
	asked := 0
	for pattern, need := range h.server.Permissions() {
		method, path, _ := strings.Cut(pattern, " ")
		path = "/o/" + h.caller.Org + fill.Replace(path)
		if need == "" || strings.ContainsAny(path, "{}") {
			t.Errorf("%s names no permission, or this test does not know its words", pattern)
		}
		if r := nobody.do(method, path, ""); r.Code != http.StatusUnauthorized {
			t.Errorf("%s to nobody: %d", pattern, r.Code)
		}
		for role, p := range people {
			r := p[0].do(method, path, "")
			may := role.May(need) && pattern != "POST /member/{account}/link" // which asks for the operator besides
			if (r.Code == http.StatusForbidden) == may || r.Code >= 500 {
				t.Errorf("%s to %s, who may %v: %d", pattern, role, role.May(need), r.Code)
			}
			if r := p[1].do(method, path, ""); r.Code != http.StatusNotFound || strings.Contains(text(r), "111122223333") {
				t.Errorf("%s to %s of another organisation: %d", pattern, role, r.Code)
			}
			asked += 2
		}
	}
	t.Logf("%d requests", asked)
}
