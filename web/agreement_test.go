// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
)

// handIn sends files as a browser does.
func (h *house) handIn(path string, fields map[string]string, files ...[2]string) (code int, page, to string) {
	h.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range fields {
		_ = w.WriteField(name, value)
	}
	for _, f := range files {
		part, err := w.CreateFormFile("file", f[0])
		if err == nil {
			_, err = part.Write([]byte(f[1]))
		}
		if err != nil {
			h.t.Fatal(err)
		}
	}
	w.Close()
	r := h.do(http.MethodPost, path, body.String(), func(r *http.Request) { r.Header.Set("Content-Type", w.FormDataContentType()) })
	return r.Code, text(r), inPlace.ReplaceAllString(r.Header().Get("Location"), "/")
}

const postrider = `# Terms of service of Postrider

1. Definitions. "Provider" means Postrider Mail Ltd. "Customer" means the firm that orders the service.

2. Security incidents. Provider shall notify Customer of any security breach that concerns Customer Data without undue delay and within 48 hours after it becomes aware of it.

3. Processing. Provider processes personal data as described in the Data Processing Agreement, which is incorporated by reference.
`

var quoteLink = regexp.MustCompile(`href="#(q-\d+)"`)

// TestAgreement is the story of an agreement: handed in, read, decided on,
// handed in anew, reported, and taken off the list.
func TestAgreement(t *testing.T) {
	h := open(t, trap)
	code, page, at := h.handIn("/agreement", map[string]string{"name": "Postrider: terms", "pack": "gdpr28"}, [2]string{"terms.md", postrider})
	if code != http.StatusSeeOther || at != "/agreement/g2" {
		t.Fatalf("handing in leads to %d %q: %s", code, at, page)
	}
	page = text(h.do(http.MethodGet, at, ""))
	d := parse(page)
	if len(d.faults) > 0 || len(d.first) != 3 {
		t.Errorf("%v, first lines %q", d.faults, d.first)
	}
	for _, want := range []string{"within 48 hours", "clause 2", "owed by: the provider", "not legal advice", "Not supplied.", "Proposed wording"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	links := quoteLink.FindAllStringSubmatch(page, -1)
	if len(links) < 2 {
		t.Errorf("%d statements lead to their quotes", len(links))
	}
	for _, l := range links {
		if !d.ids[l[1]] {
			t.Errorf("a statement leads to %s, which is not there", l[1])
		}
	}
	r := h.do(http.MethodPost, at+"/decide", form("key", "gdpr28/incident-notice", "verdict", "overridden", "state", "weak", "reason", "the clock begins too late"))
	if r.Code != http.StatusSeeOther {
		t.Fatalf("deciding: %d %s", r.Code, text(r))
	}
	if page = text(h.do(http.MethodGet, at+"?only=weak", "")); !strings.Contains(page, "the clock begins too late") || !strings.Contains(page, "Overridden") {
		t.Error("the decision is not shown")
	}
	if r := h.do(http.MethodPost, at+"/decide", form("key", "gdpr28/incident-notice", "verdict", "counsel")); r.Code != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d", r.Code)
	}
	if code, page, _ = h.handIn(at+"/version", nil, [2]string{"terms.md", strings.Replace(postrider, "48 hours", "96 hours", 1)}); code != http.StatusSeeOther {
		t.Fatalf("a new version: %d %s", code, page)
	}
	if page = text(h.do(http.MethodGet, at, "")); !strings.Contains(page, "1 clause changed since version 1") || !strings.Contains(page, "<del>") {
		t.Error("what changed is not told")
	}
	if page = text(h.do(http.MethodGet, at+"?version=1", "")); !strings.Contains(page, "the newest is 2") || strings.Contains(page, ">Decide<") {
		t.Error("an old version does not say that it is one, or can be decided on")
	}
	for format, begins := range map[string]string{"pdf": "%PDF", "docx": "PK", "xlsx": "PK", "json": "{", "html": "<!", "redline": "PK", "letter": "PK", "letterpdf": "%PDF"} {
		if r := h.do(http.MethodPost, at+"/report", form("format", format)); r.Code != http.StatusOK || !strings.HasPrefix(text(r), begins) {
			t.Errorf("the report as %s: %d", format, r.Code)
		}
	}
	if code, page, _ = h.handIn("/agreement", map[string]string{"name": "x"}, [2]string{"a.pdf", "no PDF"}); code != http.StatusUnprocessableEntity || !strings.Contains(page, "is no PDF") {
		t.Errorf("a file that is none: %d", code)
	}
	if code, _, _ = h.handIn("/agreement", map[string]string{"name": "x"}); code != http.StatusUnprocessableEntity {
		t.Errorf("no file: %d", code)
	}
	viewer := h.person(h.caller.Org, "vera@larkspur.example", account.Member{Role: account.Viewer})
	if page = text(viewer.do(http.MethodGet, at, "")); strings.Contains(page, ">Decide<") || strings.Contains(page, "Hand in") {
		t.Error("who may only look is shown forms")
	}
	if code, _, _ = viewer.handIn("/agreement", map[string]string{"name": "x"}, [2]string{"terms.md", postrider}); code != http.StatusForbidden {
		t.Errorf("who may only look hands in: %d", code)
	}
	if r := h.do(http.MethodPost, at+"/remove", ""); r.Code != http.StatusSeeOther {
		t.Errorf("taking it off the list: %d", r.Code)
	}
	if r := h.do(http.MethodGet, at, ""); r.Code != http.StatusNotFound {
		t.Errorf("afterwards: %d", r.Code)
	}
}
