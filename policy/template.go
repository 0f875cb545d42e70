// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/internal/strict"
)

//go:embed data
var files embed.FS

// Template is a text to begin a policy with.
type Template struct {
	ID       string   `yaml:"id" json:"id"`
	Title    string   `yaml:"title" json:"title"`
	For      string   `yaml:"for" json:"for"`                     // what it is for, in a sentence
	Clauses  []string `yaml:"clauses" json:"clauses"`             // of ISO/IEC 27001:2022
	Annex    []string `yaml:"annex" json:"annex"`                 // lines of its Annex A that it speaks to
	Audience []string `yaml:"audience,omitempty" json:"audience"` // roles concerned; empty: everybody
	Every    int      `yaml:"every" json:"every"`                 // months between reviews
	Text     string   `yaml:"-" json:"-"`
}

// Book is the templates and the facts that they ask for. It is read only.
type Book struct {
	Facts     []Fact
	Templates []Template
}

// Load reads what is shipped. It is read anew at each call: keep it.
func Load() (*Book, error) {
	data, err := fs.Sub(files, "data")
	if err != nil {
		return nil, fmt.Errorf("reading the templates: %w", err)
	}
	return LoadFiles(data)
}

// LoadFiles is Load for other files; the error tells every fault that is found.
func LoadFiles(fsys fs.FS) (*Book, error) {
	b := new(Book)
	var facts struct {
		Facts []Fact `yaml:"facts"`
	}
	raw, err := fs.ReadFile(fsys, "fact.yaml")
	if err != nil {
		return nil, fmt.Errorf("reading the facts of policies: %w", err)
	}
	if err := strict.Read("fact.yaml", raw, &facts).Err(); err != nil {
		return nil, err
	}
	b.Facts = facts.Facts
	common, err := fs.ReadFile(fsys, "common.md")
	if err != nil {
		return nil, fmt.Errorf("reading the common part of policies: %w", err)
	}
	names, err := fs.Glob(fsys, "template/*.md")
	if err != nil {
		return nil, fmt.Errorf("looking for templates: %w", err)
	}
	for _, name := range names {
		raw, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		t, err := parseTemplate(path.Base(name), string(raw), string(common))
		if err != nil {
			return nil, err
		}
		b.Templates = append(b.Templates, t)
	}
	return b, nil
}

func parseTemplate(name, raw, common string) (Template, error) {
	head, body, ok := strings.Cut(strings.TrimPrefix(Clean(raw), "---\n"), "\n---\n")
	doc := strict.New(name)
	if !ok {
		doc.At(1, "", "has no head between two lines of ---")
		return Template{}, doc.Err()
	}
	var t Template
	if err := strict.Read(name, []byte(head), &t).Err(); err != nil {
		return t, err
	}
	t.Text = strings.TrimRight(body, "\n") + "\n\n" + common
	return t, nil
}

// Template gives a template by its id.
func (b *Book) Template(id string) (Template, bool) {
	i := slices.IndexFunc(b.Templates, func(t Template) bool { return t.ID == id })
	if i < 0 {
		return Template{}, false
	}
	return b.Templates[i], true
}

// Fact gives a fact by its id.
func (b *Book) Fact(id string) (Fact, bool) {
	i := slices.IndexFunc(b.Facts, func(f Fact) bool { return f.ID == id })
	if i < 0 {
		return Fact{}, false
	}
	return b.Facts[i], true
}

var placeholder = regexp.MustCompile(`\{\{([a-z.]+)\}\}`)

// Asks gives the facts that a template asks for, each once, in its order.
func (t Template) Asks() []string {
	var out []string
	for _, m := range placeholder.FindAllStringSubmatch(t.Text, -1) {
		if !slices.Contains(out, m[1]) {
			out = append(out, m[1])
		}
	}
	return out
}

// Fill makes a text of a template: the parts that are for the parties, with the
// facts that are known, and a question for each that is not. Duties of the other
// party alone are left out.
func (b *Book) Fill(t Template, known Known, parties []catalogue.Party, duty func(id string) (catalogue.Duty, bool)) string {
	var out []Block
	for _, x := range read(t.Text, true) {
		if x.party != "" && !slices.Contains(parties, x.party) {
			continue
		}
		x.party = ""
		x.Satisfies = slices.DeleteFunc(slices.Clone(x.Satisfies), func(id string) bool {
			d, ok := duty(id)
			return !ok || !slices.Contains(parties, d.Party)
		})
		for i, l := range x.Lines {
			x.Lines[i] = b.filled(l, known)
		}
		out = append(out, x)
	}
	return Write(bare(out))
}

// filled puts facts into a line, and questions where none is known. A line that
// begins with a fact begins with a capital letter.
func (b *Book) filled(line string, known Known) string {
	out := b.facts(line, known)
	if strings.HasPrefix(line, "{{") && !strings.HasPrefix(out, "[") {
		r, n := utf8.DecodeRuneInString(out)
		out = string(unicode.ToUpper(r)) + out[n:]
	}
	return out
}

func (b *Book) facts(line string, known Known) string {
	return placeholder.ReplaceAllStringFunc(line, func(p string) string {
		id := p[2 : len(p)-2]
		if v := known[id]; v != "" {
			return v
		}
		f, _ := b.Fact(id)
		return Question(id, f.Ask)
	})
}

// Refresh writes the lines of a text that stand as the template and earlier
// facts made them as the facts of now make them. What somebody worded otherwise
// stays; its questions are answered.
func (b *Book) Refresh(t Template, text string, was, now Known) string {
	for _, x := range read(t.Text, true) {
		for _, l := range x.Lines {
			if old := b.filled(l, was); placeholder.MatchString(l) {
				text = strings.ReplaceAll(text, old, b.filled(l, now))
			}
		}
	}
	return Refill(text, now)
}

// bare takes headings away under which nothing is left.
func bare(blocks []Block) []Block {
	var out []Block
	for i, x := range blocks {
		if x.Kind == Heading && (i+1 == len(blocks) || blocks[i+1].Kind == Heading && blocks[i+1].Level <= x.Level) {
			continue
		}
		out = append(out, x)
	}
	return out
}

// Refill answers the questions of a text whose facts became known.
func Refill(text string, known Known) string {
	return question.ReplaceAllStringFunc(text, func(q string) string {
		if v := known[question.FindStringSubmatch(q)[1]]; v != "" {
			return v
		}
		return q
	})
}

// Lint tells all that is wrong with the templates and the facts: what they
// refer to exists, and nothing is asked that nobody defined.
func (b *Book) Lint(cat *catalogue.Catalogue) []string {
	var out []string
	annex := map[string]bool{}
	for _, f := range cat.Frameworks() {
		for _, p := range f.Parts {
			annex[p.ID] = true
		}
	}
	clauses := map[string]bool{}
	for _, c := range cat.Clauses() {
		clauses[c.ID] = true
	}
	known := func(id string) bool { _, ok := cat.Duty(id); return ok }
	asked := map[string]bool{}
	for _, t := range b.Templates {
		fault := func(format string, args ...any) {
			out = append(out, "template "+t.ID+": "+fmt.Sprintf(format, args...))
		}
		if t.Title == "" || t.For == "" || t.Every < 1 || t.Every > maxEvery {
			fault("title, for and every are demanded")
		}
		blocks := read(t.Text, true)
		checkBlocks(blocks, known, func(line int, says string) { fault("line %d: %s", line, says) })
		for _, x := range blocks {
			if x.party != "" && x.party != catalogue.Customer && x.party != catalogue.Provider {
				fault("line %d: @%s is no party", x.Line, x.party)
			}
		}
		for _, id := range t.Asks() {
			asked[id] = true
			if _, ok := b.Fact(id); !ok {
				fault("{{%s}} is no fact", id)
			}
		}
		if rest := placeholder.ReplaceAllString(t.Text, ""); strings.Contains(rest, "{{") || strings.Contains(rest, "}}") {
			fault("a fact is not written as {{id}}")
		}
		for _, id := range t.Annex {
			if !annex[id] {
				fault("annex: there is no %s", id)
			}
		}
		for _, id := range t.Clauses {
			if !clauses[id] {
				fault("clauses: there is no clause %s", id)
			}
		}
	}
	for _, f := range b.Facts {
		if !asked[f.ID] {
			out = append(out, "fact.yaml: "+f.ID+": no template asks for it")
		}
		if f.Ask == "" || !f.Derived && f.Group == "" {
			out = append(out, "fact.yaml: "+f.ID+": ask is missing, or its group")
		}
	}
	return out
}
