// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"bytes"
	"io/fs"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/example"
)

// TestPolicy is what the people of a firm do with a policy: draft it, say the
// facts, edit it, lose nothing, approve, publish, and read it.
func TestPolicy(t *testing.T) {
	h := open(t, func(t *testing.T, a *app.App, c app.Caller) {
		data, err := fs.ReadFile(example.Files(), "scope.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.SetScope(t.Context(), c, "scope.yaml", data); err != nil {
			t.Fatal(err)
		}
	})
	carl := h.person(h.caller.Org, "carl@larkspur.example", account.Member{Role: account.Contributor})
	vic := h.person(h.caller.Org, "vic@larkspur.example", account.Member{Role: account.Viewer})
	page := func(p *house, path string) string { return text(p.do(http.MethodGet, path, "")) }
	sent := func(p *house, path, body string) {
		t.Helper()
		if r := p.do(http.MethodPost, path, body); r.Code != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", path, r.Code, text(r))
		}
	}
	if r := carl.do(http.MethodPost, "/policy/draft", ""); r.Code != http.StatusUnprocessableEntity {
		t.Errorf("drafting nothing: %d", r.Code)
	}
	sent(carl, "/policy/draft", form("template", "awareness"))
	const at = "/policy/awareness"
	if p := page(carl, at); !strings.Contains(p, "open question: How often is training repeated?") || !strings.Contains(p, "Larkspur Ledger") || !strings.Contains(p, "7.2.2-P1") {
		t.Error("the draft is not shown with its questions and duties")
	}
	if r := carl.do(http.MethodPost, at+"/submit", form("seen", "1")); r.Code != http.StatusUnprocessableEntity || !strings.Contains(text(r), "How often is training repeated?") {
		t.Errorf("what is open is handed in: %d", r.Code)
	}
	if r := text(carl.do(http.MethodPost, "/policy/fact", form("role.security", "[Ines]", "awareness.interval", "6 months"))); !strings.Contains(r, "Nothing was saved") || !strings.Contains(r, `value="[Ines]"`) || !strings.Contains(r, `value="6 months"`) {
		t.Error("refused facts are lost")
	}
	sent(carl, "/policy/fact", form("then", "usual", "role.security", "Ines Adler", "role.management", "Ruth Calder", "contact.report", "security@larkspur.example"))
	sent(carl, at+"/fill", form("seen", "1"))
	policyIsEdited(t, carl, at)
	if r := carl.do(http.MethodPost, at+"/approve", form("digest", "x")); r.Code != http.StatusForbidden {
		t.Errorf("a contributor approves: %d", r.Code)
	}
	sent(carl, at+"/submit", form("seen", "3"))
	p := page(h, at)
	digest := regexp.MustCompile(`approve">\s*<input type="hidden" name="digest" value="(sha256:[0-9a-f]+)"`).FindStringSubmatch(p)
	if digest == nil {
		t.Fatalf("who may approve is not asked to:\n%s", p)
	}
	if r := h.do(http.MethodPost, at+"/approve", form("digest", "sha256:0")); r.Code != http.StatusUnprocessableEntity || !strings.Contains(text(r), "not any more as you saw it") {
		t.Errorf("approving another text: %d", r.Code)
	}
	sent(h, at+"/approve", form("digest", digest[1]))
	sent(h, at+"/publish", form("digest", digest[1]))
	if p := page(vic, "/policy"); !strings.Contains(p, "For you to read") {
		t.Error("whom it concerns is not asked to read it")
	}
	if p := page(vic, "/"); !strings.Contains(p, "Read and acknowledge: Awareness") {
		t.Error("the first page does not tell that it waits")
	}
	if p := page(vic, at); strings.Contains(p, "<script>alert") || strings.Contains(p, "Submit for approval") || !strings.Contains(p, "I have read it and will keep to it") {
		t.Error("the reader's page is wrong")
	}
	sent(vic, at+"/acknowledge", form("digest", digest[1]))
	if p := page(h, at); !strings.Contains(p, "1 of 2 concerned") || !strings.Contains(p, "not yet") {
		t.Error("who has read it and who not is not told")
	}
	sent(carl, "/policy/fact", form("then", "usual", "role.security", "Ines Adler", "role.management", "Ruth Calder", "contact.report", "security@larkspur.example", "awareness.interval", "3 months"))
	if p := page(carl, at); !strings.Contains(p, "under review") || !strings.Contains(p, "awareness.interval: 12 months → 3 months") {
		t.Error("a fact changed, and nobody is told")
	}
	sent(carl, at+"/fill", form("seen", "6"))
	if p := page(carl, at+"/compare?from=1&to=0"); !strings.Contains(p, "repeated every 3 months") || !strings.Contains(p, "repeated every 12 months") {
		t.Error("what changed is not shown")
	}
	policyComesBack(t, carl, at)
	if r := h.do(http.MethodPost, at+"/retire", form("seen", "7", "why", " ")); r.Code != http.StatusUnprocessableEntity {
		t.Errorf("retiring without a reason: %d", r.Code)
	}
	for _, path := range []string{"/policy", at, at + "/edit", at + "/compare?from=1&to=0", "/policy/fact", "/policy/coverage", "/policy/coverage?only=words&edition=2015"} {
		d := parse(page(h, path))
		if len(d.faults) > 0 || len(d.first) != 3 {
			t.Errorf("%s: %v, the first lines say %q", path, d.faults, d.first)
		}
	}
	sent(h, at+"/retire", form("seen", "7", "why", "one policy holds all"))
}

// policyIsEdited: a preview saves nothing, what is refused comes back as typed,
// and so does what somebody overtook.
func policyIsEdited(t *testing.T, p *house, at string) {
	t.Helper()
	now := text(p.do(http.MethodGet, at+"/edit", ""))
	words := regexp.MustCompile(`(?s)<textarea class="code" name="text"[^>]*>(.*?)</textarea>`).FindStringSubmatch(now)
	if words == nil {
		t.Fatal("the form holds no text")
	}
	typed := func(seen, text string, more ...string) string {
		return form(append([]string{"seen", seen, "title", "Awareness " + hostile, "owner", "product", "every", "12", "quorum", "1", "note", "words " + hostile, "text", text}, more...)...)
	}
	plain := strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&amp;", "&", "&lt;", "<", "&gt;", ">").Replace(words[1])
	r := p.do(http.MethodPost, at, typed("2", plain+"\nNew **words** "+hostile+"\n", "then", "preview"))
	if got := text(r); r.Code != http.StatusOK || !strings.Contains(got, "Nothing is saved yet") || !strings.Contains(got, "<strong>words</strong>") || strings.Contains(got, "<script>alert") {
		t.Errorf("the preview: %d", r.Code)
	}
	r = p.do(http.MethodPost, at, typed("2", plain+"\n#### Deep mine\n"))
	if got := text(r); r.Code != http.StatusUnprocessableEntity || !strings.Contains(got, "skips a level") || !strings.Contains(got, "#### Deep mine") {
		t.Errorf("what is refused is lost: %d", r.Code)
	}
	if r := p.do(http.MethodPost, at, typed("2", plain+"\nTheirs.\n")); r.Code != http.StatusSeeOther {
		t.Fatalf("saving: %d %s", r.Code, text(r))
	}
	r = p.do(http.MethodPost, at, typed("2", plain+"\nMine.\n"))
	if got := text(r); r.Code != http.StatusUnprocessableEntity || !strings.Contains(got, "was changed meanwhile") || !strings.Contains(got, "Theirs.") || !strings.Contains(got, "Mine.") || !strings.Contains(got, `name="seen" value="3"`) {
		t.Errorf("two at once: %d %s", r.Code, got)
	}
}

// policyComesBack: a policy goes out in every format, and its DOCX comes back.
func policyComesBack(t *testing.T, p *house, at string) {
	t.Helper()
	var docx string
	for format, begins := range map[string]string{"docx": "PK", "pdf": "%PDF", "html": "<!", "md": "# ", "json": "{"} {
		r := p.do(http.MethodPost, at+"/paper", form("format", format, "version", "0"))
		paper := text(r)
		if r.Code != http.StatusOK || !strings.HasPrefix(paper, begins) || !strings.Contains(r.Header().Get("Content-Disposition"), "-policy-awareness."+format) {
			t.Errorf("%s: %d %.40q", format, r.Code, paper)
		}
		if format == "docx" {
			docx = paper
		}
	}
	upload := func(name, data string) (string, func(*http.Request)) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		_ = w.WriteField("seen", "7")
		part, err := w.CreateFormFile("file", name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write([]byte(data))
		_ = w.Close()
		return b.String(), func(r *http.Request) { r.Header.Set("Content-Type", w.FormDataContentType()) }
	}
	body, as := upload("awareness.docx", docx)
	if r := p.do(http.MethodPost, at+"/import", body, as); r.Code != http.StatusSeeOther {
		t.Errorf("its paper comes back: %d %s", r.Code, text(r))
	}
	body, as = upload("bad.md", "#### Deep\n")
	if r := p.do(http.MethodPost, at+"/import", body, as); r.Code != http.StatusUnprocessableEntity || !strings.Contains(text(r), "skips a level") {
		t.Errorf("a bad file: %d", r.Code)
	}
}
