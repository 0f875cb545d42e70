// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// varied fills a log with small and large bodies, blobs, records, and erased
// ones.
func varied(t testing.TB, o *store.Org) {
	t.Helper()
	ctx := context.Background()
	for i := range 40 {
		blob, err := o.PutBlob(ctx, strings.NewReader(strings.Repeat("snapshot ", i)), "jsonl.zst")
		if err != nil {
			t.Fatal(err)
		}
		err = o.Update(ctx, func(tx *store.Tx) error {
			if _, err := tx.Append(store.Event{Kind: "snapshot.taken", Object: "snapshot/1", Actor: alice, Blob: blob}); err != nil {
				return err
			}
			large := bytes.Repeat([]byte{byte(i)}, i*5000) // beyond 64 KiB from some i on
			if _, err := tx.Append(store.Event{Kind: "noted", Object: "note/1", Actor: store.Actor(fmt.Sprint("person ", i%7)), Body: large, Ext: "bin"}); err != nil {
				return err
			}
			return tx.Put("risk", fmt.Sprint("r-", i%9), map[string]int{"n": i}, store.Event{Kind: "risk.changed", Actor: alice})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	err := o.Update(ctx, func(tx *store.Tx) error {
		return errors.Join(tx.Forget("person 3", store.Event{Actor: alice}), tx.Erase(2, store.Event{Actor: alice}))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPack_VerifiesElsewhere(t *testing.T) {
	t.Parallel() // it waits for the disk most of the time
	store.Both(t, func(t *testing.T, home store.Home) {
		ctx := context.Background()
		s := open(t, home(t), store.Options{})
		o := create(t, s, "acme")
		varied(t, o)
		earlier, err := o.Log().Checkpoint(ctx)
		if err != nil {
			t.Fatal(err)
		}
		err = o.Update(ctx, func(tx *store.Tx) error {
			return tx.Put("risk", "r-1", 0, store.Event{Kind: "risk.changed", Actor: alice})
		})
		if err != nil {
			t.Fatal(err)
		}
		size, err := o.Log().Size(ctx)
		if err != nil {
			t.Fatal(err)
		}
		made := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
		var packs [2]bytes.Buffer
		for i := range packs {
			m, err := o.Log().Pack(ctx, &packs[i], evidence.PackOptions{Earlier: earlier, Created: made})
			if err != nil {
				t.Fatal(err)
			}
			if m.From != 0 || m.To != size || m.Bodies.Erased != 2 {
				t.Errorf("manifest %+v of a log of %d entries", m, size)
			}
		}
		if !bytes.Equal(packs[0].Bytes(), packs[1].Bytes()) {
			t.Error("the same log gave two packs")
		}
		r, err := evidence.VerifyPack(ctx, bytes.NewReader(packs[0].Bytes()), int64(packs[0].Len()), evidence.VerifyOptions{Key: o.Log().PublicKey(), Earlier: earlier})
		if err != nil || len(r.Faults) > 0 {
			t.Errorf("%v %v", err, r)
		}
		if _, err := o.Log().Pack(ctx, &packs[0], evidence.PackOptions{From: 5, To: 5}); problem.Of(err) != problem.Invalid {
			t.Errorf("a pack of nothing: %v", err)
		}
		full := errors.New("no more paper")
		if _, err := o.Log().Pack(ctx, failing{full}, evidence.PackOptions{}); !errors.Is(err, full) || problem.Of(err) != problem.Internal {
			t.Errorf("a writer that fails: %v", err)
		}
		verified(t, o)
	})
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestUpdate_EndsWellOrNotAtAll(t *testing.T) {
	t.Parallel()
	store.Both(t, func(t *testing.T, home store.Home) {
		ctx := context.Background()
		s := open(t, home(t), store.Options{})
		o := create(t, s, "acme")
		put := func(tx *store.Tx) error {
			return tx.Put("risk", "r-1", 1, store.Event{Kind: "risk.raised", Actor: alice})
		}

		var kept *store.Tx
		func() {
			defer func() {
				if p := fmt.Sprint(recover()); !strings.Contains(p, "boom") {
					t.Errorf("the caller's panic became %q", p)
				}
			}()
			o.Update(ctx, func(tx *store.Tx) error {
				if err := put(tx); err != nil {
					t.Error(err)
				}
				panic("boom")
			})
		}()
		over, cancel := context.WithCancel(ctx)
		cancel()
		if err := o.Update(over, put); !errors.Is(err, context.Canceled) {
			t.Errorf("a context that had ended: %v", err)
		}
		if err := o.Update(ctx, func(tx *store.Tx) error { kept = tx; return nil }); err != nil {
			t.Fatal(err)
		}
		if err := put(kept); err == nil {
			t.Error("a Tx was used after its end")
		}
		for name, e := range map[string]store.Event{
			"NoActor":     {Kind: "risk.raised"},
			"FreeText":    {Kind: "the risk was raised", Actor: alice},
			"BadExt":      {Kind: "risk.raised", Object: "a/b", Actor: alice, Ext: "../x"},
			"LongObject":  {Kind: "risk.raised", Object: strings.Repeat("x", 161), Actor: alice},
			"BodyAndBlob": {Kind: "risk.raised", Object: "a/b", Actor: alice, Body: []byte("x"), Blob: &store.Blob{}},
			"NoBlob":      {Kind: "risk.raised", Object: "a/b", Actor: alice, Blob: &store.Blob{}},
		} {
			err := o.Update(ctx, func(tx *store.Tx) error { _, err := tx.Append(e); return err })
			if problem.Of(err) != problem.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, who := range []store.Actor{"", "a\xff", "a\x00", store.Actor(strings.Repeat("x", 257))} {
			err := o.Update(ctx, func(tx *store.Tx) error {
				_, err := tx.Append(store.Event{Kind: "noted", Object: "note/1", Actor: who})
				return err
			})
			if problem.Of(err) != problem.Invalid {
				t.Errorf("actor %q: %v", who, err)
			}
			if _, err := o.Record(ctx, "risk", string(who)); problem.Of(err) != problem.NotFound {
				t.Errorf("record %q: %v", who, err)
			}
		}
		for _, id := range []string{"", "../x", "a b", "-x", strings.Repeat("x", 129)} {
			err := o.Update(ctx, func(tx *store.Tx) error {
				return tx.Put("risk", id, 1, store.Event{Kind: "risk.raised", Actor: alice})
			})
			if problem.Of(err) != problem.Invalid {
				t.Errorf("record %q: %v", id, err)
			}
		}
		if v := verified(t, o); v.Size != 2 || v.Records != 0 {
			t.Errorf("something of what failed was kept: %+v", v)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := o.Update(ctx, put); err == nil {
			t.Error("a closed store was changed")
		}
	})
}

func TestCreateOrg_Once(t *testing.T) {
	t.Parallel()
	store.Both(t, func(t *testing.T, home store.Home) {
		ctx := context.Background()
		s := open(t, home(t), store.Options{})
		results := make(chan error, 8)
		for range cap(results) {
			go func() { _, err := s.CreateOrg(ctx, "acme", alice); results <- err }()
		}
		made := 0
		for range cap(results) {
			if err := <-results; err == nil {
				made++
			} else if problem.Of(err) != problem.Conflict {
				t.Error(err)
			}
		}
		if made != 1 {
			t.Errorf("the organisation was made %d times", made)
		}
		for _, id := range []string{"", "A", "../x", "a/b", strings.Repeat("x", 64)} {
			if _, err := s.CreateOrg(ctx, id, alice); problem.Of(err) != problem.Invalid {
				t.Errorf("CreateOrg(%q): %v", id, err)
			}
		}
		if ids, err := s.Orgs(ctx); err != nil || len(ids) != 1 {
			t.Errorf("Orgs = %v, %v", ids, err)
		}
	})
}
