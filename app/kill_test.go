// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
)

const childEnv = "DEMARC_APP_TEST_CHILD"

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		fmt.Fprintln(os.Stderr, child(dir))
		os.Exit(3)
	}
	code := m.Run()
	if filled.dir != "" {
		os.RemoveAll(filled.dir)
	}
	os.Exit(code)
}

// child assesses until it is killed, and says which runs were acknowledged.
func child(dir string) error {
	a, err := app.Open(ctx, app.Options{Dir: dir, Version: "0.1.0"})
	if err != nil {
		return err
	}
	fmt.Println("ready")
	for {
		out, err := a.Assess(ctx, larkspur, everything)
		if err != nil {
			return err
		}
		fmt.Println(out.Run.ID)
	}
}

// TestAssess_Killed ends a process in the middle of its assessments. What it
// acknowledged is there, the log verifies, no file is left over, and the next
// assessment works.
func TestAssess_Killed(t *testing.T) {
	const kills = 6
	dir := t.TempDir()
	ok(t, estate(t, dir).Close())
	last, inTheMiddle := "", 0
	for k := range kills {
		if said := killed(t, dir, k%2, time.Duration(k)*7*time.Millisecond); said != "" {
			last = said
		}
		if len(must[[]os.DirEntry](t)(os.ReadDir(filepath.Join(dir, "pending")))) > 0 {
			inTheMiddle++
		}
		a := open(t, dir)
		verify(t, a, larkspur)
		if last != "" {
			_, err := a.Run(ctx, larkspur, last)
			ok(t, err)
		}
		for _, r := range must[[]app.Run](t)(a.Runs(ctx, larkspur)) {
			_, err := a.GapData(ctx, larkspur, r)
			ok(t, err)
		}
		ok(t, a.Close())
	}
	t.Logf("%d of %d kills left something pending; the last run that was acknowledged is %q", inTheMiddle, kills, last)
	if inTheMiddle == 0 {
		t.Error("no process was killed in the middle: this test sees nothing")
	}
	a := open(t, dir)
	assessed(t, a, larkspur, everything)
	verify(t, a, larkspur)
	ok(t, a.Close())
	noStray(t, dir, "larkspur")
}

// killed runs the child, lets it tell of some runs, kills it some time after it
// has begun to write down the next one, and gives the last that it told of.
func killed(t *testing.T, dir string, runs int, after time.Duration) (last string) {
	t.Helper()
	cmd := exec.Command(must[string](t)(os.Executable()))
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out := must[io.ReadCloser](t)(cmd.StdoutPipe())
	ok(t, cmd.Start())
	lines := bufio.NewScanner(out)
	for range 1 + runs {
		if !lines.Scan() {
			t.Fatalf("the child ended: %s", stderr.String())
		}
		last = strings.TrimPrefix(lines.Text(), "ready")
	}
	for tries := 0; len(must[[]os.DirEntry](t)(os.ReadDir(filepath.Join(dir, "pending")))) == 0; tries++ {
		if tries > 60_000 {
			cmd.Process.Kill()
			t.Fatalf("the child never came to write: %s", stderr.String())
		}
		time.Sleep(time.Millisecond)
	}
	time.AfterFunc(after, func() { cmd.Process.Kill() })
	for lines.Scan() {
		last = lines.Text()
	}
	if err := cmd.Wait(); !strings.Contains(fmt.Sprint(err), "killed") {
		t.Fatalf("the child ended by itself: %v: %s", err, stderr.String())
	}
	return last
}

// TestAssess_Cancelled ends the context while the snapshot is read: nothing of
// the run is written, and nobody waits for ever.
func TestAssess_Cancelled(t *testing.T) {
	dir := t.TempDir()
	a := estate(t, dir)
	size := must[int64](t)(a.LogSize(ctx, larkspur))
	cancelled := 0
	for _, ms := range []int{0, 5, 20, 40, 60} {
		after := time.Duration(ms) * time.Millisecond
		c, stop := context.WithTimeout(ctx, after)
		_, err := a.Assess(c, larkspur, everything)
		stop()
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			cancelled++
		case err != nil:
			t.Errorf("cancelled after %v: %v", after, err)
		}
	}
	runs := must[[]app.Run](t)(a.Runs(ctx, larkspur))
	if cancelled == 0 || len(runs)+cancelled != 5 {
		t.Errorf("%d of 5 assessments were cancelled, and %d runs stand", cancelled, len(runs))
	}
	if now := must[int64](t)(a.LogSize(ctx, larkspur)); now != size+int64(4*len(runs)) {
		t.Errorf("%d runs wrote %d entries", len(runs), now-size)
	}
	verify(t, a, larkspur)
	assessed(t, a, larkspur, everything)
	ok(t, a.Close())
	noStray(t, dir, "larkspur")
}

// TestReport_FailingWriter: what did not reach the caller was not issued.
func TestReport_FailingWriter(t *testing.T) {
	dir := t.TempDir()
	a := estate(t, dir)
	run := assessed(t, a, larkspur, everything).Run
	size := must[int64](t)(a.LogSize(ctx, larkspur))
	for _, p := range papers() {
		if p.Format == "pdf" || p.Format == "docx" || p.Format == "xlsx" {
			continue // drawn whole before the first byte, as html is
		}
		for _, left := range []int{0, 1000} {
			if err := a.Report(ctx, larkspur, run, p, &failing{left}); !errors.Is(err, io.ErrShortWrite) {
				t.Errorf("%s as %s into a writer that fails after %d bytes: %v", p.Kind, p.Format, left, err)
			}
		}
	}
	if now := must[int64](t)(a.LogSize(ctx, larkspur)); now != size {
		t.Errorf("%d entries tell of papers that nobody got", now-size)
	}
	if _, err := a.Pack(ctx, larkspur, app.PackAsk{Reason: "audit/1"}, &failing{1000}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("a pack into a writer that fails: %v", err)
	}
	verify(t, a, larkspur)
	ok(t, a.Close())
	noStray(t, dir, "larkspur")
}

// broken is a reader that ends with an error.
type broken struct{ io.Reader }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = errors.New("the line went dead")
	}
	return n, err
}

// TestTakeSnapshot_WholeOrNot: a file that is cut, changed, no snapshot at all
// or that cannot be read to its end leaves no record.
func TestTakeSnapshot_WholeOrNot(t *testing.T) {
	dir := t.TempDir()
	a := estate(t, dir)
	good := file(t, "estate/larkspur.snapshot")
	size := must[int64](t)(a.LogSize(ctx, larkspur))
	flipped := bytes.Clone(good)
	flipped[len(flipped)/2] ^= 1
	for name, data := range map[string][]byte{"cut": good[:len(good)/2], "empty": nil, "flipped": flipped, "a plan": file(t, "estate/plan.json"), "text": []byte("hello\n")} {
		_, _, err := a.TakeSnapshot(ctx, larkspur, name, bytes.NewReader(data))
		wantKind(t, err, problem.Invalid)
		if !strings.HasPrefix(err.Error(), name+": ") {
			t.Errorf("the problem does not name the file %s: %v", name, err)
		}
	}
	if _, _, err := a.TakeSnapshot(ctx, larkspur, "dead", broken{bytes.NewReader(good[:1000])}); err == nil {
		t.Error("a reader that failed gave a snapshot")
	}
	if s, known, err := a.TakeSnapshot(ctx, larkspur, "again", bytes.NewReader(good)); err != nil || !known || s.ID != "s1" {
		t.Errorf("the same file again: %v, known %v, %v", s.ID, known, err)
	}
	if now := must[int64](t)(a.LogSize(ctx, larkspur)); now != size {
		t.Errorf("%d entries tell of snapshots that were not taken", now-size)
	}
	ok(t, a.Close())
	noStray(t, dir, "larkspur")
}
