// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// TestPostgres_ABoundConnectionServesNobodyElse reads for many organisations
// over one connection, at once and with readers that give up or fail, and asks
// in between as a program would that forgets to name one.
func TestPostgres_ABoundConnectionServesNobodyElse(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), onPostgres(t)
	address := At(dir, Options{}).Postgres
	s, err := Open(ctx, dir, Options{Postgres: with(address, "pool_max_conns", "1")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	e := s.db.(*postgres)
	if e.pooled {
		t.Fatal("no pooler stands before the server, yet one is seen")
	}
	var orgs []*Org
	for i := range 3 {
		o, err := s.CreateOrg(ctx, fmt.Sprint("org-", i), "ada")
		if err != nil {
			t.Fatal(err)
		}
		change(t, o, func(tx *Tx) error {
			return tx.Put("risk", "r", o.ID(), Event{Kind: "risk.raised", Actor: "ada"})
		})
		orgs = append(orgs, o)
	}
	stop := errors.New("stop")
	broken := statement(strings.Replace(string(recordGet), "value FROM", "value::text::int FROM", 1))
	ask := func(o *Org, i int) {
		var got string
		if err := o.Get(ctx, "risk", "r", &got); err != nil || got != o.ID() {
			t.Errorf("%s reads %q, %v", o.ID(), got, err)
		}
		switch i % 5 {
		case 1: // a reader that fails, which takes back what its transaction set
			if err := o.q.rows(ctx, broken, []any{"risk", "r"}, func(row) error { return nil }); err == nil {
				t.Error("a statement that fails did not")
			}
		case 2:
			if err := o.q.rows(ctx, recordAll, nil, func(row) error { return stop }); !errors.Is(err, stop) {
				t.Error(err)
			}
		case 3:
			gone, cancel := context.WithCancel(ctx)
			cancel()
			_, _ = o.Record(gone, "risk", "r")
		case 4:
			if err := o.View(ctx, func(v *View) error { return v.Get(ctx, "risk", "r", &got) }); err != nil || got != o.ID() {
				t.Errorf("%s views %q, %v", o.ID(), got, err)
			}
		}
		var n int
		if err := e.read.QueryRow(ctx, `SELECT count(*) FROM record`).Scan(&n); err != nil || n != 0 {
			t.Errorf("a statement that names no organisation sees %d rows, %v", n, err)
		}
	}
	var wg sync.WaitGroup
	for g := range 6 {
		wg.Go(func() {
			for i := range 40 {
				ask(orgs[(g+i/3)%3], g+i)
			}
		})
	}
	wg.Wait()
	e.pooled = true // as with a pooler: each transaction names its own
	for i := range 9 {
		ask(orgs[i%3], i)
	}
}
