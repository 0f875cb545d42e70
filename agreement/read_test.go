// SPDX-License-Identifier: Apache-2.0

package agreement_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"codeberg.org/go-pdf/fpdf"

	"demarc.dev/demarc/agreement"
	"demarc.dev/demarc/agreement/text"
)

// reader is one for the tests with paper: the PDF parser is compiled once, and
// kept between runs where the machine has a place for it.
var reader = text.NewReader(text.Options{CacheDir: cacheDir()})

func cacheDir() string {
	dir, err := os.UserCacheDir()
	if err != nil || os.MkdirAll(dir, 0o755) != nil {
		return ""
	}
	return dir + "/demarc"
}

// pdf sets paragraphs on pages of paper; an empty page shows nothing but a line.
func pdf(t *testing.T, pages ...string) []byte {
	t.Helper()
	p := fpdf.New("P", "mm", "A4", "")
	p.SetFont("Helvetica", "", 11)
	for _, words := range pages {
		p.AddPage()
		p.Line(10, 10, 100, 10)
		for _, s := range strings.Split(words, "\n\n") {
			p.MultiCell(165, 6, strings.TrimLeft(s, "# "), "", "L", false)
			p.Ln(4)
		}
	}
	var buf bytes.Buffer
	if err := p.Output(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestJudge_SameFromPaper: one text gives the same findings from Markdown and
// from the PDF that was made of it.
func TestJudge_SameFromPaper(t *testing.T) {
	var all strings.Builder
	all.WriteString("# Terms of service of Postrider\n\n1. Definitions. Provider means Postrider Mail Ltd. Customer means the firm that orders the service.\n\n")
	for _, s := range sentences {
		if s.state == "met" || s.state == "weak" {
			all.WriteString(s.words + "\n\n")
		}
	}
	l, err := agreement.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	paper, err := reader.Read(t.Context(), "a.pdf", pdf(t, all.String()))
	if err != nil {
		t.Fatal(err)
	}
	a := agreement.Judge([]*text.Document{read(t, "a.md", all.String())}, l.Packs)
	b := agreement.Judge([]*text.Document{paper}, l.Packs)
	differ := 0
	for i := range a.Findings {
		if a.Findings[i].State != b.Findings[i].State {
			differ++
			t.Logf("%s: %s from Markdown, %s from PDF", a.Findings[i].Key(), a.Findings[i].State, b.Findings[i].State)
		}
	}
	if differ*50 > len(a.Findings) {
		t.Errorf("%d of %d findings differ", differ, len(a.Findings))
	}
}

// TestJudge_Scan: nothing is called missing where a page could not be read.
func TestJudge_Scan(t *testing.T) {
	for name, pages := range map[string][]string{"all of it": {"", ""}, "one page of three": {terms, terms, ""}} {
		d, err := reader.Read(t.Context(), "scan.pdf", pdf(t, pages...))
		if err != nil {
			t.Fatal(err)
		}
		unreadable := 0
		for _, f := range judge(t, d).Findings {
			if f.State == agreement.Missing {
				t.Errorf("%s: %s is called missing", name, f.Requirement)
			}
			if f.State == agreement.Unreadable {
				unreadable++
			}
		}
		if unreadable == 0 {
			t.Errorf("%s: nothing is said to be unreadable", name)
		}
	}
}

// TestJudge_HiddenWords: what hides a word from a search hides nothing from the
// judge, and the quote stands in the file as it is.
func TestJudge_HiddenWords(t *testing.T) {
	for name, words := range map[string]string{
		"soft hyphens": "Pro\u00ADvider shall no\u00ADti\u00ADfy Cus\u00ADtomer of any se\u00ADcu\u00ADri\u00ADty breach within 48 hours.",
		"a line's end": "Provider shall notify Customer of any secu-\nrity breach within 48 hours.",
		"glued words":  "TheProvider shall notify Customer of any security breach within forty-eight (48)hours.",
		"curly marks":  "The “Provider” shall notify Customer of Customer’s security breach within 48\u00A0hours.",
	} {
		doc := read(t, "a.md", around+words+"\n")
		for _, f := range judge(t, doc).Findings {
			if f.Requirement != "incident-notice" {
				continue
			}
			if f.State != agreement.Met || len(f.Numbers) == 0 || f.Numbers[0].Value != 48 {
				t.Errorf("%s: %s %v: %v", name, f.State, f.Numbers, f.Why)
			} else if f.Quote.Text != doc.Quote(f.Quote.From, f.Quote.To) {
				t.Errorf("%s: the quote is not verbatim: %q", name, f.Quote.Text)
			}
		}
	}
}

func TestDecision(t *testing.T) {
	f := agreement.Finding{Pack: "house", Requirement: "a", State: agreement.Weak, Quote: &agreement.Quote{Text: "We may  tell you."}}
	override := agreement.Decision{Key: "house/a", Verdict: agreement.Overridden, State: agreement.Met, Reason: "the order form promises it", On: f.Basis()}
	if err := override.Check(f); err != nil {
		t.Fatal(err)
	}
	if s, d := f.Settled([]agreement.Decision{override}); s != agreement.Met || d == nil {
		t.Errorf("an override gives %s, %v", s, d)
	}
	f.Quote.Text = "We will never tell you."
	if s, d := f.Settled([]agreement.Decision{override}); s != agreement.Weak || d != nil {
		t.Errorf("the words changed and the override still counts: %s, %v", s, d)
	}
	for name, d := range map[string]agreement.Decision{
		"no verdict": {Verdict: "fine"}, "no reason": {Verdict: agreement.Counsel}, "no state": {Verdict: agreement.Overridden, Reason: "x"},
		"the same state": {Verdict: agreement.Overridden, State: agreement.Weak, Reason: "x"}, "a state too many": {Verdict: agreement.Accepted, State: agreement.Met},
	} {
		if d.Check(f) == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func FuzzJudge(f *testing.F) {
	l, err := agreement.Shipped()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(terms)
	for _, s := range sentences {
		f.Add(s.words)
	}
	f.Add("(a) (b) 1.1.1 — “Acme” means Acme GmbH; we/you: within within (30 (thirty) %%% days\u00AD\n-")
	r := text.NewReader(text.Options{})
	f.Fuzz(func(t *testing.T, words string) {
		if len(words) > 20_000 {
			t.Skip()
		}
		d, err := r.Read(t.Context(), "a.md", []byte(words))
		if err != nil {
			return
		}
		for _, x := range agreement.Judge([]*text.Document{d}, l.Packs).Findings {
			for _, q := range []*agreement.Quote{x.Quote, x.Against, x.Nearest} {
				if q != nil && (d.Quote(q.From, q.To) != q.Text || q.Core[0] < 0 || q.Core[1] < q.Core[0] || q.Core[1] > len(q.Text)) {
					t.Fatalf("%s quotes %+v", x.Key(), q)
				}
			}
			if len(x.Why) == 0 {
				t.Fatalf("%s has no reason", x.Key())
			}
		}
	})
}

func FuzzParseCue(f *testing.F) {
	f.Add("notif*|inform* &25 breach*|incident* & !@link")
	f.Add("delet* ~4 within ~1 @time")
	f.Fuzz(func(t *testing.T, source string) {
		if c, err := agreement.ParseCue(source); err == nil && c.String() != source {
			t.Fatalf("%q became %q", source, c)
		}
	})
}
