// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/internal/day"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/remediation"
	"demarc.dev/demarc/store"
)

// assignments is the collection of who does which action of the plan.
const assignments = "assignment"

// Assignment says who does an action of the plan, and until when. The plan is
// computed anew from each assessment: an action that stands in it no more is
// done, whatever anybody says of it.
type Assignment struct {
	Action string    `json:"action"` // id in the plan: "mend:object-store-public"
	Owner  string    `json:"owner"`  // a person or a team
	Due    day.Day   `json:"due,omitempty"`
	Note   string    `json:"note,omitempty"`
	By     string    `json:"by"` // who assigned it
	At     time.Time `json:"at"`
}

// The bounds of an assignment.
const (
	ownerMost = 200
	noteMost  = 4000
)

func actionPattern() *regexp.Regexp {
	return regexp.MustCompile(`^(mend|read|attest|secure|assign):[A-Za-z0-9.:_*-]{1,150}$`)
}

func (x Assignment) validate() error {
	var faults []string
	if !actionPattern().MatchString(x.Action) {
		faults = append(faults, "action: "+cutWord(x.Action)+" is no id of an action; the plan names them, such as mend:object-store-public")
	}
	if x.Owner == "" || len(x.Owner) > ownerMost {
		faults = append(faults, "owner: name a person or a team, in at most 200 letters")
	}
	if !x.Due.Valid() {
		faults = append(faults, "due: "+cutWord(string(x.Due))+" is no day; write it as 2027-03-31")
	}
	if len(x.Note) > noteMost {
		faults = append(faults, "note: it is longer than 4,000 letters")
	}
	if len(faults) > 0 {
		return problem.New(problem.Invalid, strings.Join(faults, "\n"), "mend these fields")
	}
	return nil
}

// Assignments gives who does which action, in the order of their ids.
func (a *App) Assignments(ctx context.Context, c Caller) ([]Assignment, error) {
	h, err := a.enter(ctx, c, account.ReadAssessment)
	if err != nil {
		return nil, err
	}
	if h.bound() {
		return nil, nil // an action may be of any service
	}
	return list[Assignment](ctx, h, assignments)
}

// Assign says who does an action; what was said of it before is replaced.
func (a *App) Assign(ctx context.Context, c Caller, x Assignment) (Assignment, error) {
	h, err := a.enter(ctx, c, account.AssignAction)
	if err != nil {
		return x, err
	}
	x.Owner, x.Note = strings.TrimSpace(x.Owner), strings.TrimSpace(x.Note)
	if err := x.validate(); err != nil {
		return x, err
	}
	x.By, x.At = string(c.Actor), h.now().UTC()
	return x, h.Update(ctx, func(tx *store.Tx) error {
		return tx.Put(assignments, x.Action, x, store.Event{Kind: "action.assigned", Actor: c.Actor})
	})
}

// Unassign says that nobody does an action any more.
func (a *App) Unassign(ctx context.Context, c Caller, action string) error {
	return a.remove(ctx, c, account.AssignAction, assignments, action, nil)
}

// assignmentWork gives the actions that are his and still in the plan.
func (a *App) assignmentWork(ctx context.Context, c Caller, m account.Member) ([]Work, error) {
	all, err := a.Assignments(ctx, c)
	if err != nil {
		return nil, err
	}
	his := slices.DeleteFunc(all, func(x Assignment) bool {
		return !strings.EqualFold(x.Owner, m.Person) && !strings.EqualFold(x.Owner, m.Name)
	})
	if len(his) == 0 {
		return nil, nil
	}
	run, err := a.Run(ctx, c, "")
	if err != nil {
		return nil, err
	}
	g, err := a.GapData(ctx, c, run)
	if err != nil {
		return nil, err
	}
	var out []Work
	for _, x := range his {
		i := slices.IndexFunc(g.Plan.Actions, func(d remediation.Action) bool { return d.ID == x.Action })
		if i < 0 {
			continue
		}
		w := Work{What: g.Plan.Actions[i].Title, Where: "/remediation/assign?action=" + x.Action}
		if due := x.Due.Time(); x.Due != "" {
			w.Due, w.Late = &due, x.Due.Before(a.now())
		}
		out = append(out, w)
	}
	return out, nil
}
