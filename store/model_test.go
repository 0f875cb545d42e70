// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// model is what the store promises, in plain Go maps.
type model struct {
	records map[string]map[string]modelRecord // collection → id
	entries []string                          // kinds, all of them
	persons map[store.Actor]bool
}

type modelRecord struct {
	rev   int64
	value int
}

func newModel() *model {
	return &model{map[string]map[string]modelRecord{"risk": {}, "policy": {}}, nil, map[store.Actor]bool{}}
}

func (m *model) clone() *model {
	c := &model{map[string]map[string]modelRecord{}, slices.Clone(m.entries), maps.Clone(m.persons)}
	for k, v := range m.records {
		c.records[k] = maps.Clone(v)
	}
	return c
}

// entry adds an entry and gives its index.
func (m *model) entry(by store.Actor, kind string) int64 {
	if !m.persons[by] {
		m.persons[by] = true
		m.entries = append(m.entries, "actor.named")
	}
	m.entries = append(m.entries, kind)
	return int64(len(m.entries)) - 1
}

// step is one call on a Tx, drawn at random and done to store and model.
func step(t *rapid.T, ctx context.Context, tx *store.Tx, m *model) {
	collection := rapid.SampledFrom([]string{"risk", "policy"}).Draw(t, "collection")
	id := rapid.SampledFrom([]string{"a", "b", "b.1", "B", "c"}).Draw(t, "id")
	by := rapid.SampledFrom([]store.Actor{"ada", "bea", "cyd"}).Draw(t, "by")
	value := rapid.IntRange(0, 9).Draw(t, "value")
	rev := rapid.SampledFrom([]int64{0, m.records[collection][id].rev, 7}).Draw(t, "rev")
	have, ok := m.records[collection][id]
	event := func(kind string) store.Event { return store.Event{Kind: kind, Actor: by} }
	put := func() { m.records[collection][id] = modelRecord{m.entry(by, "put") + 1, value} }
	drop := func() { m.entry(by, "gone"); delete(m.records[collection], id) }
	expect := func(err error, kind problem.Kind, fine bool, then func()) {
		if fine != (err == nil) || !fine && problem.Of(err) != kind {
			t.Fatalf("%s/%s, revision %d of %d: %v", collection, id, rev, have.rev, err)
		}
		if fine {
			then()
		}
	}
	switch rapid.IntRange(0, 5).Draw(t, "call") {
	case 0:
		expect(tx.Put(collection, id, value, event("put")), 0, true, put)
	case 1:
		expect(tx.PutIf(collection, id, rev, value, event("put")), problem.Conflict, rev == have.rev, put)
	case 2:
		expect(tx.Delete(collection, id, event("gone")), problem.NotFound, ok, drop)
	case 3:
		fine := rev == have.rev
		expect(tx.DeleteIf(collection, id, rev, event("gone")), problem.Conflict, fine, func() {
			if ok {
				drop()
			}
		})
	case 4:
		index, err := tx.Append(store.Event{Kind: "noted", Object: "note/1", Actor: by, Body: fmt.Append(nil, value)})
		expect(err, 0, true, func() {
			if want := m.entry(by, "noted"); index != want {
				t.Fatalf("Append gave index %d, want %d", index, want)
			}
		})
	case 5:
		sameRecords(t, ctx, tx, m)
	}
}

func sameRecords(t *rapid.T, ctx context.Context, r interface {
	Get(context.Context, string, string, any) error
	Record(context.Context, string, string) (*store.Record, error)
}, m *model) {
	for collection, ids := range m.records {
		for _, id := range []string{"a", "b", "b.1", "B", "c"} {
			rec, err := r.Record(ctx, collection, id)
			want, ok := ids[id]
			if !ok {
				if problem.Of(err) != problem.NotFound || err == nil {
					t.Fatalf("%s/%s: %v, want NotFound", collection, id, err)
				}
				continue
			}
			var value int
			if err != nil || json.Unmarshal(rec.Value, &value) != nil || rec.Rev != want.rev || value != want.value || rec.Entry() != want.rev-1 {
				t.Fatalf("%s/%s = %+v, %v, want %+v", collection, id, rec, err, want)
			}
		}
	}
}

// sameStore compares all that an organisation has with the model.
func sameStore(t *rapid.T, ctx context.Context, o *store.Org, m *model) {
	sameRecords(t, ctx, o, m)
	err := o.View(ctx, func(v *store.View) error {
		sameRecords(t, ctx, v, m)
		for collection, ids := range m.records {
			var got []string
			for rec, err := range v.List(ctx, collection) {
				if err != nil {
					return err
				}
				got = append(got, rec.ID)
			}
			if want := slices.Sorted(maps.Keys(ids)); !slices.Equal(got, want) {
				t.Fatalf("List(%s) = %v, want %v", collection, got, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	for e, err := range o.Log().Entries(ctx, 0, 1<<40) {
		if err != nil {
			t.Fatal(err)
		}
		if h, err := e.Header(); err != nil || i >= len(m.entries) || h.Kind != m.entries[i] || e.Index != int64(i) {
			t.Fatalf("entry %d is %+v, %v", i, h, err)
		}
		i++
	}
	if size, err := o.Log().Size(ctx); err != nil || i != len(m.entries) || size != int64(i) {
		t.Fatalf("the log has %d entries by Size (%v), %d by Entries, want %d", size, err, i, len(m.entries))
	}
}

func TestStore_DoesWhatAMapWouldDo(t *testing.T) {
	t.Parallel() // it waits for the disk most of the time
	store.Both(t, func(t *testing.T, home store.Home) {
		ctx := context.Background()
		store.AtMost(t, 50)
		rapid.Check(t, func(t *rapid.T) {
			dir := home(t)
			s := mustOpen(t, dir)
			defer func() { s.Close() }()
			o, err := s.CreateOrg(ctx, "acme", "root")
			if err != nil {
				t.Fatal(err)
			}
			m := newModel()
			m.entry("root", "org.created")
			undo := errors.New("undo")
			for range rapid.IntRange(1, 8).Draw(t, "changes") {
				if rapid.IntRange(0, 9).Draw(t, "reopen") == 0 {
					if err := s.Close(); err != nil {
						t.Fatal(err)
					}
					s = mustOpen(t, dir)
					if o, err = s.Org(ctx, "acme"); err != nil {
						t.Fatal(err)
					}
				}
				next := m.clone()
				fails := rapid.IntRange(0, 3).Draw(t, "fails") == 0
				err := o.Update(ctx, func(tx *store.Tx) error {
					for range rapid.IntRange(0, 6).Draw(t, "steps") {
						step(t, ctx, tx, next)
					}
					if fails {
						return undo
					}
					return nil
				})
				if fails != errors.Is(err, undo) || !fails && err != nil {
					t.Fatalf("Update = %v, fails: %v", err, fails)
				}
				if !fails {
					m = next
				}
			}
			sameStore(t, ctx, o, m)
			verified(t, o)
			receipts(t, ctx, o, int64(len(m.entries)))
		})
	})
}

// receipts verifies one for every entry.
func receipts(t *rapid.T, ctx context.Context, o *store.Org, size int64) {
	for i := range size {
		r, err := o.Log().Receipt(ctx, i)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := evidence.VerifyReceipt(r, o.Log().PublicKey()); err != nil {
			t.Fatal(err)
		}
		body, err := o.Log().Body(ctx, i)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, body); err != nil {
			t.Fatal(err)
		}
	}
}
