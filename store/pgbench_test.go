// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// BenchmarkRowSecurity measures what row-level security adds to reads: the
// store's own way against the same statement, with the organisation bound but
// not named, as the superuser whom no policy binds; in turns on one server.
func BenchmarkRowSecurity(b *testing.B) {
	ctx, dir := context.Background(), onPostgres(b)
	s, err := Open(ctx, dir, At(dir, Options{}))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for i := range 20 {
		o, err := s.CreateOrg(ctx, fmt.Sprint("org-", i), "ada")
		if err != nil {
			b.Fatal(err)
		}
		err = o.Update(ctx, func(tx *Tx) error {
			for n := range 500 {
				if err := tx.Put("risk", fmt.Sprint("r-", n), map[string]int{"score": n}, Event{Kind: "risk.raised", Actor: "ada"}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	admin(b, databaseOf(dir), "ANALYZE")
	conn, err := pgx.Connect(ctx, At(dir, Options{}).Postgres)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(ctx)
	for name, ask := range map[string]struct {
		q    statement
		args []any
		want int
	}{
		"record":   {recordGet, []any{int64(7), "risk", "r-77"}, 1},
		"page50":   {recordPage, []any{int64(7), "risk", "r-1", 50}, 50},
		"page256":  {recordPage, []any{int64(7), "risk", "", 256}, 256},
		"entry100": {leafRange, []any{int64(7), 100, 200, 100}, 100},
	} {
		b.Run(name, func(b *testing.B) {
			with := func(n *int) error {
				return s.db.rows(ctx, 7, ask.q, ask.args, func(r row) error { *n++; return nil })
			}
			without := func(n *int) error {
				rows, err := conn.Query(ctx, string(ask.q), ask.args...)
				if err != nil {
					return err
				}
				return each(rows, func(r row) error { *n++; return nil })
			}
			var took [2]time.Duration
			const each = 20
			rounds := 0
			for b.Loop() {
				for i, read := range []func(*int) error{with, without} {
					begun := time.Now()
					for range each {
						n := 0
						if err := read(&n); err != nil || n != ask.want {
							b.Fatal(n, err)
						}
					}
					took[i] += time.Since(begun)
				}
				rounds++
			}
			reads := float64(rounds * each)
			b.ReportMetric(took[0].Seconds()*1e6/reads, "µs-with")
			b.ReportMetric(took[1].Seconds()*1e6/reads, "µs-without")
			b.ReportMetric((took[0].Seconds()/took[1].Seconds()-1)*100, "%-more")
			b.ReportMetric(0, "ns/op")
		})
	}
}
