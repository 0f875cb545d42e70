// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sort"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
)

// canary stands in the records of another organisation; no answer may hold it.
const canary = "Bramble-Orchard-7Q"

// FuzzRequests makes requests of the OpenAPI document itself: every operation,
// every parameter and schema, filled with what fits and what does not. No answer
// is a 5xx, none is outside of the document, and none tells of another
// organisation. A seed is one request for each operation.
func FuzzRequests(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed)
	}
	h, g := fuzzHouse(f)
	f.Fuzz(func(t *testing.T, seed uint64) {
		h.t = t
		r := rand.New(rand.NewPCG(seed, 27017))
		for _, op := range g.all {
			if seed%4 != 0 && slow[op.ID] {
				continue
			}
			g.put(t, h, r, op)
		}
	})
}

// slow are the operations that read or write the whole organisation.
var slow = map[string]bool{"verifyLog": true, "exportOrganisation": true, "makePack": true, "issueReport": true, "exportFindingsCSV": true, "exportFindingsJSON": true}

func fuzzHouse(f *testing.F) (*house, *generator) {
	f.Helper()
	h := openAt(f, f.TempDir())
	theirs := owner.In("bramble")
	_, err := h.app.SetScope(f.Context(), theirs, "scope.yaml", []byte("organisation: {id: bramble, name: "+canary+", role: customer}\nservices:\n  - {id: orchard, name: "+canary+", role: consumes, model: saas, provider: "+canary+"}\n"))
	ok(f, err)
	_, err = h.app.Ask(f.Context(), theirs, app.Request{Text: canary})
	ok(f, err)
	ok(f, h.app.SetCollector(f.Context(), theirs, app.Collector{ID: "orchard", Provider: "aws"}))
	m, err := h.app.LetIn(f.Context(), theirs, "otto@bramble.example", canary, account.Member{Role: account.Owner})
	ok(f, err)
	g := &generator{token: h.everything(), theirs: []string{"bramble", "orchard", "q1", m.Account}}
	d, all := h.every()
	g.schemas = d.Components.Schemas
	sort.Slice(all, func(i, j int) bool { return all[i].ID < all[j].ID })
	g.all = all
	return h, g
}

// generator makes requests of a document.
type generator struct {
	token   string
	theirs  []string // ids of another organisation
	all     []*operation
	schemas map[string]*schema
}

// hostile are strings that somebody may send.
var hostile = []string{"", " ", "\x00", "%00", "../../etc/passwd", "' OR 1=1 --", "<script>alert(1)</script>", "${jndi:ldap://x}", "\u202e\ufeff", "\xff\xfe", "null", "-1", "1e309", "0x10",
	"99999999999999999999999999", strings.Repeat("A", 5000), "%s%n%d", "a b", "*", "é", "\n\r\t", "r999999", "{{7*7}}", "2026-13-45", "true", "[]"}

func (g *generator) text(r *rand.Rand) string {
	if r.IntN(6) == 0 {
		return g.theirs[r.IntN(len(g.theirs))]
	}
	return hostile[r.IntN(len(hostile))]
}

// put sends one request of an operation, and judges the answer.
func (g *generator) put(t *testing.T, h *house, r *rand.Rand, op *operation) {
	t.Helper()
	at := map[string]string{}
	for k, v := range sample {
		at[k] = v
	}
	query, head := url.Values{}, http.Header{}
	for _, p := range op.Parameters {
		switch wrong := r.IntN(3) == 0; p.In {
		case "path":
			if wrong && (p.Name != "org" || r.IntN(4) == 0) {
				at[p.Name] = strings.ReplaceAll(url.PathEscape(g.text(r)), ".", "%2E")
			}
		case "query":
			if p.Required || r.IntN(3) == 0 {
				query.Set(p.Name, g.word(r, p.Schema, wrong))
			}
		case "header":
			if p.Required || r.IntN(3) == 0 {
				head.Set(p.Name, strings.Map(printable, g.word(r, p.Schema, wrong)))
			}
		}
	}
	if r.IntN(12) == 0 {
		query.Set(g.text(r), g.text(r))
	}
	body, kind := g.body(r, op)
	req := httptest.NewRequest(op.method, "http://x.example/", strings.NewReader(body))
	u, err := url.Parse("http://x.example" + op.address(at) + "?" + query.Encode())
	if err != nil {
		t.Fatalf("%s: %v", op.ID, err)
	}
	req.URL, req.RequestURI, req.Header = u, u.RequestURI(), head
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	req.Header.Set("Authorization", "Bearer "+g.token)
	w := httptest.NewRecorder()
	h.h.ServeHTTP(w, req)
	g.judge(t, op, req, body, w)
}

func printable(c rune) rune {
	if c < ' ' || c > '~' {
		return -1
	}
	return c
}

func (g *generator) judge(t *testing.T, op *operation, req *http.Request, body string, w *httptest.ResponseRecorder) {
	t.Helper()
	what := fmt.Sprintf("%s %.300s with %.200q (%s)", op.method, req.URL, body, req.Header.Get("Content-Type"))
	known, told := op.Responses[fmt.Sprint(w.Code)]
	elsewhere := strings.Contains(req.URL.Path, "//") || strings.HasSuffix(req.URL.Path, "/") || strings.Contains(req.URL.Path, "/../") || strings.Contains(req.URL.Path, "/./")
	switch {
	case w.Code >= 500:
		t.Errorf("%s: %d %.500s", what, w.Code, w.Body)
	case !told && !elsewhere: // an empty word leads to another operation
		t.Errorf("%s: %d, which the document does not say: %.300s", what, w.Code, w.Body)
	case w.Code >= 400 && w.Header().Get("Content-Type") != "application/problem+json":
		t.Errorf("%s: %d is told as %s", what, w.Code, w.Header().Get("Content-Type"))
	case w.Code == http.StatusOK && !elsewhere:
		kind, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
		if _, fits := known.Content[kind]; !fits {
			t.Errorf("%s gives %s, which the document does not say", what, kind)
		}
	}
	if strings.Contains(w.Body.String(), canary) {
		t.Errorf("%s tells of another organisation: %.300s", what, w.Body)
	}
}

// word makes a parameter.
func (g *generator) word(r *rand.Rand, s *schema, wrong bool) string {
	if wrong {
		return g.text(r)
	}
	if s.Items != nil {
		s = s.Items
	}
	switch v := g.value(r, s, 0).(type) {
	case string:
		return v
	default:
		return fmt.Sprint(v)
	}
}

// body makes a body, and its media type.
func (g *generator) body(r *rand.Rand, op *operation) (text, kind string) {
	if op.Body == nil {
		if r.IntN(10) == 0 {
			return "{", "application/json"
		}
		return "", ""
	}
	for k, m := range op.Body.Content {
		kind = k
		if m.Schema.Format == "binary" {
			text, _ = m.Example.(string)
			break
		}
		data, err := json.Marshal(g.value(r, m.Schema, 0))
		if err != nil {
			data = []byte("{}")
		}
		text = string(data)
		break
	}
	switch r.IntN(12) {
	case 0:
		text = strings.Repeat(`{"a":[`, 3000)
	case 1:
		text = text[:len(text)/2]
	case 2:
		text = g.text(r)
	case 3:
		text = `{"text":` + strings.Repeat(" ", 70000) + `1}`
	case 4:
		kind = []string{"", "text/plain", "application/xml", "multipart/form-data; boundary=x", "application/json; charset=utf-16", "a/b; c", "/", "application/x-www-form-urlencoded"}[r.IntN(8)]
	}
	return text, kind
}

// value makes a value of a schema, or now and then one that does not fit.
func (g *generator) value(r *rand.Rand, s *schema, depth int) any {
	if s != nil && s.Ref != "" {
		s = g.schemas[s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]]
	}
	if s == nil || depth > 6 || r.IntN(7) == 0 {
		return []any{nil, true, -1, 1.5, "x", []any{}, map[string]any{"a": nil}, g.text(r), 1 << 60, []any{[]any{[]any{}}}}[r.IntN(10)]
	}
	if len(s.Enum) > 0 && r.IntN(5) > 0 {
		return s.Enum[r.IntN(len(s.Enum))]
	}
	if len(s.Examples) > 0 && r.IntN(2) == 0 {
		return s.Examples[0]
	}
	switch kind := s.kind(); kind {
	case "object":
		out := map[string]any{}
		for name, p := range s.Properties {
			if r.IntN(3) > 0 {
				out[name] = g.value(r, p, depth+1)
			}
		}
		if r.IntN(8) == 0 {
			out[g.text(r)] = g.text(r)
		}
		return out
	case "array":
		var out []any
		for range r.IntN(4) {
			out = append(out, g.value(r, s.Items, depth+1))
		}
		return out
	case "integer", "number":
		return []any{0, 1, -1, 7, 1 << 40}[r.IntN(5)]
	case "boolean":
		return r.IntN(2) == 0
	}
	return g.text(r)
}

// kind gives the type that is not null.
func (s *schema) kind() string {
	switch t := s.Type.(type) {
	case string:
		return t
	case []any:
		for _, x := range t {
			if x != "null" {
				return fmt.Sprint(x)
			}
		}
	}
	return ""
}
