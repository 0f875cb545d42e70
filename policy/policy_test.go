// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/scope"
)

func load(t *testing.T) (*Book, *catalogue.Catalogue) {
	t.Helper()
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	cat, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	return b, cat
}

func firm(role scope.ServiceRole) *scope.Scope {
	return &scope.Scope{Organisation: scope.Organisation{ID: "firm", Name: "Northwind", Contact: "security@northwind.example"},
		Services: []scope.Service{{ID: "x", Name: "Cloud X", Role: role, Provider: "X", Regions: []string{"eu-west-1", "eu-central-1"}, DataClasses: []string{"personal"}}}}
}

// TestTemplates lints what is shipped, and demands that together the templates
// speak of every duty of both editions.
func TestTemplates(t *testing.T) {
	b, cat := load(t)
	for _, f := range b.Lint(cat) {
		t.Error(f)
	}
	if len(b.Templates) < 14 {
		t.Errorf("only %d templates", len(b.Templates))
	}
	said := map[string]bool{}
	for _, x := range b.Templates {
		for _, d := range Duties(x.Text) {
			said[d] = true
		}
		if blocks := Blocks(x.Text); len(blocks) < 10 || len(strings.Fields(x.Text)) > 1200 {
			t.Errorf("%s has %d blocks and %d words: nobody signs that", x.ID, len(blocks), len(strings.Fields(x.Text)))
		}
	}
	for _, e := range []catalogue.Edition{catalogue.Edition2015, catalogue.Edition2026} {
		for _, p := range []catalogue.Party{catalogue.Customer, catalogue.Provider} {
			for _, d := range cat.Duties(e, p) {
				if !said[d.ID] {
					t.Errorf("no template speaks of %s: %s", d.ID, d.Text)
				}
			}
		}
	}
}

func TestTemplates_LintFinds(t *testing.T) {
	_, cat := load(t)
	b, err := LoadFiles(fstest.MapFS{
		"fact.yaml":     {Data: []byte("facts:\n  - {id: a.b, ask: What, group: G}\n  - {id: unasked, ask: Why, derived: true}\n")},
		"common.md":     {Data: []byte("## End\n\nBy {{a.b}} and {{nobody}}.\nSatisfies: 1.2.3-C9\n")},
		"template/x.md": {Data: []byte("---\nid: x\ntitle: X\nfor: x\nclauses: [\"99.1\"]\nannex: [A.99.1]\nevery: 12\n---\n#### Deep\n\n@nobody\n{{ x }}\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(b.Lint(cat), "\n")
	for _, want := range []string{"{{nobody}} is no fact", `no duty "1.2.3-C9"`, "no A.99.1", "no clause 99.1", "skips a level", "@nobody is no party", "not written as {{id}}", "unasked: no template asks"} {
		if !strings.Contains(all, want) {
			t.Errorf("does not tell %q in\n%s", want, all)
		}
	}
	if _, err := LoadFiles(fstest.MapFS{"fact.yaml": {Data: []byte("facts: []")}, "common.md": {}, "template/y.md": {Data: []byte("no head")}}); err == nil {
		t.Error("a template without a head is taken")
	}
}

func TestFill(t *testing.T) {
	b, cat := load(t)
	s := firm(scope.Consumes)
	for _, x := range b.Templates {
		text := b.Fill(x, FromScope(s), Parties(s), cat.Duty)
		for _, d := range Duties(text) {
			if duty, _ := cat.Duty(d); duty.Party != catalogue.Customer {
				t.Errorf("%s promises %s to a firm that provides nothing", x.ID, d)
			}
		}
		if strings.Contains(text, "{{") || strings.Contains(text, "As a provider") || strings.Contains(text, "@") && !strings.Contains(text, "@northwind") {
			t.Errorf("%s is not filled:\n%s", x.ID, text)
		}
		for _, q := range Questions(text) {
			if f, ok := b.Fact(q.Fact); !ok || f.Ask != q.Ask {
				t.Errorf("%s asks %+v", x.ID, q)
			}
		}
		if again := Write(Blocks(text)); again != text {
			t.Errorf("%s is not written in one form", x.ID)
		}
	}
	x, _ := b.Template("cryptography")
	text := b.Fill(x, FromScope(s), Parties(s), cat.Duty)
	if !strings.Contains(text, "The rules on cryptography of each region (eu-central-1 and eu-west-1)") || !strings.Contains(text, "every [open question key.rotation: How often are keys rotated?]") {
		t.Errorf("the text is\n%s", text)
	}
	full := Known{"key.rotation": "6 months"}
	if text = Refill(text, full); !strings.Contains(text, "rotated every 6 months") || slices.ContainsFunc(Questions(text), func(o Open) bool { return o.Fact == "key.rotation" }) {
		t.Error("what became known is not filled in")
	}
	// A fact changes: what stands as the template made it follows, what somebody worded stays.
	text = strings.Replace(text, "and at once when one may be known to others", "at the latest", 1) + "\nWe watch {{nothing}} 6 months.\n"
	if now := b.Refresh(x, text, full, Known{"key.rotation": "3 months"}); !strings.Contains(now, "rotated every 6 months, at the latest") {
		t.Errorf("what somebody worded changed:\n%s", now)
	}
	plain := b.Fill(x, full, Parties(s), cat.Duty)
	if now := b.Refresh(x, plain, full, Known{"key.rotation": "3 months"}); !strings.Contains(now, "rotated every 3 months, and at once") || strings.Contains(now, "6 months") {
		t.Errorf("a changed fact is not followed:\n%s", now)
	}
}

func TestBlocks(t *testing.T) {
	text := "\ufeff## One\r\nTwo lines\r\nof one.\r\nSatisfies: 5.1.1-C1, 5.1.1-C2\r\n\r\n- a\n  b\n- c\n\nSatisfies: 5.1.1-C3\n\n1. x\n2) y\n### Deep\n@customer\n"
	want := []Block{
		{Kind: Heading, Level: 1, Lines: []string{"One"}, Line: 1},
		{Kind: Paragraph, Lines: []string{"Two lines of one."}, Satisfies: []string{"5.1.1-C1", "5.1.1-C2"}, Line: 2},
		{Kind: List, Lines: []string{"a b", "c"}, Satisfies: []string{"5.1.1-C3"}, Line: 6},
		{Kind: Numbered, Lines: []string{"x", "y"}, Line: 12},
		{Kind: Heading, Level: 2, Lines: []string{"Deep"}, Line: 14},
		{Kind: Paragraph, Lines: []string{"@customer"}, Line: 15},
	}
	if got := Blocks(text); !reflect.DeepEqual(got, want) {
		t.Errorf("read\n%+v\nwant\n%+v", got, want)
	}
	if s := Section(want, 2); s != "One" {
		t.Errorf("the list stands under %q", s)
	}
}

func TestSpans(t *testing.T) {
	got := Spans("a **b** *c* `d*` 3 * 4 [x] [open question key.a: Who?] [open question: When?]")
	want := []Span{{Text: "a "}, {Text: "b", Strong: true}, {Text: " "}, {Text: "c", Em: true}, {Text: " "}, {Text: "d*", Code: true}, {Text: " 3 * 4 [x] "}, {Text: "Who?", Open: "key.a"}, {Text: " "}, {Text: "When?", Open: "open"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read\n%+v\nwant\n%+v", got, want)
	}
}

// TestLife goes through the states; each is derived from what people did.
func TestLife(t *testing.T) {
	day := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	known := Known{"regions": "eu-west-1"}
	p := Policy{ID: "x", Title: "X", Owner: "ada", Every: 12, Quorum: 2, Text: "## A\n\nB [open question: Who?]\n", Facts: known, Version: 1}
	is := func(want State, now time.Time, k Known) {
		t.Helper()
		if got := p.State(now, k); got != want {
			t.Errorf("is %s, not %s", got, want)
		}
	}
	is(Draft, day, known)
	if err := p.Approvable(known); err == nil || !strings.Contains(err.Error(), "submit it first") || !strings.Contains(err.Error(), "leaves open: Who?") {
		t.Errorf("approving an open draft: %v", err)
	}
	p.Text = "## A\n\nB\n"
	p.Submitted = &Signed{By: "ada", At: day, Digest: p.Digest()}
	is(InReview, day, known)
	if err := p.Approvable(known); err != nil {
		t.Error(err)
	}
	if err := p.Approvable(Known{"regions": "us-east-1"}); err == nil || !strings.Contains(err.Error(), "eu-west-1 → us-east-1") {
		t.Errorf("approving with another region: %v", err)
	}
	p.Approvals = []Signed{{By: "ada", Digest: p.Digest()}, {By: "ada", Digest: p.Digest()}, {By: "bob", Digest: "sha256:of another text"}}
	is(InReview, day, known)
	p.Approvals = append(p.Approvals, Signed{By: "bob", Digest: p.Digest()})
	is(Approved, day, known)
	p.Issues = []Issue{{Number: 1, Digest: p.Digest(), Facts: known, Review: day.AddDate(1, 0, 0)}}
	p.Submitted, p.Approvals = nil, nil
	is(Published, day, known)
	is(UnderReview, day.AddDate(1, 0, 1), known)
	is(UnderReview, day, Known{})
	if due := p.Due(day.AddDate(2, 0, 0), Known{}); len(due) != 2 || due[1] != "regions: eu-west-1 → not known any more" {
		t.Errorf("is due because of %q", due)
	}
	p.Text = "## A\n\nC\n"
	is(UnderReview, day, known)
	p.Retired = &Retired{Why: "one policy holds all"}
	is(RetiredNow, day, known)
	if p.InForce() != nil {
		t.Error("what is retired is in force")
	}
}

func TestValidate(t *testing.T) {
	w := World{Duty: func(id string) bool { return id == "5.1.1-C1" }, Person: func(id string) bool { return id == "ada" }, Roles: []string{"owner"}}
	good := Policy{ID: "x", Title: "X", Owner: "ada", Every: 12, Quorum: 1, Text: "A\nSatisfies: 5.1.1-C1"}
	if err := good.Validate(w); err != nil {
		t.Error(err)
	}
	bad := Policy{ID: "fact", Title: "a\nb", Owner: "eve", Audience: []string{"king"}, Every: 99, Text: "### Deep\n\nA\nSatisfies: 9.9.9-C1\n\n## " + Control + "\n", Note: strings.Repeat("x", 3000)}
	err := bad.Validate(w)
	for _, want := range []string{"id:", "title:", "owner:", "audience:", "every:", "quorum:", "note:", "line 1: the heading", `no duty "9.9.9-C1"`, "is kept for"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("does not tell %q: %v", want, err)
		}
	}
	for _, text := range []string{"", strings.Repeat("x", MaxText+1), strings.Repeat("a\n\n", 3000)} {
		if x := good; true {
			x.Text = text
			if x.Validate(w) == nil {
				t.Errorf("takes a text of %d bytes", len(text))
			}
		}
	}
}

func TestDiff(t *testing.T) {
	got := Diff("## A\n\none\n\ntwo\n\nthree\n", "## A\n\none\n\n2\n\nthree\n\nfour\n")
	want := []Piece{{true, true, "## A"}, {true, true, "one"}, {true, false, "two"}, {false, true, "2"}, {true, true, "three"}, {false, true, "four"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("differs by %+v", got)
	}
}

func TestCoverage(t *testing.T) {
	duties := []catalogue.Duty{{ID: "1-C1"}, {ID: "1-C2"}, {ID: "1-C3"}}
	got := Coverage(duties, []Text{{"p", "P", "## S\n\nx\nSatisfies: 1-C1, 1-C2\n", true}}, func(d string) bool { return d == "1-C2" }, func(string) bool { return false })
	if !got[0].WordsOnly() || got[0].Promised[0].Section != "S" || got[1].WordsOnly() || got[1].Untouched() || !got[2].Untouched() {
		t.Errorf("it is %+v", got)
	}
}

func TestCheckFacts(t *testing.T) {
	b, _ := load(t)
	if err := b.CheckFacts(Known{"key.rotation": "6 months"}); err != nil {
		t.Error(err)
	}
	err := b.CheckFacts(Known{"nothing": "x", "regions": "x", "key.rotation": "[a]", "log.review": strings.Repeat("x", 300)})
	for _, want := range []string{"nothing:", "regions:", "key.rotation:", "log.review:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("does not tell %s: %v", want, err)
		}
	}
}

// FuzzText: whatever a text holds, it is read, written in one form, and read
// again as the same.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"## A\n\nb\nSatisfies: 5.1.1-C1\n", "- a\n- b\n\n1. x\n", "#\n@customer\n**a* `", "Satisfies: x\n\n\n### z\n- \n", "[open question a.b: x] [open question: ]", "1. \n* \n#a\nSatisfies:"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		blocks := Blocks(text)
		once := Write(blocks)
		if twice := Write(Blocks(once)); twice != once {
			t.Errorf("%q is written as %q, then as %q", text, once, twice)
		}
		for _, b := range blocks {
			for _, l := range b.Lines {
				n := 0
				for _, s := range Spans(l) {
					n += len(s.Text)
				}
				if n > len(l) {
					t.Errorf("%q became longer", l)
				}
			}
		}
		Questions(text)
		Diff(text, once)
		CheckText(text, func(string) bool { return true }, func(int, string) {})
	})
}
