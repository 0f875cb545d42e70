// SPDX-License-Identifier: Apache-2.0

package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"demarc.dev/demarc/agreement"
	read "demarc.dev/demarc/agreement/text"
	"demarc.dev/demarc/document"
	"demarc.dev/demarc/problem"
)

// Agreement is what the papers of a reviewed agreement are made of.
type Agreement struct {
	Paper        Paper
	Organisation string
	Name         string // of the agreement
	At           time.Time
	Notice       string // may be empty
	Review       *agreement.Review
	Packs        []*agreement.Pack
	Documents    []*read.Document     // the words, for a redline
	Decisions    []agreement.Decision // of reviewers: may be empty
}

// state gives what counts of a finding.
func (a Agreement) state(f agreement.Finding) agreement.State {
	s, _ := f.Settled(a.Decisions)
	return s
}

func agreementChip(s agreement.State) document.Chip {
	c := document.Chip{Word: s.Word()}
	switch s {
	case agreement.Met:
		c.Tone, c.Mark = document.Good, document.MarkCheck
	case agreement.Weak:
		c.Tone, c.Mark = document.Part, document.MarkHalf
	case agreement.ByReference:
		c.Tone, c.Mark = document.Part, document.MarkRing
	case agreement.Adverse:
		c.Tone, c.Mark = document.Bad, document.MarkCross
	case agreement.Missing:
		c.Tone, c.Mark = document.Bad, document.MarkDash
	default:
		c.Tone, c.Mark = document.Unknown, document.MarkQuestion
	}
	return c
}

func (a Agreement) meta() (document.Meta, error) {
	data, err := json.Marshal([]any{a.Review, a.Decisions})
	if err != nil {
		return document.Meta{}, fmt.Errorf("hashing the review of %s: %w", a.Name, err)
	}
	sum := sha256.Sum256(data)
	digest := hex.EncodeToString(sum[:])
	var packs []string
	for _, p := range a.Packs {
		packs = append(packs, p.Title)
	}
	return document.Meta{Title: "Agreement review", Subtitle: a.Name, Organisation: or(a.Organisation, "No organisation named"), ID: or(a.Paper.ID, "AGR-"+digest[:10]), Version: or(a.Paper.Version, "1"), Catalogue: "requirement packs of this program",
		Classification: a.Paper.Classification, Date: a.At, Digest: digest, Notice: strings.TrimSpace(a.Notice + " " + agreement.Disclaimer),
		Facts: []document.Fact{{Name: "Read against", Value: list(packs, "no pack")}}}, nil
}

// AgreementDocument is the report of a review: for each requirement its state,
// the words that it rests on with their place, and a proposal.
func AgreementDocument(a Agreement) (document.Document, error) {
	meta, err := a.meta()
	if err != nil {
		return document.Document{}, err
	}
	d := document.Document{Meta: meta, Landscape: true, Blocks: a.overview()}
	for _, p := range a.Packs {
		d.Blocks = append(d.Blocks, document.PageBreak{}, heading(1, p.Title, "pack-"+p.ID), document.Paragraph{Small: true, Text: document.Say("Basis: %s.", or(p.Basis, "own"))}, a.packTable(p))
	}
	return d, nil
}

func (a Agreement) overview() []document.Block {
	counts := map[agreement.State]int{}
	for _, f := range a.Review.Findings {
		counts[a.state(f)]++
	}
	n := len(a.Review.Findings)
	out := []document.Block{heading(1, "Summary", "summary"),
		document.Callout{Tone: document.Accent, Title: "Not legal advice", Text: document.Plain(agreement.Disclaimer)},
		document.Paragraph{Lead: true, Text: document.Say("**%d** of %s are met by %s.", counts[agreement.Met], count(n, "requirement", "requirements"), count(len(a.Review.Documents), "document", "documents"))},
		document.Tiles{Items: []document.Tile{
			{Value: thousands(counts[agreement.Adverse]), Label: "adverse", Note: "the contrary is agreed", Tone: document.Bad},
			{Value: thousands(counts[agreement.Missing]), Label: "missing", Note: "no passage speaks about it", Tone: document.Bad},
			{Value: thousands(counts[agreement.Weak] + counts[agreement.ByReference]), Label: "weak or by reference only", Tone: document.Part},
			{Value: thousands(counts[agreement.Unreadable]), Label: "not to be judged", Note: "a document or page could not be read", Tone: document.Unknown},
		}},
		heading(2, "Documents", "documents"), a.documents()}
	if len(a.Review.NotSupplied) > 0 {
		t := document.Table{Columns: []document.Column{{Title: "Kind", Width: 1}, {Title: "Referred to in", Width: 4}, {Title: "Where", Width: 2}}, Empty: "None."}
		for _, r := range a.Review.NotSupplied {
			t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{document.Str(string(r.Kind)), document.Str("“" + r.Quote.Line(300) + "”"), document.Str(r.Quote.Where())}})
		}
		out = append(out, heading(2, "Referred to and not supplied", "not-supplied"), t)
	}
	return out
}

func (a Agreement) documents() document.Table {
	t := document.Table{Columns: []document.Column{{Title: "Document", Width: 3}, {Title: "Kind", Width: 1}, {Title: "Pages", Width: 0.7, Align: document.Right}, {Title: "What a reader must know", Width: 4}}, Empty: "No document was read."}
	for _, d := range a.Review.Documents {
		notes := d.Notes
		if d.Unreadable != "" {
			notes = append([]string{"Not judged: " + d.Unreadable + "."}, notes...)
		}
		pages := "no pages"
		if d.Pages > 0 {
			pages = itoa(d.Pages)
		}
		t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{document.Str(d.Name), document.Str(string(d.Kind)), document.Str(pages), document.Str(or(strings.Join(notes, "; "), "nothing"))}})
	}
	return t
}

func (a Agreement) packTable(p *agreement.Pack) document.Table {
	t := document.Table{Columns: []document.Column{{Title: "Requirement", Width: 2.2}, {Title: "State", Width: 1.3}, {Title: "What the agreement says", Width: 4}, {Title: "Proposed wording", Width: 2.6}}, Empty: "The pack asks nothing."}
	for _, f := range a.Review.Findings {
		if f.Pack != p.ID {
			continue
		}
		s, d := f.Settled(a.Decisions)
		chip := agreementChip(s)
		state := document.Cell{Chip: &chip}
		if d != nil {
			state.Lines = append(state.Lines, document.Say("%s by %s on %s", d.Verdict.Word(), d.By, d.At[:min(10, len(d.At))]))
			if d.Reason != "" {
				state.Lines = append(state.Lines, document.Say("*%s*", d.Reason))
			}
		}
		t.Rows = append(t.Rows, document.Row{ID: "r-" + f.Pack + "-" + f.Requirement, Cells: []document.Cell{
			document.Words(document.Strong(f.Title), document.Plain(list(f.References, "no reference"))), state, said(f), document.Str(or(f.Proposal, "none needed"))}})
	}
	return t
}

// said is the words of the agreement with their place, who owes them, the
// numbers, and why they were judged so.
func said(f agreement.Finding) document.Cell {
	var lines []document.Text
	switch {
	case f.Quote != nil:
		lines = append(lines, document.Plain("“"+f.Quote.Line(1500)+"”"), document.Say("**%s.** Owed by: %s.", f.Quote.Where(), f.Owes()))
	case f.Nearest != nil:
		lines = append(lines, document.Say("*Nearest text:* “%s” (%s)", f.Nearest.Line(400), f.Nearest.Where()))
	}
	for _, q := range f.Numbers {
		lines = append(lines, document.Say("**%s**", q.Words()))
	}
	if f.Against != nil {
		lines = append(lines, document.Say("*Against it:* “%s” (%s)", f.Against.Line(500), f.Against.Where()))
	}
	return document.Words(append(lines, document.Say("Why: %s.", or(strings.Join(f.Why, "; "), "no reason was given")))...)
}

// AgreementWorkbook lists the findings of a review, one a row.
func AgreementWorkbook(a Agreement) (document.Workbook, error) {
	meta, err := a.meta()
	if err != nil {
		return document.Workbook{}, err
	}
	w := document.Workbook{Meta: meta}
	states := sheetColumn("State", 18)
	for _, s := range agreement.States() {
		chip := agreementChip(s)
		w.Legend = append(w.Legend, document.LegendRow{Chip: chip, Meaning: s.Meaning()})
		states.States = append(states.States, chip)
	}
	s := document.Sheet{Name: "Findings", Title: "What the agreement says to each requirement", Note: "Not legal advice: a person who answers for it reads the quoted passage.", Empty: "The packs ask nothing.", Columns: []document.SheetColumn{
		sheetColumn("Pack", 12), sheetColumn("Requirement", 34), states, sheetColumn("Quote", 80), sheetColumn("Where", 34), sheetColumn("Owed by", 14), sheetColumn("Numbers", 26),
		sheetColumn("Why", 60), sheetColumn("Against", 50), sheetColumn("Proposed wording", 60), sheetColumn("References", 34), sheetColumn("Weight", 8), sheetColumn("Review", 16), sheetColumn("Reason", 40), {Title: "Remark", Width: 30, Edit: true}}}
	for _, f := range a.Review.Findings {
		s.Rows = append(s.Rows, a.row(f))
	}
	w.Sheets = []document.Sheet{s}
	return w, nil
}

func (a Agreement) row(f agreement.Finding) []document.Value {
	quote, where, against := "no passage", "nowhere", "nothing"
	if f.Quote != nil {
		quote, where = f.Quote.Line(0), f.Quote.Where()
	}
	if f.Against != nil {
		against = f.Against.Line(0) + " (" + f.Against.Where() + ")"
	}
	var numbers []string
	for _, q := range f.Numbers {
		numbers = append(numbers, q.Words())
	}
	state, d := f.Settled(a.Decisions)
	review, reason := agreement.Verdict("").Word(), "none"
	if d != nil {
		review, reason = d.Verdict.Word(), or(d.Reason, "none")
	}
	return []document.Value{word(f.Pack), word(f.Title), word(state.Word()), word(quote), word(where), word(f.Owes()), word(list(numbers, "none")), word(strings.Join(f.Why, "; ")),
		word(against), word(or(f.Proposal, "none needed")), word(list(f.References, "none")), document.Count(f.Weight), word(review), word(reason), document.Blank()}
}

// AgreementFile writes the report of a review as pdf, docx, html or xlsx; as
// redline the agreement with tracked changes, as letter and letterpdf what to
// ask the other party for.
func AgreementFile(a Agreement, format string) ([]byte, error) {
	switch format {
	case "redline":
		return AgreementRedline(a)
	case "letter", "letterpdf":
		d, err := AgreementLetter(a)
		if err != nil {
			return nil, err
		}
		if format == "letter" {
			return document.DOCX(d)
		}
		return document.PDF(d)
	}
	if format == "xlsx" {
		w, err := AgreementWorkbook(a)
		if err != nil {
			return nil, err
		}
		return document.XLSX(w)
	}
	d, err := AgreementDocument(a)
	if err != nil {
		return nil, err
	}
	switch format {
	case "pdf":
		return document.PDF(d)
	case "docx":
		return document.DOCX(d)
	case "html":
		return document.HTML(d)
	}
	return nil, problem.Newf(problem.Usage, "there is no format %q of a review", format).WithHint("pdf, docx, html, xlsx, redline, letter or letterpdf")
}
