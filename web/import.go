// SPDX-License-Identifier: Apache-2.0

package web

import (
	"slices"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/check/foreign"
)

// importsView is what the page of other tools' reports shows.
type importsView struct {
	Rows    []app.Import // the newest first
	Formats []foreign.Spec
	Take    bool // the visitor may take one in
}

func (s *Server) imports(v *visit) error {
	all, err := s.o.App.Imports(v, v.Caller)
	if err != nil {
		return err
	}
	slices.Reverse(all)
	next := "Take in a report: what it says is joined with our own findings at the next assessment."
	if len(all) > 0 {
		next = "Open one to see where its answers differ from ours, and which of its checks nobody has mapped."
	}
	return s.show(v, page{
		Title: "Other tools’ reports", Section: "/import",
		What: "What other tools saw: reports of Prowler, Security Hub, Trivy, Checkov and others that were taken in.",
		Why:  "Of two answers to one question the less flattering counts. Another tool’s pass alone never shows a whole duty.",
		Next: next,
	}, importsPage(importsView{all, foreign.Formats(), v.may(account.TakeSnapshot, s.o.Now())}))
}

// importedView is what the page of one report shows.
type importedView struct {
	*app.Imported
	Take bool
}

func (s *Server) imported(v *visit) error {
	i, err := s.o.App.Imported(v, v.Caller, v.r.PathValue("import"))
	if err != nil {
		return err
	}
	next := "See below what nobody has mapped: it bears on no duty."
	switch {
	case i.Against == "":
		next = "Assess: nothing was assessed yet to compare with."
	case i.Counts.Against > 0:
		next = "Look at each resource that fails there and not here: one of the two tools is wrong."
	case i.Counts.Unmapped == 0:
		next = "Nothing: all of it is mapped, and nothing fails there that does not fail here."
	}
	return s.show(v, page{
		Title: "Report " + i.ID, Section: "/import",
		What: plural(int(i.Results), "result", "results") + " of " + or(i.Tool(), "a tool that it does not name") + ", read from " + i.File + ".",
		Why:  "Of two answers to one question the less flattering counts. Another tool’s pass alone never shows a whole duty.",
		Next: next,
	}, importedPage(importedView{i, v.may(account.TakeSnapshot, s.o.Now())}))
}

// takeReport takes an uploaded report in, whole or not at all. What it is its
// content says.
func (s *Server) takeReport(v *visit) error {
	u, err := v.receive(s.o.Largest, func([]byte) error { return nil })
	if err != nil {
		return err
	}
	defer u.Close()
	field := func(name string) string { return cut(strings.TrimSpace(u.Fields.Get(name)), 60) }
	taken, err := s.o.App.TakeReports(v, v.Caller, []app.Report{{File: u.Name, Name: field("name"), Account: field("account"), In: u}}, false)
	if err != nil {
		return err
	}
	return v.redirect("/import/" + taken[0].ID)
}

func (s *Server) removeImport(v *visit) error {
	if err := s.o.App.RemoveImport(v, v.Caller, v.r.PathValue("import")); err != nil {
		return err
	}
	return v.redirect("/import")
}

// foundIn writes the outcomes of a report.
func foundIn(i *app.Import) string {
	var out []string
	for _, o := range []struct {
		outcome foreign.Outcome
		word    string
	}{{foreign.Fail, "fail"}, {foreign.Pass, "pass"}, {foreign.Fixed, "were mended"}, {foreign.Unknown, "could not tell"}, {foreign.Error, "broke"}, {foreign.NotChecked, "are left to a person"},
		{foreign.NotApplicable, "do not apply"}, {foreign.NotSelected, "were put away"}, {foreign.Informational, "are for information"}} {
		if n := i.Outcomes[o.outcome]; n > 0 {
			out = append(out, number(n)+" "+o.word)
		}
	}
	if i.Muted > 0 {
		out = append(out, number(i.Muted)+" are muted in the tool and count all the same")
	}
	return or(strings.Join(out, ", "), "none")
}
