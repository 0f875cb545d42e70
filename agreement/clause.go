// SPDX-License-Identifier: Apache-2.0

package agreement

import (
	"regexp"
	"strings"

	"demarc.dev/demarc/agreement/text"
)

// Clause is a numbered or unnumbered piece of an agreement: one block of its
// text, with the path that a lawyer would cite and the headings above it.
type Clause struct {
	Path     string   `json:"path"`     // "7.3(b)"; empty before the first number
	Headings []string `json:"headings"` // outermost first, its own last
	From     int      `json:"from"`     // bytes of the document's text
	To       int      `json:"to"`
	Page     int      `json:"page,omitempty"`

	lead    []int // clauses whose sentence this one goes on with: "The Provider shall:"
	heading bool
}

// Name gives the path and the innermost heading: "7.3(b) Incident notification".
func (c Clause) Name() string {
	name := c.Path
	if len(c.Headings) > 0 {
		name += " " + c.Headings[len(c.Headings)-1]
	}
	return strings.TrimSpace(name)
}

var (
	numberLabel = regexp.MustCompile(`^(?:(?i:article|section|clause|appendix|annex|schedule|exhibit|part)\s+)?§?\s*(\d{1,3}(?:\.\d{1,3}){0,5})(?:[.):]|\s|$|-)`)
	letterLabel = regexp.MustCompile(`^\(?([a-zA-Z])[.)](?:\s|$|[A-Z])`)
	romanLabel  = regexp.MustCompile(`^\(?([ivx]{1,5}|[IVX]{1,5})[.)](?:\s|$|[A-Z])`)
	wordLabel   = regexp.MustCompile(`^(?i)((?:article|appendix|annex|schedule|exhibit|part)\s+[0-9a-z]{1,4})\b`)
	bulletLabel = regexp.MustCompile(`^[•●▪◦*–-]\s`)
)

// rank is how deep a label stands by its kind alone.
type rank int

const (
	unlabelled rank = iota
	articleRank
	numberRank
	letterRank
	romanRank
	bulletRank
)

// clauses gives the clause tree of a document as a list in reading order.
func clauses(d *text.Document) []Clause {
	t := &treeMaker{text: d.Text}
	for _, b := range d.Blocks {
		t.add(b)
	}
	return t.out
}

type frame struct {
	rank  rank
	depth int // list depth of the file, 0 when it has none
	label string
}

type treeMaker struct {
	text     string
	out      []Clause
	stack    []frame
	headings []struct {
		level int
		words string
	}
	leads []struct {
		clause int
		rank   rank
		depth  int
	}
}

func (t *treeMaker) add(b text.Block) {
	words := t.text[b.From:b.To]
	label, r := labelOf(b.Label, words)
	depth := 0
	if b.Kind == text.Item {
		depth = b.Level
	}
	if b.Kind == text.Row {
		r, label = bulletRank, ""
	}
	t.place(b, label, r, depth)
	c := Clause{From: b.From, To: b.To, Page: b.Page, Path: t.path(), heading: b.Kind == text.Heading}
	if b.Kind == text.Heading {
		t.head(b.Level, title(words))
		t.leads = nil
	} else {
		t.lead(&c, r, depth, words)
	}
	for _, h := range t.headings {
		c.Headings = append(c.Headings, h.words)
	}
	if run := runIn(words); run != "" && b.Kind != text.Heading {
		c.Headings = append(c.Headings, run)
		if len(run)+3 >= len(words) { // a heading that the file does not mark as one
			c.heading = true
			t.head(10+int(r)+depth, run)
		}
	}
	t.out = append(t.out, c)
	if strings.HasSuffix(words, ":") || strings.HasSuffix(words, ": ") || opens(words) {
		t.leads = append(t.leads, struct {
			clause int
			rank   rank
			depth  int
		}{len(t.out) - 1, r, depth})
	}
}

// opens tells whether a block breaks off where a list must follow.
func opens(words string) bool {
	for _, end := range []string{" shall", " will", " must", " to", " by", " that", " -", " –", " —"} {
		if strings.HasSuffix(words, end) {
			return true
		}
	}
	return false
}

// lead says which sentences the clause goes on with, and drops those that ended.
func (t *treeMaker) lead(c *Clause, r rank, depth int, words string) {
	continues := words != "" && words[0] >= 'a' && words[0] <= 'z'
	for len(t.leads) > 0 {
		last := t.leads[len(t.leads)-1]
		deeper := depth > last.depth || r > last.rank || continues && r == unlabelled
		if deeper || r == letterRank && last.rank == unlabelled {
			break
		}
		t.leads = t.leads[:len(t.leads)-1]
	}
	for _, l := range t.leads {
		c.lead = append(c.lead, l.clause)
	}
}

// labelOf gives a block's number: that of the file's numbering, or the one it begins with.
func labelOf(given, words string) (string, rank) {
	if given == "" {
		if m := wordLabel.FindStringSubmatch(words); m != nil && numberLabel.FindString(words) == "" {
			return m[1], articleRank
		}
	}
	for _, s := range []string{given, words} {
		if s == "" {
			continue
		}
		if m := numberLabel.FindStringSubmatch(s); m != nil {
			if wordLabel.MatchString(s) {
				return m[1], articleRank
			}
			return m[1], numberRank
		}
		if m := romanLabel.FindStringSubmatch(s); m != nil && m[1] != "v" && m[1] != "x" && (len(m[1]) > 1 || m[1] == "i" || m[1] == "I") {
			return "(" + m[1] + ")", romanRank
		}
		if m := letterLabel.FindStringSubmatch(s); m != nil {
			return "(" + m[1] + ")", letterRank
		}
	}
	if bulletLabel.MatchString(words) {
		return "", bulletRank
	}
	return "", unlabelled
}

// place sets the label on the stack of open numbers.
func (t *treeMaker) place(b text.Block, label string, r rank, depth int) {
	if label == "" {
		if b.Kind == text.Heading && b.Level <= 1 {
			t.stack = t.stack[:0]
		}
		return
	}
	if strings.Contains(label, ".") && label[0] != '(' {
		t.stack = append(t.stack[:0], frame{numberRank, depth, label})
		return
	}
	for len(t.stack) > 0 {
		last := t.stack[len(t.stack)-1]
		if depth > 0 && last.depth > 0 && depth != last.depth {
			if depth > last.depth {
				break
			}
		} else if r > last.rank || r == numberRank && last.rank == numberRank && depth == 0 && t.restarts(label, last) {
			break
		}
		t.stack = t.stack[:len(t.stack)-1]
	}
	t.stack = append(t.stack, frame{r, depth, label})
}

// restarts tells that a list begins anew below a number: "1." after "2. Processing".
func (t *treeMaker) restarts(label string, last frame) bool {
	return label == "1" && !strings.Contains(last.label, ".") && len(t.out) > 0 && t.out[len(t.out)-1].heading
}

func (t *treeMaker) path() string {
	var out strings.Builder
	for _, f := range t.stack {
		if out.Len() > 0 && f.label[0] != '(' {
			out.WriteByte('.')
		}
		out.WriteString(f.label)
	}
	return out.String()
}

func (t *treeMaker) head(level int, words string) {
	for len(t.headings) > 0 && t.headings[len(t.headings)-1].level >= level {
		t.headings = t.headings[:len(t.headings)-1]
	}
	t.headings = append(t.headings, struct {
		level int
		words string
	}{level, words})
}

var leadingLabel = regexp.MustCompile(`^(?:(?i:article|section|clause)\s+)?[(§]?\s*(?:\d{1,3}(?:\.\d{1,3})*|[a-zA-Z]|[ivxIVX]{1,5})[.):]+\s*[-–:]?\s*`)

func title(words string) string {
	return strings.Join(strings.Fields(leadingLabel.ReplaceAllString(words, "")), " ")
}

// runIn gives the title with which a clause begins on its own line of text:
// "Audit Rights." of "7.2 Audit Rights. Provider will …".
func runIn(words string) string {
	rest := leadingLabel.ReplaceAllString(words, "")
	end := strings.IndexAny(rest, ".:\n")
	if end < 0 {
		end = len(rest)
	}
	if end == 0 || end > 80 {
		return ""
	}
	head := strings.TrimSpace(rest[:end])
	fields := strings.Fields(head)
	if len(fields) == 0 || len(fields) > 9 {
		return ""
	}
	for _, f := range fields {
		switch strings.ToLower(f) {
		case "will", "shall", "must", "may", "is", "are", "means", "has", "have", "agrees", "can", "we", "you":
			return ""
		}
	}
	if end < len(rest) && rest[end] == '.' && end+1 < len(rest) && rest[end+1] != ' ' && rest[end+1] != '\n' {
		return ""
	}
	return head
}
