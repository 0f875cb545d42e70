// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"unicode/utf8"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/document"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
)

// The titles of the columns of a matrix sheet: what ReadMatrices finds them
// by, in any order.
const (
	colDuty      = "Duty"
	colControl   = "Control"
	colParty     = "Party"
	colText      = "What it asks"
	colCustomer  = "Customer"
	colProvider  = "Provider"
	colSplit     = "Who does which part"
	colOwner     = "Customer's owner"
	colContact   = "Provider's contact"
	colBasis     = "Basis"
	colReference = "Reference"
	colRationale = "Why it differs"
	colEvidence  = "Evidence, one a line"
	colNote      = "Note"
	colFindings  = "Findings"
	colService   = "Service"
	colEdition   = "Edition"
	colVersion   = "Matrix version"
)

func shareWords() []string {
	return []string{string(responsibility.None), string(responsibility.Performs), string(responsibility.Accounts), string(responsibility.SharesBoth)}
}

func basisWords() []string {
	return []string{string(responsibility.ContractClause), string(responsibility.ProviderStatement), string(responsibility.InternalControl), string(responsibility.Assumption), string(responsibility.DefaultBasis)}
}

// MatrixWorkbook is the matrices of one organisation in a form that people
// edit; ReadMatrices reads it back. Every matrix has a sheet; the workbook
// takes its cover from the first.
func MatrixWorkbook(matrices []Matrix) (document.Workbook, error) {
	if len(matrices) == 0 {
		return document.Workbook{}, problem.New(problem.Invalid, "the workbook has no matrix", "name a service that has one")
	}
	var w document.Workbook
	names := map[string]bool{"cover": true, "findings": true}
	all := document.Sheet{Name: "Findings", Title: "Findings about the matrices", Empty: "No rule found anything.", Columns: []document.SheetColumn{
		sheetColumn("Rule", 9), sheetColumn("Service", 22), severityColumn(), sheetColumn("Duty", 13), sheetColumn("Why", 70), sheetColumn("What to do", 60), {Title: "Remark", Width: 30, Edit: true}}}
	digests := ""
	for _, m := range matrices {
		b, err := newMatrixBook(m)
		if err != nil {
			return w, err
		}
		meta, err := b.meta("Responsibility matrices")
		if err != nil {
			return w, err
		}
		digests += meta.Digest
		if w.Meta.Title == "" {
			w.Meta = meta
		}
		w.Sheets = append(w.Sheets, b.sheet(sheetName(m.Service.ID, names)))
		for _, f := range m.Findings {
			all.Rows = append(all.Rows, []document.Value{word(string(f.Rule)), word(m.Service.Name), word(severityWord(f.Severity)), word(or(f.Duty, "the whole matrix")), word(or(f.Why, "no reason was given")), word(or(f.Fix, "no advice is written")), document.Blank()})
		}
	}
	if len(matrices) > 1 {
		w.Meta.Subtitle = count(len(matrices), "cloud service", "cloud services")
		w.Meta.Facts, w.Meta.Digest = nil, hashText(digests)
	}
	w.Sheets = append(w.Sheets, all)
	w.Legend = matrixLegend()
	return w, nil
}

// sheetName makes a name that Excel takes, unique in the workbook.
func sheetName(id string, taken map[string]bool) string {
	id = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\'`, r) {
			return '-'
		}
		return r
	}, id)
	for utf8.RuneCountInString(id) > 27 {
		_, n := utf8.DecodeLastRuneInString(id)
		id = id[:len(id)-n]
	}
	name := or(id, "service")
	for n := 2; taken[strings.ToLower(name)]; n++ {
		name = or(id, "service") + "-" + itoa(n)
	}
	taken[strings.ToLower(name)] = true
	return name
}

func matrixLegend() []document.LegendRow {
	return []document.LegendRow{
		{Chip: document.Chip{Word: string(responsibility.None), Tone: document.Muted}, Meaning: "The party does nothing for the duty."},
		{Chip: document.Chip{Word: string(responsibility.Performs), Tone: document.Accent}, Meaning: "The party does the work."},
		{Chip: document.Chip{Word: string(responsibility.Accounts), Tone: document.Second}, Meaning: "The party answers for the result."},
		{Chip: document.Chip{Word: string(responsibility.SharesBoth), Tone: document.Accent}, Meaning: "The party does the work and answers for the result."},
		{Chip: document.Chip{Word: "Basis"}, Meaning: "contract: a clause, named as reference; statement: of the provider, named as reference; internal: a control or procedure of our own; assumption: nobody has said so; default: taken from the catalogue, not yet looked at."},
	}
}

// sheet lists every duty in scope; a duty without a line has the words of the
// default, and empty cells to fill.
func (b *matrixBook) sheet(name string) document.Sheet {
	shares := []document.Chip{}
	for _, r := range matrixLegend()[:4] {
		shares = append(shares, r.Chip)
	}
	edit := func(title string, width float64, options ...string) document.SheetColumn {
		return document.SheetColumn{Title: title, Width: width, Edit: true, Options: options}
	}
	customer, provider := edit(colCustomer, 13, shareWords()...), edit(colProvider, 13, shareWords()...)
	customer.States, provider.States = shares, shares
	s := document.Sheet{Name: name, Title: "Responsibility matrix of " + b.Service.Name, Empty: "No duty stands in this edition.",
		Note: b.side(catalogue.Customer) + " is the customer, " + b.side(catalogue.Provider) + " the provider. Leave the customer's and the provider's cell empty for a duty that is not divided yet.",
		Columns: []document.SheetColumn{sheetColumn(colDuty, 13), sheetColumn(colControl, 34), sheetColumn(colParty, 10), sheetColumn(colText, 60), customer, provider,
			edit(colSplit, 40), edit(colOwner, 18), edit(colContact, 20), edit(colBasis, 13, basisWords()...), edit(colReference, 26), edit(colRationale, 30), edit(colEvidence, 30), edit(colNote, 26),
			sheetColumn(colFindings, 14), sheetColumn(colService, 16), sheetColumn(colEdition, 9), sheetColumn(colVersion, 9)}}
	for _, c := range b.Controls {
		for _, d := range c.Duties {
			if b.inScope(d) {
				s.Rows = append(s.Rows, b.sheetRow(c, d))
			}
		}
	}
	return s
}

func (b *matrixBook) sheetRow(c catalogue.Control, d catalogue.Duty) []document.Value {
	a, ok := b.lines[d.ID]
	if !ok {
		a = responsibility.Allocation{}
	}
	var rules []string
	for _, r := range b.verdicts[d.ID].Rules {
		rules = append(rules, string(r))
	}
	return []document.Value{word(d.ID), word(b.controlTitle(c)), word(party(d.Party)), word(d.Text), fill(string(a.Customer)), fill(string(a.Provider)), fill(a.Split), fill(a.CustomerOwner), fill(a.ProviderContact),
		fill(string(a.Basis.Kind)), fill(a.Basis.Reference), fill(a.Rationale), fill(strings.Join(a.Evidence, "\n")), fill(a.Note),
		word(list(rules, "none")), word(b.Service.ID), word(string(b.Matrix.Matrix.Edition)), word(itoa(b.Matrix.Matrix.Version))}
}

// fill is a cell to be edited: the words that stand there, or nothing yet.
func fill(s string) document.Value {
	if strings.TrimSpace(s) == "" {
		return document.Blank()
	}
	return word(s)
}

func severityWord(s responsibility.Severity) string {
	switch s {
	case responsibility.Critical:
		return "Critical"
	case responsibility.High:
		return "High"
	case responsibility.Medium:
		return "Medium"
	}
	return "Low"
}
