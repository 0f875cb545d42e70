// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/remediation"
	"demarc.dev/demarc/risk"
)

// InRun names an assessment.
type InRun struct {
	Place
	Run string `query:"run" maxLength:"20" doc:"id of an assessment; empty: the newest" example:"r1"`
}

type (
	runIn  struct{ InRun }
	oneRun struct {
		Place
		Run string `path:"run" maxLength:"20" doc:"id of an assessment" example:"r1"`
	}
	dutiesIn struct {
		InRun
		InPage
		Service string `query:"service" maxLength:"64" doc:"only of this service" example:"aws"`
		Status  string `query:"status" maxLength:"20" doc:"only of this status" example:"not-satisfied"`
		Side    string `query:"side" enum:"ours,theirs" doc:"ours: duties of the organisation's own side; theirs: of the other"`
		Party   string `query:"party" enum:"customer,provider" doc:"to whom the standard speaks"`
	}
	dutyIn struct {
		InRun
		Duty    string `path:"duty" maxLength:"64" doc:"id of a duty" example:"5.1.1-C1"`
		Service string `query:"service" maxLength:"64" doc:"only of this service" example:"aws"`
	}
	actionIn struct {
		Place
		Action string `path:"action" maxLength:"200" doc:"id of an action of the plan" example:"mend:object-store-public"`
	}
	assignIn struct {
		Place
		Action string `path:"action" maxLength:"200" doc:"id of an action of the plan" example:"mend:object-store-public"`
		Body   struct {
			Owner string `json:"owner" minLength:"1" maxLength:"200" doc:"a person or a team"`
			Due   string `json:"due,omitempty" format:"date" doc:"last day; empty: none is set"`
			Note  string `json:"note,omitempty" maxLength:"4000"`
		}
	}
	outlookIn struct {
		InRun
		Do []string `query:"do" required:"true" maxItems:"200" doc:"ids of actions of the plan; best:5 is the five that change most together" example:"best:5"`
	}
	driftIn struct {
		Place
		InPage
		From string `query:"from" required:"true" maxLength:"20" doc:"id of the earlier assessment" example:"r1"`
		To   string `query:"to" required:"true" maxLength:"20" doc:"id of the later assessment" example:"r2"`
		Of   string `query:"of" enum:"new,fixed,open,unknown,known,gone" default:"new" doc:"which findings to list: new fail and did not before; fixed failed and do not now; open fail still; unknown were known; known were unknown; gone are not looked at any more"`
	}
)

func assignmentRef(c huma.Context) app.Ref { return app.AssignmentRef(c.Param("action")) }

// changes are what changed from one assessment to another.
type changes struct {
	From   string            `json:"from"`
	To     string            `json:"to"`
	Counts map[string]int    `json:"counts" doc:"of the findings, by class"`
	Duties assess.Difference `json:"duties"`
	Of     string            `json:"of"`
	Items  []check.Finding   `json:"items" nullable:"false"`
	Next   string            `json:"next,omitempty" doc:"cursor of the next page of findings; absent at the end"`
}

type standingsIn struct {
	Place
	InEdition
	InPage
}

// standing is how the duties of the organisation's own side stood.
type standing struct {
	Run  string        `json:"run"`
	At   time.Time     `json:"at"`
	Ours assess.Counts `json:"ours"`
}

// historyMost bounds how far back one looks.
const historyMost = 10_000

func (s *server) standings(ctx context.Context, c app.Caller, in *standingsIn) (Page[standing], error) {
	all, _, err := s.o.App.History(ctx, c, in.edition(), historyMost)
	if err != nil {
		return Page[standing]{}, err
	}
	rows := make([]standing, len(all))
	for i, x := range all {
		rows[len(all)-1-i] = standing{x.Run.ID, x.Run.At, x.Ours}
	}
	return paged(rows, in.InPage, func(x standing) string { return x.Run })
}

// statusMap is how an assessment stands in numbers.
type statusMap struct {
	Run       string            `json:"run"`
	Edition   catalogue.Edition `json:"edition"`
	Readiness assess.Readiness  `json:"readiness"`
	Services  []assess.Service  `json:"services" nullable:"false"`
	Controls  []assess.Roll     `json:"controls" nullable:"false"`
	Themes    []assess.Roll     `json:"themes" nullable:"false"`
}

func (s *server) statusMap(ctx context.Context, c app.Caller, in *runIn) (statusMap, error) {
	run, err := s.o.App.Run(ctx, c, in.Run)
	if err != nil {
		return statusMap{}, err
	}
	x, err := s.o.App.Assessment(ctx, c, run)
	if err != nil {
		return statusMap{}, err
	}
	return statusMap{Run: run.ID, Edition: run.Edition, Readiness: x.Readiness, Services: append([]assess.Service{}, x.Services...), Controls: append([]assess.Roll{}, x.Controls...), Themes: append([]assess.Roll{}, x.Themes...)}, nil
}

// dutyAnswers is how one duty stands.
type dutyAnswers struct {
	Run   string          `json:"run"`
	Duty  catalogue.Duty  `json:"duty"`
	Items []assess.Answer `json:"items" nullable:"false" doc:"one for each service that it is asked of"`
}

func (s *server) assessCalls() []call {
	a := s.o.App
	const tag = "assess"
	return []call{
		{id: "listAssessments", method: get, path: "/assess", tag: tag, need: account.ReadAssessment, says: "The assessments, the newest first",
			more: "Each is the record of one assessment: as of when, by which edition, resting on which snapshots, with which numbers. It never changes.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *listIn) (Page[app.Run], error) {
				all, err := a.Runs(ctx, c)
				if err != nil {
					return Page[app.Run]{}, err
				}
				slices.Reverse(all)
				return paged(all, in.InPage, func(r app.Run) string { return r.ID })
			})},
		{id: "getAssessment", method: get, path: "/assess/{run}", tag: tag, need: account.ReadAssessment, says: "One assessment",
			more:     "The record of one assessment by its id.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *oneRun) (app.Run, error) { return a.Run(ctx, c, in.Run) })},
		{id: "getDrift", method: get, path: "/assess/drift", tag: tag, need: account.ReadAssessment, says: "What changed between two assessments",
			more: "Counts of the findings that are new, fixed, open, unknown, known and gone, what became of each duty, and the first 200 findings of one class; a view of the later assessment has them all.", register: handle(s, s.drift)},
		{id: "listStandings", method: get, path: "/assess/history", tag: tag, need: account.ReadAssessment, says: "How the duties stood, assessment after assessment",
			more: "The counts of the organisation's own duties in each assessment of an edition, the newest first: for a chart of readiness.", register: handle(s, s.standings)},
		{id: "getStatusMap", method: get, path: "/duty/map", tag: tag, need: account.ReadAssessment, says: "How every control and theme stands, over all services",
			more: "The numbers of an assessment: readiness, each service with its counts, and a status for each control and theme, by party; and for each control by service too.", register: handle(s, s.statusMap)},
		{id: "listDuties", method: get, path: "/duty", tag: tag, need: account.ReadAssessment, says: "How each duty stands",
			more: "One answer for each service and duty, with its status, the reasons in words, and what it rests on. A status is derived and never typed.", register: handle(s, s.duties)},
		{id: "getDuty", method: get, path: "/duty/{duty}", tag: tag, need: account.ReadAssessment, says: "How one duty stands",
			more: "The duty in words, and its answer for each service that it is asked of.", register: handle(s, s.duty)},
		{id: "getPlan", method: get, path: "/remediation", tag: tag, need: account.ReadAssessment, says: "The plan: what to do in which order, and why",
			more: "Actions with priority, effort and wave, each with the gaps that it works on.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *runIn) (remediation.Plan, error) {
				run, err := a.Run(ctx, c, in.Run)
				if err != nil {
					return remediation.Plan{}, err
				}
				g, err := a.GapData(ctx, c, run)
				return g.Plan, err
			})},
		{id: "listAssignments", method: get, path: "/remediation/assignment", tag: tag, need: account.ReadAssessment, says: "Who does which action of the plan",
			more: "Each with its last day. An action that stands in the plan no more is done.",
			register: handle(s, func(ctx context.Context, c app.Caller, _ *placed) ([]app.Assignment, error) {
				return whole(a.Assignments(ctx, c))
			})},
		{id: "assignAction", method: put, path: "/remediation/assignment/{action}", tag: tag, need: account.AssignAction, ref: assignmentRef, says: "Say who does an action of the plan",
			more:    "What was said of it before is replaced.",
			example: map[string]any{"owner": "Ines Adler", "due": "2027-01-29"},
			register: handle(s, func(ctx context.Context, c app.Caller, in *assignIn) (app.Assignment, error) {
				return a.Assign(ctx, c, app.Assignment{Action: in.Action, Owner: in.Body.Owner, Due: risk.Day(in.Body.Due), Note: in.Body.Note})
			})},
		{id: "unassignAction", method: del, path: "/remediation/assignment/{action}", tag: tag, need: account.AssignAction, ref: assignmentRef, says: "Say that nobody does an action any more", more: "The action stays in the plan.",
			register: handleNone(s, func(ctx context.Context, c app.Caller, in *actionIn) error { return a.Unassign(ctx, c, in.Action) })},
		{id: "whatIf", method: get, path: "/remediation/outlook", tag: tag, need: account.ReadAssessment, says: "What would change if some actions were done",
			more: "An estimate: the counts of the organisation's own duties before and after, every duty that would change, and what was supposed.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *outlookIn) (remediation.Outlook, error) {
				run, err := a.Run(ctx, c, in.Run)
				if err != nil {
					return remediation.Outlook{}, err
				}
				g, err := a.GapData(ctx, c, run)
				if err != nil {
					return remediation.Outlook{}, err
				}
				return app.WhatIf(g, in.Do)
			})},
	}
}

func (s *server) answers(ctx context.Context, c app.Caller, id string) (app.Run, []assess.Answer, error) {
	run, err := s.o.App.Run(ctx, c, id)
	if err != nil {
		return run, nil, err
	}
	x, err := s.o.App.Assessment(ctx, c, run)
	if err != nil {
		return run, nil, err
	}
	return run, x.Answers, nil
}

func (s *server) duties(ctx context.Context, c app.Caller, in *dutiesIn) (Page[assess.Answer], error) {
	_, all, err := s.answers(ctx, c, in.Run)
	if err != nil {
		return Page[assess.Answer]{}, err
	}
	rows := slices.DeleteFunc(slices.Clone(all), func(n assess.Answer) bool {
		return in.Service != "" && n.Service != in.Service || in.Status != "" && string(n.Status) != in.Status || in.Party != "" && string(n.Party) != in.Party || in.Side != "" && n.Ours != (in.Side == "ours")
	})
	return paged(rows, in.InPage, func(n assess.Answer) string { return n.Service + "/" + n.Duty })
}

func (s *server) duty(ctx context.Context, c app.Caller, in *dutyIn) (dutyAnswers, error) {
	cat, err := s.o.App.Catalogue()
	if err != nil {
		return dutyAnswers{}, err
	}
	d, ok := cat.Duty(in.Duty)
	if !ok {
		return dutyAnswers{}, problem.New(problem.NotFound, "the catalogue has no such duty", "the list of duties names them")
	}
	run, all, err := s.answers(ctx, c, in.Run)
	if err != nil {
		return dutyAnswers{}, err
	}
	out := dutyAnswers{Run: run.ID, Duty: d, Items: []assess.Answer{}}
	for _, n := range all {
		if n.Duty == d.ID && (in.Service == "" || n.Service == in.Service) {
			out.Items = append(out.Items, n)
		}
	}
	return out, nil
}

func (s *server) drift(ctx context.Context, c app.Caller, in *driftIn) (changes, error) {
	a := s.o.App
	from, err := a.Run(ctx, c, in.From)
	if err != nil {
		return changes{}, err
	}
	to, err := a.Run(ctx, c, in.To)
	if err != nil {
		return changes{}, err
	}
	d, err := a.Drift(ctx, c, from, to)
	if err != nil {
		return changes{}, err
	}
	classes := map[string]app.Changed{"new": d.Findings.New, "fixed": d.Findings.Fixed, "open": d.Findings.Open, "unknown": d.Findings.Unknown, "known": d.Findings.Known, "gone": d.Findings.Gone}
	out := changes{From: from.ID, To: to.ID, Duties: d.Duties, Of: in.Of, Counts: map[string]int{}}
	for name, x := range classes {
		out.Counts[name] = x.Count
	}
	page, err := paged(classes[in.Of].First, in.InPage, func(f check.Finding) string { return f.Fingerprint })
	out.Items, out.Next = page.Items, page.Next
	return out, err
}
