// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"demarc.dev/demarc/problem"
)

// with changes a part of an address's query.
func with(address, key, value string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	q := u.Query()
	q.Set(key, value)
	u.RawQuery = q.Encode()
	return u.String()
}

func TestPostgres_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	ctx, srv := context.Background(), Server(t)
	full := newDatabase(t, prepared(t))
	admin(t, full, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`)
	bare := newDatabase(t, "template1")
	admin(t, "postgres", `DROP ROLE IF EXISTS guest`, `CREATE ROLE guest LOGIN PASSWORD 'guest'`)
	for name, tt := range map[string]struct {
		address, words string
		readOnly       bool
		kind           problem.Kind
	}{
		"Refused":       {with(Address("postgres"), "port", "1"), "no PostgreSQL server answers at", false, problem.Unavailable},
		"WrongPassword": {srv.Address("postgres", "postgres", "wrong"), "does not let the user postgres in", false, problem.Denied},
		"NoDatabase":    {srv.Address("nowhere", "", ""), "has no database nowhere", false, problem.NotFound},
		"NoAddress":     {"postgres://host:port:port/x", "cannot be understood", false, problem.Usage},
		"NoSuchHost":    {"postgres://u@no-such-host.invalid/x", "is not known", false, problem.Unavailable},
		"Newer":         {Address(full), "newer program", false, problem.Conflict},
		"NewerRead":     {Address(full), "newer program", true, problem.Conflict},
		"NoStore":       {Address(bare), "there is no store", true, problem.NotFound},
		"NoRight":       {srv.Address(bare, "guest", "guest"), "lacks the right", false, problem.Denied},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(ctx, t.TempDir(), Options{Postgres: tt.address, ReadOnly: tt.readOnly})
			isProblem(t, err, tt.kind, tt.words)
			if strings.Contains(err.Error(), "wrong") && strings.Contains(tt.address, "wrong@") && strings.Contains(err.Error(), "wrong@") {
				t.Errorf("the password stands in %q", err)
			}
		})
	}
}

// laterPostgres is the migrations with one more.
func laterPostgres(t *testing.T, sql string) fs.FS {
	t.Helper()
	return oneMore(t, postgresMigrations, postgresDir, sql)
}

// shape tells all tables and columns of a database.
func shape(t *testing.T, name string) (text string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, Address(name))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	err = conn.QueryRow(ctx, `SELECT coalesce(string_agg(table_name || '.' || column_name, ' ' ORDER BY table_name, column_name), '')
		FROM information_schema.columns WHERE table_schema = 'public'`).Scan(&text)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestPostgres_AFailedMigrationLeavesAllAsItWas(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	bad := laterPostgres(t, "CREATE TABLE more (x INTEGER);\nUPDATE record SET value = NULL;\nSELECT 1/0;\n")
	for name, like := range map[string]string{"Empty": "template1", "Older": prepared(t)} {
		t.Run(name, func(t *testing.T) {
			database := newDatabase(t, like)
			before := shape(t, database)
			_, err := open(ctx, t.TempDir(), Options{Postgres: Address(database)}, bad)
			isProblem(t, err, problem.Conflict, "9000_more.sql")
			if after := shape(t, database); after != before {
				t.Errorf("the schema was %q, is %q", before, after)
			}
			s, err := Open(ctx, t.TempDir(), Options{Postgres: Address(database)})
			if err != nil {
				t.Fatalf("the older program does not go on: %v", err)
			}
			s.Close()
		})
	}
}

// TestPostgres_ManyReplicasStartAtOnce on an empty database: one migrates it,
// the others wait and find it done.
func TestPostgres_ManyReplicasStartAtOnce(t *testing.T) {
	t.Parallel()
	ctx, dir, database := context.Background(), t.TempDir(), newDatabase(t, "template1")
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			s, err := Open(ctx, dir, Options{Postgres: Address(database)})
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := s.CreateOrg(ctx, "acme", "ada"); err != nil && problem.Of(err) != problem.Conflict {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	newer := laterPostgres(t, "ALTER TABLE record ADD COLUMN more INTEGER;\n")
	_, err := open(ctx, dir, Options{Postgres: Address(database), ReadOnly: true}, newer)
	isProblem(t, err, problem.Conflict, "older program")
	s, err := open(ctx, dir, Options{Postgres: Address(database)}, newer)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	o, err := s.Org(ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	note(t, o, 3)
	if v, err := o.Log().Verify(ctx); err != nil || v.Err() != nil || v.Size != 5 {
		t.Errorf("after the migration: %+v %v", v, err)
	}
	_, err = Open(ctx, dir, Options{Postgres: Address(database)})
	isProblem(t, err, problem.Conflict, "newer program")
}

// TestPostgres_ABlobOfTwoProcesses: one stores it, another erases all that
// names it, the first names it after that. And large bodies, which are stored
// within a change, beside erasures: neither waits for the other for ever.
func TestPostgres_ABlobOfTwoProcesses(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), onPostgres(t)
	s1, s2 := begin(t, dir), begin(t, dir)
	o1, err := s1.CreateOrg(ctx, "acme", "root")
	if err != nil {
		t.Fatal(err)
	}
	o2, err := s2.Org(ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	put := func(o *Org) *Blob {
		b, err := o.PutBlob(ctx, strings.NewReader("the same"), "txt")
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	keep := func(o *Org, b *Blob) (index int64) {
		change(t, o, func(tx *Tx) (err error) {
			index, err = tx.Append(Event{Kind: "noted", Object: "note/1", Actor: "root", Blob: b})
			return err
		})
		return index
	}
	b1 := put(o1)
	at := keep(o2, put(o2))
	change(t, o2, func(tx *Tx) error { return tx.Erase(at, Event{Actor: "root"}) })
	at = keep(o1, b1)
	if v, err := o2.Log().Verify(ctx); err != nil || v.Err() != nil || v.Blobs != 1 {
		t.Errorf("%+v %v", v, err)
	}
	change(t, o2, func(tx *Tx) error { return tx.Erase(at, Event{Actor: "root"}) })

	var wg sync.WaitGroup
	for i, o := range []*Org{o1, o2, o1, o2} {
		wg.Go(func() {
			for n := range 6 {
				large := strings.Repeat(fmt.Sprint(i, n), inlineMost)
				var index int64
				err := o.Update(ctx, func(tx *Tx) (err error) {
					index, err = tx.Append(Event{Kind: "noted", Object: "note/2", Actor: "root", Body: []byte(large)})
					return err
				})
				if err == nil {
					err = o.Update(ctx, func(tx *Tx) error { return tx.Erase(index, Event{Actor: "root"}) })
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if v, err := o1.Log().Verify(ctx); err != nil || v.Err() != nil || v.Erased != 26 || v.Blobs != 0 {
		t.Errorf("%+v %v", v, err)
	}
}
