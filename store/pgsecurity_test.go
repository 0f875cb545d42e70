// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/jackc/pgx/v5"

	"demarc.dev/demarc/problem"
)

// TestPostgres_RowLevelSecurity asks as a program would that forgets the
// organisation, or names another one, as each role that the store may work as.
func TestPostgres_RowLevelSecurity(t *testing.T) {
	t.Parallel()
	ctx, srv := context.Background(), Server(t)
	// The test may run again on the same server, where databases of the roles are left.
	for role, rights := range map[string]string{"owner": "", "strong": "BYPASSRLS"} {
		admin(t, "postgres", `DO $$ BEGIN CREATE ROLE `+role+` LOGIN `+rights+` PASSWORD '`+role+`'; EXCEPTION WHEN duplicate_object THEN NULL; END $$`)
	}
	for name, user := range map[string]string{"Superuser": "", "Owner": "owner"} {
		t.Run(name, func(t *testing.T) {
			database := newDatabase(t, "template1")
			if user != "" {
				admin(t, "postgres", "ALTER DATABASE "+database+" OWNER TO "+user)
			}
			s, err := Open(ctx, t.TempDir(), Options{Postgres: srv.Address(database, user, user)})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			for _, id := range []string{"acme", "zenith"} {
				o, err := s.CreateOrg(ctx, id, "ada")
				if err != nil {
					t.Fatal(err)
				}
				note(t, o, 3)
				if _, err := o.Log().Checkpoint(ctx); err != nil {
					t.Fatal(err)
				}
			}
			seesNothing(t, s.db.(*postgres))
		})
	}
	t.Run("BypassIsRefused", func(t *testing.T) {
		database := newDatabase(t, "template1")
		admin(t, "postgres", "ALTER DATABASE "+database+" OWNER TO strong")
		_, err := Open(ctx, t.TempDir(), Options{Postgres: srv.Address(database, "strong", "strong")})
		isProblem(t, err, problem.Denied, "does not bind the role strong")
	})
}

func seesNothing(t *testing.T, e *postgres) {
	t.Helper()
	ctx := context.Background()
	count := func(setting, table string) (n int) {
		t.Helper()
		tx, err := e.writing.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback(ctx)
		if setting != "" {
			if _, err := tx.Exec(ctx, `SELECT set_config('app.org', $1, true)`, setting); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM `+table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	var unbound string
	err := e.read.QueryRow(ctx, `SELECT coalesce(string_agg(relname, ' '), '') FROM pg_class WHERE relkind IN ('r', 'p')
		AND relnamespace = current_schema()::regnamespace AND relname <> 'goose_db_version' AND NOT (relrowsecurity AND relforcerowsecurity)`).Scan(&unbound)
	if err != nil || unbound != "" {
		t.Errorf("tables without row-level security: %s %v", unbound, err)
	}
	for _, table := range tables {
		one, two := count("1", table), count("2", table)
		if one == 0 || one != two {
			t.Errorf("%s: the organisations have %d and %d rows: this test would prove nothing", table, one, two)
		}
		for _, setting := range []string{"", "3"} {
			if n := count(setting, table); n > 0 {
				t.Errorf("%s: %d rows are seen with app.org = %q", table, n, setting)
			}
		}
	}
	// What one organisation's transaction does to another's rows comes to nothing.
	for _, text := range []string{
		`UPDATE record SET value = 'x' WHERE org = 2`, `DELETE FROM record WHERE org = 2`, `UPDATE body SET ext = 'x' WHERE org = 2`, `DELETE FROM actor WHERE org = 2`, `UPDATE memo SET value = 'x' WHERE org = 2`, `DELETE FROM memo WHERE org = 2`,
	} {
		tx, err := e.writing.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(ctx, `SELECT set_config('app.org', '1', true)`); err != nil {
			t.Fatal(err)
		}
		tag, err := tx.Exec(ctx, text)
		if err != nil || tag.RowsAffected() != 0 {
			t.Errorf("%s: %v, %v", text, tag, err)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO record VALUES (2, 'risk', 'r-x', 1, 1, 'x')`); pgCode(err) != "42501" {
			t.Errorf("a row was put into another organisation: %v", err)
		}
		if err := tx.Rollback(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if e.config.ConnConfig.RuntimeParams["role"] == appRole {
		for _, text := range []string{`UPDATE leaf SET data = data`, `DELETE FROM leaf`, `DELETE FROM body`, `DROP TABLE leaf`, `DELETE FROM head`, `UPDATE org SET pubkey = ''`} {
			if _, err := e.writing.Exec(ctx, text); pgCode(err) != "42501" {
				t.Errorf("%s: %v, want it forbidden", text, err)
			}
		}
	}
}

// TestPostgres_CrossReadsFindNothing asks 100,000 times, in the name of one
// organisation, for what is another's: with every statement that reads, past
// the code that binds the organisation.
func TestPostgres_CrossReadsFindNothing(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), onPostgres(t)
	s := begin(t, dir)
	const orgs, reads = 8, 100_000
	for i := range orgs {
		o, err := s.CreateOrg(ctx, fmt.Sprint("org-", i), "ada")
		if err != nil {
			t.Fatal(err)
		}
		note(t, o, 4)
		if _, err := o.Log().Checkpoint(ctx); err != nil {
			t.Fatal(err)
		}
	}
	asks := []struct {
		q    statement
		args []any
	}{
		{leafCount, nil}, {leafRange, []any{0, 100, 100}}, {tileGet, []any{0, 0}}, {tileAll, nil}, {headGet, nil},
		{bodyGet, []any{1}}, {bodyRange, []any{0, 100, 100}}, {bodyAbout, []any{0, 100, 100}}, {actorGet, []any{"ada"}},
		{actorEntry, []any{"ada"}}, {actorAll, nil}, {recordGet, []any{"risk", "r-1"}}, {recordPage, []any{"risk", "", 100}}, {recordAll, nil},
		{memoGet, []any{"answer", "m-1"}}, {memoOldest, []any{"answer"}},
	}
	random := rand.New(rand.NewPCG(5, 6))
	e := s.db.(*postgres)
	const batch = 500
	own := 0
	for done := 0; done < reads; done += batch {
		me := int64(random.IntN(orgs) + 1)
		b := &pgx.Batch{}
		b.Queue("BEGIN")
		name(b, me)
		for range batch {
			other := (me+int64(random.IntN(orgs-1)))%orgs + 1
			a := asks[random.IntN(len(asks))]
			b.Queue(string(a.q), append([]any{other}, a.args...)...).Query(func(rows pgx.Rows) error {
				for rows.Next() {
					return fmt.Errorf("in the name of %d, %s found a row of %d", me, a.q, other)
				}
				return rows.Err()
			})
		}
		a := asks[done/batch%len(asks)] // and its own is there
		b.Queue(string(a.q), append([]any{me}, a.args...)...).Query(func(rows pgx.Rows) error {
			for rows.Next() {
				own++
			}
			return rows.Err()
		})
		b.Queue("COMMIT")
		if err := e.read.SendBatch(ctx, b).Close(); err != nil {
			t.Fatal(err)
		}
	}
	if own < reads/batch {
		t.Errorf("only %d rows of its own were found: this test would prove nothing", own)
	}
}
