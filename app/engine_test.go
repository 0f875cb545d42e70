// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"testing"
	"time"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/internal/postgres"
	"demarc.dev/demarc/store"
)

// bothEngines runs a test over the whole example on each engine of the store.
// beside opens the store of PostgreSQL as a second process does; it is nil where
// only one may write.
func bothEngines(t *testing.T, test func(t *testing.T, a *app.App, beside func() *store.Store)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { test(t, estate(t, t.TempDir()), nil) })
	t.Run("PostgreSQL", func(t *testing.T) {
		server := must[*postgres.Server](t)(postgres.Start())
		t.Cleanup(server.Stop)
		dir, database := t.TempDir(), server.Address("postgres", "", "")
		a := must[*app.App](t)(app.Open(ctx, app.Options{Dir: dir, Database: database, Version: "0.1.0", Now: func() time.Time { return at }}))
		t.Cleanup(func() { a.Close() })
		fill(t, a, larkspur)
		test(t, a, func() *store.Store {
			s := must[*store.Store](t)(store.Open(ctx, dir, store.Options{Postgres: database}))
			t.Cleanup(func() { s.Close() })
			return s
		})
	})
}
