// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"demarc.dev/demarc/cloud"
)

// unitsAtOnce bounds the units that hold resources in memory at a time.
const unitsAtOnce = 24

// Collect reads what o asks for and writes a snapshot to out. It returns a
// *Refusal for what a person can mend. Nothing is written to out before all
// units are done, so a failed run leaves no half snapshot; a run that was
// broken off continues from o.Spool. What could not be read is no error: it is
// in the snapshot and in the Summary as gaps.
func Collect(ctx context.Context, o Options, out io.Writer) (Summary, error) {
	if err := o.defaults(); err != nil {
		return Summary{}, err
	}
	services, err := choose(o.Services)
	if err != nil {
		return Summary{}, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	s, err := open(ctx, &o, stop)
	if err != nil {
		return Summary{}, cause(ctx, err)
	}
	defer s.watch.end()
	p, err := s.plan(ctx, services)
	if err != nil {
		return Summary{}, cause(ctx, err)
	}
	spool, err := openSpool(&o, parameters{Format: spoolFormat, Tool: o.Tool, Caller: s.caller, Role: o.RoleARN, Endpoint: o.Endpoint,
		Accounts: p.accountIDs(), Regions: p.regions, Services: names(services)})
	if err != nil {
		return Summary{}, err
	}
	r := &run{s: s, p: p, spool: spool, services: services}
	if err := r.units(ctx); err != nil {
		err = cause(ctx, err)
		return Summary{}, errors.Join(err, spool.leave())
	}
	if err := r.write(out); err != nil {
		return Summary{}, errors.Join(err, spool.leave())
	}
	return r.summary, spool.remove()
}

// cause prefers the reason why a context was stopped: a Refusal.
func cause(ctx context.Context, err error) error {
	if refusal := (*Refusal)(nil); errors.As(context.Cause(ctx), &refusal) {
		return refusal
	}
	return err
}

// run is one collection.
type run struct {
	s        *session
	p        *plan
	spool    *spool
	services []*service
	summary  Summary

	mu       sync.Mutex
	progress Progress
	done     []*summary // of units, in the plan's order
}

// units asks for what the spool does not hold yet.
func (r *run) units(ctx context.Context) error {
	all := r.p.units(r.s, r.services, r.spool)
	r.done = make([]*summary, len(all))
	r.progress.Total = len(all)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(unitsAtOnce)
	for i, u := range all {
		if sum, ok := r.spool.read(u.name(), true); ok && !sum.lost {
			r.finished(i, u, sum, true)
			continue
		}
		g.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := u.run(ctx); err != nil {
				return err
			}
			sum, ok := r.spool.read(u.name(), false)
			if !ok {
				return fmt.Errorf("reading the spool: %s has just been written and is not whole", u.name())
			}
			r.finished(i, u, sum, false)
			return nil
		})
	}
	return g.Wait()
}

func (r *run) finished(i int, u *unit, sum *summary, resumed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done[i] = sum
	p := &r.progress
	p.Account, p.Region, p.Service = u.account, u.region, u.service.name
	p.Done++
	if resumed {
		p.Resumed++
	}
	p.Resources += sum.count
	p.Calls += sum.header.Calls
	p.Repeated += sum.header.Repeated
	p.Lost += sum.header.Lost
	r.s.o.Progress(*p)
}

// write joins and merges the units.
func (r *run) write(out io.Writer) error {
	gaps := slices.Clone(r.p.gaps)
	join := newJoin(names(r.services), r.p.accounts)
	stack, seen := &pile{dir: r.spool.dir}, sightings{}
	for _, sum := range r.done {
		gaps = append(gaps, sum.gaps...)
		for _, n := range sum.notes {
			join.note(n)
		}
		for _, file := range sum.files {
			var failed error
			if err := walk(file, nil, func(res *cloud.Resource) bool {
				if res.Kind != noteKind {
					seen.note(res)
					failed = stack.add(res)
				}
				return failed == nil
			}); err != nil || failed != nil {
				return fmt.Errorf("reading the spool: %w", errors.Join(err, failed))
			}
		}
	}
	gaps = append(gaps, join.ready(gaps)...)
	gaps = append(gaps, r.unasked(seen)...)
	calls, repeated, lost := r.s.own.get()
	h := cloud.Header{Tool: r.s.o.Tool, Provider: "aws", Source: "live", Accounts: r.p.accounts, Regions: r.p.regions, Services: names(r.services),
		Started: r.spool.started, Ended: r.s.o.Now().UTC(), Synthetic: r.s.o.Synthetic,
		Calls: r.progress.Calls + calls, Repeated: r.progress.Repeated + repeated, Lost: r.progress.Lost + lost}
	r.summary = Summary{Accounts: h.Accounts, Regions: h.Regions, Services: h.Services, Units: r.progress.Total, Resumed: r.progress.Resumed,
		Gaps: gaps, Calls: h.Calls, Repeated: h.Repeated, Lost: h.Lost, Started: h.Started, Ended: h.Ended}
	w, err := cloud.NewWriter(out, h, gaps)
	if err != nil {
		return err
	}
	if err := stack.all(func(res *cloud.Resource) error {
		if !join.finish(res) {
			return nil
		}
		r.summary.Resources++
		return w.Write(res)
	}); err != nil {
		return err
	}
	return w.Close()
}

// choose finds services by name, all without names.
func choose(wanted []string) ([]*service, error) {
	all := services()
	if len(wanted) == 0 {
		return all, nil
	}
	var out []*service
	for _, s := range all {
		if slices.Contains(wanted, s.name) {
			out = append(out, s)
		}
	}
	for _, name := range wanted {
		if !slices.ContainsFunc(all, func(s *service) bool { return s.name == name }) {
			return nil, &Refusal{Sentence: "there is no service " + name, Hint: "services: " + strings.Join(names(all), ", "), Usage: true}
		}
	}
	return out, nil
}

func names(list []*service) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = s.name
	}
	slices.Sort(out)
	return out
}
