// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/scope"
)

// Gate is one thing that must hold before an auditor is asked in. It is
// computed from the records each time and never ticked by hand.
type Gate struct {
	ID       string    `json:"id"`
	Phase    PhaseID   `json:"phase"` // one of the seven
	Title    string    `json:"title"`
	Why      string    `json:"why"` // why the standard asks
	Open     bool      `json:"open"`
	Met      int       `json:"met"` // of Of
	Of       int       `json:"of"`
	Blockers []Blocker `json:"blockers,omitempty"` // none when it is open
}

// Blocker is one reason why a gate is closed, and the place that removes it.
type Blocker struct {
	What  string `json:"what"`
	Where string `json:"where"` // path of a page, and of the API: "/responsibility/aws"
}

// stale is how old what was seen may be before it tells nothing of today.
const stale = 7 * 24 * time.Hour

// ground of the gates: what the records say now.
type standing struct {
	now       time.Time
	edition   catalogue.Edition
	scope     *scope.Scope // nil: nobody wrote one
	snapshots []Snapshot
	matrices  *Matrices
	run       Run // ID empty: nothing was assessed
	a         *assess.Assessment
}

// Gates computes how ready the organisation is to be audited by the edition of
// its newest assessment, gate after gate, with what stands in the way.
func (a *App) Gates(ctx context.Context, c Caller) ([]Gate, error) {
	s, err := a.standing(ctx, c, true)
	if err != nil {
		return nil, err
	}
	gates := []Gate{s.scoped(), s.seen(), s.agreed(), s.assessed(), s.answered(), s.closed()}
	for i := range gates {
		gates[i].Phase = phaseOf(gates[i].ID)
	}
	more, err := a.programmeGates(ctx, c)
	if err != nil {
		return nil, err
	}
	ruled, err := a.policyGate(ctx, c)
	if err != nil && problem.Of(err) != problem.Denied {
		return nil, err
	}
	if err == nil { // otherwise he may not see the policies
		ruled.Phase = phaseOf(ruled.ID)
		more = append(more, ruled)
	}
	gates = append(gates, more...)
	return append(gates, readyGate(gates)), nil
}

// standing gathers what the gates are computed from; conclusions, which are
// large, only when they are asked for.
func (a *App) standing(ctx context.Context, c Caller, concluded bool) (*standing, error) {
	s := &standing{now: a.now().UTC(), edition: catalogue.Edition2026}
	var err error
	if s.scope, err = a.Scope(ctx, c); err != nil && !isNotFound(err) {
		return nil, err
	}
	if s.snapshots, err = a.Snapshots(ctx, c); err != nil {
		return nil, err
	}
	if s.run, err = a.Run(ctx, c, ""); err != nil && !isNotFound(err) {
		return nil, err
	}
	if s.run.ID != "" {
		s.edition = s.run.Edition
	}
	if s.run.ID != "" && concluded {
		h, err := a.enter(ctx, c, account.ReadAssessment)
		if err != nil {
			return nil, err
		}
		if s.a, _, err = a.newest(ctx, h); err != nil {
			return nil, err
		}
	}
	if s.scope != nil {
		if s.matrices, err = a.Matrices(ctx, c, s.edition); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// newest gives the snapshots that an assessment of today would rest on.
func (s *standing) newest() []Snapshot {
	out, err := choose(s.snapshots, nil)
	if err != nil {
		return nil // there is none
	}
	return out
}

// gate makes a gate that is open when nothing blocks it.
func gate(id, title, why string, of int, blockers []Blocker) Gate {
	return Gate{ID: id, Title: title, Why: why, Open: len(blockers) == 0, Met: max(0, of-len(blockers)), Of: of, Blockers: blockers}
}

func (s *standing) scoped() Gate {
	const id, title, why = "scope", "The scope is written", "Nobody can show a half of something whose borders are not drawn."
	if s.scope == nil {
		return gate(id, title, why, 1, []Blocker{{"Nobody wrote which cloud services the organisation consumes and provides", "/scope"}})
	}
	var out []Blocker
	for _, v := range s.scope.Services {
		if v.Owner == "" {
			out = append(out, Blocker{"Nobody owns " + v.Name, "/scope"})
		}
	}
	if len(s.scope.Services) == 0 {
		out = append(out, Blocker{"The scope names no cloud service", "/scope"})
	}
	return gate(id, title, why, max(1, len(s.scope.Services)), out)
}

func (s *standing) seen() Gate {
	var out []Blocker
	of := 0
	for _, x := range s.newest() {
		of++
		if age := s.now.Sub(x.Header.Ended); age > stale {
			out = append(out, Blocker{fmt.Sprintf("What was seen in %s is %d days old", x.File, int(age.Hours()/24)), "/collect/" + x.ID})
		} else if len(x.Gaps) > 0 {
			out = append(out, Blocker{fmt.Sprintf("%d scopes could not be read in %s", len(x.Gaps), x.File), "/collect/" + x.ID})
		}
	}
	if s.a != nil {
		for _, v := range s.a.Services {
			if len(v.Uncollected) > 0 {
				of++
				out = append(out, Blocker{"Of " + v.Name + " no snapshot tells about " + v.Uncollected[0], "/collect"})
			}
		}
	}
	switch {
	case of > 0:
	case s.scope != nil && accountless(s.scope): // services of others only: there is no account of ours to look at
		of = 1
	default:
		of, out = 1, []Blocker{{"Nothing was collected yet", "/collect"}}
	}
	return gate("seen", "The cloud was looked at, whole and lately", "What is claimed must rest on the real state, and what was not read is no pass.", of, out)
}

func (s *standing) agreed() Gate {
	const id, title, why = "agreed", "Who answers for what is agreed", "The duties of both parties are to be divided, documented and agreed before anything else can be shown."
	if s.scope == nil || len(s.scope.Services) == 0 {
		return gate(id, title, why, 1, []Blocker{{"Without a scope there is nothing to divide", "/scope"}})
	}
	var out []Blocker
	for _, v := range s.scope.Services {
		at := "/responsibility/" + v.ID
		matrix, stored, err := s.matrices.Of(v.ID)
		switch {
		case err != nil || !stored:
			out = append(out, Blocker{"Nobody has looked at the matrix of " + v.Name + " yet", at})
			continue
		}
		switch responsibility.Standing(*matrix, v, s.now) {
		case responsibility.Stale:
			out = append(out, Blocker{"The sign-off of " + v.Name + " is stale: something material changed since", at})
		case responsibility.Draft:
			out = append(out, Blocker{"The matrix of " + v.Name + " is not signed off", at})
		default:
			if n := s.faults(v.ID); n > 0 {
				out = append(out, Blocker{fmt.Sprintf("The rules find %d grave faults in the matrix of %s", n, v.Name), "/responsibility/finding?service=" + v.ID})
			}
		}
	}
	return gate(id, title, why, len(s.scope.Services), out)
}

// faults counts what the rules find gravely wrong in the matrix of a service.
func (s *standing) faults(service string) int {
	n := 0
	for _, f := range s.matrices.Findings {
		if f.Service == service && (f.Severity == responsibility.Critical || f.Severity == responsibility.High) {
			n++
		}
	}
	return n
}

func (s *standing) assessed() Gate {
	var out []Blocker
	switch {
	case s.run.ID == "":
		out = append(out, Blocker{"Nothing was assessed yet", "/assess"})
	case s.now.Sub(s.run.At) > stale:
		out = append(out, Blocker{"The newest assessment is of " + s.run.At.Format("2 January 2006"), "/assess"})
	default:
		for _, x := range s.newest() {
			if x.Taken.After(s.run.At) {
				out = append(out, Blocker{"A newer snapshot, " + x.ID + ", was not assessed", "/assess"})
			}
		}
	}
	return gate("assessed", "What was seen is assessed", "A conclusion is worth as much as what it was drawn from.", 1, out[:min(1, len(out))])
}

func (s *standing) answered() Gate {
	const id, title, why = "answered", "Every duty of ours has an answer", "Unknown is not fulfilled: what no interface can tell, a person has to answer, with evidence."
	return s.duties(id, title, why, "%d duties of %s are unknown", "unknown", func(x assess.Status) bool { return x == assess.Unknown })
}

func (s *standing) closed() Gate {
	const id, title, why = "closed", "No gap of ours is open", "A gap is to be mended, or accepted by somebody for a time and a reason."
	g := s.duties(id, title, why, "%d duties of %s are not fulfilled, or in part", "", func(x assess.Status) bool { return x == assess.NotSatisfied || x == assess.Partly })
	if s.a != nil && s.a.Readiness.Ours.Unknown > 0 {
		n := s.a.Readiness.Ours.Unknown
		g.Met, g.Open = g.Met-n, false
		g.Blockers = append(g.Blockers, Blocker{fmt.Sprintf("%d duties are unknown, and each may hide a gap", n), "/duty?side=ours&status=unknown"})
	}
	return g
}

// duties makes a gate of the statuses of our own duties, with one blocker for
// each service.
func (s *standing) duties(id, title, why, says, filter string, blocks func(assess.Status) bool) Gate {
	if s.a == nil {
		return gate(id, title, why, 1, []Blocker{{"Nothing was assessed yet", "/assess"}})
	}
	open, of := map[string]int{}, 0
	for _, x := range s.a.Answers {
		if !x.Ours || x.Status == assess.NotApplicable {
			continue
		}
		of++
		if blocks(x.Status) {
			open[x.Service]++
		}
	}
	g := Gate{ID: id, Title: title, Why: why, Met: of, Of: of}
	for _, v := range s.a.Services {
		n := open[v.ID]
		if n == 0 {
			continue
		}
		where := "/duty?side=ours&service=" + v.ID
		if filter != "" {
			where += "&status=" + filter
		}
		g.Met -= n
		g.Blockers = append(g.Blockers, Blocker{fmt.Sprintf(says, n, v.Name), where})
	}
	g.Open = len(g.Blockers) == 0
	return g
}

// Work is one thing that waits for the caller.
type Work struct {
	What  string     `json:"what"`
	Where string     `json:"where"`
	Due   *time.Time `json:"due,omitempty"`
	Late  bool       `json:"late,omitempty"`
}

// when orders work by day; what has none comes last. What is late is of a day
// that has passed, and so comes first.
func (w Work) when() time.Time {
	if w.Due == nil {
		return time.Unix(1<<40, 0)
	}
	return *w.Due
}

// soon is how long before its end something becomes work.
const soon = 30 * 24 * time.Hour

// MyWork gives what waits for the caller by what he may do: matrices to sign
// off, policies to read and to approve, requests to answer or to look at, answers
// and exceptions that end, actions of the plan that are his. What is late comes
// first, then by day.
func (a *App) MyWork(ctx context.Context, c Caller) ([]Work, error) {
	m, err := a.Member(ctx, c)
	if err != nil {
		return nil, err
	}
	var out []Work
	for _, of := range []func(context.Context, Caller, account.Member) ([]Work, error){a.requestWork, a.matrixWork, a.policyWork, a.contextWork, a.answerWork, a.exceptionWork, a.assignmentWork, a.auditWork, a.calendarWork, a.reviewWork, a.levelWork, a.supplierWork} {
		some, err := of(ctx, c, m)
		if problem.Of(err) == problem.Denied && err != nil {
			continue // it is not his
		}
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	slices.SortStableFunc(out, func(x, y Work) int { return x.when().Compare(y.when()) })
	return out, nil
}

func (a *App) requestWork(ctx context.Context, c Caller, m account.Member) ([]Work, error) {
	all, err := a.Requests(ctx, c)
	var out []Work
	for _, r := range all {
		late := r.Due != nil && r.Due.Before(a.now())
		switch {
		case r.State == RequestOpen && m.Role.May(account.AnswerRequest):
			out = append(out, Work{What: r.By + " asks for evidence: " + cutWord(r.Text), Where: "/request/" + r.ID, Due: r.Due, Late: late})
		case r.State == RequestAnswered && r.Account == c.pass.account:
			out = append(out, Work{What: "Your request is answered: " + cutWord(r.Text), Where: "/request/" + r.ID})
		}
	}
	return out, err
}

func (a *App) matrixWork(ctx context.Context, c Caller, m account.Member) ([]Work, error) {
	if !m.Role.May(account.SignMatrix) {
		return nil, nil
	}
	s, err := a.standing(ctx, c, false)
	if err != nil || s.scope == nil {
		return nil, err
	}
	var out []Work
	for _, b := range s.agreed().Blockers {
		out = append(out, Work{What: b.What, Where: b.Where})
	}
	return out, nil
}

func (a *App) answerWork(ctx context.Context, c Caller, m account.Member) ([]Work, error) {
	if !m.Role.May(account.EditAttestation) {
		return nil, nil
	}
	all, err := a.Attestations(ctx, c)
	var out []Work
	for _, x := range all {
		if m.Role == account.ControlOwner && x.By != m.Name && x.By != m.Person {
			continue
		}
		out = append(out, a.ending("The answer "+x.ID+" by "+x.By, "/duty", x.Expires)...)
	}
	return out, err
}

func (a *App) exceptionWork(ctx context.Context, c Caller, m account.Member) ([]Work, error) {
	if !m.Role.May(account.EditException) {
		return nil, nil
	}
	all, err := a.Exceptions(ctx, c)
	var out []Work
	for _, x := range all {
		out = append(out, a.ending("The exception "+x.ID+" of "+x.Owner, "/exception#"+x.ID, x.Until)...)
	}
	return out, err
}

// ending gives the work that something makes when its last day is near or gone.
func (a *App) ending(what, where string, last time.Time) []Work {
	switch left := last.Sub(a.now()); {
	case left < 0:
		return []Work{{What: what + " has expired", Where: where, Due: &last, Late: true}}
	case left < soon:
		return []Work{{What: what + " expires", Where: where, Due: &last}}
	}
	return nil
}
