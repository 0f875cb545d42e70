// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/cloud/terraform"
	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/example"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/store"
)

// at is the time in every house of these tests.
var at = time.Date(2026, 11, 20, 9, 0, 0, 0, time.FixedZone("CET", 3600))

var ctx = context.Background()

// larkspur is who acts for the organisation of the example.
var larkspur = app.Local("larkspur", "ines@larkspur-ledger.example")

var everything = app.Ask{Edition: catalogue.Edition2026, Parties: []catalogue.Party{catalogue.Customer, catalogue.Provider}}

func must[T any](t testing.TB) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantKind sees to it that an error is a problem of the kind, with a hint.
func wantKind(t testing.TB, err error, kind problem.Kind) {
	t.Helper()
	if err == nil || problem.Of(err) != kind {
		t.Fatalf("the error is %v (%v), want one of kind %v", err, problem.Of(err), kind)
	}
}

// open opens the house in dir, at a fixed time.
func open(t testing.TB, dir string) *app.App {
	t.Helper()
	a := must[*app.App](t)(app.Open(ctx, app.Options{Dir: dir, Version: "0.1.0", Now: func() time.Time { return at }}))
	t.Cleanup(func() { a.Close() })
	return a
}

func file(t testing.TB, name string) []byte {
	t.Helper()
	return must[[]byte](t)(fs.ReadFile(example.Files(), name))
}

// filled is a store that holds the whole example. Each test works on a copy:
// copying is quicker than taking everything in anew. TestMain removes it.
var filled struct {
	once sync.Once
	dir  string
}

// estate gives a house that holds the whole example, in the empty folder dir.
func estate(t testing.TB, dir string) *app.App {
	t.Helper()
	filled.once.Do(func() {
		filled.dir = must[string](t)(os.MkdirTemp("", "demarc-app-"))
		a := open(t, filled.dir)
		fill(t, a, larkspur)
		ok(t, a.Close())
	})
	ok(t, os.CopyFS(dir, os.DirFS(filled.dir)))
	for _, key := range must[[]string](t)(filepath.Glob(filepath.Join(dir, "keys", "*"))) {
		ok(t, os.Chmod(key, 0o600)) // which CopyFS does not keep
	}
	return open(t, dir)
}

func fill(t testing.TB, a *app.App, c app.Caller) {
	t.Helper()
	_, err := a.SetScope(ctx, c, "scope.yaml", file(t, "scope.yaml"))
	ok(t, err)
	take(t, a, c, "larkspur.snapshot", file(t, "estate/larkspur.snapshot"))
	var plan bytes.Buffer
	_, _, err = terraform.Write(bytes.NewReader(file(t, "estate/plan.json")), terraform.Options{Account: example.PlanAccount, Now: at, Tool: "demarc 0.1.0"}, &plan)
	ok(t, err)
	take(t, a, c, "plan.json", plan.Bytes())
	_, err = a.FileStatement(ctx, c, "postrider.yaml", file(t, "statement/postrider.yaml"), responsibility.StatementOptions{})
	ok(t, err)
	_, err = a.SetAttestations(ctx, c, "attestations.yaml", file(t, "attestations.yaml"), example.Files())
	ok(t, err)
	_, err = a.SetExceptions(ctx, c, "exceptions.yaml", file(t, "exceptions.yaml"))
	ok(t, err)
	for _, name := range must[[]string](t)(fs.Glob(example.Files(), "matrix/*.yaml")) {
		m := must[*responsibility.Matrix](t)(a.ParseMatrix(ctx, c, path.Base(name), file(t, name)))
		_, _, err := a.ImportMatrix(ctx, c, m)
		ok(t, err)
	}
}

func take(t testing.TB, a *app.App, c app.Caller, name string, data []byte) app.Snapshot {
	t.Helper()
	s, _, err := a.TakeSnapshot(ctx, c, name, bytes.NewReader(data))
	ok(t, err)
	return s
}

// changed gives the example's snapshot after a change, as seen an hour later.
func changed(t testing.TB, change func(*cloud.Snapshot)) []byte {
	t.Helper()
	s := must[*cloud.Snapshot](t)(cloud.Decode(bytes.NewReader(file(t, "estate/larkspur.snapshot"))))
	s.Header.Started, s.Header.Ended = s.Header.Started.Add(time.Hour), s.Header.Ended.Add(time.Hour)
	change(s)
	return encode(t, s)
}

func encode(t testing.TB, s *cloud.Snapshot) []byte {
	t.Helper()
	var b bytes.Buffer
	ok(t, s.Encode(&b))
	return b.Bytes()
}

func assessed(t testing.TB, a *app.App, c app.Caller, ask app.Ask) *app.Assessed {
	t.Helper()
	return must[*app.Assessed](t)(a.Assess(ctx, c, ask))
}

// verify sees to it that everything the organisation has is in order.
func verify(t testing.TB, a *app.App, c app.Caller) {
	t.Helper()
	ok(t, must[*store.Verification](t)(a.VerifyLog(ctx, c)).Err())
}

func paper(t testing.TB, a *app.App, run app.Run, p app.Paper) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := a.Report(ctx, larkspur, run, p, &b); err != nil {
		t.Fatalf("%s as %s: %v", p.Kind, p.Format, err)
	}
	return b.Bytes()
}

// papers gives one paper of every kind and format.
func papers() []app.Paper {
	var out []app.Paper
	for _, kind := range []string{app.GapPaper, app.MatrixPaper, app.FindingsPaper} {
		for _, format := range app.Formats(kind) {
			p := app.Paper{Kind: kind, Format: format}
			if kind == app.MatrixPaper && format != "xlsx" {
				p.Service = "ledger"
			}
			out = append(out, p)
		}
	}
	return out
}

// noStray sees to it that a closed store holds no file that no entry names.
func noStray(t testing.TB, dir, org string) {
	t.Helper()
	ok(t, open(t, dir).Close()) // sweeps
	if left := must[[]os.DirEntry](t)(os.ReadDir(filepath.Join(dir, "pending"))); len(left) > 0 {
		t.Errorf("%d files are pending after reopening", len(left))
	}
	s := must[*store.Store](t)(store.Open(ctx, dir, store.Options{ReadOnly: true}))
	defer s.Close()
	o := must[*store.Org](t)(s.Org(ctx, org))
	named := map[string]bool{}
	for e, err := range o.Log().Entries(ctx, 0, must[int64](t)(o.Log().Size(ctx))) {
		ok(t, err)
		h := must[evidence.Header](t)(e.Header())
		named[hex.EncodeToString(h.CT[:])] = true
	}
	n := 0
	ok(t, filepath.WalkDir(filepath.Join(dir, "blobs", org), func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if n++; !named[d.Name()] {
				t.Errorf("no entry names the blob %s", d.Name())
			}
		}
		return err
	}))
	if n == 0 {
		t.Error("the store holds no blob at all: this test sees nothing")
	}
}

// failing is a writer that takes some bytes and then no more.
type failing struct{ left int }

func (f *failing) Write(p []byte) (int, error) {
	if len(p) > f.left {
		n := f.left
		f.left = 0
		return n, io.ErrShortWrite
	}
	f.left -= len(p)
	return len(p), nil
}
