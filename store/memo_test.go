// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/problem"
)

func TestMemo(t *testing.T) {
	Both(t, func(t *testing.T, home Home) {
		ctx, dir := context.Background(), home(t)
		s := begin(t, dir)
		acme, err := s.CreateOrg(ctx, "acme", "ada")
		if err != nil {
			t.Fatal(err)
		}
		zenith, err := s.CreateOrg(ctx, "zenith", "ada")
		if err != nil {
			t.Fatal(err)
		}
		now := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
		before, err := acme.Log().Size(ctx)
		if err != nil {
			t.Fatal(err)
		}
		keep := func(o *Org, id, value string, until time.Time) {
			t.Helper()
			change(t, o, func(tx *Tx) error { return tx.Keep("answer", id, Memo{until, []byte(value)}) })
		}
		has := func(o *Org, id, want string, at time.Time) {
			t.Helper()
			m, err := o.Memo(ctx, "answer", id, at)
			switch {
			case err != nil:
				t.Fatal(err)
			case want == "" && m != nil, want != "" && (m == nil || string(m.Value) != want):
				t.Errorf("%s of %s is %+v, want %q", id, o.ID(), m, want)
			}
		}
		keep(acme, "k", "one", now.Add(time.Hour))
		keep(acme, "k", "two", now.Add(time.Hour))
		has(acme, "k", "two", now)
		has(acme, "k", "", now.Add(time.Hour))
		has(zenith, "k", "", now)
		keep(acme, "empty", "", now.Add(time.Hour))
		if m, err := acme.Memo(ctx, "answer", "empty", now); err != nil || m == nil {
			t.Errorf("an empty one: %v %v", m, err)
		}
		stop := errors.New("no")
		if err := acme.Update(ctx, func(tx *Tx) error {
			if err := tx.Keep("answer", "undone", Memo{now.Add(time.Hour), nil}); err != nil {
				return err
			}
			return stop
		}); !errors.Is(err, stop) {
			t.Fatal(err)
		}
		has(acme, "undone", "", now)
		if err := acme.Update(ctx, func(tx *Tx) error { return tx.Keep("answer", "a b", Memo{Until: now}) }); problem.Of(err) != problem.Invalid {
			t.Errorf("a name that is none: %v", err)
		}

		change(t, acme, func(tx *Tx) error { return tx.Prune("answer", now.Add(2*time.Hour), 100, 1<<20) })
		has(acme, "k", "", now)
		for i := range 10 {
			keep(acme, fmt.Sprint("n", i), strings.Repeat("x", 100), now.Add(time.Duration(i+1)*time.Minute))
		}
		keep(zenith, "n0", "theirs", now.Add(time.Minute))
		change(t, acme, func(tx *Tx) error { return tx.Prune("answer", now, 8, 1<<20) })
		has(acme, "n1", "", now)
		has(acme, "n2", strings.Repeat("x", 100), now)
		change(t, acme, func(tx *Tx) error { return tx.Prune("answer", now, 8, 350) })
		has(acme, "n6", "", now)
		has(acme, "n7", strings.Repeat("x", 100), now)
		has(zenith, "n0", "theirs", now)

		if after, err := acme.Log().Size(ctx); err != nil || after != before {
			t.Errorf("the log had %d entries, has %d: %v", before, after, err)
		}
		v, err := acme.Log().Verify(ctx)
		if err != nil || v.Err() != nil {
			t.Errorf("%v %v", err, v.Err())
		}
	})
}
