// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/check"
)

func TestPages(t *testing.T) {
	h := open(t)
	token := h.everything()
	walk := func(list string) (seen int) {
		t.Helper()
		known := map[string]bool{}
		for cursor := ""; ; {
			var page struct {
				Items []json.RawMessage
				Next  string
			}
			h.get(at+list+cursor, token, &page)
			for _, x := range page.Items {
				if known[string(x)] {
					t.Fatalf("%s: %s comes twice", list, x)
				}
				known[string(x)] = true
			}
			if page.Next == "" {
				return len(known)
			}
			cursor = "&cursor=" + page.Next
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
	if n := walk("/finding?outcome=fail&limit=37"); n != failing || n < 100 {
		t.Errorf("%d failures over all pages, the assessment has %d", n, failing)
	}
	size, err := h.app.LogSize(t.Context(), owner)
	ok(t, err)
	if n := walk("/evidence?limit=7"); n != int(size) {
		t.Errorf("%d entries over all pages, the log has %d", n, size)
	}
	for _, list := range []string{"/catalogue?limit=11", "/check?limit=13", "/duty?limit=29", "/assess?limit=1", "/responsibility/finding?limit=3", "/responsibility?limit=1", "/collect?limit=1", "/member?limit=1"} {
		if n := walk(list); n == 0 {
			t.Errorf("%s is empty: this test would prove nothing", list)
		}
	}
	for _, cursor := range []string{"x", "!!", "LTEg", strings.Repeat("A", 30)} {
		want(t, "the cursor "+cursor, h.do(http.MethodGet, at+"/finding?cursor="+cursor, token, ""), http.StatusBadRequest)
	}
	want(t, "a filter that is none", h.do(http.MethodGet, at+"/finding?outcom=fail", token, ""), http.StatusUnprocessableEntity)
}

// TestConditions: a change is made to what its sender saw.
func TestConditions(t *testing.T) {
	h := open(t)
	token := h.everything()
	var m struct{ Version int }
	seen := h.get(at+"/responsibility/mailer?edition=2015", token, &m).Get("ETag")
	if seen != `"0"` {
		t.Fatalf("a matrix that is not stored is %s", seen)
	}
	line := `{"customer":"both","provider":"none","customer_owner":"platform","basis":{"kind":"internal","reference":"ISMS 4.2"}}`
	set := func(tag string) *httptest.ResponseRecorder {
		return h.do(http.MethodPut, at+"/responsibility/mailer/line/9.2.1-C1?edition=2015", token, line, "If-Match", tag)
	}
	first := set(seen)
	want(t, "a line from what was seen", first, http.StatusOK)
	want(t, "a line from what is past", set(seen), http.StatusPreconditionFailed)
	now := first.Header().Get("ETag")
	line = strings.Replace(line, "4.2", "4.3", 1)
	second := set(now)
	want(t, "a line from what it was answered", second, http.StatusOK)
	if tag := h.get(at+"/responsibility/mailer?edition=2015", token, &m).Get("ETag"); tag != second.Header().Get("ETag") || tag == now || m.Version != 2 {
		t.Errorf("it is %s at version %d, the change said %s", tag, m.Version, second.Header().Get("ETag"))
	}
	step := at + "/responsibility/mailer/step/sign?edition=2015"
	want(t, "a signature for whatever there is", h.do(http.MethodPost, step, token, "{}"), http.StatusPreconditionRequired)
	want(t, "a signature for what is past", h.do(http.MethodPost, step, token, "{}", "If-Match", now), http.StatusPreconditionFailed)
	want(t, "a signature for what was looked at", h.do(http.MethodPost, step, token, "{}", "If-Match", second.Header().Get("ETag")), http.StatusOK)

	scope := h.do(http.MethodGet, at+"/scope", token, "").Header().Get("ETag")
	text := string(read(t, "scope.yaml"))
	putScope := func(tag string) *httptest.ResponseRecorder {
		return h.do(http.MethodPut, at+"/scope", token, text, "Content-Type", "application/yaml", "If-Match", tag)
	}
	want(t, "a scope from what was seen", putScope(`"x", `+scope), http.StatusOK)
	want(t, "a scope from what is past", putScope(scope), http.StatusPreconditionFailed)
	want(t, "a scope in a weak tag", putScope("W/"+scope), http.StatusPreconditionFailed)
	want(t, "any scope", putScope("*"), http.StatusOK)

	collector := `{"provider":"aws","role_arn":"arn:aws:iam::210987654321:role/demarc-read"}`
	make := func(id string, head ...string) *httptest.ResponseRecorder {
		return h.do(http.MethodPut, at+"/job/collector/"+id, token, collector, head...)
	}
	want(t, "a new collector", make("other", "If-None-Match", "*"), http.StatusOK)
	want(t, "one that there is", make("other", "If-None-Match", "*"), http.StatusPreconditionFailed)
	want(t, "ending one that changed", h.do(http.MethodDelete, at+"/job/collector/other", token, "", "If-Match", `"1"`), http.StatusPreconditionFailed)
	want(t, "ending it", h.do(http.MethodDelete, at+"/job/collector/other", token, ""), http.StatusNoContent)
	want(t, "ending none", h.do(http.MethodDelete, at+"/job/collector/other", token, ""), http.StatusNotFound)
	want(t, "ending one that a schedule uses", h.do(http.MethodDelete, at+"/job/collector/nightly", token, ""), http.StatusConflict)

	v, err := h.app.VerifyLog(t.Context(), owner)
	ok(t, err)
	ok(t, v.Err())
}

// TestMembers: a member is let in, changed and ended by a program as by a page.
func TestMembers(t *testing.T) {
	h := open(t)
	token := h.everything()
	r := h.do(http.MethodPost, at+"/member", token, `{"login":"nils@larkspur.example","name":"Nils Orr","role":"contributor"}`)
	want(t, "letting in", r, http.StatusCreated)
	var m account.Member
	ok(t, json.Unmarshal(r.Body.Bytes(), &m))
	one := at + "/member/" + m.Account
	tag := h.get(one, token, &m).Get("ETag")
	want(t, "changing", h.do(http.MethodPut, one, token, `{"role":"viewer","services":["aws"]}`, "If-Match", tag), http.StatusOK)
	want(t, "changing what is past", h.do(http.MethodPut, one, token, `{"role":"admin"}`, "If-Match", tag), http.StatusPreconditionFailed)
	want(t, "an end that is none", h.do(http.MethodPut, one, token, `{"role":"externalauditor"}`), http.StatusUnprocessableEntity)
	if h.get(one, token, &m); m.Role != account.Viewer || m.Person != "nils@larkspur.example" || len(m.Services) != 1 {
		t.Errorf("the member is %+v", m)
	}
	want(t, "ending", h.do(http.MethodDelete, one, token, ""), http.StatusNoContent)
	want(t, "what is ended", h.do(http.MethodPut, one, token, `{"role":"viewer"}`), http.StatusNotFound)

	manager := h.token("larkspur", "mara@larkspur.example", account.Admin, account.ManageMember)
	r = h.do(http.MethodPost, at+"/member", manager, `{"login":"olaf@larkspur.example","role":"owner"}`)
	want(t, "an owner made by none", r, http.StatusForbidden)
}

// TestFiles: what is no JSON comes with its name and media type, and large
// bodies go through no memory.
func TestFiles(t *testing.T) {
	h := open(t)
	token := h.everything()
	for _, paper := range []struct{ body, kind, begins string }{
		{`{"paper":"gap","format":"pdf"}`, "application/pdf", "%PDF"},
		{`{"paper":"matrix","format":"docx","service":"aws"}`, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "PK"},
		{`{"paper":"findings","format":"sarif"}`, "application/sarif+json", "{"},
	} {
		r := h.do(http.MethodPost, at+"/report", token, paper.body)
		want(t, paper.body, r, http.StatusOK)
		if r.Header().Get("Content-Type") != paper.kind || !strings.Contains(r.Header().Get("Content-Disposition"), "filename=\"larkspur-") || !strings.HasPrefix(r.Body.String(), paper.begins) {
			t.Errorf("%s: %s %s %.20q", paper.body, r.Header().Get("Content-Type"), r.Header().Get("Content-Disposition"), r.Body)
		}
	}
	want(t, "a paper that is none", h.do(http.MethodPost, at+"/report", token, `{"paper":"gap","format":"sarif"}`), http.StatusUnprocessableEntity)
	r := h.do(http.MethodPost, at+"/export", token, `{}`)
	want(t, "an export", r, http.StatusOK)
	if r.Body.Len() < 1000 {
		t.Errorf("the export has %d bytes", r.Body.Len())
	}
	size, err := h.app.LogSize(t.Context(), owner)
	ok(t, err)
	snapshot := read(t, "estate/larkspur.snapshot")
	up := h.do(http.MethodPost, at+"/collect", token, string(snapshot), "Content-Type", "application/octet-stream")
	want(t, "a snapshot that is known", up, http.StatusOK)
	want(t, "half a snapshot", h.do(http.MethodPost, at+"/collect", token, string(snapshot[:len(snapshot)/2]), "Content-Type", "application/octet-stream"), http.StatusUnprocessableEntity)
	want(t, "a snapshot of another kind", h.do(http.MethodPost, at+"/collect", token, string(snapshot), "Content-Type", "text/html"), http.StatusUnsupportedMediaType)
	want(t, "a report that is known", h.do(http.MethodPost, at+"/import?file=scan.sarif", token, scan, "Content-Type", "application/octet-stream"), http.StatusOK)
	want(t, "a report on trial", h.do(http.MethodPost, at+"/import?dry=true&account=210987654321", token, scan, "Content-Type", "application/octet-stream"), http.StatusOK)
	want(t, "half a report", h.do(http.MethodPost, at+"/import", token, scan[:len(scan)/2], "Content-Type", "application/octet-stream"), http.StatusUnprocessableEntity)
	if now, err := h.app.LogSize(t.Context(), owner); err != nil || now != size {
		t.Errorf("the log grew from %d to %d entries: %v", size, now, err)
	}
	want(t, "a scope beyond its bound", h.do(http.MethodPut, at+"/scope", token, strings.Repeat("#", 1<<20+1), "Content-Type", "application/yaml"), http.StatusRequestEntityTooLarge)
	want(t, "a request beyond its bound", h.do(http.MethodPost, at+"/request", token, `{"text":"`+strings.Repeat("x", 1<<20)+`"}`), http.StatusRequestEntityTooLarge)
}

// lazy is a body that tells how much of it was read.
type lazy struct {
	left int64
	read int64
}

func (l *lazy) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), l.left)
	l.left, l.read = l.left-n, l.read+n
	return int(n), nil
}

// TestBody_IsReadAfterTheToken: who shows no token sends nothing.
func TestBody_IsReadAfterTheToken(t *testing.T) {
	h := open(t)
	theirs := h.token("bramble", "otto@bramble.example", account.Owner, account.Permissions()...)
	for _, token := range []string{"", "dmc_x", theirs} {
		for _, path := range []string{"/request", "/collect", "/evidence/pack"} {
			body := &lazy{left: 4 << 20}
			r := httptest.NewRequest(http.MethodPost, at+path, body)
			r.Header.Set("Idempotency-Key", "k1")
			r.Header.Set("Authorization", "Bearer "+token)
			w := httptest.NewRecorder()
			h.h.ServeHTTP(w, r)
			if w.Code != http.StatusUnauthorized && w.Code != http.StatusNotFound || body.read > 0 {
				t.Errorf("%s with the token %.6q: %d, and %d bytes were read", path, token, w.Code, body.read)
			}
		}
	}
}

// TestOnce: a request with a key is carried out once, and answered the same.
func TestOnce(t *testing.T) {
	h := open(t)
	token := h.everything()
	ask := func(key, text string, head ...string) *httptest.ResponseRecorder {
		return h.do(http.MethodPost, at+"/request", token, `{"text":"`+text+`"}`, append(head, "Idempotency-Key", key)...)
	}
	one, two := ask("k1", "the access review"), ask("k1", "the access review")
	want(t, "the first", one, http.StatusCreated)
	if two.Code != one.Code || one.Body.String() != two.Body.String() || two.Header().Get("Idempotent-Replay") != "true" || two.Header().Get("Content-Type") != one.Header().Get("Content-Type") {
		t.Errorf("the same twice: %d %d\n%s\n%s", one.Code, two.Code, one.Body, two.Body)
	}
	if three := ask("k2", "the access review"); three.Body.String() == one.Body.String() {
		t.Error("another key got the same answer")
	}
	want(t, "the key for another body", ask("k1", "the Access review"), http.StatusUnprocessableEntity)
	want(t, "the key for another operation", h.do(http.MethodPost, at+"/request/q1/follow", token, `{"text":"the access review"}`, "Idempotency-Key", "k1"), http.StatusUnprocessableEntity)
	for _, key := range []string{strings.Repeat("k", 129), "a b", "\x01"} {
		want(t, "a key that is none", ask(key, "x"), http.StatusBadRequest)
	}
	want(t, "what is refused", h.do(http.MethodPost, at+"/request", token, `{"text":""}`, "Idempotency-Key", "k3"), http.StatusUnprocessableEntity)
	want(t, "what is mended", ask("k3", "the access review"), http.StatusCreated)

	for body, path := range map[string]string{`{"paper":"gap","format":"pdf"}`: "/report", `{"from":0,"to":3}`: "/evidence/pack"} {
		first := h.do(http.MethodPost, at+path, token, body, "Idempotency-Key", "f"+path)
		want(t, path, first, http.StatusOK)
		size, err := h.app.LogSize(t.Context(), owner)
		ok(t, err)
		again := h.do(http.MethodPost, at+path, token, body, "Idempotency-Key", "f"+path)
		want(t, path+" again", again, http.StatusOK)
		for _, name := range []string{"Content-Type", "Content-Disposition"} {
			if again.Header().Get(name) != first.Header().Get(name) || first.Header().Get(name) == "" {
				t.Errorf("%s: %s was %q, is %q", path, name, first.Header().Get(name), again.Header().Get(name))
			}
		}
		if !bytes.Equal(first.Body.Bytes(), again.Body.Bytes()) {
			t.Errorf("%s is another file", path)
		}
		if now, err := h.app.LogSize(t.Context(), owner); err != nil || now != size {
			t.Errorf("%s was carried out twice: %v", path, err)
		}
	}
	snapshot := string(read(t, "estate/larkspur.snapshot"))
	up := func() *httptest.ResponseRecorder {
		return h.do(http.MethodPost, at+"/collect", token, snapshot, "Content-Type", "application/octet-stream", "Idempotency-Key", "up")
	}
	want(t, "a file with a key", up(), http.StatusOK)
	if r := up(); r.Code != http.StatusOK || r.Header().Get("Idempotent-Replay") != "true" {
		t.Errorf("the file again: %d", r.Code)
	}
}

// TestOnce_Together sends one request many times at once.
func TestOnce_Together(t *testing.T) {
	h := open(t)
	token := h.everything()
	const many = 16
	answers := make(chan *httptest.ResponseRecorder, many)
	for range many {
		go func() {
			r := httptest.NewRequest(http.MethodPost, at+"/request", strings.NewReader(`{"text":"the access review"}`))
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Idempotency-Key", "k1")
			w := httptest.NewRecorder()
			h.h.ServeHTTP(w, r)
			answers <- w
		}()
	}
	made := map[string]bool{}
	for range many {
		w := <-answers
		switch w.Code {
		case http.StatusCreated:
			made[w.Body.String()] = true
		case http.StatusConflict:
		default:
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if len(made) != 1 {
		t.Errorf("there are %d answers", len(made))
	}
	all, err := h.app.Requests(t.Context(), owner)
	ok(t, err)
	if len(all) != 2 { // one was there
		t.Errorf("it was carried out %d times", len(all)-1)
	}
}

// TestProblems: a failure names its places and repeats no value.
func TestProblems(t *testing.T) {
	h := open(t)
	token := h.everything()
	const secret = "hunter2-do-not-repeat"
	for what, r := range map[string]*httptest.ResponseRecorder{
		"a wrong type":      h.do(http.MethodPost, at+"/request", token, `{"text":{"x":"`+secret+`"}}`),
		"no JSON":           h.do(http.MethodPost, at+"/request", token, secret),
		"a wrong id":        h.do(http.MethodPost, at+"/request", token, `{"text":"x","about":"`+secret+` é"}`),
		"no such collector": h.do(http.MethodPost, at+"/job/run", token, `{"collector":"`+secret+`"}`),
		"a wrong role":      h.do(http.MethodPut, at+"/job/collector/x", token, `{"provider":"aws","role_arn":"`+secret+`","accounts":["`+secret+`"],"regions":["`+secret+`"]}`),
		"a wrong cron":      h.do(http.MethodPut, at+"/job/schedule/x", token, `{"cron":"`+secret+`","edition":"2026"}`),
		"a wrong login":     h.do(http.MethodPost, at+"/member", token, `{"login":"`+secret+`","role":"viewer"}`),
		"a wrong hook":      h.do(http.MethodPut, at+"/job/subscription/x", token, `{"hook":"http://`+secret+`","kinds":["gap.new"]}`),
		"a wrong query":     h.do(http.MethodGet, at+"/finding?outcome="+secret, token, ""),
		"a wrong service":   h.do(http.MethodGet, at+"/finding?service="+secret, token, ""),
		"a wrong scope":     h.do(http.MethodPut, at+"/scope", token, "organisation: {id: larkspur, name: L, role: "+secret+"}\nservices:\n  - {id: x, name: X, role: \""+secret+"\", model: "+secret+"}\n", "Content-Type", "application/yaml"),
		"a wrong exception": h.do(http.MethodPut, at+"/exception", token, "exceptions:\n  - {id: x, checks: [\""+secret+"\"], until: \""+secret+"\"}\n", "Content-Type", "application/yaml"),
	} {
		if r.Code < 400 || r.Code >= 500 || r.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s %s", what, r.Code, r.Header().Get("Content-Type"), r.Body)
		}
		if strings.Contains(r.Body.String(), secret) {
			t.Errorf("%s is repeated: %s", what, r.Body)
		}
	}
	var p struct {
		Type, Detail, Hint string
		Status             int
		Errors             []struct{ At, Detail string }
	}
	r := h.do(http.MethodPost, at+"/report", token, `{"paper":"gapp","format":5,"nobody":"knows"}`)
	ok(t, json.Unmarshal(r.Body.Bytes(), &p))
	if p.Status != http.StatusUnprocessableEntity || p.Hint == "" || len(p.Errors) != 3 || p.Errors[0].At == "" {
		t.Errorf("%+v", p)
	}
	for path, status := range map[string]int{"/api/": 404, "/api/v1/nothing": 404, "/api/v1/organisations/larkspur/scope/x/y": 404} {
		r := h.do(http.MethodGet, path, token, "")
		if want(t, path, r, status); r.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s is told as %s", path, r.Header().Get("Content-Type"))
		}
	}
	r = h.do(http.MethodPatch, at+"/scope", token, "{}")
	if want(t, "PATCH", r, http.StatusMethodNotAllowed); !strings.Contains(r.Header().Get("Allow"), "PUT") {
		t.Errorf("it allows %q", r.Header().Get("Allow"))
	}
}

// broken is a body that ends too early.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the line is cut") }

func TestBody_ThatBreaksOff(t *testing.T) {
	h := open(t)
	token := h.everything()
	for _, path := range []string{"/request", "/collect"} {
		for _, key := range []string{"", "k1"} {
			r := httptest.NewRequest(http.MethodPost, at+path, broken{})
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("Content-Type", map[string]string{"/request": "application/json", "/collect": "application/octet-stream"}[path])
			if key != "" {
				r.Header.Set("Idempotency-Key", key)
			}
			w := httptest.NewRecorder()
			h.h.ServeHTTP(w, r)
			if w.Code >= 500 || w.Code < 400 {
				t.Errorf("%s with the key %q: %d %s", path, key, w.Code, w.Body)
			}
		}
	}
}
