// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/audit"
	"demarc.dev/demarc/calendar"
	"demarc.dev/demarc/risk"
)

// reviewInputs computes what ISO/IEC 27001:2022, 9.3.2 asks a management review
// to look at, item by item. Of what no record tells there is no fact, and people
// have to say it.
func (a *App) reviewInputs(ctx context.Context, h *hall) ([]audit.Input, error) {
	in := []audit.Input{{Letter: "a", Title: "Status of actions from earlier reviews"}, {Letter: "b", Title: "Changes in external and internal issues"}, {Letter: "c", Title: "Changes in what interested parties need"},
		{Letter: "d1", Title: "Nonconformities and corrective actions"}, {Letter: "d2", Title: "Results of monitoring and measurement"}, {Letter: "d3", Title: "Results of audits"}, {Letter: "d4", Title: "Fulfilment of objectives"},
		{Letter: "e", Title: "Feedback from interested parties"}, {Letter: "f", Title: "Results of risk assessment and status of the treatment plan"}, {Letter: "g", Title: "Opportunities for continual improvement"}}
	say := func(letter, where, format string, args ...any) {
		for i := range in {
			if in[i].Letter == letter {
				in[i].Facts = append(in[i].Facts, audit.Fact{Says: fmt.Sprintf(format, args...), Where: where})
			}
		}
	}
	for i := range in {
		in[i].Facts = []audit.Fact{}
	}
	for _, of := range []func(context.Context, *hall, func(string, string, string, ...any)) error{a.reviewedBefore, a.reviewedFound, a.reviewedState, a.reviewedRisk} {
		if err := of(ctx, h, say); err != nil {
			return nil, err
		}
	}
	return in, nil
}

func (a *App) reviewedBefore(ctx context.Context, h *hall, say func(letter, where, format string, args ...any)) error {
	all, err := list[audit.Review](ctx, h, reviews)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		say("a", "/review", "There was no earlier review.")
	}
	for _, r := range all {
		open, late := r.Open(a.now().UTC())
		say("a", "/review/"+r.ID, "Of %s of the review of %s %d are open, %d of them late.", counted(len(r.Decisions), "decision", "decisions"), r.Day, open, late)
	}
	return nil
}

func (a *App) reviewedFound(ctx context.Context, h *hall, say func(letter, where, format string, args ...any)) error {
	p, err := a.programme(ctx, h)
	if err != nil {
		return err
	}
	t := p.Tally
	say("d1", "/nonconformity", "%d major and %d minor nonconformities are open, %d overdue; %d of all %d are closed.", t.Open[audit.Major], t.Open[audit.Minor], t.Overdue, t.States[audit.Closed], t.All)
	all, err := list[audit.Nonconformity](ctx, h, nonconformities)
	if err != nil {
		return err
	}
	for _, n := range all {
		switch {
		case n.State() == audit.Closed:
		case n.Grade == audit.Opportunity:
			say("g", "/nonconformity/"+n.ID, "%s: %s", n.ID, n.Statement)
		case n.Source == audit.OfComplaint:
			say("e", "/nonconformity/"+n.ID, "Complaint %s, %s: %s", n.ID, n.State(), n.Statement)
		}
	}
	for _, x := range p.Audits {
		if x.State == audit.Concluded {
			say("d3", "/audit/"+x.ID, "%s, %s to %s: %s raised. %s", x.Title, x.Begins, x.Ends, counted(x.Raised, "finding is", "findings are"), x.Conclusion.Words)
		}
	}
	say("d3", "/audit", "Of %d clauses and controls of the cycle %d are covered, %d in part, %d scheduled and %d open.", len(p.Coverage), p.Covers[audit.Covered], p.Covers[audit.Partly], p.Covers[audit.Scheduled], p.Covers[audit.Uncovered])
	return nil
}

func (a *App) reviewedState(ctx context.Context, h *hall, say func(letter, where, format string, args ...any)) error {
	x, run, err := a.newest(ctx, h)
	if err != nil {
		return err
	}
	if x != nil {
		n := x.Readiness.Ours
		say("d2", "/duty", "Assessment %s of %s: %d of %d duties of ours are met, %d are not or in part, %d unknown.", run, x.At.UTC().Format("2 January 2006"), n.Met(), n.Applies(), n.NotSatisfied+n.Partly, n.Unknown)
		say("g", "/remediation", "%d gaps are open; the plan says which gain most for their effort.", openGaps(x))
	} else {
		say("d2", "/assess", "Nothing was assessed yet.")
	}
	c, err := a.calendar(ctx, h)
	if err != nil {
		return err
	}
	say("d2", "/calendar", "Control calendar, within a year: %d done in time, %d late, %d missed, %d without evidence; %d overdue now.", c.Counts[calendar.InTime], c.Counts[calendar.TooLate], c.Counts[calendar.Missed], c.Counts[calendar.Unproven], c.Counts[calendar.Overdue])
	return nil
}

func openGaps(x *assess.Assessment) int {
	n := 0
	for _, y := range x.Answers {
		if y.Ours && (y.Status == assess.NotSatisfied || y.Status == assess.Partly) {
			n++
		}
	}
	return n
}

func (a *App) reviewedRisk(ctx context.Context, h *hall, say func(letter, where, format string, args ...any)) error {
	all, err := list[risk.Risk](ctx, h, risks)
	if err != nil {
		return err
	}
	s, err := a.riskTally(ctx, h, all)
	if err != nil {
		return err
	}
	say("f", "/risk", "The register holds %s: %d not rated, %d accepted, %d being treated, %d stale, %d above the appetite and not accepted; %s late.", counted(s.All, "risk", "risks"), s.States[risk.Identified], s.States[risk.Accepted], s.States[risk.Treating], s.States[risk.Stale], s.Intolerable, counted(s.LateSteps, "step is", "steps are"))
	st, err := a.applicability(ctx, h, h, "")
	if err != nil {
		return err
	}
	say("f", "/applicability", "The statement of applicability: %d lines apply, %d are excluded, %d have no justification.", st.Summary.Applicable, st.Summary.Excluded, st.Summary.Standings["blank"])
	return nil
}
