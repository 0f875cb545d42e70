// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/api"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/example"
	"demarc.dev/demarc/job"
)

// house is the API over the shipped example.
type house struct {
	t   *testing.T
	app *app.App
	h   http.Handler
}

var owner = app.Local("larkspur", "root@disk.example")

func open(t *testing.T) *house {
	t.Helper()
	dir := t.TempDir()
	a, err := app.Open(t.Context(), app.Options{Dir: dir, Version: "test"})
	ok(t, err)
	ok(t, a.OpenQueue(t.Context(), job.Options{Dir: dir}, nil, nil))
	t.Cleanup(func() {
		ok(t, a.StopQueue(context.Background()))
		ok(t, a.Close())
	})
	read := func(name string) []byte {
		data, err := fs.ReadFile(example.Files(), name)
		ok(t, err)
		return data
	}
	_, err = a.SetScope(t.Context(), owner, "scope.yaml", read("scope.yaml"))
	ok(t, err)
	_, _, err = a.TakeSnapshot(t.Context(), owner, "larkspur.snapshot", bytes.NewReader(read("estate/larkspur.snapshot")))
	ok(t, err)
	_, err = a.Assess(t.Context(), owner, app.Ask{Edition: catalogue.Edition2026, Parties: []catalogue.Party{catalogue.Customer, catalogue.Provider}})
	ok(t, err)
	ok(t, a.CreateOrg(t.Context(), owner.In("bramble")))
	h, err := api.New(api.Options{App: a, Version: "test"})
	ok(t, err)
	return &house{t, a, h}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// token gives a token of a new account in an organisation, for some scopes.
func (h *house) token(org, login string, role account.Role, scopes ...account.Permission) string {
	h.t.Helper()
	ctx := h.t.Context()
	m, err := h.app.LetIn(ctx, owner.In(org), login, "", account.Member{Role: role})
	ok(h.t, err)
	link, _, err := h.app.MakeLink(ctx, owner, m.Account)
	ok(h.t, err)
	cookie, err := h.app.Redeem(ctx, app.Visitor{}, link, "violet trams hum at dusk")
	ok(h.t, err)
	c, _, err := h.app.Session(ctx, cookie)
	ok(h.t, err)
	_, text, err := h.app.MakeToken(ctx, c.In(org), account.Token{Name: "test", Scopes: scopes, Ends: time.Now().Add(time.Hour)})
	ok(h.t, err)
	return text
}

func (h *house) do(method, path, token, body string, head ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	h.h.ServeHTTP(w, r)
	return w
}

// document is what the tests read of the OpenAPI document.
type document struct {
	OpenAPI string                          `json:"openapi"`
	Paths   map[string]map[string]operation `json:"paths"`
}

type operation struct {
	ID         string         `json:"operationId"`
	Permission string         `json:"x-demarc-permission"`
	Responses  map[string]any `json:"responses"`
	Body       any            `json:"requestBody"`
	Parameters []struct {
		Name, In string
	} `json:"parameters"`
}

func (h *house) document() (document, []byte) {
	h.t.Helper()
	r := h.do(http.MethodGet, "/api/v1/openapi.json", "", "")
	if r.Code != http.StatusOK {
		h.t.Fatalf("the document: %d %s", r.Code, r.Body)
	}
	var d document
	ok(h.t, json.Unmarshal(r.Body.Bytes(), &d))
	return d, r.Body.Bytes()
}

func TestDocument(t *testing.T) {
	h := open(t)
	d, raw := h.document()
	if !strings.HasPrefix(d.OpenAPI, "3.1") {
		t.Errorf("it says %q", d.OpenAPI)
	}
	for _, ref := range regexp.MustCompile(`"\$ref":"#/components/schemas/([^"]+)"`).FindAllSubmatch(raw, -1) {
		if !bytes.Contains(raw, []byte(`"`+string(ref[1])+`":{`)) {
			t.Errorf("%s leads nowhere", ref[0])
		}
	}
	n := 0
	for path, ops := range d.Paths {
		for method, op := range ops {
			n++
			if _, told := op.Responses["403"]; !told || op.ID == "" {
				t.Errorf("%s %s has no id, or does not say how it refuses", method, path)
			}
			if strings.Contains(path, "{org}") && op.Permission == "" {
				t.Errorf("%s %s names no permission", method, path)
			}
		}
	}
	if n < 30 {
		t.Errorf("only %d operations", n)
	}
}

var param = regexp.MustCompile(`\{[a-z]+\}`)

// TestOperations puts every operation of the document to nobody, to a token
// without the scope, to one of another organisation, and sends it rubbish.
func TestOperations(t *testing.T) {
	h := open(t)
	d, _ := h.document()
	all := account.Permissions()
	mine := h.token("larkspur", "olga@larkspur.example", account.Owner, all...)
	theirs := h.token("bramble", "otto@bramble.example", account.Owner, all...)
	for path, ops := range d.Paths {
		for method := range ops {
			method = strings.ToUpper(method)
			at := param.ReplaceAllStringFunc(path, func(w string) string {
				return map[string]string{"{org}": "larkspur", "{service}": "aws", "{step}": "sign", "{request}": "q1", "{account}": "a-none", "{by}": "check", "{fingerprint}": "0"}[w]
			})
			if strings.Contains(at, "//") {
				t.Fatalf("%s: this test does not know its words", path)
			}
			if r := h.do(method, at, "", ""); r.Code != http.StatusUnauthorized || r.Header().Get("WWW-Authenticate") == "" || r.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s %s to nobody: %d %s", method, path, r.Code, r.Header().Get("Content-Type"))
			}
			if r := h.do(method, at, "dmc_x", ""); r.Code != http.StatusUnauthorized {
				t.Errorf("%s %s to a wrong token: %d", method, path, r.Code)
			}
			if strings.Contains(path, "{org}") {
				if r := h.do(method, at, theirs, "{}"); r.Code != http.StatusNotFound || strings.Contains(r.Body.String(), "Larkspur Ledger") {
					t.Errorf("%s %s to another organisation: %d", method, path, r.Code)
				}
				for i, bad := range []string{"", "{}", "[]", `{"x":`, `{"text":5,"from":-1}`, strings.Repeat("{", 5000), `{"nobody":"knows"}`, "\x00\xff"} {
					if r := h.do(method, at+fmt.Sprintf("?limit=%s&from=%s&run=%s&edition=%s&cursor=-1", []string{"0", "x", "-1", "99999999999999999999"}[i%4], "%00", "r999999", "1999"), mine, bad); r.Code >= 500 {
						t.Errorf("%s %s with %.20q: %d %s", method, path, bad, r.Code, r.Body)
					}
					if r := h.do(method, at, mine, bad); r.Code >= 500 {
						t.Errorf("%s %s with %.20q: %d %s", method, path, bad, r.Code, r.Body)
					}
				}
			}
		}
	}
	for path, ops := range d.Paths {
		for method, op := range ops {
			if op.Permission == "" || op.Permission == string(account.ReadOrganisation) {
				continue
			}
			narrow := h.narrow(op.Permission)
			at := strings.NewReplacer("{org}", "larkspur", "{service}", "aws", "{step}", "sign", "{request}", "q1", "{account}", "a-none", "{by}", "check", "{fingerprint}", "0").Replace(path)
			if r := h.do(strings.ToUpper(method), at, narrow, "{}"); r.Code != http.StatusForbidden {
				t.Errorf("%s %s without %s: %d", method, path, op.Permission, r.Code)
			}
		}
	}
}

// narrow gives a token for everything but one permission.
func (h *house) narrow(but string) string {
	var scopes []account.Permission
	for _, p := range account.Permissions() {
		if string(p) != but {
			scopes = append(scopes, p)
		}
	}
	return h.token("larkspur", strings.ReplaceAll(but, ".", "-")+"@larkspur.example", account.Owner, scopes...)
}

func TestReading(t *testing.T) {
	h := open(t)
	token := h.token("larkspur", "olga@larkspur.example", account.Owner, account.Permissions()...)
	const at = "/api/v1/organisations/larkspur"
	first := h.do(http.MethodGet, at+"/finding?outcome=fail&limit=10", token, "")
	var page struct {
		Findings []struct{ Fingerprint string }
		Next     string
	}
	ok(t, json.Unmarshal(first.Body.Bytes(), &page))
	if first.Code != http.StatusOK || len(page.Findings) != 10 || page.Next == "" {
		t.Fatalf("%d: %d findings, next %q", first.Code, len(page.Findings), page.Next)
	}
	seen := map[string]bool{}
	for cursor := ""; ; cursor = page.Next {
		page.Next = ""
		ok(t, json.Unmarshal(h.do(http.MethodGet, at+"/finding?outcome=fail&limit=100&cursor="+cursor, token, "").Body.Bytes(), &page))
		for _, f := range page.Findings {
			if seen[f.Fingerprint] {
				t.Fatalf("%s comes twice", f.Fingerprint)
			}
			seen[f.Fingerprint] = true
		}
		if page.Next == "" {
			break
		}
	}
	run, err := h.app.Run(t.Context(), owner, "")
	ok(t, err)
	failing := 0
	for f, err := range h.app.Findings(t.Context(), owner, run) {
		if ok(t, err); f.Outcome == check.Fail {
			failing++
		}
	}
	if len(seen) != failing || failing < 100 {
		t.Errorf("%d failures over all pages, the assessment has %d", len(seen), failing)
	}
	tag := first.Header().Get("ETag")
	if again := h.do(http.MethodGet, at+"/finding?outcome=fail&limit=10", token, "", "If-None-Match", tag); tag == "" || again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("what the reader has already: %d, %d bytes", again.Code, again.Body.Len())
	}
}

func TestWriting(t *testing.T) {
	h := open(t)
	token := h.token("larkspur", "olga@larkspur.example", account.Owner, account.Permissions()...)
	const at = "/api/v1/organisations/larkspur"
	ask := func(key, text string) *httptest.ResponseRecorder {
		return h.do(http.MethodPost, at+"/request", token, `{"text":"`+text+`"}`, "Idempotency-Key", key)
	}
	one := ask("k1", "the access review")
	two := ask("k1", "the access review")
	if one.Code != http.StatusOK || two.Code != one.Code || one.Body.String() != two.Body.String() || two.Header().Get("Idempotent-Replay") == "" {
		t.Errorf("the same twice: %d %d\n%s\n%s", one.Code, two.Code, one.Body, two.Body)
	}
	if three := ask("k2", "the access review"); three.Body.String() == one.Body.String() {
		t.Error("another key got the same answer")
	}
	if other := ask("k1", "the Access review"); other.Code != http.StatusUnprocessableEntity {
		t.Errorf("the key for another request: %d", other.Code)
	}
	line := `{"duty":"9.2.1-C1","customer":"both","provider":"none","customer_owner":"platform","basis":{"kind":"internal","reference":"ISMS 4.2"}}`
	for version, want := range map[string]int{"0": http.StatusOK} {
		if r := h.do(http.MethodPut, at+"/responsibility/mailer?edition=2015&version="+version, token, line); r.Code != want {
			t.Errorf("a line from version %s: %d %s", version, r.Code, r.Body)
		}
	}
	if r := h.do(http.MethodPut, at+"/responsibility/mailer?edition=2015&version=0", token, line); r.Code != http.StatusConflict {
		t.Errorf("a line from a version that is past: %d %s", r.Code, r.Body)
	}
	if r := h.do(http.MethodPost, at+"/evidence/pack", token, `{"reason":"audit/1"}`); r.Code != http.StatusOK || !bytes.HasPrefix(r.Body.Bytes(), []byte("PK")) {
		t.Errorf("a pack: %d", r.Code)
	}
	if r := h.do(http.MethodPost, at+"/report", token, `{"paper":"gap","format":"html"}`); r.Code != http.StatusOK || r.Body.Len() < 1000 {
		t.Errorf("a report: %d %s", r.Code, r.Body)
	}
	v, err := h.app.VerifyLog(t.Context(), owner)
	ok(t, err)
	ok(t, v.Err())
}
