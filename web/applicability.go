// SPDX-License-Identifier: Apache-2.0

package web

import (
	"io"
	"slices"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/applicability"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

// soaView is what the page of the Statement of Applicability shows.
type soaView struct {
	*app.Applicability
	Shown   []applicability.Line // after the filter
	Filter  soaFilter
	Scope   *scope.Scope
	Edit    bool
	Approve bool
	Issue   bool
	Fault   string
}

// soaFilter stands in the address of the page.
type soaFilter struct{ Edition, Set, Party, Standing, Status, Text string }

func (f soaFilter) keeps(l applicability.Line) bool {
	switch {
	case f.Set != "" && l.Set != f.Set, f.Party != "" && string(l.Party) != f.Party, f.Standing != "" && string(l.Standing) != f.Standing:
		return false
	case f.Status == "none":
		return l.Applicable && l.Status == ""
	case f.Status == "excluded":
		return !l.Applicable
	case f.Status != "":
		return l.Applicable && string(l.Status) == f.Status
	}
	return f.Text == "" || strings.Contains(strings.ToLower(l.ID+" "+l.Title+" "+l.Justification), strings.ToLower(f.Text))
}

func (s *Server) applicability(v *visit) error {
	view, err := s.soaView(v)
	if err != nil {
		return err
	}
	return s.show(v, soaHead(view), soaPage(view))
}

func (s *Server) soaView(v *visit) (soaView, error) {
	now := s.o.Now()
	view := soaView{Filter: soaFilter{v.get("edition"), v.get("set"), v.get("party"), v.get("standing"), v.get("status"), v.get("text")},
		Edit: v.may(account.EditApplicability, now), Approve: v.may(account.ApproveApplicability, now), Issue: v.may(account.IssueReport, now)}
	ed, err := soaEdition(view.Filter.Edition)
	if err != nil {
		return view, err
	}
	if view.Applicability, err = s.o.App.Applicability(v, v.Caller, ed); err != nil {
		return view, err
	}
	if view.Scope, err = s.scopeOrNone(v); err != nil {
		return view, err
	}
	for _, l := range view.Lines {
		if view.Filter.keeps(l) {
			view.Shown = append(view.Shown, l)
		}
	}
	return view, nil
}

// soaEdition reads an edition of an address; empty is that of the newest
// assessment.
func soaEdition(word string) (catalogue.Edition, error) {
	if word == "" || word == string(catalogue.Edition2015) || word == string(catalogue.Edition2026) {
		return catalogue.Edition(word), nil
	}
	return "", problem.New(problem.Invalid, "edition: there is no edition "+cut(word, 20)+" of ISO/IEC 27017", "2015 or 2026")
}

func soaHead(view soaView) page {
	next := "Nothing until a line or the assessment changes."
	switch n := view.Summary.Standings; {
	case n[applicability.Blank] > 0:
		next = "Say for " + plural(n[applicability.Blank], "line", "lines") + " why it applies, or why it does not; then approve the statement."
	case !view.Valid():
		next = "Look at what was proposed and what changed, then approve the statement."
	}
	return page{Title: "Statement of Applicability", Section: "/applicability",
		What: "The controls of ISO/IEC 27001:2022 Annex A and the clauses of ISO/IEC 27017:" + string(view.Edition) + " by party: whether each applies, why, and how it stands.",
		Why:  "ISO/IEC 27001 asks for it (6.1.3 d), and a certificate that names ISO/IEC 27017 rests on it: it has no blank.",
		Next: next}
}

// approveApplicability approves the statement that was looked at.
func (s *Server) approveApplicability(v *visit) error {
	ed, err := soaEdition(v.r.PostFormValue("edition"))
	if err != nil {
		return err
	}
	_, err = s.o.App.ApproveApplicability(v, v.Caller, ed, v.r.PostFormValue("digest"))
	return s.settled(v, err, "/applicability?edition="+string(ed), func(fault string) error {
		view, err := s.soaView(v)
		if err != nil {
			return err
		}
		view.Fault = fault
		return s.typed(v, soaHead(view), soaPage(view))
	})
}

// applicabilityPaper issues the statement as a file.
func (s *Server) applicabilityPaper(v *visit) error {
	ed, err := soaEdition(v.r.PostFormValue("edition"))
	if err != nil {
		return err
	}
	return s.issuePaper(v, "is no statement", app.ApplicabilityFormats(), v.Org+"-applicability", func(format string, w io.Writer) error {
		return s.o.App.ApplicabilityPaper(v, v.Caller, ed, format, report.Paper{}, w)
	})
}

// lineView is what the page of one line shows.
type lineView struct {
	applicability.Line
	Edition catalogue.Edition
	Was     *applicability.Frozen // as approved last; nil: not in it
	Form    applicability.Decision
	Fault   string
	Scope   *scope.Scope
	Edit    bool
	Earlier string // ids of the lines before and after, for who goes through them
	Later   string
}

func (s *Server) applicabilityLine(v *visit) error {
	view, err := s.lineView(v)
	if err != nil {
		return err
	}
	return s.show(v, lineHead(view), linePage(view))
}

func (s *Server) lineView(v *visit) (lineView, error) {
	all, err := s.soaView(v)
	if err != nil {
		return lineView{}, err
	}
	id := v.r.PathValue("line")
	i := slices.IndexFunc(all.Lines, func(l applicability.Line) bool { return l.ID == id })
	if i < 0 {
		return lineView{}, problem.New(problem.NotFound, "the statement has no line "+cut(id, 40), "the list of lines shows them all")
	}
	l := all.Lines[i]
	view := lineView{Line: l, Edition: all.Edition, Scope: all.Scope, Edit: all.Edit, Form: applicability.Decision{Line: l.ID, Applicable: l.Applicable, Responsible: l.Responsible}}
	if l.Standing != applicability.Blank {
		view.Form.Justification = l.Justification
	}
	if i > 0 {
		view.Earlier = all.Lines[i-1].ID
	}
	if i+1 < len(all.Lines) {
		view.Later = all.Lines[i+1].ID
	}
	if all.Approved != nil {
		if k := slices.IndexFunc(all.Approved.Lines, func(f applicability.Frozen) bool { return f.ID == id }); k >= 0 {
			view.Was = &all.Approved.Lines[k]
		}
	}
	return view, nil
}

func lineHead(view lineView) page {
	next := "Read the justification as an auditor would; change it when it does not convince."
	switch {
	case view.Standing == applicability.Blank:
		next = "Say whether it applies, and why."
	case view.Standing == applicability.Proposed:
		next = "Take over what is proposed, or write what is true."
	}
	return page{Title: view.Number + " " + view.Title, Section: "/applicability",
		What: "A line of the Statement of Applicability, of " + view.Set + ". It is " + string(view.Standing) + ".",
		Why:  "Each control is included or excluded for a reason that can be told (ISO/IEC 27001, 6.1.3 d).",
		Next: next}
}

// decideLine takes the form of a line; what is refused comes back as typed.
func (s *Server) decideLine(v *visit) error {
	view, err := s.lineView(v)
	if err != nil {
		return err
	}
	d := applicability.Decision{Line: view.ID, Applicable: v.r.PostFormValue("applicable") == "yes", Justification: plainLines(v.r.PostFormValue("justification")), Responsible: v.r.PostFormValue("responsible")}
	_, err = s.o.App.DecideApplicability(v, v.Caller, view.Edition, d, digit(v.r.PostFormValue("version")))
	if fault, ok := mendable(err); ok {
		view.Form, view.Fault = d, fault
		return s.typed(v, lineHead(view), linePage(view))
	}
	if err != nil {
		return err
	}
	if v.r.PostFormValue("then") == "next" && view.Later != "" {
		return v.redirect("/applicability/" + view.Later + "?edition=" + string(view.Edition))
	}
	return v.redirect("/applicability/" + view.ID + "?edition=" + string(view.Edition))
}

func standingOptions() []option {
	out := []option{{"", "all"}}
	for _, s := range applicability.Standings() {
		out = append(out, option{string(s), string(s)})
	}
	return out
}

func soaStatusOptions() []option {
	out := []option{{"", "all"}}
	for _, s := range barOrder() {
		out = append(out, option{string(s), words(s)})
	}
	return append(out, option{"none", "nothing tells"}, option{"excluded", "excluded"})
}

func setOptions(s applicability.Statement) []option {
	out := []option{{"", "both standards"}}
	for _, l := range s.Lines {
		if !slices.ContainsFunc(out, func(o option) bool { return o.Value == l.Set }) {
			out = append(out, option{l.Set, l.Set})
		}
	}
	return out
}

func partyOptions() []option {
	return []option{{"", "all parties"}, {string(catalogue.Customer), "customer"}, {string(catalogue.Provider), "provider"}}
}

func editionOptions() []option {
	return []option{{string(catalogue.Edition2026), "2026"}, {string(catalogue.Edition2015), "2015"}}
}

// appliesClass gives the colour of whether a line applies.
func appliesClass(l applicability.Line) string {
	switch {
	case l.Standing == applicability.Blank:
		return "s-not-satisfied"
	case l.Applicable:
		return "s-satisfied"
	}
	return "s-not-applicable"
}

func appliesSaid(l applicability.Line) string {
	switch {
	case l.Standing == applicability.Blank:
		return "? not justified"
	case l.Applicable:
		return "✓ applies"
	}
	return "– excluded"
}
