// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
	"demarc.dev/demarc/store/s3"
)

const (
	childEnv         = "DEMARC_STORE_TEST_CHILD"
	childDatabaseEnv = "DEMARC_STORE_TEST_DATABASE"
	bucketEnv        = "DEMARC_STORE_TEST_BUCKET"
	restoreEnv       = "DEMARC_STORE_TEST_RESTORE"
)

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv(restoreEnv); dir != "" {
		_, err := store.Restore(context.Background(), dir, store.Options{Postgres: os.Getenv(childDatabaseEnv)}, os.Stdin, store.RestoreOptions{})
		fmt.Fprint(os.Stderr, err)
		os.Exit(3)
	}
	if dir := os.Getenv(childEnv); dir != "" {
		fmt.Fprintln(os.Stderr, child(dir))
		os.Exit(3)
	}
	flag.Parse()
	if !slices.ContainsFunc(os.Args, func(a string) bool { return strings.HasPrefix(a, "-test.parallel") }) {
		// The tests wait for the disk and for the server.
		if err := flag.Set("test.parallel", "6"); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	store.StopServer()
	if s := startedMoto.Load(); s != nil {
		s.Stop()
	}
	os.Exit(code)
}

// child writes until it is killed, and says on stdout what was acknowledged:
// "<index> <object>" for an entry, "head <base64 checkpoint>" for a head.
func child(dir string) error {
	ctx := context.Background()
	options := store.Options{Postgres: os.Getenv(childDatabaseEnv)}
	if where := strings.Fields(os.Getenv(bucketEnv)); len(where) == 2 {
		b, err := s3.Open(ctx, bucketOptions(where[0], where[1]))
		if err != nil {
			return err
		}
		options.Blobs = b
	}
	s, err := store.Open(ctx, dir, options)
	if err != nil {
		return err
	}
	o, err := s.Org(ctx, "acme")
	if problem.Of(err) == problem.NotFound {
		if o, err = s.CreateOrg(ctx, "acme", alice); problem.Of(err) == problem.Conflict { // by a process beside us
			o, err = s.Org(ctx, "acme")
		}
	}
	if err != nil {
		return err
	}
	fmt.Println("ready")
	errs := make(chan error)
	for g := range 6 {
		go func() {
			for n := 0; ; n++ {
				if err := childChange(ctx, o, g, n); err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	return <-errs
}

func childChange(ctx context.Context, o *store.Org, g, n int) (err error) {
	object := fmt.Sprintf("note/%d-%d-%d", os.Getpid(), g, n)
	event := store.Event{Kind: "noted", Object: object, Actor: store.Actor(fmt.Sprint("writer ", g, n/40)), Body: []byte(object)}
	if g == 0 {
		event.Body = nil
		if event.Blob, err = o.PutBlob(ctx, strings.NewReader(object), "txt"); err != nil {
			return err
		}
	}
	var index int64
	err = o.Update(ctx, func(tx *store.Tx) (err error) {
		if g > 2 {
			if err := tx.Put("risk", fmt.Sprint("r-", g, "-", n%5), n, store.Event{Kind: "risk.changed", Actor: alice}); err != nil {
				return err
			}
		}
		index, err = tx.Append(event)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Printf("%d %s\n", index, object)
	switch {
	case g == 0 && n%3 == 2:
		return o.Update(ctx, func(tx *store.Tx) error { return tx.Erase(index, store.Event{Actor: alice}) })
	case g == 1 && n%4 == 3:
		note, err := o.Log().Checkpoint(ctx)
		fmt.Printf("head %q\n", note)
		return err
	}
	return nil
}

// TestKill ends a writing process at 200 random points, 50 on PostgreSQL. Whatever it had
// acknowledged is there afterwards, every head that it had signed is a
// beginning of the log, and everything verifies.
func TestKill_LosesNothingThatWasAcknowledged(t *testing.T) {
	t.Parallel() // it waits for the disk most of the time
	store.Both(t, func(t *testing.T, home store.Home) {
		t.Parallel()
		kills := 200
		if store.At(home(t), store.Options{}).Postgres != "" {
			kills = 50
		}
		killMany(t, home, kills)
	})
}

// TestKill_OnS3 does so 20 times while blobs go to a bucket, and then looks
// that no blob is left there which no entry names.
func TestKill_OnS3(t *testing.T) {
	t.Parallel()
	b, where := bucketAt(t)
	dir, acknowledged := t.TempDir(), map[int64]string{}
	random := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		for _, line := range runAndKill(t, dir, random, bucketEnv+"="+where) {
			var index int64
			var text string
			if n, _ := fmt.Sscanf(line, "%d %s", &index, &text); n == 2 {
				acknowledged[index] = text
			}
		}
		checkAfterKill(t, dir, acknowledged, nil, store.Options{Blobs: b, Wait: 10 * time.Second})
	}
	t.Logf("%d entries acknowledged, none lost", len(acknowledged))
	if len(acknowledged) < 20 || len(listed(t, b, "acme")) == 0 {
		t.Errorf("only %d entries were acknowledged", len(acknowledged))
	}
}

func killMany(t *testing.T, home store.Home, kills int) {
	t.Helper()
	const each = 10
	random := rand.New(rand.NewPCG(1, 2))
	var entries, heads int
	for range kills / each {
		dir := home(t)
		acknowledged := map[int64]string{}
		var published []string
		for range each {
			out := runAndKill(t, dir, random)
			for _, line := range out {
				var index int64
				var text string
				if n, _ := fmt.Sscanf(line, "head %q", &text); n == 1 {
					published = append(published, text)
				} else if n, _ := fmt.Sscanf(line, "%d %s", &index, &text); n == 2 {
					acknowledged[index] = text
				}
			}
			checkAfterKill(t, dir, acknowledged, published, store.Options{Wait: 10 * time.Second})
		}
		entries, heads = entries+len(acknowledged), heads+len(published)
	}
	t.Logf("%d kills, %d entries and %d heads acknowledged, none lost", kills, entries, heads)
	if entries < kills || heads == 0 {
		t.Errorf("only %d entries and %d heads were acknowledged: the processes were killed before they did anything", entries, heads)
	}
}

// runAndKill gives the whole lines that the child had written.
func runAndKill(t *testing.T, dir string, random *rand.Rand, env ...string) (lines []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+dir, childDatabaseEnv+"="+store.At(dir, store.Options{}).Postgres)
	cmd.Env = append(cmd.Env, env...)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	kill := func() { once.Do(func() { cmd.Process.Kill() }) }
	delay := time.Duration(random.IntN(80_000)) * time.Microsecond
	early := random.IntN(5) == 0 // while it opens the store
	if early {
		time.AfterFunc(delay, kill)
	}
	in := bufio.NewReader(pipe)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			if err != io.EOF && !strings.Contains(err.Error(), "closed") {
				t.Fatal(err)
			}
			break
		}
		if line == "ready\n" && !early {
			time.AfterFunc(delay, kill)
		}
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
	cmd.Wait()
	if complaint.Len() > 0 {
		t.Fatalf("the writing process ended by itself: %s", complaint.String())
	}
	return lines
}

func checkAfterKill(t *testing.T, dir string, acknowledged map[int64]string, published []string, how store.Options) {
	t.Helper()
	ctx := context.Background()
	s := open(t, dir, how)
	defer s.Close()
	o, err := s.Org(ctx, "acme")
	if err != nil {
		if problem.Of(err) == problem.NotFound && len(acknowledged) == 0 {
			return // killed before there was one
		}
		t.Fatal(err)
	}
	verified(t, o)
	heads := map[int64]evidence.Hash{}
	for _, p := range published {
		h, err := evidence.OpenCheckpoint([]byte(p), o.Log().PublicKey())
		if err != nil {
			t.Fatal(err)
		}
		heads[h.Size] = h.Root
	}
	var tree evidence.Frontier
	found := 0
	for e, err := range o.Log().Entries(ctx, 0, 1<<40) {
		if err != nil {
			t.Fatal(err)
		}
		tree.Append(evidence.LeafHash(e.Leaf))
		if root, ok := heads[tree.Size()]; ok && root != tree.Root() {
			t.Fatalf("the head over %d entries that was published is not that of the log", tree.Size())
		}
		delete(heads, tree.Size())
		if want, ok := acknowledged[e.Index]; ok {
			found++
			if h, err := e.Header(); err != nil || h.Object != want {
				t.Fatalf("entry %d is %s (%v), acknowledged was %s", e.Index, h.Object, err, want)
			}
		}
	}
	if found != len(acknowledged) || len(heads) > 0 {
		t.Fatalf("%d of %d acknowledged entries are there, and %d published heads are beyond the log", found, len(acknowledged), len(heads))
	}
	if left, err := leftPending(dir); err != nil || len(left) > 0 {
		t.Fatalf("files are left in pending: %v, %v", left, err)
	}
}

// leftPending gives what dead processes left in pending.
func leftPending(dir string) (left []string, err error) {
	err = filepath.WalkDir(filepath.Join(dir, "pending"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasSuffix(path, "lock") {
			left = append(left, path)
		}
		return err
	})
	return left, err
}
