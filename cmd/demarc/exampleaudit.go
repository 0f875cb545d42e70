// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"slices"
	"strings"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/audit"
	"demarc.dev/demarc/calendar"
	"demarc.dev/demarc/internal/day"
)

// exampleAudit has somebody from outside audit the example's firm: one lapse is
// being mended, one opportunity is noted, and the rest of the cycle is proposed.
func (e *env) exampleAudit(ctx context.Context, a *app.App, c app.Caller) error {
	today := day.Of(e.now())
	x, err := a.SetAudit(ctx, c, audit.Audit{Title: "Access, keys and the management system", Begins: today.Add(-6), Ends: today, Lead: "Nadia Roth, Roth Audit", Services: []string{"aws"},
		Objective: "Whether who may do what in the cloud is controlled, and whether the management system looks at itself.", Method: "Interviews, records, and a sample of identities drawn by a seed.",
		Clauses: []string{"4.3", "9.1", "9.2", "9.3", "10.2"}, Controls: []string{"privileged-access", "key-management"}}, 0)
	if err != nil {
		return err
	}
	if _, err := a.SampleAudit(ctx, c, x.ID, app.SampleAsk{Population: "resource:object-store", Size: 3, Why: "are they encrypted with a key of ours"}); err != nil {
		return err
	}
	view, err := a.Audit(ctx, c, x.ID)
	if err != nil {
		return err
	}
	found := map[string]app.AuditAnswer{
		"clause/9.3": {Result: audit.Minor, Seen: "The minutes of the board since January.", Statement: "No management review was held in the year: the board spoke of security twice, and of none of its inputs.", Where: "the board"},
		"clause/9.1": {Result: audit.Opportunity, Seen: "The newest assessment and the one before.", Statement: "What is measured is not set beside a target.", Where: "security"},
	}
	for _, q := range view.Questions {
		said, ok := found[q.ID]
		if !ok {
			said = exampleAnswer(q)
		}
		said.Question = q.ID
		if _, err := a.AnswerAudit(ctx, c, x.ID, said, 0); err != nil {
			return err
		}
	}
	if view, err = a.Audit(ctx, c, x.ID); err != nil {
		return err
	}
	if _, err := a.ConcludeAudit(ctx, c, x.ID, "In what was looked at the management system conforms, but for the review by the management, which was not held, and for who may do what in the accounts.", view.Version); err != nil {
		return err
	}
	i := slices.IndexFunc(view.Findings, func(f app.NonconformityLine) bool { return f.Question == "clause/9.3" })
	n := view.Findings[i].Nonconformity
	n.Cause, n.Similar = "Nobody had the review in his calendar after the head of operations left.", "The review of suppliers was in the same calendar, and was held."
	n.Correction, n.Corrected = "A day for the review is set.", today
	n.Actions = []audit.Action{{What: "The review stands in the control calendar, owned by the security lead.", Owner: "security", Due: today.Add(30)}}
	if _, err := a.TreatNonconformity(ctx, c, n, n.Version); err != nil {
		return err
	}
	_, err = a.ProposeAudits(ctx, c)
	return err
}

// exampleCalendar writes the usual routines into the example's calendar: one was
// done, one is overdue after it was missed before, and the others come.
func (e *env) exampleCalendar(ctx context.Context, a *app.App, c app.Caller) error {
	if _, err := a.SeedCalendar(ctx, c); err != nil {
		return err
	}
	x, err := a.Calendar(ctx, c)
	if err != nil {
		return err
	}
	today := day.Of(e.now())
	for _, l := range x.Routines {
		r := l.Routine
		switch r.Owner = "platform"; r.ID {
		case "log-review":
			r.From = today
		case "privileged-access-review":
			r.From = today.Add(-35)
		case "supplier-review", "exit-test":
			r.Owner = "product"
		case "risk-review", "policy-review", "management-review", "awareness-review":
			r.Owner = "security"
		}
		if _, err := a.SetRoutine(ctx, c, r, r.Version); err != nil {
			return err
		}
	}
	_, err = a.PerformRoutine(ctx, c, "log-review", today, calendar.Done{On: today, Outcome: calendar.Found, Words: "Every source delivers but the flow logs of the build network, which Ines Adler mends this week."}, "log-review.txt", strings.NewReader("Sources looked at: trail, configuration, flow logs, load balancer.\n"))
	return err
}

// exampleReview begins the management review that the audit missed: its minutes
// are not signed, for of three inputs nobody has spoken yet.
func (e *env) exampleReview(ctx context.Context, a *app.App, c app.Caller) error {
	r, err := a.BeginReview(ctx, c, audit.Review{Day: day.Of(e.now()), Chair: "the board of Larkspur Ledger", Present: []string{"Ruth Calder", "Ines Adler"}})
	if err != nil {
		return err
	}
	_, err = a.WriteReview(ctx, c, r.ID, map[string]string{"b": "A second region is to be used from spring on."}, []audit.Decision{{What: "The review is held every year, and stands in the calendar.", Owner: "security", Due: day.Of(e.now()).Add(30)}}, 1)
	return err
}

// exampleAnswer says of a question what an auditor would who believes the
// records.
func exampleAnswer(q app.QuestionLine) app.AuditAnswer {
	for _, f := range q.Facts {
		switch {
		case strings.Contains(f.Says, ": not satisfied."):
			return app.AuditAnswer{Result: audit.Minor, Seen: f.Says, Statement: "What the duty asks is not done in the accounts that were read.", Where: "aws"}
		case strings.Contains(f.Says, ": unknown."):
			return app.AuditAnswer{Result: audit.NotSeen, Seen: "No interface tells of it, and whoever answers for it was not to be had."}
		}
	}
	return app.AuditAnswer{Result: audit.Conforms, Seen: "The records that stand beside the question, and an interview."}
}
