// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
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

// Rests walks from a finding of a run down to what was seen. The first look at
// a snapshot reads it from its beginning; see resourceIndex.
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
		x, err := a.sight(ctx, o, s)
		if err != nil {
			return nil, err
		}
		r, err := x.find(f.Kind, f.Resource)
		if err != nil {
			return nil, err
		}
		if r != nil {
			out.Resource, out.Snapshot = r, s
		}
	}
	if computed := map[cloud.Kind]func(context.Context, *hall, []Snapshot, Run, string) (*cloud.Resource, Snapshot, error){cloud.Tenant: tenantSeen, cloud.Principal: principalSeen}[f.Kind]; out.Resource == nil && computed != nil {
		if out.Resource, out.Snapshot, err = computed(ctx, o, all, run, f.Resource); err != nil {
			return nil, err
		}
	}
	objects := [][2]string{{runs, run.ID}}
	if out.Snapshot.ID != "" {
		objects = append(objects, [2]string{snapshots, out.Snapshot.ID})
	}
	if out.Imports, err = reportsOf(ctx, o, f); err != nil {
		return nil, err
	}
	for _, i := range out.Imports {
		objects = append(objects, [2]string{imports, i.ID})
	}
	for _, object := range objects {
		entries, err := a.entriesOf(ctx, c, o, object[0], object[1])
		if err != nil {
			return nil, err
		}
		out.Entries = append(out.Entries, entries...)
	}
	slices.SortFunc(out.Entries, func(x, y LogEntry) int { return cmp.Compare(x.Index, y.Index) })
	return out, nil
}

// besideMost is how many entries one change of a record writes at most, of those
// that are looked for.
const besideMost = 8

// entriesOf gives the entries of the files of a record that never changes: they
// stand right before its own.
func (a *App) entriesOf(ctx context.Context, c Caller, o *hall, collection, id string) (out []LogEntry, err error) {
	rec, err := o.Record(ctx, collection, id)
	if err != nil {
		return nil, err
	}
	for e, err := range a.Log(ctx, c, max(0, rec.Entry()-besideMost), rec.Entry()+1) {
		if err != nil {
			return nil, err
		}
		if e.Object == collection+"/"+id && slices.Contains([]string{"snapshot.blob", "snapshot.taken", "import.file", "import.taken", "findings.made"}, e.Kind) {
			out = append(out, e)
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
