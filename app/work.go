// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/job"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// Collector is a cloud account, or several, that is read again and again.
type Collector struct {
	ID       string    `json:"id"` // a word of the organisation's own
	Provider string    `json:"provider"`
	RoleARN  string    `json:"role_arn,omitempty"` // empty: with the server's own credentials
	Accounts []string  `json:"accounts,omitempty"`
	Regions  []string  `json:"regions,omitempty"` // empty: all that are enabled
	By       string    `json:"by"`
	At       time.Time `json:"at"`
}

// Schedule has a collector run, and what it saw assessed, at its times.
type Schedule struct {
	ID        string            `json:"id"`
	Collector string            `json:"collector,omitempty"` // empty: only assess what is there
	Cron      string            `json:"cron"`                // see job.ParseCron
	Edition   catalogue.Edition `json:"edition"`
	Account   string            `json:"account,omitempty"` // in whose name it runs; empty: the owner of the disk
	Person    string            `json:"person"`
	At        time.Time         `json:"at"`
}

// Collecting is one run of a collector.
type Collecting struct {
	Collector
	ExternalID string // to be sent when the role is assumed
	Org        string
	Spool      string // folder for what is done, so that a run goes on where it stopped
	Say        func(done, total int64, text string)
}

// Collect reads a cloud and writes the snapshot file. The program that wires the
// house gives one for each provider.
type Collect func(ctx context.Context, c Collecting, out io.Writer) error

const (
	collectors = "collector"
	schedules  = "schedule"

	// look is the kind of job that collects and assesses.
	look = "look"
)

// lookArgs are what a job is told.
type lookArgs struct {
	Collector string            `json:"collector,omitempty"`
	Edition   catalogue.Edition `json:"edition,omitempty"` // empty: collect only
	Person    string            `json:"person"`
}

var (
	wordID    = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)
	roleARN   = regexp.MustCompile(`^arn:aws[a-z-]*:iam::([0-9]{12}|\{account\}):role/[A-Za-z0-9+=,.@_/-]{1,512}$`)
	account12 = regexp.MustCompile(`^[0-9]{12}$`)
	regionID  = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)
)

// ExternalID gives the word that the organisation's roles should ask for when
// they are assumed. It is of this organisation alone and never changes.
func (a *App) ExternalID(ctx context.Context, c Caller) (string, error) {
	h, err := a.enter(ctx, c, account.ReadWork)
	if err != nil {
		return "", err
	}
	return a.externalID(h.ID())
}

func (a *App) externalID(org string) (string, error) {
	k, err := a.key()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("demarc-%x", k.Derive("external-id", org)[:16]), nil
}

// validate tells everything that is wrong with a collector. Without a role it
// reads with the server's own credentials, which only the operator may have it do.
func (x Collector) validate(operator bool) error {
	var faults []string
	if !wordID.MatchString(x.ID) {
		faults = append(faults, "id: a word of small letters, digits and hyphens")
	}
	if x.Provider != "aws" {
		faults = append(faults, "provider: aws")
	}
	switch {
	case x.RoleARN == "" && !operator:
		faults = append(faults, "role: name the role to assume; only the operator lets the server's own credentials be used")
	case x.RoleARN != "" && !roleARN.MatchString(x.RoleARN):
		faults = append(faults, "role: an ARN such as arn:aws:iam::111122223333:role/demarc-read, or with {account} for each account")
	case strings.Contains(x.RoleARN, "{account}") && len(x.Accounts) == 0:
		faults = append(faults, "accounts: name those that {account} stands for")
	}
	for _, id := range x.Accounts {
		if !account12.MatchString(id) {
			faults = append(faults, fmt.Sprintf("accounts: %q is not twelve digits", cutWord(id)))
		}
	}
	for _, id := range x.Regions {
		if !regionID.MatchString(id) {
			faults = append(faults, fmt.Sprintf("regions: %q is no region", cutWord(id)))
		}
	}
	return problem.Faulty("this collector cannot be set up", faults)
}

// Collectors gives the organisation's collectors, by id.
func (a *App) Collectors(ctx context.Context, c Caller) ([]Collector, error) {
	return listed[Collector](ctx, a, c, account.ReadWork, collectors)
}

// collectorOf gives a collector by its id.
func collectorOf(ctx context.Context, from records, id string) (Collector, error) {
	x, ok, err := get[Collector](ctx, from, collectors, id)
	if err == nil && !ok {
		err = noCollector(id)
	}
	return x, err
}

func noCollector(id string) error {
	return problem.New(problem.NotFound, "there is no collector "+cutWord(id), "the list of collectors names them; set it up first")
}

// SetCollector sets a collector up, or changes it.
func (a *App) SetCollector(ctx context.Context, c Caller, x Collector) error {
	h, err := a.enter(ctx, c, account.ManageWork)
	if err != nil {
		return err
	}
	if err := x.validate(c.Operator()); err != nil {
		return err
	}
	x.By, x.At = string(c.Actor), a.now().UTC()
	return h.Update(ctx, func(tx *store.Tx) error {
		return tx.Put(collectors, x.ID, x, store.Event{Kind: "collector.set", Actor: c.Actor})
	})
}

// RemoveCollector ends a collector that no schedule uses.
func (a *App) RemoveCollector(ctx context.Context, c Caller, id string) error {
	return a.remove(ctx, c, account.ManageWork, collectors, id, func(_ *hall, tx *store.Tx) error {
		all, err := list[Schedule](ctx, tx, schedules)
		for _, s := range all {
			if s.Collector == id {
				return problem.New(problem.Conflict, "the schedule "+s.ID+" uses this collector", "end the schedule first")
			}
		}
		return err
	})
}

// Schedules gives the organisation's schedules, by id.
func (a *App) Schedules(ctx context.Context, c Caller) ([]Schedule, error) {
	return listed[Schedule](ctx, a, c, account.ReadWork, schedules)
}

// SetSchedule makes a schedule in the caller's name: it does what he may do when
// it runs, and nothing once he may not.
func (a *App) SetSchedule(ctx context.Context, c Caller, s Schedule) error {
	h, err := a.enter(ctx, c, account.ManageWork)
	if err != nil {
		return err
	}
	if !wordID.MatchString(s.ID) {
		return problem.New(problem.Invalid, "id: "+cutWord(s.ID)+" is none", "a word of small letters, digits and hyphens")
	}
	if s.Edition != catalogue.Edition2015 && s.Edition != catalogue.Edition2026 {
		return problem.New(problem.Invalid, "edition: "+cutWord(string(s.Edition))+" is none", "2015 or 2026")
	}
	if err := job.ParseCron(s.Cron); err != nil {
		return err
	}
	s.Account, s.Person, s.At = c.pass.account, string(c.Actor), a.now().UTC()
	return h.Update(ctx, func(tx *store.Tx) error {
		if s.Collector != "" {
			if _, err := collectorOf(ctx, tx, s.Collector); err != nil {
				return err
			}
		}
		return tx.Put(schedules, s.ID, s, store.Event{Kind: "schedule.set", Actor: c.Actor})
	})
}

// RemoveSchedule ends a schedule.
func (a *App) RemoveSchedule(ctx context.Context, c Caller, id string) error {
	return a.remove(ctx, c, account.ManageWork, schedules, id, nil)
}

// ofTheDisk names the owner of the disk as the caller of a job, who has no
// account. No account has such an id.
const ofTheDisk = "owner of the disk"

// callerWord names the caller of a job: his account, or the owner of the disk.
func callerWord(account string) string { return cmp.Or(account, ofTheDisk) }

// due gives all schedules of all organisations to the queue.
func (a *App) due(ctx context.Context) ([]job.Schedule, error) {
	ids, err := a.store.Orgs(ctx)
	if err != nil {
		return nil, err
	}
	var out []job.Schedule
	for _, id := range ids {
		if id == installation {
			continue
		}
		o, err := a.store.Org(ctx, id)
		if err != nil {
			continue // told to who enters it; the others' schedules go on
		}
		all, err := list[Schedule](ctx, o, schedules)
		if err != nil {
			return nil, err
		}
		for _, s := range all {
			args, err := json.Marshal(lookArgs{Collector: s.Collector, Edition: s.Edition, Person: s.Person})
			if err != nil {
				return nil, fmt.Errorf("writing a schedule: %w", err)
			}
			out = append(out, job.Schedule{Org: id, ID: s.ID, Kind: look, Cron: s.Cron, Caller: callerWord(s.Account), Args: args, Tries: 3})
		}
	}
	return out, nil
}

// OpenQueue opens the queue of background work, with the collectors by provider
// and what delivers notices; without that they wait for another replica.
// The caller starts and stops it, before Close.
func (a *App) OpenQueue(ctx context.Context, o job.Options, collect map[string]Collect, send Tell) error {
	o.Handlers = map[string]job.Handler{look: a.watched(a.look(collect))}
	if send != nil {
		o.Handlers[TellJob] = a.deliver(send)
	}
	o.Schedules, o.Now = a.due, a.now
	q, err := job.Open(ctx, o)
	if err != nil {
		return err
	}
	a.queue = q // before it starts: what it runs may order more
	return q.Start(ctx)
}

// StopQueue ends the background work: what runs is handed back.
func (a *App) StopQueue(ctx context.Context) error {
	if a.queue == nil {
		return nil
	}
	return a.queue.Stop(ctx)
}

// QueueDepth gives how many jobs wait and run in all organisations: for who
// watches the server.
func (a *App) QueueDepth(ctx context.Context) (waiting, running int64, err error) {
	if a.queue == nil {
		return 0, 0, nil
	}
	return a.queue.Depth(ctx)
}

// errNoQueue says that this process does no background work.
func errNoQueue() error {
	return problem.New(problem.Unavailable, "this program runs no background work", "demarc serve does")
}

// Look orders a run now: of a collector, and an assessment when an edition is
// named. One that waits or runs already is not ordered twice.
func (a *App) Look(ctx context.Context, c Caller, collector string, ed catalogue.Edition) (id int64, err error) {
	h, err := a.enter(ctx, c, account.RunWork)
	if err != nil {
		return 0, err
	}
	if a.queue == nil {
		return 0, errNoQueue()
	}
	if collector != "" {
		if _, err := collectorOf(ctx, h, collector); err != nil {
			return 0, err
		}
	}
	args, err := json.Marshal(lookArgs{Collector: collector, Edition: ed, Person: string(c.Actor)})
	if err != nil {
		return 0, fmt.Errorf("ordering a run: %w", err)
	}
	id, _, err = a.queue.Enqueue(ctx, job.Order{Kind: look, Org: h.ID(), Caller: callerWord(c.pass.account), Key: look + "/" + collector + "/" + string(ed), Args: args, Tries: 2})
	return id, err
}

// Jobs gives what runs, waits and ran in the organisation, the newest first.
func (a *App) Jobs(ctx context.Context, c Caller) ([]job.Job, error) {
	h, err := a.enter(ctx, c, account.ReadWork)
	if err != nil || a.queue == nil {
		return nil, err
	}
	return a.queue.List(ctx, h.ID(), job.Filter{Limit: 50})
}

// CancelJob ends a job of the organisation.
func (a *App) CancelJob(ctx context.Context, c Caller, id int64) error {
	h, err := a.enter(ctx, c, account.RunWork)
	if err != nil {
		return err
	}
	if a.queue == nil {
		return errNoQueue()
	}
	if _, err := a.queue.Get(ctx, h.ID(), id); err != nil {
		return err
	}
	if err := h.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Append(store.Event{Kind: "job.cancelled", Object: fmt.Sprintf("job/%d", id), Actor: c.Actor})
		return err
	}); err != nil {
		return err
	}
	return a.queue.Cancel(ctx, h.ID(), id)
}

// look makes the handler that collects and assesses, in the name of who ordered
// it. It may be run again: a snapshot that was taken is known, and an assessment
// of a job is made once.
func (a *App) look(collect map[string]Collect) job.Handler {
	return func(ctx context.Context, w job.Work, say func(job.Progress)) error {
		var args lookArgs
		if err := json.Unmarshal(w.Args, &args); err != nil {
			return fmt.Errorf("reading what a job is to do: %w", err)
		}
		c := Caller{Org: w.Org, Actor: store.Actor(args.Person), pass: pass{local: true}}
		if w.Caller != ofTheDisk {
			acc, err := a.active(ctx, w.Caller)
			if err != nil {
				return err
			}
			c.pass = pass{account: acc.ID, operator: acc.Operator}
		}
		if args.Collector != "" {
			if err := a.collectOnce(ctx, c, args.Collector, collect, say); err != nil {
				return err
			}
		}
		if args.Edition == "" {
			return nil
		}
		name := fmt.Sprintf("%s/%d", w.Org, w.ID)
		all, err := a.Runs(ctx, c)
		if err != nil {
			return err
		}
		if at := slices.IndexFunc(all, func(r Run) bool { return r.Job == name }); at >= 0 {
			return a.announceRun(ctx, c, all[at]) // it was made, and perhaps not told of
		}
		say(job.Progress{Text: "putting the checks to what was seen"})
		made, err := a.Assess(ctx, c, Ask{Edition: args.Edition, Parties: []catalogue.Party{catalogue.Customer, catalogue.Provider}, Job: name})
		if err != nil {
			return err
		}
		return a.announceRun(ctx, c, made.Run)
	}
}

// collectOnce has a collector run and takes in what it saw.
func (a *App) collectOnce(ctx context.Context, c Caller, id string, collect map[string]Collect, say func(job.Progress)) error {
	h, err := a.enter(ctx, c, account.TakeSnapshot)
	if err != nil {
		return err
	}
	x, err := collectorOf(ctx, h, id)
	if err != nil {
		return err
	}
	read := collect[x.Provider]
	if read == nil {
		return noCollector(id)
	}
	external, err := a.externalID(h.ID())
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(a.dir, "collect-*.snapshot")
	if err != nil {
		return fmt.Errorf("making room for what is collected: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	run := Collecting{Collector: x, ExternalID: external, Org: h.ID(), Spool: filepath.Join(a.dir, "spool", h.ID(), x.ID), Say: func(done, total int64, text string) {
		say(job.Progress{Done: done, Total: total, Text: text})
	}}
	if err := read(ctx, run, f); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("reading what was collected: %w", err)
	}
	_, _, err = a.TakeSnapshot(ctx, c, x.ID+".snapshot", f)
	return err
}
