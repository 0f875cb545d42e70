// SPDX-License-Identifier: Apache-2.0

//go:build unix

package store_test

import (
	"context"
	"fmt"
	"testing"

	"demarc.dev/demarc/store"
)

// BenchmarkLoggedWrites measures changes of records, each with its entry and
// durable, a second at 50 writers. Goals: 200 on SQLite, 500 on PostgreSQL.
func BenchmarkLoggedWrites(b *testing.B) {
	ctx := context.Background()
	for name, home := range store.Engines() {
		b.Run(name, func(b *testing.B) {
			o := create(b, open(b, home(b), store.Options{}), "acme")
			const round = 2_000
			var seconds float64
			rounds := 0
			for b.Loop() {
				seconds += round / hammerBy(b, 50, round, func(w int) error {
					return o.Update(ctx, func(tx *store.Tx) error {
						return tx.Put("risk", fmt.Sprint("r-", w), w, store.Event{Kind: "risk.changed", Actor: alice})
					})
				})
				rounds++
			}
			b.ReportMetric(float64(rounds*round)/seconds, "writes/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkListBeside measures a list of 500 records in a store of one
// organisation and of 200.
func BenchmarkListBeside(b *testing.B) {
	ctx := context.Background()
	for name, home := range store.Engines() {
		for _, orgs := range []int{1, 200} {
			b.Run(fmt.Sprint(name, "/", orgs), func(b *testing.B) {
				s := open(b, home(b), store.Options{})
				var o *store.Org
				for i := range orgs {
					o = create(b, s, fmt.Sprint("org-", i))
					err := o.Update(ctx, func(tx *store.Tx) error {
						for n := range 500 {
							if err := tx.Put("risk", fmt.Sprint("r-", n), map[string]int{"score": n}, store.Event{Kind: "risk.raised", Actor: alice}); err != nil {
								return err
							}
						}
						return nil
					})
					if err != nil {
						b.Fatal(err)
					}
				}
				for b.Loop() {
					n := 0
					for _, err := range o.List(ctx, "risk") {
						if err != nil {
							b.Fatal(err)
						}
						n++
					}
					if n != 500 {
						b.Fatal(n)
					}
				}
			})
		}
	}
}
