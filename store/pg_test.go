// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"

	pgserver "demarc.dev/demarc/internal/postgres"
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
	name := postgresDir + "/0001_first.sql"
	first, err := fs.ReadFile(postgresMigrations, name)
	if err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{name: {Data: first}, postgresDir + "/0002_second.sql": {Data: []byte("-- +goose Up\n" + sql)}}
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
			isProblem(t, err, problem.Conflict, "0002_second.sql")
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

// TestPostgres_RowLevelSecurity asks as a program would that forgets the
// organisation, or names another one, as each role that the store may work as.
func TestPostgres_RowLevelSecurity(t *testing.T) {
	t.Parallel()
	ctx, srv := context.Background(), Server(t)
	admin(t, "postgres", `DROP ROLE IF EXISTS owner`, `CREATE ROLE owner LOGIN PASSWORD 'owner'`, `DROP ROLE IF EXISTS strong`, `CREATE ROLE strong LOGIN BYPASSRLS PASSWORD 'strong'`)
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
		`UPDATE record SET value = 'x' WHERE org = 2`, `DELETE FROM record WHERE org = 2`, `UPDATE body SET ext = 'x' WHERE org = 2`, `DELETE FROM actor WHERE org = 2`,
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

// TestPostgres_RestartsUnderLoad crashes the server while many write and read.
// All that was acknowledged is there, nothing twice, and nobody saw an error.
func TestPostgres_RestartsUnderLoad(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	srv, err := pgserver.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Stop()
	s, err := Open(ctx, t.TempDir(), Options{Postgres: srv.Address("postgres", "", "")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	o, err := s.CreateOrg(ctx, "acme", "root")
	if err != nil {
		t.Fatal(err)
	}
	l := newLoad(o)
	l.run(t, 12)
	for i, mode := range []string{"immediate", "fast", "immediate"} {
		l.reach(int64(400 * (i + 1)))
		if err := srv.Restart(mode); err != nil {
			t.Fatal(err)
		}
	}
	l.reach(1600)
	l.stop()
	l.check(t)
}

// load is goroutines that write to an organisation and remember what was
// acknowledged.
type load struct {
	o        *Org
	count    atomic.Int64
	stopping atomic.Bool
	wg       sync.WaitGroup

	mu  sync.Mutex
	ack map[int64]string
}

func newLoad(o *Org) *load { return &load{o: o, ack: map[int64]string{}} }

func (l *load) run(t *testing.T, writers int) {
	for w := range writers {
		l.wg.Go(func() {
			for n := 0; !l.stopping.Load(); n++ {
				object := fmt.Sprint("note/", w, "-", n)
				if err := l.write(object, w, n); err != nil {
					t.Error(err)
					return
				}
				var got int
				if err := l.o.Get(context.Background(), "risk", fmt.Sprint("r-", w), &got); err != nil || got != n {
					t.Errorf("after %d was acknowledged there is %d: %v", n, got, err)
					return
				}
			}
		})
	}
}

func (l *load) write(object string, w, n int) error {
	var index int64
	err := l.o.Update(context.Background(), func(tx *Tx) (err error) {
		if err := tx.Put("risk", fmt.Sprint("r-", w), n, Event{Kind: "risk.changed", Actor: "ada"}); err != nil {
			return err
		}
		index, err = tx.Append(Event{Kind: "noted", Object: object, Actor: Actor(fmt.Sprint("writer ", w)), Body: []byte(object)})
		return err
	})
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ack[index] = object
	l.count.Add(1)
	return nil
}

// reach waits until so many changes were acknowledged, or the writers ended.
func (l *load) reach(n int64) {
	done := make(chan struct{})
	go func() { l.wg.Wait(); close(done) }()
	for l.count.Load() < n {
		select {
		case <-done:
			return
		default:
			sleepBriefly()
		}
	}
}

func (l *load) stop() {
	l.stopping.Store(true)
	l.wg.Wait()
}

func (l *load) check(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	seen := map[string]bool{}
	found := 0
	for e, err := range l.o.Log().Entries(ctx, 0, 1<<40) {
		if err != nil {
			t.Fatal(err)
		}
		h, err := e.Header()
		if err != nil {
			t.Fatal(err)
		}
		if h.Kind != "noted" {
			continue
		}
		if seen[h.Object] {
			t.Errorf("%s was written twice", h.Object)
		}
		seen[h.Object] = true
		if want, ok := l.ack[e.Index]; ok {
			found++
			if want != h.Object {
				t.Errorf("entry %d is %s, acknowledged was %s", e.Index, h.Object, want)
			}
		}
	}
	if found != len(l.ack) || len(seen) != len(l.ack) {
		t.Errorf("%d changes were acknowledged, %d of them are there, of %d in the log", len(l.ack), found, len(seen))
	}
	if v, err := l.o.Log().Verify(ctx); err != nil || v.Err() != nil {
		t.Errorf("%+v %v", v, err)
	}
	if _, err := l.o.Log().Checkpoint(ctx); err != nil {
		t.Error(err)
	}
}

// TestPostgres_LostConnections cuts connections at random bytes of the
// server's answers, those to COMMIT among them: each change is there once.
func TestPostgres_LostConnections(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), onPostgres(t)
	o, err := begin(t, dir).CreateOrg(ctx, "acme", "root")
	if err != nil {
		t.Fatal(err)
	}
	if err := o.s.Close(); err != nil {
		t.Fatal(err)
	}
	p := cutter(t, At(dir, Options{}).Postgres)
	s, err := Open(ctx, dir, Options{Postgres: p.address})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if o, err = s.Org(ctx, "acme"); err != nil {
		t.Fatal(err)
	}
	p.cutting.Store(true)
	l := newLoad(o)
	l.run(t, 4)
	l.reach(600)
	l.stop()
	p.cutting.Store(false)
	if cuts := p.cuts.Load(); cuts < 20 {
		t.Errorf("only %d connections were cut", cuts)
	}
	l.check(t)
}

// proxy stands between the store and the server.
type proxy struct {
	address string
	cutting atomic.Bool
	cuts    atomic.Int64
}

func cutter(t *testing.T, address string) *proxy {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	const socket = ".s.PGSQL.5432"
	to, dir := filepath.Join(u.Query().Get("host"), socket), t.TempDir()
	listener, err := net.Listen("unix", filepath.Join(dir, socket))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	p := &proxy{address: with(address, "host", dir)}
	random := rand.New(rand.NewPCG(7, 8))
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			after := 2000 + random.Int64N(12_000) // the greeting is some 1,000 bytes
			go p.serve(client, to, after)
		}
	}()
	return p
}

func (p *proxy) serve(client net.Conn, to string, after int64) {
	defer client.Close()
	server, err := net.Dial("unix", to)
	if err != nil {
		return
	}
	defer server.Close()
	go func() { _, _ = io.Copy(server, client); server.Close() }()
	for {
		n, err := io.CopyN(client, server, after)
		if err != nil || n < after {
			return
		}
		if p.cutting.Load() {
			p.cuts.Add(1)
			return
		}
	}
}

// TestPostgres_ChangesAreRunAgain when the server ends their transaction, and
// the change's own error is given back when it has one.
func TestPostgres_ChangesAreRunAgain(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), onPostgres(t)
	s := begin(t, dir)
	o, err := s.CreateOrg(ctx, "acme", "root")
	if err != nil {
		t.Fatal(err)
	}
	end := func(tx *Tx) {
		var pid int
		if err := tx.w.tx.(*pgChanger).row(ctx, 1, `SELECT pg_backend_pid()`, nil, &pid); err != nil {
			t.Error(err)
		}
		admin(t, "postgres", fmt.Sprint("SELECT pg_terminate_backend(", pid, ")"))
	}
	runs := 0
	change(t, o, func(tx *Tx) error {
		if runs++; runs < 3 {
			end(tx)
		}
		return tx.Put("risk", "r-1", runs, Event{Kind: "risk.raised", Actor: "ada"})
	})
	var got int
	if err := o.Get(ctx, "risk", "r-1", &got); err != nil || got != 3 || runs != 3 {
		t.Errorf("after %d runs there is %d: %v", runs, got, err)
	}
	err = o.Update(ctx, func(tx *Tx) error { end(tx); return tx.Put("risk", "r-2", 1, Event{Kind: "risk.raised", Actor: "ada"}) })
	isProblem(t, err, problem.Unavailable, "nothing that was acknowledged is lost")
	own := errors.New("own")
	if err := o.Update(ctx, func(*Tx) error { return own }); !errors.Is(err, own) {
		t.Error(err)
	}
	if v, err := o.Log().Verify(ctx); err != nil || v.Err() != nil || v.Records != 1 {
		t.Errorf("%+v %v", v, err)
	}
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
