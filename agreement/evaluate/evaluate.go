// SPDX-License-Identifier: Apache-2.0

// Package evaluate measures how well agreements are judged: it compares the
// findings on documents with the labels that people gave them, and counts.
//
//	document,split,topic,state,anchor,number
//	dpa.md,dev,incident-notice,met,no later than 72 hours,72 h
//
// That is the label file, a CSV: one line for each document and topic of which
// the document says something; a topic without a line is absent. The anchor is
// a piece of the passage that a reviewer would quote, alternatives parted by |;
// so is the number. The package reads nothing itself and knows no clock.
package evaluate

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"demarc.dev/demarc/agreement"
	"demarc.dev/demarc/agreement/text"
	"demarc.dev/demarc/problem"
)

// Label is what a person found in a document about a topic.
type Label struct {
	Document, Split, Topic string
	State                  agreement.State
	Anchors                []string
	Numbers                []string
}

// Topics are the twenty categories that are labelled.
var topics = []string{"roles", "location", "legal-request", "deletion", "retrieval", "encryption", "change-notice", "backup", "logging", "vulnerability",
	"segregation", "subprocessor", "incident-notice", "evidence", "availability", "service-credit", "audit", "certification", "governing-law", "ownership"}

// Topics gives the categories that are labelled.
func Topics() []string { return slices.Clone(topics) }

// ReadLabels reads a label file; the error tells every fault.
func ReadLabels(name string, data []byte) ([]Label, error) {
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, problem.Newf(problem.Invalid, "%s is no CSV: %w", name, err)
	}
	var out []Label
	var faults []string
	for i, r := range rows {
		if i == 0 || len(r) < 6 {
			continue
		}
		l := Label{Document: r[0], Split: r[1], Topic: r[2], State: agreement.State(r[3])}
		if !slices.Contains(topics, l.Topic) {
			faults = append(faults, fmt.Sprintf("%s:%d: topic: %q is not labelled", name, i+1, l.Topic))
		}
		if !slices.Contains([]agreement.State{agreement.Met, agreement.Weak, agreement.Adverse}, l.State) {
			faults = append(faults, fmt.Sprintf("%s:%d: state: %q is none of met, weak, adverse", name, i+1, l.State))
		}
		if r[4] == "" {
			faults = append(faults, fmt.Sprintf("%s:%d: anchor: is missing", name, i+1))
		}
		l.Anchors = strings.Split(r[4], "|")
		if r[5] != "" {
			l.Numbers = strings.Split(r[5], "|")
		}
		out = append(out, l)
	}
	if len(faults) > 0 {
		return nil, problem.New(problem.Invalid, strings.Join(faults, "\n"), "mend these lines and read the file again")
	}
	return out, nil
}

// Documents gives the documents of a split, sorted; all when it is empty.
func Documents(labels []Label, split string) []string {
	seen := map[string]bool{}
	for _, l := range labels {
		if split == "" || l.Split == split {
			seen[l.Document] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// Splits gives the splits of a label file, sorted.
func Splits(labels []Label) []string {
	seen := map[string]bool{}
	for _, l := range labels {
		seen[l.Split] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// Count is right and wrong answers.
type Count struct{ True, False, Missed int }

// Precision is the share of what was said that is right; 1 when nothing was said.
func (c Count) Precision() float64 { return share(c.True, c.True+c.False) }

// Recall is the share of what stands there that was said.
func (c Count) Recall() float64 { return share(c.True, c.True+c.Missed) }

// F1 is the harmonic mean of both.
func (c Count) F1() float64 { return share(2*c.True, 2*c.True+c.False+c.Missed) }

func share(n, of int) float64 {
	if of == 0 {
		return 1
	}
	return float64(n) / float64(of)
}

// Result is the measures of one split.
type Result struct {
	Split      string
	Documents  []string
	Presence   Count            // does the document speak about the topic?
	Topics     map[string]Count // the same by topic
	States     [2]int           // right, of all cells: promised, less or contrary, absent
	Numbers    Count            // value, unit and role
	WrongOwner int              // numbers that are another party's duty
	Anchors    [2]int           // the labelled passage is quoted, of those present
	Quotes     [2]int           // verbatim in the text, of all
	Errors     []string         // each wrong cell, for whoever mends a rule
}

// Lost gives the labels of a document of whose anchors none stands in it: a
// label that no judge can be right about.
func Lost(d *text.Document, labels []Label) []Label {
	words := plain(d.Text)
	var out []Label
	for _, l := range labels {
		if l.Document == d.Name && !slices.ContainsFunc(l.Anchors, func(a string) bool { return strings.Contains(words, plain(a)) }) {
			out = append(out, l)
		}
	}
	return out
}

// Run judges the documents of a split and compares.
func Run(split string, docs []*text.Document, labels []Label, pack *agreement.Pack) Result {
	r := Result{Split: split, Topics: map[string]Count{}}
	for _, d := range docs {
		r.Documents = append(r.Documents, d.Name)
		review := agreement.Judge([]*text.Document{d}, []*agreement.Pack{pack})
		for _, f := range review.Findings {
			if !slices.Contains(topics, f.Topic) {
				continue
			}
			var label *Label
			for i := range labels {
				if labels[i].Document == d.Name && labels[i].Topic == f.Topic {
					label = &labels[i]
				}
			}
			r.cell(d, f, label)
		}
	}
	slices.Sort(r.Errors)
	return r
}

func present(s agreement.State) bool {
	return s == agreement.Met || s == agreement.Weak || s == agreement.Adverse
}

// threeWay folds the states: promised, less than promised or contrary, absent.
func threeWay(s agreement.State) string {
	switch s {
	case agreement.Met:
		return "promised"
	case agreement.Weak, agreement.Adverse:
		return "less"
	}
	return "absent"
}

func (r *Result) cell(d *text.Document, f agreement.Finding, label *Label) {
	want := agreement.Missing
	if label != nil {
		want = label.State
	}
	c := r.Topics[f.Topic]
	for _, count := range []*Count{&c, &r.Presence} {
		switch {
		case present(f.State) && present(want):
			count.True++
		case present(f.State):
			count.False++
		case present(want):
			count.Missed++
		}
	}
	r.Topics[f.Topic] = c
	r.States[1]++
	if threeWay(f.State) == threeWay(want) {
		r.States[0]++
	} else {
		r.Errors = append(r.Errors, fmt.Sprintf("%s %s: %s, labelled %s: %s", d.Name, f.Topic, f.State, want, said(f)))
	}
	r.passage(d, f, label)
	r.number(d, f, label)
}

func said(f agreement.Finding) string {
	if f.Quote == nil {
		return ""
	}
	words := strings.Join(strings.Fields(f.Quote.Text), " ")
	return words[:min(len(words), 160)]
}

func (r *Result) passage(d *text.Document, f agreement.Finding, label *Label) {
	for _, q := range quotesOf(f) {
		r.Quotes[1]++
		if d.Text[q.From:q.To] == q.Text {
			r.Quotes[0]++
		}
	}
	if label == nil || !present(f.State) || f.Quote == nil {
		return
	}
	r.Anchors[1]++
	words := plain(f.Quote.Text)
	if slices.ContainsFunc(label.Anchors, func(a string) bool { return strings.Contains(words, plain(a)) }) {
		r.Anchors[0]++
	} else {
		r.Errors = append(r.Errors, fmt.Sprintf("%s %s: quotes another passage: %s", d.Name, f.Topic, said(f)))
	}
}

func quotesOf(f agreement.Finding) []agreement.Quote {
	out := slices.Clone(f.Also)
	for _, q := range []*agreement.Quote{f.Quote, f.Against, f.Nearest} {
		if q != nil {
			out = append(out, *q)
		}
	}
	return out
}

func plain(s string) string {
	s = strings.NewReplacer("’", "'", "“", "\"", "”", "\"", "\u00AD", "").Replace(s)
	return strings.ToLower(strings.Join(strings.Fields(s), " "))
}

func (r *Result) number(d *text.Document, f agreement.Finding, label *Label) {
	var have []string
	var want []string
	if label != nil {
		want = label.Numbers
	}
	for _, q := range f.Numbers {
		number := strconv.FormatFloat(q.Value, 'f', -1, 64) + " " + string(q.Unit)
		have = append(have, number)
		if q.Owner == agreement.Customer && f.Owner == agreement.Provider && !slices.Contains(want, number) {
			r.WrongOwner++
		}
	}
	switch {
	case len(have) == 0 && len(want) == 0:
	case len(have) == 0:
		r.Numbers.Missed++
		r.Errors = append(r.Errors, fmt.Sprintf("%s %s: the number %s was not found: %s", d.Name, f.Topic, strings.Join(want, " or "), said(f)))
	case slices.Contains(want, have[0]):
		r.Numbers.True++
	default:
		r.Numbers.False++
		if len(want) > 0 {
			r.Numbers.Missed++
		}
		r.Errors = append(r.Errors, fmt.Sprintf("%s %s: the number %s, labelled %q: %s", d.Name, f.Topic, have[0], strings.Join(want, " or "), said(f)))
	}
}

// Table writes the measures for a person.
func (r Result) Table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d documents, %d cells\n", r.Split, len(r.Documents), r.States[1])
	fmt.Fprintf(&b, "  %-18s %6s %6s %6s   %s\n", "topic", "P", "R", "F1", "true/false/missed")
	for _, t := range slices.Sorted(maps.Keys(r.Topics)) {
		c := r.Topics[t]
		fmt.Fprintf(&b, "  %-18s %6.2f %6.2f %6.2f   %d/%d/%d\n", t, c.Precision(), c.Recall(), c.F1(), c.True, c.False, c.Missed)
	}
	p := r.Presence
	fmt.Fprintf(&b, "  %-18s %6.3f %6.3f %6.3f   %d/%d/%d\n", "presence (micro)", p.Precision(), p.Recall(), p.F1(), p.True, p.False, p.Missed)
	fmt.Fprintf(&b, "  three-way state    %6.3f   %d of %d\n", share(r.States[0], r.States[1]), r.States[0], r.States[1])
	fmt.Fprintf(&b, "  numbers            %6.3f %6.3f          %d/%d/%d, of another party's duty: %d\n", r.Numbers.Precision(), r.Numbers.Recall(), r.Numbers.True, r.Numbers.False, r.Numbers.Missed, r.WrongOwner)
	fmt.Fprintf(&b, "  right passage      %6.3f   %d of %d\n", share(r.Anchors[0], r.Anchors[1]), r.Anchors[0], r.Anchors[1])
	fmt.Fprintf(&b, "  verbatim quotes    %6.3f   %d of %d\n", share(r.Quotes[0], r.Quotes[1]), r.Quotes[0], r.Quotes[1])
	return b.String()
}
