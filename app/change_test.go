// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/check/rule"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/store"
)

// TestImportMatrix_Conflict: two people edit one version; the second is told.
func TestImportMatrix_Conflict(t *testing.T) {
	a := estate(t, t.TempDir())
	m := *must[*app.Matrices](t)(a.Matrices(ctx, larkspur, catalogue.Edition2026)).Stored["aws"]
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		own := m
		own.Agreement = fmt.Sprint("agreement ", i)
		wg.Go(func() { _, _, errs[i] = a.ImportMatrix(ctx, larkspur, &own) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		wantKind(t, err, problem.Conflict)
	}
	now := must[*app.Matrices](t)(a.Matrices(ctx, larkspur, catalogue.Edition2026)).Stored["aws"]
	if won != 1 || now.Version != m.Version+1 {
		t.Errorf("%d of %d changes of version %d were taken in, and it is at %d", won, len(errs), m.Version, now.Version)
	}
	before := must[int64](t)(a.LogSize(ctx, larkspur))
	now.File = "again.yaml"
	same, _, err := a.ImportMatrix(ctx, larkspur, now)
	ok(t, err)
	if same != now.Version || must[int64](t)(a.LogSize(ctx, larkspur)) != before {
		t.Errorf("the same matrix again is version %d", same)
	}
	verify(t, a, larkspur)
}

// TestAssess_AtOnce: ids of runs and snapshots are given once, also to those
// who come together, and nothing of one assessment is mixed with another.
func TestAssess_AtOnce(t *testing.T) {
	a := estate(t, t.TempDir())
	var wg sync.WaitGroup
	runs, taken := make([]string, 4), make([]string, 4)
	for i := range runs {
		wg.Go(func() {
			out, err := a.Assess(ctx, larkspur, app.Ask{Edition: catalogue.Edition2026, Workers: 1})
			if err != nil {
				t.Error(err)
				return
			}
			runs[i] = out.Run.ID
		})
		data := changed(t, func(s *cloud.Snapshot) { s.Header.Calls += int64(i) })
		wg.Go(func() {
			s, _, err := a.TakeSnapshot(ctx, larkspur, "larkspur.snapshot", bytes.NewReader(data))
			if err != nil {
				t.Error(err)
			}
			taken[i] = s.ID
		})
	}
	wg.Wait()
	slices.Sort(runs)
	slices.Sort(taken)
	if !slices.Equal(runs, []string{"r1", "r2", "r3", "r4"}) || !slices.Equal(taken, []string{"s3", "s4", "s5", "s6"}) {
		t.Errorf("the ids are %v and %v", runs, taken)
	}
	verify(t, a, larkspur)
}

// TestChoose: over any row of snapshots that overlap, each account is told of
// by the newest that saw it, and by no other.
func TestChoose_OneAccountOneSnapshot(t *testing.T) {
	names := []string{"111111111111", "222222222222", "333333333333"}
	rapid.Check(t, func(r *rapid.T) {
		newest := map[string]int{} // account → hour
		rows := rapid.SliceOfN(rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, 3, rapid.ID[string]), 1, 4).Draw(r, "accounts")
		hours := rapid.Permutation([]int{0, 1, 2, 3}).Draw(r, "hours")
		var all []app.Snapshot
		for i, accounts := range rows {
			s := app.Snapshot{ID: fmt.Sprint("s", i+1), Header: cloud.Header{Provider: "aws", Source: "live", Ended: at.Add(time.Duration(hours[i]) * time.Hour)}}
			for _, account := range accounts {
				s.Header.Accounts = append(s.Header.Accounts, cloud.Account{ID: account})
				s.Gaps = append(s.Gaps, cloud.ScopeGap{Account: account, Service: s.ID})
				if was, ok := newest[account]; !ok || was < hours[i] {
					newest[account] = hours[i]
				}
			}
			all = append(all, s)
		}
		chosen, err := app.Choose(all, nil)
		if err != nil {
			r.Fatal(err)
		}
		got := map[string]int{}
		for _, s := range chosen {
			for i, account := range s.Header.Accounts {
				if _, twice := got[account.ID]; twice {
					r.Errorf("account %s is told of twice", account.ID)
				}
				got[account.ID] = int(s.Header.Ended.Sub(at).Hours())
				if s.Gaps[i].Account != account.ID || s.Gaps[i].Service != s.ID || len(s.Gaps) != len(s.Header.Accounts) {
					r.Errorf("of the accounts %v it tells the gaps %v", s.Header.Accounts, s.Gaps)
				}
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(newest) {
			r.Errorf("told of %v, want %v", got, newest)
		}
		for i, accounts := range rows {
			if len(all[i].Header.Accounts) != len(accounts) || len(all[i].Gaps) != len(accounts) {
				r.Error("choosing changed what was to be chosen from")
			}
		}
	})
}

// TestAssess_PartlySeenAnew: of two accounts one is collected anew; each
// resource is checked once, in its newest state.
func TestAssess_PartlySeenAnew(t *testing.T) {
	a := open(t, t.TempDir())
	take(t, a, larkspur, "larkspur.snapshot", file(t, "estate/larkspur.snapshot"))
	whole := assessed(t, a, larkspur, everything)
	take(t, a, larkspur, "larkspur.snapshot", changed(t, func(s *cloud.Snapshot) {
		s.Header.Accounts = slices.DeleteFunc(s.Header.Accounts, func(x cloud.Account) bool { return x.ID != "210987654321" })
		s.Resources = slices.DeleteFunc(s.Resources, func(r cloud.Resource) bool { return r.Account != "210987654321" })
		s.Gaps = slices.DeleteFunc(s.Gaps, func(g cloud.ScopeGap) bool { return g.Account != "210987654321" })
	}))
	both := assessed(t, a, larkspur, everything)
	if len(both.Snapshots) != 2 || both.Run.Stats.Resources != whole.Run.Stats.Resources || !whole.ScopeProposed || both.ScopeProposed {
		t.Errorf("over %v stand %d resources, over one %d", both.Run.Snapshots, both.Run.Stats.Resources, whole.Run.Stats.Resources)
	}
	seen := map[string]bool{}
	for f, err := range a.Findings(ctx, larkspur, both.Run) {
		ok(t, err)
		if seen[f.Fingerprint] && f.Kind != "" {
			t.Errorf("%s of %s was asked twice", f.Check, f.Resource)
		}
		seen[f.Fingerprint] = true
	}
}

// TestAssess_NamedSnapshots: the same one twice is one; two of the same
// accounts are not assessed together.
func TestAssess_NamedSnapshots(t *testing.T) {
	a := estate(t, t.TempDir())
	ask := everything
	ask.Snapshots = []string{"s1"}
	once := assessed(t, a, larkspur, ask)
	ask.Snapshots = []string{"s1", "s1"}
	if twice := assessed(t, a, larkspur, ask); twice.Run.Stats.Findings != once.Run.Stats.Findings || len(twice.Run.Snapshots) != 1 {
		t.Errorf("a snapshot that is named twice gives %d findings, not %d", twice.Run.Stats.Findings, once.Run.Stats.Findings)
	}
	s := take(t, a, larkspur, "larkspur.snapshot", changed(t, func(*cloud.Snapshot) {}))
	ask.Snapshots = []string{"s1", s.ID}
	_, err := a.Assess(ctx, larkspur, ask)
	wantKind(t, err, problem.Usage)
	ask.Snapshots = []string{"s9"}
	_, err = a.Assess(ctx, larkspur, ask)
	wantKind(t, err, problem.NotFound)
}

// TestAssess_ExceptionForAnotherCheck: an exception for a check that is not
// given this time covers nothing and says so; one that cannot be asked is
// refused when it is taken in.
func TestAssess_ExceptionForAnotherCheck(t *testing.T) {
	a := estate(t, t.TempDir())
	const text = "exceptions:\n  - {id: own, checks: [our-own-check], %s reason: r, owner: o, approved_by: b, until: 2027-01-31}\n"
	_, err := a.SetExceptions(ctx, larkspur, "e.yaml", fmt.Appendf(nil, text, ""))
	ok(t, err)
	out := assessed(t, a, larkspur, everything)
	if u := out.Run.Stats.Exceptions; len(u) != 1 || u[0].State != "unused" || !strings.Contains(u[0].Note, "our-own-check") {
		t.Errorf("what became of the exception: %+v", u)
	}
	_, err = a.SetExceptions(ctx, larkspur, "e.yaml", fmt.Appendf(nil, strings.Replace(text, "our-own-check", "firewall-admin-port", 1), "where: r.nonsense == 1,"))
	wantKind(t, err, problem.Invalid)
	if !strings.Contains(err.Error(), "e.yaml") {
		t.Errorf("the problem does not name the file: %v", err)
	}
}

// TestAssess_ScopeAndCatalogueMoveOn: records that name a service which left
// the scope, or a duty which left the catalogue, are told and never stop an
// assessment.
func TestAssess_ScopeAndCatalogueMoveOn(t *testing.T) {
	dir := t.TempDir()
	ok(t, estate(t, dir).Close())
	// a catalogue of another day knew a duty that this one does not
	s := must[*store.Store](t)(store.Open(ctx, dir, store.Options{}))
	o := must[*store.Org](t)(s.Org(ctx, "larkspur"))
	var m responsibility.Matrix
	ok(t, o.Get(ctx, "matrix", "aws.2026", &m))
	lost := m.Allocations[0]
	lost.Duty = "99.9.9-C1"
	m.Allocations = append(m.Allocations, lost)
	var said []assess.Attestation
	ok(t, o.Get(ctx, "attestation", "current", &said))
	old := said[0]
	old.ID, old.Duty = "of-another-day", "99.9.9-C1"
	said = append(said, old)
	ok(t, o.Update(ctx, func(tx *store.Tx) error {
		if err := tx.Put("matrix", "aws.2026", m, store.Event{Kind: "matrix.changed", Actor: larkspur.Actor}); err != nil {
			return err
		}
		return tx.Put("attestation", "current", said, store.Event{Kind: "attestation.recorded", Actor: larkspur.Actor})
	}))
	ok(t, s.Close())
	a := open(t, dir)
	out := assessed(t, a, larkspur, everything)
	if i := slices.IndexFunc(out.Assessment.Said, func(x assess.Said) bool { return x.ID == "of-another-day" }); i < 0 || out.Assessment.Said[i].State == assess.InForce {
		t.Errorf("an attestation for a duty that is gone is not told, or in force: %+v", out.Assessment.Said)
	}
	paper(t, a, out.Run, app.Paper{Kind: app.GapPaper, Format: "html"})
	wantKind(t, a.Report(ctx, larkspur, out.Run, app.Paper{Kind: app.MatrixPaper, Format: "xlsx"}, io.Discard), problem.Conflict)
	// the mailer is given up: its matrix, statement and attestations stay
	text := string(file(t, "scope.yaml"))
	from, to := strings.Index(text, "  - id: mailer"), strings.Index(text, "  - id: ledger")
	text = strings.Replace(text[:from]+text[to:], "[aws, mailer]", "[aws]", 1)
	_, err := a.SetScope(ctx, larkspur, "scope.yaml", []byte(text))
	ok(t, err)
	out = assessed(t, a, larkspur, everything)
	for _, x := range out.Assessment.Answers {
		if x.Service == "mailer" {
			t.Fatal("a service that left the scope is still answered for")
		}
	}
	if _, err := a.SignMatrix(ctx, larkspur, "mailer", catalogue.Edition2026, 0, "Ruth Calder"); problem.Of(err) != problem.NotFound {
		t.Errorf("signing the matrix of a service that left the scope: %v", err)
	}
	verify(t, a, larkspur)
}

// TestRecords_OfANewerProgram: what this program does not know is not read as
// if it were not there, and never written back without it.
func TestRecords_OfANewerProgram(t *testing.T) {
	dir := t.TempDir()
	a := estate(t, dir)
	assessed(t, a, larkspur, everything)
	ok(t, a.Close())
	s := must[*store.Store](t)(store.Open(ctx, dir, store.Options{}))
	o := must[*store.Org](t)(s.Org(ctx, "larkspur"))
	for collection, id := range map[string]string{"run": "r1", "matrix": "aws.2026", "snapshot": "s1"} {
		var fields map[string]json.RawMessage
		ok(t, o.Get(ctx, collection, id, &fields))
		fields["of_tomorrow"] = json.RawMessage(`true`)
		ok(t, o.Update(ctx, func(tx *store.Tx) error {
			return tx.Put(collection, id, fields, store.Event{Kind: "tomorrow.came", Actor: "somebody"})
		}))
	}
	ok(t, s.Close())
	a = open(t, dir)
	_, err := a.Run(ctx, larkspur, "")
	wantKind(t, err, problem.Conflict)
	_, err = a.Assess(ctx, larkspur, everything)
	wantKind(t, err, problem.Conflict)
	_, _, err = a.ImportMatrix(ctx, larkspur, &responsibility.Matrix{Service: "aws", Edition: catalogue.Edition2026})
	wantKind(t, err, problem.Conflict)
	verify(t, a, larkspur)
}

// TestBodies_Damaged changes one byte in each file of the store: whoever reads
// it is told that it was changed, never that it makes no sense.
func TestBodies_Damaged(t *testing.T) {
	dir := t.TempDir()
	a := estate(t, dir)
	run := assessed(t, a, larkspur, everything).Run
	snapshot := must[[]app.Snapshot](t)(a.Snapshots(ctx, larkspur))[0]
	for sum, read := range map[string]func() error{
		run.Concluded.SHA256: func() error { _, err := a.Assessment(ctx, larkspur, run); return err },
		run.Asked.SHA256:     func() error { _, err := a.Asked(ctx, larkspur, run); return err },
		run.Findings.SHA256:  func() error { _, err := all(a.Findings(ctx, larkspur, run)); return err },
		snapshot.SHA256:      func() error { _, err := a.Assess(ctx, larkspur, everything); return err },
	} {
		ok(t, read())
		name := filepath.Join(dir, "blobs", "larkspur", sum[:2], sum)
		was := must[[]byte](t)(os.ReadFile(name))
		for _, at := range []int{0, len(was) / 2, len(was) - 1} {
			is := bytes.Clone(was)
			is[at] ^= 0x40
			ok(t, os.WriteFile(name, is, 0o600))
			wantKind(t, read(), problem.Integrity)
		}
		ok(t, os.WriteFile(name, was[:len(was)/2], 0o600))
		wantKind(t, read(), problem.Integrity)
		ok(t, os.WriteFile(name, was, 0o600))
	}
}

// TestSetAttestations_AllFaults: every file that cannot be had is named, and
// nothing is taken in.
func TestSetAttestations_AllFaults(t *testing.T) {
	a := estate(t, t.TempDir())
	size := must[int64](t)(a.LogSize(ctx, larkspur))
	files := fstest.MapFS{"evidence": {Mode: fs.ModeDir}, "evidence/cloud-policy.md": {Data: []byte("policy")}}
	_, err := a.SetAttestations(ctx, larkspur, "attestations.yaml", file(t, "attestations.yaml"), files)
	wantKind(t, err, problem.Invalid)
	for _, name := range []string{"restore-2026-08.md", "platform-handbook.md", "training-2026.csv"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("the problem does not name %s: %v", name, err)
		}
	}
	if now := must[int64](t)(a.LogSize(ctx, larkspur)); now != size {
		t.Errorf("%d entries were written", now-size)
	}
}

// TestChecks_Own: a user's check stands beside the shipped ones, and one that
// takes the id of a shipped one is refused.
func TestChecks_Own(t *testing.T) {
	const id = "firewall-admin-port"
	source, _ := rule.Source(id)
	_, err := app.Checks(fstest.MapFS{id + ".yaml": {Data: source}})
	wantKind(t, err, problem.Invalid)
	if !strings.Contains(err.Error(), "shipped") {
		t.Errorf("the problem is another one: %v", err)
	}
	shipped := must[[]check.Check](t)(app.Checks(nil))
	own := bytes.Replace(source, []byte("id: "+id), []byte("id: our-own-check"), 1)
	both := must[[]check.Check](t)(app.Checks(fstest.MapFS{"our-own-check.yaml": {Data: own}}))
	if len(shipped) < 60 || len(both) != len(shipped)+1 || !slices.IsSortedFunc(both, func(x, y check.Check) int { return strings.Compare(x.ID, y.ID) }) {
		t.Errorf("%d shipped checks and one more are %d, in order of their ids?", len(shipped), len(both))
	}
}
