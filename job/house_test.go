// SPDX-License-Identifier: Apache-2.0

//go:build unix

package job

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	pgserver "demarc.dev/demarc/internal/postgres"
)

var running atomic.Pointer[pgserver.Server]

// server starts one server for all tests of this process.
var server = sync.OnceValues(func() (*pgserver.Server, error) {
	s, err := pgserver.Start()
	running.Store(s)
	return s, err
})

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(child())
	}
	flag.Parse()
	if err := flag.Set("test.parallel", "6"); err != nil { // the tests wait more than they work
		panic(err)
	}
	code := m.Run()
	if s := running.Load(); s != nil {
		s.Stop()
	}
	os.Exit(code)
}

var databases atomic.Int64

// place gives options for a queue of one engine, with nothing in it; several
// queues of these options are replicas.
type place func(testing.TB) Options

func both(t *testing.T, fn func(t *testing.T, o Options)) {
	t.Helper()
	for name, at := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fn(t, at(t))
		})
	}
}

var engines = map[string]place{
	"SQLite": func(t testing.TB) Options { return small(Options{Dir: t.TempDir()}) },
	"PostgreSQL": func(t testing.TB) Options {
		srv, err := server()
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		conn, err := pgx.Connect(ctx, srv.Address("postgres", "", ""))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(ctx)
		name := fmt.Sprintf("jobs%d", databases.Add(1))
		if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
			t.Fatal(err)
		}
		return small(Options{Postgres: srv.Address(name, "", "")})
	},
}

func small(o Options) Options {
	o.Workers, o.Lease, o.Retry = 4, 20*time.Second, time.Millisecond
	o.Grace = 100 * time.Millisecond
	return o
}

// open opens a queue that the test's end stops.
func open(t testing.TB, o Options) *Queue {
	t.Helper()
	if o.Log == nil && testing.Verbose() {
		o.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	q, err := Open(context.Background(), o)
	if err != nil {
		var cause interface{ Unwrap() error }
		if errors.As(err, &cause) {
			t.Log(errors.Unwrap(errors.Unwrap(err)))
		}
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, q) })
	return q
}

func stop(t testing.TB, q *Queue) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := q.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func begin(t testing.TB, o Options) *Queue {
	t.Helper()
	q := open(t, o)
	if err := q.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	return q
}

func order(t testing.TB, q *Queue, o Order) int64 {
	t.Helper()
	if o.Org == "" {
		o.Org = "alder"
	}
	if o.Caller == "" {
		o.Caller = "ada"
	}
	id, _, err := q.Enqueue(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// until waits for a condition; how long it took is not judged.
func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func get(t testing.TB, q *Queue, org string, id int64) Job {
	t.Helper()
	j, err := q.Get(context.Background(), org, id)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// ended waits for the end of a job.
func ended(t testing.TB, q *Queue, org string, id int64) Job {
	t.Helper()
	var j Job
	until(t, fmt.Sprintf("job %d ends", id), func() bool { j = get(t, q, org, id); return j.State.Ended() })
	return j
}

// beats waits for n further whole beats of the heart.
func beat(t testing.TB, n int64, queues ...*Queue) {
	t.Helper()
	for _, q := range queues {
		from := q.beats.Load()
		until(t, "the heart beats", func() bool { return q.beats.Load() > from+n })
	}
}
