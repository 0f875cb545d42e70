// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/risk"
	"demarc.dev/demarc/scope"
	"demarc.dev/demarc/store"
)

const (
	risks       = "risk"
	riskMethods = "riskmethod"
)

// Register is the risk register as it stands: with what is derived, and what
// the newest assessment suggests.
type Register struct {
	Method  risk.Method  `json:"method"`
	Usual   bool         `json:"usual"` // nobody set a method: it is the one to begin with
	Risks   []risk.Line  `json:"risks"` // the highest current score first, those that nobody rated before all
	Summary risk.Summary `json:"summary"`
	Run     string       `json:"run,omitempty"` // the assessment that suggestions rest on; empty: none
	At      time.Time    `json:"-"`             // as of when
}

// Of gives a risk of the register by its id.
func (r *Register) Of(id string) (risk.Line, error) {
	i := slices.IndexFunc(r.Risks, func(l risk.Line) bool { return l.ID == id })
	if i < 0 {
		return risk.Line{}, noRisk(id)
	}
	return r.Risks[i], nil
}

func noRisk(id string) error {
	return problem.New(problem.NotFound, fmt.Sprintf("the register holds no risk %q", id), "demarc risk lists them")
}

// Register gives the risk register. Who is let in for some services only sees
// the risks of these.
func (a *App) Register(ctx context.Context, c Caller) (*Register, error) {
	h, err := a.enter(ctx, c, account.ReadRisk)
	if err != nil {
		return nil, err
	}
	g, err := a.riskGround(ctx, h)
	if err != nil {
		return nil, err
	}
	out := &Register{Method: g.world.Method, Usual: g.usual, Run: g.run, At: a.now().UTC(), Risks: []risk.Line{}}
	all, err := list[risk.Risk](ctx, h, risks)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(r risk.Risk) bool { return !h.sees(r.Service) })
	for _, r := range all {
		out.Risks = append(out.Risks, g.line(r, out.At))
	}
	out.Summary = risk.Sum(out.Method, all, out.At)
	slices.SortStableFunc(out.Risks, func(x, y risk.Line) int {
		return cmp.Or(cmp.Compare(urgency(y), urgency(x)), cmp.Compare(y.Inherent.Score(), x.Inherent.Score()), strings.Compare(x.ID, y.ID))
	})
	return out, nil
}

// urgency puts what nobody rated first and what is closed last.
func urgency(l risk.Line) int {
	switch l.State {
	case risk.Closed:
		return -1
	case risk.Identified:
		return 1000
	}
	return l.Current.Score()
}

// riskGround is what risks refer to and suggestions rest on.
type riskGround struct {
	world   risk.World
	usual   bool
	run     string
	ground  *risk.Ground
	threats map[string]catalogue.Threat
}

func (a *App) riskGround(ctx context.Context, h *hall) (*riskGround, error) {
	w, usual, err := a.riskWorld(ctx, h)
	if err != nil {
		return nil, err
	}
	g := &riskGround{world: w, usual: usual, threats: map[string]catalogue.Threat{}}
	for _, t := range w.Catalogue.Threats() {
		g.threats[t.ID] = t
	}
	concluded, run, err := a.newest(ctx, h)
	if err != nil {
		return nil, err
	}
	g.run = run
	g.ground = risk.NewGround(w.Catalogue, concluded)
	return g, nil
}

// riskWorld gives what a register is checked against.
func (a *App) riskWorld(ctx context.Context, from records) (w risk.World, usual bool, err error) {
	if w.Catalogue, err = a.Catalogue(); err != nil {
		return w, false, err
	}
	m, set, err := get[risk.Method](ctx, from, riskMethods, current)
	if err != nil {
		return w, false, err
	}
	if w.Method = m; !set {
		w.Method = risk.DefaultMethod()
	}
	s, ok, err := get[scope.Scope](ctx, from, scopes, current)
	if w.Scope = &s; err == nil && !ok {
		w.Scope = &scope.Scope{}
	}
	return w, !set, err
}

func (g *riskGround) line(r risk.Risk, now time.Time) risk.Line {
	l := risk.Line{Risk: r, Says: r.Event, State: r.State(now), Band: g.world.Method.Band(r.Current)}
	if t, ok := g.threats[r.Threat]; ok {
		l.Says = cmp.Or(l.Says, t.Text)
		var at *scope.Service
		if v, ok := g.world.Scope.Service(r.Service); ok {
			at = &v
		}
		s := g.ground.Suggest(g.world.Method, t, at)
		l.Suggest = &s
	}
	if r.Decision != nil {
		l.Since = r.Material().Since(r.Decision.Of)
	}
	return l
}

// RiskMethod gives how the organisation rates risks; usual tells that nobody
// set a method, so that it is the one to begin with.
func (a *App) RiskMethod(ctx context.Context, c Caller) (m risk.Method, usual bool, err error) {
	h, err := a.enter(ctx, c, account.ReadRisk)
	if err != nil {
		return m, false, err
	}
	w, usual, err := a.riskWorld(ctx, h)
	return w.Method, usual, err
}

// SetRiskMethod takes a method in. Ratings that are beyond new scales stay as
// they were decided, and count as none until somebody decides them anew.
func (a *App) SetRiskMethod(ctx context.Context, c Caller, file string, data []byte) (risk.Method, error) {
	h, err := a.enter(ctx, c, account.DecideRisk)
	if err != nil {
		return risk.Method{}, err
	}
	m, err := risk.ParseMethod(file, data)
	if err != nil {
		return m, err
	}
	return m, h.Update(ctx, func(tx *store.Tx) error {
		return tx.Put(riskMethods, current, m, store.Event{Kind: "riskmethod.changed", Actor: c.Actor})
	})
}

// SetRisk writes a risk down, or changes it: seen is the version that the
// caller saw, 0 for a new one. When it is another meanwhile, it is a Conflict.
// Decision, version and the ratings over time are kept here and not taken from r.
func (a *App) SetRisk(ctx context.Context, c Caller, r risk.Risk, seen int) (risk.Risk, error) {
	h, err := a.enter(ctx, c, account.EditRisk)
	if err != nil {
		return r, err
	}
	err = h.Update(ctx, func(tx *store.Tx) error {
		w, _, err := a.riskWorld(ctx, tx)
		if err != nil {
			return err
		}
		was, ok, err := get[risk.Risk](ctx, tx, risks, r.ID)
		if err != nil {
			return err
		}
		if ok && was.Version != seen || !ok && seen != 0 {
			return problem.Newf(problem.Conflict, "the risk %s was changed meanwhile: you saw version %d, it is at version %d", r.ID, seen, was.Version).WithHint("open it again, look at what changed since, and repeat yours")
		}
		if err := r.Validate(w); err != nil {
			return err
		}
		_, err = h.putRisk(tx, &r, was)
		return err
	})
	return r, err
}

// putRisk writes a changed risk down with what is kept of it, and tells whether
// anything changed.
func (h *hall) putRisk(tx *store.Tx, r *risk.Risk, was risk.Risk) (changed bool, err error) {
	r.Decision, r.Version, r.Ratings = was.Decision, was.Version, was.Ratings
	if was.Version > 0 && reflect.DeepEqual(*r, was) {
		return false, nil
	}
	if r.Version++; r.Inherent != was.Inherent || r.Current != was.Current || r.Treatment.Target != was.Treatment.Target {
		r.Ratings = append(slices.Clone(was.Ratings), risk.Rated{At: h.now().UTC(), By: string(h.caller.Actor), Inherent: r.Inherent, Current: r.Current, Target: r.Treatment.Target})
	}
	kind := map[bool]string{true: "risk.added", false: "risk.changed"}[was.Version == 0]
	return true, tx.Put(risks, r.ID, *r, store.Event{Kind: kind, Actor: h.caller.Actor})
}

// SeedRisks writes the threats of the catalogue to a service, or to all of the
// scope for an empty id, into the register as risks that nobody rated yet. What
// is in it already stays as it is.
func (a *App) SeedRisks(ctx context.Context, c Caller, id string) (added int, err error) {
	h, err := a.enter(ctx, c, account.EditRisk)
	if err != nil {
		return 0, err
	}
	s, err := scopeOf(ctx, h, h.ID())
	if err != nil {
		return 0, err
	}
	s = h.narrowScope(s)
	if id != "" {
		v, err := service(s, id)
		if err != nil {
			return 0, err
		}
		s = &scope.Scope{Services: []scope.Service{v}}
	}
	cat, err := a.Catalogue()
	if err != nil {
		return 0, err
	}
	err = h.Update(ctx, func(tx *store.Tx) error {
		added = 0
		for _, r := range risk.Seed(cat, s) {
			if _, ok, err := get[risk.Risk](ctx, tx, risks, r.ID); err != nil || ok {
				if err != nil {
					return err
				}
				continue
			}
			if _, err := h.putRisk(tx, &r, risk.Risk{}); err != nil {
				return err
			}
			added++
		}
		return nil
	})
	return added, err
}

// ImportRisks takes a register in that people keep as a file: all of it or
// nothing. Risks that it does not name stay. Decisions do not come from a file.
func (a *App) ImportRisks(ctx context.Context, c Caller, file string, data []byte) (added, changed int, err error) {
	h, err := a.enter(ctx, c, account.EditRisk)
	if err != nil {
		return 0, 0, err
	}
	err = h.Update(ctx, func(tx *store.Tx) error {
		added, changed = 0, 0
		w, _, err := a.riskWorld(ctx, tx)
		if err != nil {
			return err
		}
		all, err := risk.Parse(file, data, w)
		if err != nil {
			return err
		}
		for _, r := range all {
			was, ok, err := get[risk.Risk](ctx, tx, risks, r.ID)
			if err != nil {
				return err
			}
			moved, err := h.putRisk(tx, &r, was)
			switch {
			case err != nil:
				return err
			case !ok:
				added++
			case moved:
				changed++
			}
		}
		return nil
	})
	return added, changed, err
}

// DecideRisk is the approval of a treatment and the acceptance of what is left,
// by whoever answers for it (ISO/IEC 27001:2022, 6.1.3 f). seen is the version
// that was looked at; until is the last day on which the decision holds.
func (a *App) DecideRisk(ctx context.Context, c Caller, id string, seen int, until risk.Day, note string) (risk.Risk, error) {
	h, err := a.enter(ctx, c, account.DecideRisk)
	if err != nil {
		return risk.Risk{}, err
	}
	by, err := a.Signer(ctx, c)
	if err != nil {
		return risk.Risk{}, err
	}
	var r risk.Risk
	err = h.Update(ctx, func(tx *store.Tx) error {
		var ok bool
		if r, ok, err = get[risk.Risk](ctx, tx, risks, id); err == nil && !ok {
			err = noRisk(id)
		}
		if err != nil {
			return err
		}
		w, _, err := a.riskWorld(ctx, tx)
		if err != nil {
			return err
		}
		if r.Version != seen {
			return problem.Newf(problem.Conflict, "the risk %s was changed meanwhile: you saw version %d, it is at version %d", id, seen, r.Version).WithHint("look at it again before you decide")
		}
		if err := decidable(w.Method, r, until, note, a.now().UTC()); err != nil {
			return err
		}
		m := r.Material()
		r.Decision = &risk.Decision{By: by, At: a.now().UTC(), Digest: m.Digest(), Until: until, Note: note, Of: m}
		r.Version++
		return tx.Put(risks, id, r, store.Event{Kind: "risk.decided", Actor: c.Actor})
	})
	return r, err
}

// decidable tells all that stands in the way of a decision.
func decidable(m risk.Method, r risk.Risk, until risk.Day, note string, now time.Time) error {
	var faults []string
	if r.Closed != "" {
		faults = append(faults, "the risk is closed")
	}
	if r.Owner == "" {
		faults = append(faults, "owner: nobody owns the risk")
	}
	if !m.Within(r.Current) || !m.Within(r.Inherent) {
		faults = append(faults, "inherent, current: rate the risk on the scales of the method first")
	}
	if r.Treatment.Option == "" {
		faults = append(faults, "treatment.option: say what is done about it: modify, retain, avoid or share")
	}
	if r.Treatment.Option == risk.Retain && !m.Tolerable(r.Current) && strings.TrimSpace(note) == "" {
		faults = append(faults, fmt.Sprintf("note: its score of %d is above the appetite of %d; say why it is kept all the same", r.Current.Score(), m.Appetite))
	}
	if until == "" || !until.Valid() || until.Before(now) {
		faults = append(faults, "until: name the day by which somebody looks at it again, such as "+now.AddDate(1, 0, 0).Format(time.DateOnly))
	}
	if len(note) > 4000 {
		faults = append(faults, "note: it is longer than 4,000 bytes")
	}
	return problem.Faulty("the risk "+r.ID+" cannot be decided yet", faults)
}
