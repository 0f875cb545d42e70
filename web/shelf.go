// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"strings"
	"sync"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/remediation"
)

// shelf keeps what was made of the last assessments that were looked at. An
// assessment never changes and is named by its digest, so that what stands on
// the shelf is never out of date.
type shelf struct {
	drifts kept[*app.Drift]
	ready  kept[ready]
	pasts  kept[past]
	tried  kept[remediation.Outlook]
}

// newShelf makes an empty one. What is heavy is weighed, in bytes, about.
func newShelf() shelf {
	return shelf{
		drifts: kept[*app.Drift]{most: 48 << 20, weigh: func(d *app.Drift) int { return 1 << 20 }},
		ready:  kept[ready]{most: readyMost},
		tried:  kept[remediation.Outlook]{most: 24 << 20, weigh: func(o remediation.Outlook) int { return 4<<10 + 100*len(o.Changed) }},
	}
}

// bound names the services that the caller is bound to: what is kept for one
// reader must not be shown to another who sees less.
func (v *visit) bound() string { return boundOf(v.member) }

func boundOf(m account.Member) string {
	if len(m.Services) == 0 {
		return ""
	}
	return "[" + strings.Join(m.Services, ",") + "]"
}

// keyOf names a run by what it concluded.
func keyOf(v *visit, run app.Run) string {
	return v.Org + v.bound() + "/" + run.ID + "/" + run.Concluded.SHA256
}

// gap gives what a run concluded, with its plan. Its values are shared: read
// them only.
func (s *Server) gap(v *visit, run app.Run) (report.Gap, error) {
	return s.o.App.GapData(v, v.Caller, run)
}

// outlook gives what some actions of a run's plan would change.
func (s *Server) outlook(v *visit, run app.Run, g report.Gap, chosen []string) (remediation.Outlook, error) {
	return s.shelf.tried.get(v, keyOf(v, run)+"?"+strings.Join(chosen, "&"), func() (remediation.Outlook, error) { return app.WhatIf(g, chosen) })
}

// drift gives what changed between two runs, shared too.
func (s *Server) drift(v *visit, earlier, later app.Run) (*app.Drift, error) {
	return s.shelf.drifts.get(v, driftKey(v, earlier, later), func() (*app.Drift, error) { return s.o.App.Drift(v, v.Caller, earlier, later) })
}

func driftKey(v *visit, earlier, later app.Run) string {
	return keyOf(v, earlier) + "…" + keyOf(v, later)
}

// driftPatience is how long the first page waits for a comparison: that of two
// runs of a million findings takes some seconds when neither is at hand.
const driftPatience = time.Second

// driftSoon gives what changed, or nil while that is being found out.
func (s *Server) driftSoon(v *visit, earlier, later app.Run) (*app.Drift, error) {
	c := v.Caller
	d, _, err := s.shelf.drifts.soon(v, driftKey(v, earlier, later), driftPatience, func(ctx context.Context) (*app.Drift, error) { return s.o.App.Drift(ctx, c, earlier, later) })
	return d, err
}

// past is how the last assessments of an edition stood.
type past struct {
	last []app.Standing
	all  int
}

// past gives the last assessments of an edition. Another one is another entry in
// the log.
func (s *Server) past(v *visit, ed catalogue.Edition) (past, error) {
	size, err := s.o.App.LogSize(v, v.Caller)
	if err != nil {
		return past{}, err
	}
	return s.shelf.pasts.get(v, v.Org+v.bound()+"/"+string(ed)+"/"+number0(size), func() (p past, err error) {
		p.last, p.all, err = s.o.App.History(v, v.Caller, ed, trendMost)
		return p, err
	})
}

// ready is how ready an organisation is, and what waits for one of its people.
type ready struct {
	Gates []app.Gate
	Work  []app.Work
}

// readyMost is how many people's are kept: they are small.
const readyMost = 512

// ready gives the gates and the work of a caller, who is m in his organisation.
// They follow from the records, which do not change without an entry, and from
// the hour.
func (s *Server) ready(ctx context.Context, c app.Caller, m account.Member) (ready, error) {
	size, err := s.o.App.LogSize(ctx, c)
	if err != nil {
		return ready{}, err
	}
	key := c.Org + boundOf(m) + "/" + c.Account() + "/" + string(m.Role) + "/" + number0(size) + "/" + s.o.Now().UTC().Format("2006-01-02T15")
	return s.shelf.ready.get(ctx, key, func() (ready, error) {
		gates, err := s.o.App.Gates(ctx, c)
		if err != nil {
			return ready{}, err
		}
		work, err := s.o.App.MyWork(ctx, c)
		return ready{gates, work}, err
	})
}

// verified is what the last look at the whole log of each organisation found.
type verified struct {
	mu   sync.Mutex
	seen map[string]looked // by organisation
}

type looked struct {
	light  light
	faults []string
}

// light is the integrity of the log, as it was last seen.
type light struct {
	At   time.Time // zero: not verified since the program began
	Size int64     // how many entries there were
	OK   bool
	Says string
}

// verify looks at the whole log of the caller's organisation, and keeps what it
// found.
func (s *Server) verify(ctx context.Context, c app.Caller) error {
	f, err := s.o.App.VerifyLog(ctx, c)
	if err != nil {
		return err
	}
	l := light{At: s.o.Now().UTC(), OK: f.Err() == nil, Size: int64(f.Size)}
	var faults []string
	if l.OK {
		l.Says = "All " + plural(int(f.Size), "entry", "entries") + ", " + plural(int(f.Records), "record", "records") + " and " + plural(int(f.Bodies), "body", "bodies") + " are as they were written."
	} else {
		l.Says = plural(len(f.Faults)+f.More, "fault", "faults") + " found. Keep the store as it is, and open Evidence to see what does not hold."
		for _, x := range f.Faults {
			faults = append(faults, x.Part+": "+x.What)
		}
	}
	s.verified.mu.Lock()
	defer s.verified.mu.Unlock()
	if s.verified.seen == nil {
		s.verified.seen = map[string]looked{}
	}
	s.verified.seen[c.Org] = looked{l, faults}
	return nil
}

// integrity gives what the last look found, with every fault that it names.
func (s *Server) integrity(org string) (light, []string) {
	s.verified.mu.Lock()
	defer s.verified.mu.Unlock()
	found, ok := s.verified.seen[org]
	if !ok {
		return light{Says: "Not verified yet since the program began."}, nil
	}
	return found.light, found.faults
}
