// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"slices"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/cloud"
)

// Rests is what a finding rests on: the resource as it was seen, in which
// snapshot, and where in the log both the snapshot and the finding stand.
type Rests struct {
	Resource *cloud.Resource // nil: the finding stands for a scope that was not read
	Snapshot Snapshot        // ID empty: likewise
	Imports  []Import        // reports of other tools that said something of it, and are still here
	Entries  []LogEntry      // of the snapshot and of the run, the earlier first
}

// Rests walks from a finding of a run down to what was seen. It reads the
// snapshots of the run, and the log, from their beginnings.
func (a *App) Rests(ctx context.Context, c Caller, run Run, f check.Finding) (*Rests, error) {
	o, err := a.enter(ctx, c, account.ReadSnapshot)
	if err != nil {
		return nil, err
	}
	all, err := a.Snapshots(ctx, c)
	if err != nil {
		return nil, err
	}
	out := &Rests{}
	for _, s := range all {
		if out.Resource != nil || !slices.Contains(run.Snapshots, s.ID) || s.Header.Source != f.Source || s.Header.Provider != f.Provider {
			continue
		}
		for r, err := range s.source(o.Org)() {
			if err != nil {
				return nil, err
			}
			if r.ID == f.Resource && r.Kind == f.Kind {
				out.Resource, out.Snapshot = r, s
				break
			}
		}
	}
	if out.Resource == nil && f.Kind == cloud.Tenant {
		if out.Resource, out.Snapshot, err = tenantSeen(ctx, o, all, run, f.Resource); err != nil {
			return nil, err
		}
	}
	objects := []string{runs + "/" + run.ID}
	if out.Snapshot.ID != "" {
		objects = append(objects, snapshots+"/"+out.Snapshot.ID)
	}
	if out.Imports, err = reportsOf(ctx, o, f); err != nil {
		return nil, err
	}
	for _, i := range out.Imports {
		objects = append(objects, imports+"/"+i.ID)
	}
	size, err := o.Log().Size(ctx)
	if err != nil {
		return nil, err
	}
	for e, err := range a.Log(ctx, c, 0, size) {
		if err != nil {
			return nil, err
		}
		if slices.Contains(objects, e.Object) && slices.Contains([]string{"snapshot.blob", "snapshot.taken", "import.file", "import.taken", "findings.made"}, e.Kind) {
			out.Entries = append(out.Entries, e)
		}
	}
	return out, nil
}

// reportsOf gives the reports of other tools that a finding names.
func reportsOf(ctx context.Context, from records, f check.Finding) (out []Import, err error) {
	if f.Elsewhere == nil {
		return nil, nil
	}
	for _, other := range f.Elsewhere.Others {
		if slices.ContainsFunc(out, func(i Import) bool { return i.ID == other.Import }) {
			continue
		}
		i, ok, err := get[Import](ctx, from, imports, other.Import)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, i)
		}
	}
	return out, nil
}
