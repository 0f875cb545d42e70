// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"demarc.dev/demarc/audit"
	"demarc.dev/demarc/calendar"
	"demarc.dev/demarc/internal/day"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/risk"
)

// PhaseID names one of the seven phases from the first word about scope to the
// years after the certificate.
type PhaseID string

// The phases, in their order.
const (
	InScope        PhaseID = "scope"
	InGap          PhaseID = "gap"
	InFramework    PhaseID = "framework"
	InImplementing PhaseID = "implementation"
	InAudit        PhaseID = "audit"
	InCertifying   PhaseID = "certification"
	InImproving    PhaseID = "improvement"
)

// Phase is one of the seven, with those of its gates that the caller may see. It
// is over when all of them hold.
type Phase struct {
	ID    PhaseID `json:"id"`
	Title string  `json:"title"`
	Gates []Gate  `json:"gates"`
	Open  bool    `json:"open"` // all its gates hold
	Now   bool    `json:"now"`  // the first that is not over: the work is here
	Met   int     `json:"met"`  // gates of len(Gates)
}

// Phases puts gates under the seven phases.
func Phases(gates []Gate) []Phase {
	out := []Phase{{ID: InScope, Title: "Scope"}, {ID: InGap, Title: "Gap"}, {ID: InFramework, Title: "Framework and mapping"}, {ID: InImplementing, Title: "Implementation"}, {ID: InAudit, Title: "Internal audit and management review"}, {ID: InCertifying, Title: "Certification audit"}, {ID: InImproving, Title: "Continual improvement"}}
	found := false
	for i := range out {
		p := &out[i]
		for _, g := range gates {
			if cmp.Or(g.Phase, InImplementing) != p.ID {
				continue
			}
			if p.Gates = append(p.Gates, g); g.Open {
				p.Met++
			}
		}
		p.Open = len(p.Gates) > 0 && p.Met == len(p.Gates)
		p.Now = p.Met < len(p.Gates) && !found
		found = found || p.Now
	}
	return out
}

// phaseOf says in which phase the gates of the assessment and the policies lie.
func phaseOf(id string) PhaseID {
	return map[string]PhaseID{"scope": InScope, "seen": InGap, "assessed": InGap, "answered": InGap, "agreed": InFramework, "closed": InImplementing, "ruled": InImplementing}[id]
}

// programmeGates computes the gates that the registers of the programme open:
// risks, statement, calendar, audits, review, certification, improvement.
func (a *App) programmeGates(ctx context.Context, c Caller) ([]Gate, error) {
	var out []Gate
	for _, of := range []func(context.Context, Caller) ([]Gate, error){a.riskGates, a.statementGate, a.calendarGates, a.auditGates, a.reviewGate, a.certifierGate} {
		some, err := of(ctx, c)
		if err != nil && problem.Of(err) == problem.Denied {
			continue // he may not see it
		}
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

func inPhase(p PhaseID, g Gate) Gate {
	g.Phase = p
	return g
}

func (a *App) riskGates(ctx context.Context, c Caller) ([]Gate, error) {
	r, err := a.Register(ctx, c)
	if err != nil {
		return nil, err
	}
	const title, why = "Risks are rated, treated and accepted", "Controls follow from risks; whoever answers for a risk accepts what is left of it."
	if r.Summary.All == 0 {
		return []Gate{inPhase(InFramework, gate("risk", title, why, 1, []Blocker{{"The register of risks is empty", "/risk"}}))}, nil
	}
	s := r.Summary
	g := Gate{ID: "risk", Phase: InFramework, Title: title, Why: why, Of: s.All - s.States[risk.Closed], Met: s.States[risk.Accepted] + s.States[risk.Treating]}
	for _, x := range []struct {
		state risk.State
		says  string
	}{{risk.Identified, "%d risks are not rated"}, {risk.Assessed, "of %d rated risks nobody said what is done"}, {risk.Proposed, "%d treatments wait for their owner"}, {risk.Stale, "%d acceptances are stale"}} {
		if n := s.States[x.state]; n > 0 {
			g.Blockers = append(g.Blockers, Blocker{capitalised(fmt.Sprintf(x.says, n)), "/risk?state=" + string(x.state)})
		}
	}
	g.Open = len(g.Blockers) == 0
	late := gate("steps", "No step of treatment is late", "A plan that nobody follows treats nothing.", max(1, s.LateSteps), lateSteps(r))
	return []Gate{g, inPhase(InImproving, late)}, nil
}

func capitalised(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}

func lateSteps(r *Register) []Blocker {
	var out []Blocker
	for _, l := range r.Risks {
		for _, s := range l.Late(r.At) {
			out = append(out, Blocker{fmt.Sprintf("%s was due on %s", cutWord(s.What), s.Due), "/risk/" + l.ID})
		}
	}
	return out
}

func (a *App) statementGate(ctx context.Context, c Caller) ([]Gate, error) {
	s, err := a.Applicability(ctx, c, "")
	if err != nil {
		return nil, err
	}
	var out []Blocker
	switch n := s.Summary.Standings["blank"]; {
	case n > 0:
		out = append(out, Blocker{fmt.Sprintf("%d lines have no justification", n), "/applicability?standing=blank"})
	case s.Approved == nil:
		out = append(out, Blocker{"The statement was never approved", "/applicability"})
	case !s.Valid():
		out = append(out, Blocker{fmt.Sprintf("What stands is not what was approved: %d differences", len(s.Changes)), "/applicability"})
	}
	return []Gate{inPhase(InFramework, gate("stated", "The statement of applicability is approved", "It says which controls apply and why; the certificate rests on it.", 1, out))}, nil
}

// lately is how far back a missed day of the calendar counts against a gate.
const lately = 90 // days

func (a *App) calendarGates(ctx context.Context, c Caller) ([]Gate, error) {
	x, err := a.Calendar(ctx, c)
	if err != nil {
		return nil, err
	}
	var owned, late []Blocker
	if len(x.Routines) == 0 {
		owned = append(owned, Blocker{"The control calendar is empty", "/calendar"})
	}
	for _, l := range x.Routines {
		if l.Owner == "" {
			owned = append(owned, Blocker{"Nobody owns " + l.Title, "/calendar/" + l.ID})
		}
	}
	of, since := 0, day.Of(x.At).Add(-lately)
	for _, o := range x.Occurrences {
		if o.Due < since || o.State == calendar.ToCome || o.State == calendar.DueNow {
			continue
		}
		of++
		if o.State != calendar.InTime && o.State != calendar.TooLate {
			late = append(late, Blocker{fmt.Sprintf("%s of %s is %s", o.Title, o.Due, o.State), "/calendar/" + o.Routine})
		}
	}
	return []Gate{
		inPhase(InImplementing, gate("owned", "What recurs stands in the calendar and is owned", "A control that worked once tells nothing of today.", max(1, len(x.Routines)), owned)),
		inPhase(InImproving, gate("kept", "What was due in 90 days was done and shown", "Auditors draw samples of what was to be done again and again.", max(1, of), late)),
	}, nil
}

func (a *App) auditGates(ctx context.Context, c Caller) ([]Gate, error) {
	p, err := a.Programme(ctx, c)
	if err != nil {
		return nil, err
	}
	var planned, held, over []Blocker
	if n := p.Covers[audit.Uncovered]; n > 0 {
		planned = append(planned, Blocker{fmt.Sprintf("%d clauses and controls are in no audit of the cycle", n), "/audit?cover=open"})
	}
	done := false
	for _, x := range p.Audits {
		if x.State == audit.Concluded && x.Ends >= day.Of(p.At).Months(-12) {
			done = true
		}
		if x.State == audit.Late {
			held = append(held, Blocker{x.Title + " is late", "/audit/" + x.ID})
		}
	}
	if !done {
		held = append(held, Blocker{"No internal audit was concluded in the past year", "/audit"})
	}
	all, err := a.Nonconformities(ctx, c)
	if err != nil {
		return nil, err
	}
	var major []Blocker
	for _, n := range all {
		if n.Grade == audit.Major && n.State != audit.Closed {
			major = append(major, Blocker{"Major, " + string(n.State) + ": " + cutWord(n.Statement), "/nonconformity/" + n.ID})
		}
		if len(n.Overdue) > 0 {
			over = append(over, Blocker{n.ID + ": " + n.Overdue[0], "/nonconformity/" + n.ID})
		}
	}
	return []Gate{
		inPhase(InAudit, gate("planned", "The audits of the cycle look at everything", "Each clause and each control is audited once a cycle.", max(1, len(planned)), planned)),
		inPhase(InAudit, gate("audited", "An internal audit was held", "The certifier asks for one before stage 2.", max(1, len(held)), held)),
		inPhase(InAudit, gate("major", "No major nonconformity is open", "With one open there is no certificate.", max(1, len(major)), major)),
		inPhase(InImproving, gate("overdue", "No corrective action is overdue", "What is found is mended in time, and somebody else sees that it works.", max(1, len(all)), over)),
	}, nil
}

func (a *App) reviewGate(ctx context.Context, c Caller) ([]Gate, error) {
	all, err := a.Reviews(ctx, c)
	if err != nil {
		return nil, err
	}
	var out []Blocker
	i := slices.IndexFunc(all, func(r ReviewLine) bool { return r.Signed != nil && r.Day >= day.Of(a.now()).Months(-12) })
	switch {
	case i < 0 && len(all) > 0 && all[0].Signed == nil:
		out = append(out, Blocker{"The minutes of " + string(all[0].Day) + " are not signed", "/review/" + all[0].ID})
	case i < 0:
		out = append(out, Blocker{"No management review was held in the past year", "/review"})
	}
	return []Gate{inPhase(InAudit, gate("reviewed", "The management has reviewed the system", "Whoever leads the organisation looks at the system with all its inputs, and decides.", 1, out))}, nil
}

// certifierGate is about what the certifier found.
func (a *App) certifierGate(ctx context.Context, c Caller) ([]Gate, error) {
	all, err := a.Nonconformities(ctx, c)
	if err != nil {
		return nil, err
	}
	of := 0
	var out []Blocker
	for _, n := range all {
		if n.Source != audit.OfCertifier || n.Grade == audit.Opportunity {
			continue
		}
		if of++; n.State != audit.Closed {
			out = append(out, Blocker{string(n.Grade) + ", " + string(n.State) + ": " + cutWord(n.Statement), "/nonconformity/" + n.ID})
		}
	}
	return []Gate{inPhase(InCertifying, gate("certifier", "What the certifier found is closed", "Raise what the certifier finds as nonconformities; a certificate waits for the major ones.", max(1, of), out))}, nil
}

// readyGate tells whether the certifier can be asked in: all phases before hold.
func readyGate(gates []Gate) Gate {
	var out []Blocker
	of := 0
	for _, p := range Phases(gates) {
		if p.ID == InCertifying {
			break
		}
		if len(p.Gates) == 0 {
			continue // nothing that the caller may see
		}
		if of++; !p.Open {
			out = append(out, Blocker{fmt.Sprintf("%s: %d of %d gates hold", p.Title, p.Met, len(p.Gates)), firstBlocker(p)})
		}
	}
	return inPhase(InCertifying, gate("ready", "The phases before are over", "Stage 1 looks whether the system stands; coming too early costs a finding.", of, out))
}

// firstBlocker gives where the first thing is removed that holds a phase up.
func firstBlocker(p Phase) string {
	for _, g := range p.Gates {
		if len(g.Blockers) > 0 {
			return g.Blockers[0].Where
		}
	}
	return "/"
}
