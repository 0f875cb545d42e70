// SPDX-License-Identifier: Apache-2.0

//go:build unix

package job

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// childEnv makes the test's program a worker; its value is the address.
const childEnv = "DEMARC_JOB_CHILD"

// child is a worker that says when it has begun, and then holds its job.
func child() int {
	o := Options{Workers: 1, Lease: childLease}
	if kind, place, _ := strings.Cut(os.Getenv(childEnv), "="); kind == "dir" {
		o.Dir = place
	} else {
		o.Postgres = place
	}
	o = handles(o, func(ctx context.Context, w Work, _ func(Progress)) error {
		fmt.Println("begun")
		<-ctx.Done()
		fmt.Println(context.Cause(ctx))
		return nil // a success that must not count
	})
	q, err := Open(context.Background(), o)
	if err == nil {
		err = q.Start(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	select {}
}

const childLease = 2 * time.Second

// spawn starts the child and waits until it has begun its job.
func spawn(t *testing.T, o Options) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	place := "dir=" + o.Dir
	if o.Postgres != "" {
		place = "pg=" + o.Postgres
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+place)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may be dead
		_ = cmd.Wait()
	})
	words := bufio.NewScanner(out)
	if !words.Scan() || words.Text() != "begun" {
		t.Fatalf("the child said %q", words.Text())
	}
	return cmd, words
}

func TestLease_KilledWorker(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, o Options) {
		o.Lease = childLease
		o = handles(o, func(context.Context, Work, func(Progress)) error { return nil })
		q := open(t, o)
		id := order(t, q, Order{Kind: "collect"})
		cmd, _ := spawn(t, o)
		if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if err := q.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		if j := ended(t, q, "alder", id); j.State != Done || j.Attempt != 2 || j.Worker != q.Name() {
			t.Errorf("%s at try %d by %s", j.State, j.Attempt, j.Worker)
		}
	})
}

func TestLease_PausedWorkerReportsIntoTheVoid(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, o Options) {
		o.Lease = childLease
		o = handles(o, untilDone)
		q := open(t, o)
		id := order(t, q, Order{Kind: "collect"})
		cmd, words := spawn(t, o)
		if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		if err := q.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		ours := func() bool { j := get(t, q, "alder", id); return j.State == Running && j.Worker == q.Name() }
		until(t, "it is taken over", ours)
		if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		if !words.Scan() || words.Text() != errLost.Error() {
			t.Fatalf("the context of the paused worker ended with %q", words.Text())
		}
		beat(t, 3, q)
		if !ours() {
			t.Errorf("the late success counted: %+v", get(t, q, "alder", id))
		}
	})
}

func TestLease_AJobThatKillsItsWorkersEnds(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, o Options) {
		o.Lease = childLease
		o = handles(o, untilDone)
		q := open(t, o)
		id := order(t, q, Order{Kind: "collect", Tries: 1})
		cmd, _ := spawn(t, o)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := q.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		if j := ended(t, q, "alder", id); j.State != Failed || !strings.Contains(j.Error, "stopped answering") {
			t.Errorf("%s: %q", j.State, j.Error)
		}
	})
}
