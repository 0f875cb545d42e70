// SPDX-License-Identifier: Apache-2.0

package report

import (
	"slices"
	"strings"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/document"
)

func tallyColumns() []document.SheetColumn {
	return []document.SheetColumn{sheetColumn("Pass", 8), sheetColumn("Fail", 8), sheetColumn("Accepted", 9), sheetColumn("Unknown", 9), sheetColumn("Faulty", 8), sheetColumn("Not applicable", 11)}
}

func tallyValues(t assess.Tally) []document.Value {
	var out []document.Value
	for _, n := range []int{t.Pass, t.Fail, t.Accepted, t.Unknown, t.Error, t.NotApplicable} {
		out = append(out, document.Count(n))
	}
	return out
}

func (b *book) checkSheet() document.Sheet {
	s := document.Sheet{Name: "Checks", Title: "Results by check and service", Empty: "No check was run.",
		Columns: append(append([]document.SheetColumn{sheetColumn("Check", 30), sheetColumn("Title", 44), sheetColumn("Service", 22), severityColumn()}, tallyColumns()...),
			sheetColumn("Exposed", 9), sheetColumn("Oldest fact", 13), sheetColumn("Newest fact", 13), sheetColumn("How to mend", 60))}
	for _, r := range b.a.Results {
		cells := append([]document.Value{word(r.Check), word(or(r.Title, r.Check)), word(b.service(r.Service)), word(severityChip(r.Severity).Word)}, tallyValues(r.Tally)...)
		s.Rows = append(s.Rows, append(cells, document.Count(r.Exposed), word(day(r.Oldest, "never seen")), word(day(r.Newest, "never seen")), word(fixWords(b.checks[r.Check].Fix))))
	}
	return s
}

// fixWords joins the ways to mend into one cell.
func fixWords(f check.Fix) string {
	var out []string
	for _, way := range []struct{ name, text string }{{"Console", f.Console}, {"Command line", f.CLI}, {"Terraform", f.Terraform}} {
		if way.text != "" {
			out = append(out, way.name+":\n"+way.text)
		}
	}
	return or(strings.Join(out, "\n\n"), "no way is written down")
}

func (b *book) exampleSheet() document.Sheet {
	outcome := sheetColumn("Answer", 14)
	for _, o := range []check.Outcome{check.Fail, check.Unknown, check.Error, check.Pass, check.NotApplicable} {
		outcome.States = append(outcome.States, outcomeChip(o))
	}
	outcome.States = append(outcome.States, statusOf(assess.Accepted).chip())
	s := document.Sheet{Name: "Resources", Title: "The worst resources of each check and service", Note: "Each check and service shows a bounded number; the findings hold them all.", Empty: "No resource stands out: nothing fails and nothing is unknown.",
		Columns: []document.SheetColumn{sheetColumn("Resource", 50), sheetColumn("Name", 26), sheetColumn("Kind", 18), sheetColumn("Service", 22), sheetColumn("Account", 16), sheetColumn("Region", 14), sheetColumn("Check", 30), outcome, severityColumn(), sheetColumn("Exposed", 9), sheetColumn("What was found", 60), sheetColumn("Exception", 20), sheetColumn("Seen", 26), sheetColumn("Call", 30)}}
	for _, r := range b.a.Results {
		for _, e := range r.Worst {
			chip := outcomeChip(e.Outcome)
			if e.Exception != "" {
				chip = statusOf(assess.Accepted).chip()
			}
			s.Rows = append(s.Rows, []document.Value{word(or(e.Resource, "no identifier")), word(or(e.Name, "no name")), word(or(string(e.Kind), "no kind")), word(b.service(r.Service)), word(or(e.Account, "no account named")), word(or(e.Region, "no region named")), word(r.Check), word(chip.Word), word(severityChip(e.Severity).Word), yes(e.Exposed),
				word(or(e.Message, "no message")), word(or(e.Exception, "none")), word(moment(e.Seen.At, "not stated")), word(or(e.Seen.Call, "not stated"))})
		}
	}
	return s
}

func (b *book) unreadSheet() document.Sheet {
	s := document.Sheet{Name: "Not read", Title: "What could not be read", Empty: "Every part that was asked for was read.",
		Columns: []document.SheetColumn{sheetColumn("Provider", 12), sheetColumn("Account", 16), sheetColumn("Region", 14), sheetColumn("Service", 16), sheetColumn("Kinds", 40), sheetColumn("Why", 40), sheetColumn("Call", 34), sheetColumn("Detail", 50)}}
	for _, g := range b.a.Unread {
		s.Rows = append(s.Rows, []document.Value{word(or(g.Provider, "not stated")), word(or(g.Account, "every account")), word(or(g.Region, "every region")), word(or(g.Service, "every service")), word(kinds(g.Kinds)), word(reason(g.Reason)), word(or(g.Call, "no single call")), word(or(g.Detail, "no detail was given"))})
	}
	return s
}

func (b *book) exceptionSheet() document.Sheet {
	state := sheetColumn("State", 20)
	s := document.Sheet{Name: "Accepted risks", Title: "Exceptions", Empty: "No exception was handed in, and none covers a failure."}
	for _, r := range b.risks() {
		if !slices.Contains(state.States, r.state) {
			state.States = append(state.States, r.state)
		}
		s.Rows = append(s.Rows, []document.Value{word(r.ID), word(or(r.Reason, "no reason at hand")), word(or(r.Owner, "no owner at hand")), word(or(r.ApprovedBy, "nobody named")), word(day(r.Until, "no day at hand")),
			word(r.state.Word), document.Count(r.covered), word(list(r.Exception.Checks, "no check")), word(or(r.Where, "every resource of the checks")), word(or(r.note, "nothing"))})
	}
	s.Columns = []document.SheetColumn{sheetColumn("Exception", 24), sheetColumn("Reason", 50), sheetColumn("Owner", 20), sheetColumn("Approved by", 20), sheetColumn("Until", 18), state, sheetColumn("Failures covered", 10), sheetColumn("Checks", 40), sheetColumn("Where", 30), sheetColumn("To do", 40)}
	return s
}

func (b *book) saidSheet() document.Sheet {
	s := document.Sheet{Name: "Attestations", Title: "What people attested", Empty: "Nobody attested anything.",
		Columns: []document.SheetColumn{sheetColumn("About", 18), sheetColumn("Service", 22), sheetColumn("Answer", 14), sheetColumn("Statement", 60), sheetColumn("By", 22), sheetColumn("On", 18), sheetColumn("Until", 18), sheetColumn("State", 20), sheetColumn("Answers", 9), sheetColumn("Source", 30), sheetColumn("Evidence", 60)}}
	for _, v := range b.a.Said {
		var evidence []string
		for _, e := range v.Evidence {
			evidence = append(evidence, strings.TrimSpace(e.Path+" "+e.SHA256))
		}
		service := "every service"
		if v.Service != "*" && v.Service != "" {
			service = b.service(v.Service)
		}
		s.Rows = append(s.Rows, []document.Value{word(or(v.Duty, "control "+v.Control)), word(service), word(answerWord(v.Answer)), word(or(v.Statement, "no statement")), word(or(v.By, "nobody named")), word(day(v.On, "no day was set")), word(day(v.Expires, "no day was set")),
			word(saidCell(v.State).String()), document.Count(v.Answers), word(or(v.Source, "not expected")), word(or(strings.Join(evidence, "\n"), "no evidence"))})
	}
	return s
}
