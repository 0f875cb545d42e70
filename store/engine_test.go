// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	pgserver "demarc.dev/demarc/internal/postgres"
)

// Failer is what testing.TB and rapid.T share.
type Failer interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
	Cleanup(func())
}

// Home gives a new folder for a store; on PostgreSQL a new database belongs
// to it.
type Home func(Failer) (dir string)

// Both runs a test on each of the two engines.
func Both(t *testing.T, fn func(t *testing.T, home Home)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { fn(t, folder) })
	t.Run("PostgreSQL", func(t *testing.T) { fn(t, onPostgres) })
}

// Engines gives both, for benchmarks.
func Engines() map[string]Home { return map[string]Home{"SQLite": folder, "PostgreSQL": onPostgres} }

func folder(t Failer) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "store-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// databases says which database belongs to a folder.
var databases sync.Map

func onPostgres(t Failer) string {
	t.Helper()
	dir := folder(t)
	var name string
	select {
	case name = <-spare:
	default:
		name = newDatabase(t, prepared(t))
	}
	databases.Store(dir, name)
	t.Cleanup(func() {
		databases.Delete(dir)
		admin(t, name, empty)
		spare <- name
	})
	return dir
}

// spare holds databases that are empty again: to make one costs far more.
var spare = make(chan string, 1000)

const empty = `DELETE FROM org; DELETE FROM leaf; DELETE FROM tile; DELETE FROM head; DELETE FROM body; DELETE FROM actor; DELETE FROM record; DELETE FROM memo`

// At gives the options for the store in a folder: with its database, if one
// belongs to it.
func At(dir string, o Options) Options {
	if name, ok := databases.Load(dir); ok {
		o.Postgres = Address(name.(string))
	}
	return o
}

// server starts one server for all tests of this process; StopServer ends it.
var server = sync.OnceValues(func() (*pgserver.Server, error) {
	s, err := pgserver.Start()
	running.Store(s)
	return s, err
})

var running atomic.Pointer[pgserver.Server]

// StopServer ends the server, if a test started it.
func StopServer() {
	if s := running.Load(); s != nil {
		s.Stop()
	}
}

// Server gives the server.
func Server(t Failer) *pgserver.Server {
	t.Helper()
	s, err := server()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Address gives the address of a database for the superuser.
func Address(name string) string {
	s, err := server()
	if err != nil {
		panic(err) // the database would not exist
	}
	return s.Address(name, "", "")
}

// prepared gives the name of a database that has the schema and nothing else.
func prepared(t Failer) string {
	t.Helper()
	name, err := template()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

var template = sync.OnceValues(func() (string, error) {
	const name = "prepared"
	srv, err := server()
	if err != nil {
		return "", err
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, srv.Address("postgres", "", ""))
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "store-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	s, err := Open(ctx, dir, Options{Postgres: srv.Address(name, "", "")})
	if err != nil {
		return "", err
	}
	return name, s.Close()
})

var databaseCount atomic.Int64

// newDatabase makes a database as a copy of another; "template1" is empty.
func newDatabase(t Failer, like string) string {
	t.Helper()
	name := fmt.Sprint("store_", databaseCount.Add(1))
	admin(t, "postgres", "CREATE DATABASE "+name+" TEMPLATE "+like)
	return name
}

func drop(t Failer, name string) {
	t.Helper()
	admin(t, "postgres", "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
}

// admin runs statements as the superuser, whom row-level security does not
// bind, and gives how many rows each changed.
func admin(t Failer, name string, statements ...string) (changed []int64) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, Server(t).Address(name, "", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for _, text := range statements {
		tag, err := conn.Exec(ctx, text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		changed = append(changed, tag.RowsAffected())
	}
	return changed
}

// behind runs statements on the tables as somebody with the database could,
// and demands that each changes something. They are written for SQLite.
func behind(t Failer, dir string, statements ...string) {
	t.Helper()
	var changed []int64
	if name, ok := databases.Load(dir); ok {
		var own []string
		for _, s := range statements {
			own = append(own, forPostgres(s))
		}
		changed = admin(t, name.(string), own...)
	} else {
		db, err := openDatabase(filepath.Join(dir, databaseName), writing)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for _, s := range statements {
			result, err := db.Exec(s)
			if err != nil {
				t.Fatal(err)
			}
			n, err := result.RowsAffected()
			if err != nil {
				t.Fatal(err)
			}
			changed = append(changed, n)
		}
	}
	for i, n := range changed {
		if n == 0 {
			t.Fatalf("%s changed nothing", statements[i])
		}
	}
}

// forPostgres writes the bytes of a statement as PostgreSQL does.
func forPostgres(s string) string {
	s = strings.NewReplacer("CAST(data AS TEXT)", "convert_from(data, 'UTF8')", "CAST(note AS TEXT)", "convert_from(note, 'UTF8')",
		"randomblob(32)", "sha256('x')", "randomblob(length(data))", "decode(repeat('5a', length(data)), 'hex')").Replace(s)
	for _, at := range []string{"CAST('", "CAST(replace("} {
		if i := strings.Index(s, at); i >= 0 {
			j := strings.LastIndex(s, " AS BLOB)")
			s = s[:i] + "convert_to(" + s[i+len("CAST("):j] + ", 'UTF8')" + s[j+len(" AS BLOB)"):]
		}
	}
	for i := strings.Index(s, " x'"); i >= 0; i = strings.Index(s, " x'") {
		s = s[:i] + ` '\x` + s[i+3:]
	}
	return s
}

// saved is a copy of a store's database.
type saved struct {
	file   []byte
	name   string // of the database that holds it on PostgreSQL,
	schema string // in a schema beside the tables
}

var tables = []string{"org", "leaf", "tile", "head", "body", "actor", "record", "memo"}

// save copies the database of a closed store.
func save(t *testing.T, dir string) saved {
	t.Helper()
	name, ok := databases.Load(dir)
	if !ok {
		return saved{file: read(t, filepath.Join(dir, databaseName))}
	}
	c := saved{name: name.(string), schema: fmt.Sprint("saved_", databaseCount.Add(1))}
	do := []string{"CREATE SCHEMA " + c.schema}
	for _, table := range tables {
		do = append(do, fmt.Sprintf("CREATE TABLE %s.%s AS TABLE public.%s", c.schema, table, table))
	}
	admin(t, c.name, strings.Join(do, ";"))
	t.Cleanup(func() { admin(t, c.name, "DROP SCHEMA IF EXISTS "+c.schema+" CASCADE") })
	return c
}

// putBack puts a copy in the place of the store's database.
func putBack(t *testing.T, dir string, c saved) {
	t.Helper()
	name, ok := databases.Load(dir)
	if !ok {
		path := filepath.Join(dir, databaseName)
		if err := removeDatabase(path); err != nil {
			t.Fatal(err)
		}
		write(t, path, c.file)
		return
	}
	if name != c.name {
		drop(t, name.(string))
		admin(t, "postgres", fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, c.name))
	}
	do := []string{empty}
	for _, table := range tables {
		do = append(do, fmt.Sprintf("INSERT INTO public.%s SELECT * FROM %s.%s", table, c.schema, table))
	}
	admin(t, name.(string), strings.Join(do, ";"))
}

// sqliteOf gives the engine of a store that is on SQLite.
func sqliteOf(s *Store) *sqlite { return s.db.(*sqlite) }

func sleepBriefly() { time.Sleep(2 * time.Millisecond) }

// databaseOf names the database that belongs to a folder.
func databaseOf(dir string) string {
	name, _ := databases.Load(dir)
	return name.(string)
}
