// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	pgserver "demarc.dev/demarc/internal/postgres"
	"demarc.dev/demarc/problem"
)

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

	lossy bool // the store may give up on a change

	mu  sync.Mutex
	ack map[int64]string
}

func newLoad(o *Org) *load { return &load{o: o, ack: map[int64]string{}} }

func (l *load) run(t *testing.T, writers int) {
	for w := range writers {
		l.wg.Go(func() {
			for n := 0; !l.stopping.Load(); n++ {
				object := fmt.Sprint("note/", w, "-", n)
				err := l.write(object, w, n)
				if l.refused(err) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				var got int
				err = l.o.Get(context.Background(), "risk", fmt.Sprint("r-", w), &got)
				if l.refused(err) {
					continue
				}
				if err != nil || got != n {
					t.Errorf("after %d was acknowledged there is %d: %v", n, got, err)
					return
				}
			}
		})
	}
}

// refused tells of a change or a question that the store gave up on, where that
// is allowed: it was not acknowledged, and may be there once or not at all.
func (l *load) refused(err error) bool {
	return l.lossy && err != nil && problem.Of(err) == problem.Unavailable
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
	if found != len(l.ack) || !l.lossy && len(seen) != len(l.ack) {
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
// server's answers, those to COMMIT among them: each change that was
// acknowledged is there once, and none is there twice. They are cut so often
// that the store may give up on a change.
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
	l.lossy = true
	l.run(t, 4)
	for p.cuts.Load() < 20 && !t.Failed() {
		l.reach(l.count.Load() + 50)
	}
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
			after := 8000 + random.Int64N(30_000) // the greeting is some 1,000 bytes, a tile 8,192
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
