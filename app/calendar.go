// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/calendar"
	"demarc.dev/demarc/internal/day"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
	"demarc.dev/demarc/store"
)

const (
	routines = "routine"
	dones    = "routinedone"
)

// Calendar is the control calendar as it stands.
type Calendar struct {
	Routines    []RoutineLine          `json:"routines"`    // what presses first
	Occurrences []calendar.Occurrence  `json:"occurrences"` // from a year ago to a year from now, by day
	Counts      map[calendar.State]int `json:"counts"`      // of those of the past year, and what is due now
	At          time.Time              `json:"-"`
}

// RoutineLine is a routine with how it stands.
type RoutineLine struct {
	calendar.Routine
	Says   string                 `json:"says"`           // the rule in words
	Now    *calendar.Occurrence   `json:"now,omitempty"`  // the occurrence that may be done now
	Next   calendar.Day           `json:"next,omitempty"` // the next day on which it is due
	Counts map[calendar.State]int `json:"counts"`         // of the past year
}

// Calendar gives the control calendar: each routine, and what is, was and will be
// due within a year of today.
func (a *App) Calendar(ctx context.Context, c Caller) (*Calendar, error) {
	h, err := a.enter(ctx, c, account.ReadCalendar)
	if err != nil {
		return nil, err
	}
	return a.calendar(ctx, h)
}

func (a *App) calendar(ctx context.Context, from records) (*Calendar, error) {
	out := &Calendar{Routines: []RoutineLine{}, Occurrences: []calendar.Occurrence{}, At: a.now().UTC()}
	all, err := list[calendar.Routine](ctx, from, routines)
	if err != nil {
		return nil, err
	}
	done, err := list[calendar.Done](ctx, from, dones)
	if err != nil {
		return nil, err
	}
	today := day.Of(out.At)
	for _, r := range all {
		l := RoutineLine{Routine: r, Says: calendar.Says(r.Rule), Counts: map[calendar.State]int{}}
		for _, o := range r.Occurrences(today.Months(-12), today.Months(12), done, out.At) {
			out.Occurrences = append(out.Occurrences, o)
			if o.State != calendar.ToCome {
				l.Counts[o.State]++
			}
			if (o.State == calendar.DueNow || o.State == calendar.Overdue) && (l.Now == nil || l.Now.State != calendar.Overdue) {
				l.Now = &o
			}
			if o.State == calendar.ToCome && l.Next == "" {
				l.Next = o.Due
			}
		}
		out.Routines = append(out.Routines, l)
	}
	calendar.Sort(out.Occurrences)
	out.Counts = calendar.Counts(out.Occurrences)
	delete(out.Counts, calendar.ToCome)
	slices.SortStableFunc(out.Routines, func(x, y RoutineLine) int {
		return cmp.Or(cmp.Compare(pressing(x), pressing(y)), cmp.Compare(x.due(), y.due()), cmp.Compare(x.ID, y.ID))
	})
	return out, nil
}

func pressing(l RoutineLine) int {
	if l.Now == nil {
		return 9
	}
	return slices.Index(calendar.States(), l.Now.State)
}

func (l RoutineLine) due() calendar.Day {
	if l.Now != nil {
		return l.Now.Due
	}
	return cmp.Or(l.Next, "9999-12-31")
}

// Routine gives one routine with its occurrences, from the first to a year from
// now, the newest first.
func (a *App) Routine(ctx context.Context, c Caller, id string) (RoutineLine, []calendar.Occurrence, error) {
	all, err := a.Calendar(ctx, c)
	if err != nil {
		return RoutineLine{}, nil, err
	}
	i := slices.IndexFunc(all.Routines, func(l RoutineLine) bool { return l.ID == id })
	if i < 0 {
		return RoutineLine{}, nil, noRoutine(id)
	}
	var out []calendar.Occurrence
	for _, o := range slices.Backward(all.Occurrences) {
		if o.Routine == id {
			out = append(out, o)
		}
	}
	return all.Routines[i], out, nil
}

func noRoutine(id string) error {
	return problem.New(problem.NotFound, "the calendar has no routine "+cutWord(id), "demarc calendar list names them")
}

func (a *App) calendarWorld(ctx context.Context, from records) (w calendar.World, err error) {
	if w.Catalogue, err = a.Catalogue(); err != nil {
		return w, err
	}
	s, _, err := get[scope.Scope](ctx, from, scopes, current)
	if err != nil {
		return w, err
	}
	w.Services = s.ServiceIDs()
	w.People, err = activePeople(ctx, from)
	return w, err
}

// SetRoutine writes a routine down, or changes it: seen is the version that the
// caller saw, 0 for a new one. What was due by an earlier rule stays due.
func (a *App) SetRoutine(ctx context.Context, c Caller, r calendar.Routine, seen int) (calendar.Routine, error) {
	h, err := a.enter(ctx, c, account.EditCalendar)
	if err != nil {
		return r, err
	}
	err = h.Update(ctx, func(tx *store.Tx) error {
		was, _, err := get[calendar.Routine](ctx, tx, routines, r.ID)
		if err != nil {
			return err
		}
		if err := meanwhile("the routine "+r.ID, was.Version, seen); err != nil {
			return err
		}
		_, err = a.putRoutine(ctx, h, tx, &r)
		return err
	})
	return r, err
}

// putRoutine writes a routine down, and tells whether it is another one.
func (a *App) putRoutine(ctx context.Context, h *hall, tx *store.Tx, r *calendar.Routine) (bool, error) {
	w, err := a.calendarWorld(ctx, tx)
	if err != nil {
		return false, err
	}
	if err := r.Validate(w); err != nil {
		return false, err
	}
	was, ok, err := get[calendar.Routine](ctx, tx, routines, r.ID)
	if err != nil {
		return false, err
	}
	same := was
	same.Earlier, same.Version = r.Earlier, r.Version
	if ok && reflect.DeepEqual(same, *r) {
		*r = was
		return false, nil
	}
	*r = r.Change(was, a.now())
	kind := map[bool]string{true: "routine.changed", false: "routine.added"}[ok]
	return true, tx.Put(routines, r.ID, *r, store.Event{Kind: kind, Actor: h.caller.Actor})
}

// ImportCalendar takes routines in that people keep as a file: all of it or
// nothing. Routines that it does not name stay.
func (a *App) ImportCalendar(ctx context.Context, c Caller, file string, data []byte) (changed int, err error) {
	h, err := a.enter(ctx, c, account.EditCalendar)
	if err != nil {
		return 0, err
	}
	err = h.Update(ctx, func(tx *store.Tx) error {
		changed = 0
		w, err := a.calendarWorld(ctx, tx)
		if err != nil {
			return err
		}
		all, err := calendar.Parse(file, data, w)
		if err != nil {
			return err
		}
		changed, err = a.putRoutines(ctx, h, tx, all)
		return err
	})
	return changed, err
}

func (a *App) putRoutines(ctx context.Context, h *hall, tx *store.Tx, all []calendar.Routine) (n int, err error) {
	for _, r := range all {
		moved, err := a.putRoutine(ctx, h, tx, &r)
		if err != nil {
			return n, err
		}
		if moved {
			n++
		}
	}
	return n, nil
}

// SeedCalendar writes the usual routines into the calendar, those that are not in
// it yet. Their first days are spread over the weeks to come.
func (a *App) SeedCalendar(ctx context.Context, c Caller) (added int, err error) {
	h, err := a.enter(ctx, c, account.EditCalendar)
	if err != nil {
		return 0, err
	}
	err = h.Update(ctx, func(tx *store.Tx) error {
		var some []calendar.Routine
		for i, r := range calendar.Usual() {
			if _, ok, err := get[calendar.Routine](ctx, tx, routines, r.ID); err != nil || ok {
				if err != nil {
					return err
				}
				continue
			}
			r.From = day.Of(a.now()).Add(14 + 5*i)
			some = append(some, r)
		}
		added, err = a.putRoutines(ctx, h, tx, some)
		return err
	})
	return added, err
}

// PerformRoutine writes down that an occurrence was done. Of d, On, Outcome and
// Words count; file names what in reads, which may be nil. What was missed cannot
// be done any more.
func (a *App) PerformRoutine(ctx context.Context, c Caller, id string, due calendar.Day, d calendar.Done, file string, in io.Reader) (calendar.Occurrence, error) {
	return a.turnDone(ctx, c, id, due, file, in, func(h *hall, o calendar.Occurrence, f []calendar.File) (calendar.Done, error) {
		if o.Done != nil {
			return d, problem.New(problem.Conflict, fmt.Sprintf("%s of %s was done already, by %s", id, due, o.Done.By), "attach what is missing to it")
		}
		d.Words = strings.TrimSpace(d.Words)
		if err := o.Doable(d, a.now().UTC()); err != nil {
			return d, err
		}
		return calendar.Done{Routine: id, Due: due, On: d.On, Outcome: d.Outcome, Words: d.Words, By: string(c.Actor), At: a.now().UTC(), Files: f, Version: 1}, nil
	})
}

// AttachEvidence adds a file to an occurrence that was done.
func (a *App) AttachEvidence(ctx context.Context, c Caller, id string, due calendar.Day, file string, in io.Reader) (calendar.Occurrence, error) {
	return a.turnDone(ctx, c, id, due, file, in, func(h *hall, o calendar.Occurrence, f []calendar.File) (calendar.Done, error) {
		if o.Done == nil {
			return calendar.Done{}, problem.New(problem.Conflict, fmt.Sprintf("%s of %s was not done yet", id, due), "write down that it was done first")
		}
		if len(o.Done.Files)+len(f) > 50 {
			return calendar.Done{}, problem.New(problem.Invalid, "an occurrence has 50 files at most", "pack them into one")
		}
		d := *o.Done
		d.Files, d.Version = append(slices.Clone(d.Files), f...), d.Version+1
		return d, nil
	})
}

func (a *App) turnDone(ctx context.Context, c Caller, id string, due calendar.Day, file string, in io.Reader, change func(*hall, calendar.Occurrence, []calendar.File) (calendar.Done, error)) (calendar.Occurrence, error) {
	h, err := a.enter(ctx, c, account.PerformControl)
	if err != nil {
		return calendar.Occurrence{}, err
	}
	if _, err := a.occurrence(ctx, h, id, due); err != nil {
		return calendar.Occurrence{}, err
	}
	var blob *store.Blob
	var files []calendar.File
	if in != nil {
		if blob, err = h.PutBlob(ctx, in, ext(file)); err != nil {
			return calendar.Occurrence{}, err
		}
		files = []calendar.File{{Name: file, SHA256: hex.EncodeToString(blob.Digest[:]), Bytes: blob.Size}}
	}
	var out calendar.Occurrence
	err = h.Update(ctx, func(tx *store.Tx) error {
		o, err := a.occurrence(ctx, tx, id, due)
		if err != nil {
			return err
		}
		d, err := change(h, o, files)
		if err != nil {
			return err
		}
		if blob != nil {
			if _, err := tx.Append(store.Event{Kind: "routine.evidence", Object: "sha256/" + files[0].SHA256, Actor: c.Actor, Blob: blob}); err != nil {
				return err
			}
		}
		if err := tx.Put(dones, d.ID(), d, store.Event{Kind: "routine.done", Actor: c.Actor}); err != nil {
			return err
		}
		out, err = a.occurrence(ctx, tx, id, due)
		return err
	})
	return out, err
}

// occurrence gives one occurrence of a routine.
func (a *App) occurrence(ctx context.Context, from records, id string, due calendar.Day) (calendar.Occurrence, error) {
	r, ok, err := get[calendar.Routine](ctx, from, routines, id)
	if err == nil && !ok {
		err = noRoutine(id)
	}
	if err != nil {
		return calendar.Occurrence{}, err
	}
	var done []calendar.Done
	if d, ok, err := get[calendar.Done](ctx, from, dones, calendar.Done{Routine: id, Due: due}.ID()); err != nil {
		return calendar.Occurrence{}, err
	} else if ok {
		done = append(done, d)
	}
	if due.Valid() && due != "" {
		for _, o := range r.Occurrences(due, due, done, a.now().UTC()) {
			return o, nil
		}
	}
	return calendar.Occurrence{}, problem.New(problem.NotFound, fmt.Sprintf("%s is not due on %s", id, cutWord(string(due))), "demarc calendar show "+id+" names its days")
}

// RoutineEvidence opens the n-th file of what was done, from 0. The caller closes
// it.
func (a *App) RoutineEvidence(ctx context.Context, c Caller, id string, due calendar.Day, n int) (calendar.File, io.ReadCloser, error) {
	h, err := a.enter(ctx, c, account.ReadCalendar)
	if err != nil {
		return calendar.File{}, nil, err
	}
	o, err := a.occurrence(ctx, h, id, due)
	if err != nil {
		return calendar.File{}, nil, err
	}
	if o.Done == nil || n < 0 || n >= len(o.Done.Files) {
		return calendar.File{}, nil, problem.New(problem.NotFound, fmt.Sprintf("%s of %s has no such file", id, due), "its page names those that there are")
	}
	f := o.Done.Files[n]
	in, err := openBody(h.Org, Body{f.SHA256, f.Bytes})
	return f, in, err
}

// calendarWork gives what of the calendar waits for the caller: his own, and what
// nobody owns; everything to who leads.
func (a *App) calendarWork(ctx context.Context, c Caller, m account.Member) ([]Work, error) {
	if !m.Role.May(account.PerformControl) {
		return nil, nil
	}
	h, err := a.enter(ctx, c, account.ReadCalendar)
	if err != nil {
		return nil, err
	}
	all, err := a.calendar(ctx, h)
	if err != nil {
		return nil, err
	}
	s, _, err := get[scope.Scope](ctx, h, scopes, current)
	if err != nil {
		return nil, err
	}
	mine := h.known(&s)
	var out []Work
	for _, o := range all.Occurrences {
		open := o.State == calendar.DueNow || o.State == calendar.Overdue || o.State == calendar.Unproven
		if !open || o.Owner != "" && !slices.Contains(mine, o.Owner) && !m.Role.May(account.EditCalendar) {
			continue
		}
		due := o.Due.Time()
		w := Work{What: "Perform: " + cutWord(o.Title), Where: "/calendar/" + o.Routine, Due: &due, Late: o.State == calendar.Overdue}
		if o.State == calendar.Unproven {
			w.What = "Attach the evidence: " + cutWord(o.Title)
		}
		out = append(out, w)
	}
	return out, nil
}
