// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/api"
	"demarc.dev/demarc/app"
)

// document is what the tests read of the OpenAPI document.
type document struct {
	OpenAPI    string                           `json:"openapi"`
	Paths      map[string]map[string]*operation `json:"paths"`
	Components struct {
		Schemas map[string]*schema `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	ID          string   `json:"operationId"`
	Summary     string   `json:"summary"`
	Description string   `json:"description"`
	Tags        []string `json:"tags"`
	Permission  string   `json:"x-demarc-permission"`
	Security    []any    `json:"security"`
	Responses   map[string]struct {
		Ref     string           `json:"$ref"`
		Content map[string]media `json:"content"`
	} `json:"responses"`
	Body *struct {
		Required bool             `json:"required"`
		Content  map[string]media `json:"content"`
	} `json:"requestBody"`
	Parameters []parameter `json:"parameters"`
	method     string
	path       string
}

type media struct {
	Schema  *schema `json:"schema"`
	Example any     `json:"example"`
}

type parameter struct {
	Name        string  `json:"name"`
	In          string  `json:"in"`
	Description string  `json:"description"`
	Required    bool    `json:"required"`
	Schema      *schema `json:"schema"`
	Example     any     `json:"example"`
}

// schema is the part of JSON Schema that the document uses.
type schema struct {
	Ref        string             `json:"$ref"`
	Type       any                `json:"type"`
	Format     string             `json:"format"`
	Enum       []any              `json:"enum"`
	Items      *schema            `json:"items"`
	Properties map[string]*schema `json:"properties"`
	Additional any                `json:"additionalProperties"`
	Required   []string           `json:"required"`
	MaxLength  *int               `json:"maxLength"`
	Minimum    *float64           `json:"minimum"`
	Examples   []any              `json:"examples"`
}

// every gives all operations of the document.
func (h *house) every() (document, []*operation) {
	h.t.Helper()
	r := h.do(http.MethodGet, "/api/v1/openapi.json", "", "")
	want(h.t, "the document", r, http.StatusOK)
	var d document
	ok(h.t, json.Unmarshal(r.Body.Bytes(), &d))
	var all []*operation
	for path, ops := range d.Paths {
		for method, op := range ops {
			op.method, op.path = strings.ToUpper(method), path
			all = append(all, op)
		}
	}
	return d, all
}

// TestDocument: the document says of every operation what a program needs.
func TestDocument(t *testing.T) {
	h := open(t)
	d, all := h.every()
	if !strings.HasPrefix(d.OpenAPI, "3.1") || len(all) < 70 {
		t.Errorf("OpenAPI %q with %d operations", d.OpenAPI, len(all))
	}
	raw := h.do(http.MethodGet, "/api/v1/openapi.json", "", "").Body.String()
	for _, ref := range regexp.MustCompile(`"\$ref":"#/components/(schemas|responses)/([^"]+)"`).FindAllStringSubmatch(raw, -1) {
		if !strings.Contains(raw, `"`+ref[2]+`":{`) {
			t.Errorf("%s leads nowhere", ref[0])
		}
	}
	ids := map[string]bool{}
	for _, op := range all {
		where := op.method + " " + op.path
		if op.ID == "" || ids[op.ID] || op.Summary == "" || op.Description == "" || len(op.Tags) != 1 || len(op.Security) == 0 {
			t.Errorf("%s: id %q, summary %q, description %q, tags %v, security %v", where, op.ID, op.Summary, op.Description, op.Tags, op.Security)
		}
		ids[op.ID] = true
		for _, code := range []string{"401", "403", "404", "422", "429", "500"} {
			if op.Responses[code].Ref == "" {
				t.Errorf("%s does not say how it ends with %s", where, code)
			}
		}
		if strings.Contains(op.path, "{org}") != (op.Permission != "") {
			t.Errorf("%s names the permission %q", where, op.Permission)
		}
		for _, p := range op.Parameters {
			if p.Description == "" || p.In == "path" && len(p.Schema.Examples) == 0 {
				t.Errorf("%s: the parameter %s has no description, or no example", where, p.Name)
			}
		}
		if op.Body != nil {
			for kind, m := range op.Body.Content {
				if m.Schema == nil || m.Example == nil && m.Schema.Format != "binary" {
					t.Errorf("%s: the body %s has no example", where, kind)
				}
			}
		}
	}
}

// TestDocument_IsCommitted: docs/reference holds the document of today.
func TestDocument_IsCommitted(t *testing.T) {
	now, err := api.Document()
	ok(t, err)
	was, err := os.ReadFile("../docs/reference/openapi.yaml")
	ok(t, err)
	if string(was) != string(now) {
		t.Error("docs/reference/openapi.yaml is not what the program says today: go run ./cmd/demarc internal reference docs/reference")
	}
}

// sample gives the values of a path that exist in the house.
var sample = map[string]string{"org": "larkspur", "service": "aws", "step": "sign", "request": "q1", "agreement": "g1", "level": "l1", "supplier": "amazon-web-services", "record": "m1", "account": "a-none", "duty": "5.1.1-C1", "run": "r1", "fingerprint": "0", "by": "check", "control": "cloud-policy",
	"check": "object-store-public", "index": "0", "snapshot": "s1", "import": "f1", "job": "1", "collector": "nightly", "schedule": "daily", "subscription": "team", "risk": "ledger-ct-17", "exception": "office-jump", "action": "mend:object-store-public", "policy": "access", "line": "A.7.4", "audit": "a1", "nonconformity": "n1", "review": "m1", "routine": "door", "day": ""}

var param = regexp.MustCompile(`\{[a-z]+\}`)

func (op *operation) address(with map[string]string) string {
	return param.ReplaceAllStringFunc(op.path, func(w string) string { return with[strings.Trim(w, "{}")] })
}

// query gives what the address must bear at least.
func (op *operation) query() string {
	return map[string]string{"getDrift": "?from=r1&to=r2", "whatIf": "?do=best:2", "compareMatrix": "?with=default", "composeLevels": "?of=99"}[op.ID]
}

// TestOperations puts every operation to nobody, to a token without the scope,
// to the role of whoever may least, and to one of another organisation.
func TestOperations(t *testing.T) {
	h := open(t)
	_, all := h.every()
	ctx := t.Context()
	theirs := h.token("bramble", "otto@bramble.example", account.Owner, account.Permissions()...)
	m, err := h.app.LetIn(ctx, owner, "nora@larkspur.example", "", account.Member{Role: account.Owner})
	ok(t, err)
	link, _, err := h.app.MakeLink(ctx, owner, m.Account)
	ok(t, err)
	cookie, err := h.app.Redeem(ctx, app.Visitor{}, link, "violet trams hum at dusk")
	ok(t, err)
	nora, _, err := h.app.Session(ctx, cookie)
	ok(t, err)
	narrow := map[string]string{}
	for _, but := range account.Permissions() {
		var scopes []account.Permission
		for _, p := range account.Permissions() {
			if p != but {
				scopes = append(scopes, p)
			}
		}
		narrow[string(but)] = h.another(nora.In("larkspur"), scopes...)
	}
	for _, op := range all {
		where := op.method + " " + op.path
		to := op.address(sample)
		if strings.Contains(to, "//") {
			t.Fatalf("%s: this test does not know its words", where)
		}
		for _, token := range []string{"", "dmc_x", strings.Repeat("x", 5000)} {
			r := h.do(op.method, to, token, "")
			if r.Code != http.StatusUnauthorized || r.Header().Get("WWW-Authenticate") == "" || r.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s to the token %.8q: %d %s", where, token, r.Code, r.Header().Get("Content-Type"))
			}
		}
		if !strings.Contains(op.path, "{org}") {
			continue
		}
		if r := h.do(op.method, to, theirs, "{}"); r.Code != http.StatusNotFound || strings.Contains(r.Body.String(), "Larkspur Ledger") {
			t.Errorf("%s to another organisation: %d %s", where, r.Code, r.Body)
		}
		if r := h.do(op.method, to, narrow[op.Permission], "{}"); r.Code != http.StatusForbidden {
			t.Errorf("%s without %s: %d %s", where, op.Permission, r.Code, r.Body)
		}
	}
}

// TestReads: every operation that reads answers over the example, bears an
// ETag, and nothing but that to who has it already.
func TestReads(t *testing.T) {
	h := open(t)
	token := h.everything()
	with := map[string]string{}
	for k, v := range sample {
		with[k] = v
	}
	var page struct {
		Items []struct{ Fingerprint, Account string }
	}
	h.get(at+"/finding?outcome=fail&limit=1", token, &page)
	with["fingerprint"] = page.Items[0].Fingerprint
	h.get(at+"/member?limit=1", token, &page)
	with["account"] = page.Items[0].Account
	var made struct{ ID int64 }
	r := h.do(http.MethodPost, at+"/job/run", token, `{}`)
	want(t, "ordering a run", r, http.StatusAccepted)
	ok(t, json.Unmarshal(r.Body.Bytes(), &made))
	with["job"] = fmt.Sprint(made.ID)
	with["service"] = "mailer" // it has a statement
	_, all := h.every()
	for _, op := range all {
		if op.method != http.MethodGet {
			continue
		}
		to := op.address(with) + op.query()
		r := h.do(http.MethodGet, to, token, "")
		want(t, to, r, http.StatusOK)
		if r.Code != http.StatusOK {
			continue
		}
		kind, _, _ := strings.Cut(r.Header().Get("Content-Type"), ";")
		if _, told := op.Responses["200"].Content[kind]; !told {
			t.Errorf("%s gives %s, which the document does not say", to, kind)
		}
		tag := r.Header().Get("ETag")
		if tag == "" {
			if kind == "application/json" && r.Header().Get("Content-Disposition") == "" {
				t.Errorf("%s has no ETag", to)
			}
			continue
		}
		if strings.HasPrefix(op.ID, "listRun") || op.ID == "getRun" {
			continue // they change while we look
		}
		again := h.do(http.MethodGet, to, token, "", "If-None-Match", tag)
		if again.Code != http.StatusNotModified || again.Body.Len() > 0 {
			t.Errorf("%s to who has it: %d, %d bytes", to, again.Code, again.Body.Len())
		}
	}
}
