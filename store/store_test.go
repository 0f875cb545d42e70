// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"testing"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/store"
)

const alice = store.Actor("alice@example.org")

func open(t testing.TB, dir string, o store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), dir, store.At(dir, o))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func create(t testing.TB, s *store.Store, id string) *store.Org {
	t.Helper()
	o, err := s.CreateOrg(context.Background(), id, alice)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func mustOpen(t store.Failer, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), dir, store.At(dir, store.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// verified demands that everything holds.
func verified(t store.Failer, o *store.Org) *store.Verification {
	t.Helper()
	v, err := o.Log().Verify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Faults) > 0 {
		t.Fatalf("what was written does not verify: %+v", v.Faults)
	}
	return v
}

func TestStore_WhatWasWrittenIsThereAfterReopening(t *testing.T) {
	store.Both(t, func(t *testing.T, home store.Home) {
		ctx, dir := context.Background(), home(t)
		s := open(t, dir, store.Options{})
		o := create(t, s, "acme")
		var index int64
		err := o.Update(ctx, func(tx *store.Tx) (err error) {
			if err := tx.Put("risk", "r-1", map[string]int{"score": 9}, store.Event{Kind: "risk.raised", Actor: alice}); err != nil {
				return err
			}
			index, err = tx.Append(store.Event{Kind: "note.kept", Object: "note/1", Actor: alice, Body: []byte("hello"), Ext: "txt"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, dir, store.Options{})
		if o, err = s.Org(ctx, "acme"); err != nil {
			t.Fatal(err)
		}
		var got map[string]int
		if err := o.Get(ctx, "risk", "r-1", &got); err != nil || got["score"] != 9 {
			t.Errorf("Get = %v, %v", got, err)
		}
		receipt, err := o.Log().Receipt(ctx, index)
		if err != nil {
			t.Fatal(err)
		}
		r, err := evidence.VerifyReceipt(receipt, o.Log().PublicKey())
		if err != nil {
			t.Fatal(err)
		}
		if h, err := r.Entry.Header(); err != nil || h.Kind != "note.kept" || r.Head.Size != 4 {
			t.Errorf("receipt of %+v under %d entries, %v", h, r.Head.Size, err)
		}
	})
}
