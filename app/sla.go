// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/agreement"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/sla"
	"demarc.dev/demarc/store"
)

// levels is the collection of the service levels of an organisation.
const levels = "sla"

// The bounds of a service level.
const (
	LevelBytes  = 8 << 20 // of one file of measurements
	levelFiles  = 60
	levelWords  = 4000 // letters of the minutes of a review
	levelPeople = 40
	reviewEvery = 12 // months between reviews, at most that are asked for
)

// ServiceLevel is a level that was agreed for a service, what was measured of
// it, and how it was reviewed.
type ServiceLevel struct {
	ID        string        `json:"id"`                  // "l1"
	Service   string        `json:"service,omitempty"`   // of the scope
	Agreement string        `json:"agreement,omitempty"` // that promises it
	Version   int           `json:"version,omitempty"`   // of the agreement
	Metric    sla.Metric    `json:"metric"`
	Quotes    []LevelWords  `json:"quotes,omitempty"` // of the agreement, that the metric was read from
	Fee       sla.Decimal   `json:"fee,omitzero"`     // that is paid for a window
	Currency  string        `json:"currency,omitempty"`
	Since     *time.Time    `json:"since,omitempty"` // the service was used from then; nil: from the first that was measured
	Every     int           `json:"every,omitempty"` // months from review to review; 0: 3
	Records   []LevelRecord `json:"records,omitempty"`
	Reviews   []LevelReview `json:"reviews,omitempty"` // the newest last
	By        string        `json:"by"`
	At        time.Time     `json:"at"`
}

// LevelWords is a passage of the agreement that a part of the metric rests on.
type LevelWords struct {
	Of    string `json:"of"`
	Where string `json:"where"`
	Text  string `json:"text"`
}

// LevelRecord is a file of measurements as it was received.
type LevelRecord struct {
	ID   string    `json:"id"` // "m1"
	Kind sla.Kind  `json:"kind"`
	File string    `json:"file"`
	Rows int       `json:"rows"`
	Body Body      `json:"body"`
	By   string    `json:"by"`
	At   time.Time `json:"at"`
}

// LevelReview is the record of a meeting about a service level, with what was
// reckoned as it lay on the table.
type LevelReview struct {
	On        string          `json:"on"` // day, 2006-01-02
	People    []string        `json:"people"`
	Minutes   string          `json:"minutes,omitempty"`
	Decisions []LevelDecision `json:"decisions,omitempty"`
	Seen      []LevelSeen     `json:"seen"` // the windows since the review before
	By        string          `json:"by"`
	At        time.Time       `json:"at"`
}

// LevelDecision is what was decided at a review.
type LevelDecision struct {
	What string `json:"what"`
	Who  string `json:"who,omitempty"`
	Due  string `json:"due,omitempty"` // day
}

// LevelSeen is a window as it stood when it was reviewed.
type LevelSeen struct {
	Window  string      `json:"window"`
	State   sla.State   `json:"state"`
	Low     sla.Decimal `json:"low"`
	High    sla.Decimal `json:"high"`
	Credit  sla.Decimal `json:"credit"`
	ClaimBy string      `json:"claimBy,omitempty"`
}

// LevelReading is a service level with what follows from its measurements.
type LevelReading struct {
	ServiceLevel
	Results []sla.Result `json:"results"`          // one a window, by the means that is believed most, the newest first
	Others  []sla.Result `json:"others,omitempty"` // by the other means
	Next    string       `json:"next"`             // day of the next review
	Late    bool         `json:"late,omitempty"`   // that day has passed
}

// Last gives the newest window that ended; ok is false when there is none.
func (l LevelReading) Last() (sla.Result, bool) {
	for _, r := range l.Results {
		if r.State != sla.Running {
			return r, true
		}
	}
	return sla.Result{}, false
}

// Claims gives the windows of which a credit can still be claimed.
func (l LevelReading) Claims() []sla.Result {
	return slices.DeleteFunc(slices.Clone(l.Results), func(r sla.Result) bool { return !r.Due() })
}

// Levels gives the service levels with their results, by service and name.
func (a *App) Levels(ctx context.Context, c Caller) ([]LevelReading, error) {
	h, err := a.enter(ctx, c, account.ReadAgreement)
	if err != nil {
		return nil, err
	}
	all, err := list[ServiceLevel](ctx, h, levels)
	if err != nil {
		return nil, err
	}
	out := []LevelReading{}
	for _, l := range all {
		r, err := h.measured(l, a.now())
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(x, y LevelReading) int {
		return cmp.Or(strings.Compare(x.Service, y.Service), strings.Compare(x.Metric.Name, y.Metric.Name), strings.Compare(x.ID, y.ID))
	})
	return out, nil
}

// Level gives one service level with its results.
func (a *App) Level(ctx context.Context, c Caller, id string) (LevelReading, error) {
	h, err := a.enter(ctx, c, account.ReadAgreement)
	if err != nil {
		return LevelReading{}, err
	}
	l, err := levelOf(ctx, h, id)
	if err != nil {
		return LevelReading{}, err
	}
	return h.measured(l, a.now())
}

func levelOf(ctx context.Context, from records, id string) (ServiceLevel, error) {
	l, ok, err := get[ServiceLevel](ctx, from, levels, id)
	if err == nil && !ok {
		err = problem.New(problem.NotFound, fmt.Sprintf("there is no service level %q", cutWord(id)), "demarc sla list names them")
	}
	return l, err
}

// measured reckons what the files of a service level come to.
func (h *hall) measured(l ServiceLevel, now time.Time) (LevelReading, error) {
	out := LevelReading{ServiceLevel: l, Results: []sla.Result{}}
	series := map[sla.Kind]*sla.Series{}
	var excluded []sla.Span
	for _, r := range l.Records {
		data, err := h.levelFile(r)
		if err != nil {
			return out, err
		}
		s, err := sla.ReadCSV(r.File, data, l.Metric)
		if err != nil {
			return out, err
		}
		excluded = append(excluded, s.Excluded...)
		if s.Kind == sla.Incidents && len(s.Downs) == 0 && l.Since == nil {
			continue // it holds maintenance only
		}
		if series[s.Kind] == nil {
			series[s.Kind] = &sla.Series{Kind: s.Kind}
		}
		series[s.Kind].Join(s)
	}
	seen := map[string]bool{}
	for _, kind := range []sla.Kind{sla.Probes, sla.Incidents, sla.Stateds} {
		s := series[kind]
		if s == nil {
			continue
		}
		if s.Excluded = excluded; l.Since != nil {
			s.Since = *l.Since
		}
		for _, r := range sla.Judge(l.Metric, *s, l.Fee, now) {
			if seen[r.Window] {
				out.Others = append(out.Others, r)
				continue
			}
			out.Results = append(out.Results, r)
		}
		for _, r := range out.Results {
			seen[r.Window] = true
		}
	}
	slices.SortStableFunc(out.Results, func(x, y sla.Result) int { return y.From.Compare(x.From) })
	last := l.At
	if n := len(l.Reviews); n > 0 {
		if day, err := time.Parse(time.DateOnly, l.Reviews[n-1].On); err == nil {
			last = day
		}
	}
	next := last.AddDate(0, cmp.Or(l.Every, 3), 0)
	out.Next, out.Late = next.Format(time.DateOnly), now.After(next.AddDate(0, 0, 1))
	return out, nil
}

func (h *hall) levelFile(r LevelRecord) ([]byte, error) {
	body, err := openBody(h.Org, r.Body)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		return nil, fmt.Errorf("reading measurements: %w", err)
	}
	return data, nil
}

// SetLevel writes a service level down, a new one when it names no id; its
// measurements and reviews are kept.
func (a *App) SetLevel(ctx context.Context, c Caller, l ServiceLevel) (ServiceLevel, error) {
	h, err := a.enter(ctx, c, account.EditAgreement)
	if err != nil {
		return l, err
	}
	l.Metric.Usual()
	if err := h.checkLevel(ctx, &l); err != nil {
		return l, err
	}
	err = h.Update(ctx, func(tx *store.Tx) error {
		kind := "sla.changed"
		if l.ID == "" {
			kind = "sla.added"
			if l.ID, err = next(ctx, tx, levels, "l"); err != nil {
				return err
			}
			l.Records, l.Reviews = nil, nil
		} else {
			was, err := levelOf(ctx, tx, l.ID)
			if err != nil {
				return err
			}
			l.Records, l.Reviews = was.Records, was.Reviews
			if len(l.Records) > 0 && (was.Metric.Window != l.Metric.Window || was.Metric.Zone != l.Metric.Zone) {
				if err := h.rereads(l); err != nil {
					return err
				}
			}
		}
		l.By, l.At = string(c.Actor), a.now().UTC()
		return tx.Put(levels, l.ID, l, store.Event{Kind: kind, Actor: c.Actor})
	})
	return l, err
}

// rereads tells whether the files can still be read under a changed metric.
func (h *hall) rereads(l ServiceLevel) error {
	for _, r := range l.Records {
		data, err := h.levelFile(r)
		if err != nil {
			return err
		}
		if _, err := sla.ReadCSV(r.File, data, l.Metric); err != nil {
			return problem.New(problem.Conflict, "under this window the measurements of "+r.File+" make no sense", "remove that file first").Wrap(err)
		}
	}
	return nil
}

func (h *hall) checkLevel(ctx context.Context, l *ServiceLevel) error {
	if err := l.Metric.Check(); err != nil {
		return err
	}
	var faults []string
	if utf8.RuneCountInString(l.Currency) > 8 {
		faults = append(faults, "currency: use its code, such as EUR")
	}
	if l.Every < 0 || l.Every > reviewEvery {
		faults = append(faults, fmt.Sprintf("every: a review is due every 1 to %d months", reviewEvery))
	}
	if len(l.Quotes) > 60 {
		faults = append(faults, "quotes: there are more than 60")
	}
	if l.Service != "" {
		s, err := scopeOf(ctx, h, h.ID())
		if err != nil {
			return err
		}
		if _, err := service(h.narrowScope(s), l.Service); err != nil {
			return err
		}
	}
	if l.Agreement != "" {
		g, err := h.agreement(ctx, h, l.Agreement)
		if err != nil {
			return err
		}
		if l.Version == 0 {
			l.Version = g.Latest()
		}
		if l.Version < 1 || l.Version > g.Latest() {
			faults = append(faults, fmt.Sprintf("version: the agreement has versions 1 to %d", g.Latest()))
		}
	}
	return problem.Faulty("the service level cannot be written down so", faults)
}

// RemoveLevel takes a service level off the list; the log keeps that it was
// there, and its files.
func (a *App) RemoveLevel(ctx context.Context, c Caller, id string) error {
	return a.remove(ctx, c, account.EditAgreement, levels, id, func(_ *hall, tx *store.Tx) error {
		_, err := levelOf(ctx, tx, id)
		return err
	})
}

// AddMeasurement takes a file of measurements in, whole or not at all.
func (a *App) AddMeasurement(ctx context.Context, c Caller, id string, f Upload) (ServiceLevel, error) {
	h, err := a.enter(ctx, c, account.EditAgreement)
	if err != nil {
		return ServiceLevel{}, err
	}
	l, err := levelOf(ctx, h, id)
	if err != nil {
		return l, err
	}
	name := path.Base(strings.ReplaceAll(f.Name, `\`, "/"))
	if len(f.Data) > LevelBytes {
		return l, problem.New(problem.Invalid, fmt.Sprintf("%s is larger than %d MB", cutWord(name), LevelBytes>>20), "hand in a month or a quarter at a time")
	}
	s, err := sla.ReadCSV(name, f.Data, l.Metric)
	if err != nil {
		return l, err
	}
	b, err := h.PutBlob(ctx, strings.NewReader(string(f.Data)), "csv")
	if err != nil {
		return l, err
	}
	r := LevelRecord{Kind: s.Kind, File: cutWord(name), Rows: len(s.Probes) + len(s.Downs) + len(s.Stated) + len(s.Excluded), Body: bodyOf(b), By: string(c.Actor), At: a.now().UTC()}
	err = h.Update(ctx, func(tx *store.Tx) error {
		if l, err = levelOf(ctx, tx, id); err != nil {
			return err
		}
		most := 0
		for _, x := range l.Records {
			if x.Body == r.Body {
				return problem.New(problem.Conflict, "the same measurements were handed in as "+x.ID, "hand in newer ones")
			}
			most = max(most, number(x.ID))
		}
		if len(l.Records) >= levelFiles {
			return problem.New(problem.Conflict, fmt.Sprintf("the service level holds %d files already", levelFiles), "remove the oldest first")
		}
		r.ID = fmt.Sprintf("m%d", most+1)
		if _, err := tx.Append(store.Event{Kind: "sla.measurement", Object: levels + "/" + id, Actor: c.Actor, Blob: b}); err != nil {
			return err
		}
		l.Records = append(l.Records, r)
		return tx.Put(levels, id, l, store.Event{Kind: "sla.measured", Actor: c.Actor})
	})
	return l, err
}

// RemoveMeasurement takes a file of measurements away again; the log keeps it.
func (a *App) RemoveMeasurement(ctx context.Context, c Caller, id, record string) (ServiceLevel, error) {
	return a.changeLevel(ctx, c, account.EditAgreement, id, "sla.unmeasured", func(l *ServiceLevel) error {
		n := len(l.Records)
		l.Records = slices.DeleteFunc(slices.Clone(l.Records), func(r LevelRecord) bool { return r.ID == record })
		if len(l.Records) == n {
			return problem.New(problem.NotFound, fmt.Sprintf("the service level has no measurements %q", cutWord(record)), "demarc sla show "+id+" names them")
		}
		return nil
	})
}

// changeLevel changes a service level as it stands when it is written.
func (a *App) changeLevel(ctx context.Context, c Caller, need account.Permission, id, kind string, change func(*ServiceLevel) error) (l ServiceLevel, err error) {
	h, err := a.enter(ctx, c, need)
	if err != nil {
		return l, err
	}
	err = h.Update(ctx, func(tx *store.Tx) error {
		if l, err = levelOf(ctx, tx, id); err != nil {
			return err
		}
		if err := change(&l); err != nil {
			return err
		}
		return tx.Put(levels, id, l, store.Event{Kind: kind, Actor: c.Actor})
	})
	return l, err
}

// ReviewLevel keeps the minutes of a review with what was on the table. Of v,
// On, People, Minutes and Decisions are the caller's.
func (a *App) ReviewLevel(ctx context.Context, c Caller, id string, v LevelReview) (ServiceLevel, error) {
	r, err := a.Level(ctx, c, id)
	if err != nil {
		return r.ServiceLevel, err
	}
	now := a.now().UTC()
	v.People = slices.DeleteFunc(slices.Clone(v.People), func(p string) bool { return strings.TrimSpace(p) == "" })
	if err := v.check(now); err != nil {
		return r.ServiceLevel, err
	}
	v.Seen = []LevelSeen{}
	for _, x := range r.Results {
		if n := len(r.Reviews); n == 0 || x.To.Format(time.DateOnly) > r.Reviews[n-1].On {
			v.Seen = append(v.Seen, LevelSeen{x.Window, x.State, x.Low, x.High, x.Credit, x.ClaimBy})
		}
	}
	v.By, v.At = string(c.Actor), now
	return a.changeLevel(ctx, c, account.ReviewAgreement, id, "sla.reviewed", func(l *ServiceLevel) error {
		l.Reviews = append(l.Reviews, v)
		slices.SortStableFunc(l.Reviews, func(x, y LevelReview) int { return strings.Compare(x.On, y.On) })
		return nil
	})
}

func (v LevelReview) check(now time.Time) error {
	var faults []string
	on, err := time.Parse(time.DateOnly, v.On)
	if err != nil || on.After(now.AddDate(0, 0, 1)) {
		faults = append(faults, "on: name the day of the review, today or before, such as "+now.Format(time.DateOnly))
	}
	if len(v.People) == 0 || len(v.People) > levelPeople {
		faults = append(faults, "people: say who was there")
	}
	words := utf8.RuneCountInString(v.Minutes + strings.Join(v.People, ""))
	for i, d := range v.Decisions {
		words += utf8.RuneCountInString(d.What + d.Who)
		if _, err := time.Parse(time.DateOnly, d.Due); d.Due != "" && err != nil {
			faults = append(faults, fmt.Sprintf("decisions[%d].due: %q is no day such as 2026-10-31", i, cutWord(d.Due)))
		}
		if strings.TrimSpace(d.What) == "" {
			faults = append(faults, fmt.Sprintf("decisions[%d].what: say what was decided", i))
		}
	}
	if words > levelWords || len(v.Decisions) > 40 {
		faults = append(faults, fmt.Sprintf("minutes: they are longer than %d letters", levelWords))
	}
	return problem.Faulty("the review cannot be kept so", faults)
}

// AgreementLevels reads the service levels out of the newest version of an
// agreement: proposals, which somebody takes over with SetLevel.
func (a *App) AgreementLevels(ctx context.Context, c Caller, id string) ([]agreement.Level, error) {
	h, err := a.enter(ctx, c, account.ReadAgreement)
	if err != nil {
		return nil, err
	}
	g, err := h.agreement(ctx, h, id)
	if err != nil {
		return nil, err
	}
	docs, _, err := h.unpackAgreement(g.Versions[g.Latest()-1])
	if err != nil {
		return nil, err
	}
	return append([]agreement.Level{}, agreement.Levels(docs)...), nil
}

// TakeLevel writes a service level down as an agreement names it; at is its
// place among the proposals of AgreementLevels.
func (a *App) TakeLevel(ctx context.Context, c Caller, id string, at int) (ServiceLevel, error) {
	found, err := a.AgreementLevels(ctx, c, id)
	if err != nil {
		return ServiceLevel{}, err
	}
	if at < 0 || at >= len(found) {
		return ServiceLevel{}, problem.New(problem.NotFound, fmt.Sprintf("the agreement names no service level %d", at), fmt.Sprintf("it names %d, counted from 0", len(found)))
	}
	h, err := a.enter(ctx, c, account.EditAgreement)
	if err != nil {
		return ServiceLevel{}, err
	}
	g, err := h.agreement(ctx, h, id)
	if err != nil {
		return ServiceLevel{}, err
	}
	l := ServiceLevel{Service: g.Service, Agreement: id, Version: g.Latest(), Metric: found[at].Metric}
	for _, q := range found[at].Quotes {
		l.Quotes = append(l.Quotes, LevelWords{q.Of, q.Quote.Where(), q.Quote.Line(600)})
	}
	return a.SetLevel(ctx, c, l)
}

// Compose reckons the availability of services that need each other: a name is
// the id of a service level, which stands for its target.
func (a *App) Compose(ctx context.Context, c Caller, expression string) (sla.Composed, error) {
	all, err := listed[ServiceLevel](ctx, a, c, account.ReadAgreement, levels)
	if err != nil {
		return sla.Composed{}, err
	}
	names := map[string]sla.Decimal{}
	for _, l := range all {
		names[l.ID] = l.Metric.Target
	}
	return sla.Compose(expression, names)
}

// levelWork is the credits that can be claimed and the reviews that are due.
func (a *App) levelWork(ctx context.Context, c Caller, m account.Member) ([]Work, error) {
	if !m.Role.May(account.ReviewAgreement) {
		return nil, nil
	}
	all, err := a.Levels(ctx, c)
	var out []Work
	for _, l := range all {
		at := "/sla/" + l.ID
		for _, r := range l.Claims() {
			w := Work{What: fmt.Sprintf("Claim a credit of %s %% for %s in %s", r.Credit, cutWord(l.Metric.Name), r.Window), Where: at}
			if day, err := time.Parse(time.DateOnly, r.ClaimBy); err == nil {
				w.Due = &day
			}
			out = append(out, w)
		}
		if day, err := time.Parse(time.DateOnly, l.Next); err == nil && a.now().Add(soon).After(day) {
			out = append(out, Work{What: "Review the service level " + cutWord(l.Metric.Name), Where: at, Due: &day, Late: l.Late})
		}
		if n := len(l.Reviews); n > 0 {
			for _, d := range l.Reviews[n-1].Decisions {
				if day, err := time.Parse(time.DateOnly, d.Due); err == nil && a.now().Add(soon).After(day) {
					out = append(out, Work{What: "Decided at a review: " + cutWord(d.What), Where: at, Due: &day, Late: a.now().After(day.AddDate(0, 0, 1))})
				}
			}
		}
	}
	return out, err
}
