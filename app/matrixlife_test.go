// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/store"
)

const ed26 = catalogue.Edition2026

func ref[T any](v T) *T { return &v }

// TestMatrixLife is what becomes of a matrix after it was first written, on both
// engines: a server of PostgreSQL is started once for all of it.
func TestMatrixLife(t *testing.T) {
	bothEngines(t, func(t *testing.T, a *app.App, beside func() *store.Store) {
		t.Run("PatchIsOneAct", func(t *testing.T) { patchIsOneAct(t, a) })
		t.Run("HistoryFollowsTheLog", func(t *testing.T) { historyFollowsTheLog(t, a) })
		t.Run("SinceSigned", func(t *testing.T) { sinceSigned(t, a) })
		if beside != nil {
			t.Run("Erased", func(t *testing.T) { erasedIsForgotten(t, a, beside()) })
		}
		verify(t, a, larkspur)
	})
}

// patchIsOneAct: several lines change in one version with
// one entry, or none does; all faults are told; of two at once the second is
// told.
func patchIsOneAct(t *testing.T, a *app.App) {
	was := must[*app.Matrices](t)(a.Matrices(ctx, larkspur, ed26)).Stored["aws"]
	var duties []string
	for _, l := range was.Allocations[:40] {
		duties = append(duties, l.Duty)
	}
	before := must[int64](t)(a.LogSize(ctx, larkspur))
	patch := app.Patch{Basis: &responsibility.Basis{Kind: responsibility.ContractClause, Reference: "MSA, 4"}, Note: ref("gone through in November"), Evidence: []string{"minutes.pdf", "minutes.pdf"}}
	version, _, err := a.PatchMatrix(ctx, larkspur, "aws", ed26, was.Version, duties, patch)
	ok(t, err)
	if size := must[int64](t)(a.LogSize(ctx, larkspur)); version != was.Version+1 || size != before+1 {
		t.Errorf("forty lines are version %d after %d, in %d entries", version, was.Version, size-before)
	}
	now := must[*app.Matrices](t)(a.Matrices(ctx, larkspur, ed26)).Stored["aws"]
	for i, l := range now.Allocations {
		old := was.Allocations[i]
		if i < 40 {
			old.Basis, old.Note = *patch.Basis, *patch.Note
			if !slices.Contains(old.Evidence, "minutes.pdf") {
				old.Evidence = append(slices.Clone(old.Evidence), "minutes.pdf")
			}
		}
		if d := responsibility.Compare(responsibility.Matrix{Allocations: []responsibility.Allocation{old}}, responsibility.Matrix{Allocations: []responsibility.Allocation{l}}); len(d) > 0 {
			t.Fatalf("line %d: %+v", i, d)
		}
	}
	_, _, err = a.PatchMatrix(ctx, larkspur, "aws", ed26, was.Version, duties, patch)
	wantKind(t, err, problem.Conflict)
	_, _, err = a.PatchMatrix(ctx, larkspur, "aws", ed26, version, []string{duties[0], "99.9-C1", duties[1]}, app.Patch{Customer: ref(responsibility.Share("all")), CustomerOwner: ref("nobody-here")})
	wantKind(t, err, problem.Invalid)
	var faults responsibility.LineFaults
	if !errors.As(err, &faults) || len(faults) != 7 { // two fields of each of three lines, and the duty
		t.Errorf("the faults are %v", faults)
	}
	_, _, err = a.PatchMatrix(ctx, larkspur, "aws", ed26, version, duties, app.Patch{})
	wantKind(t, err, problem.Usage)
	_, _, err = a.PatchMatrix(ctx, larkspur, "aws", ed26, version, nil, patch)
	wantKind(t, err, problem.Usage)
	if size := must[int64](t)(a.LogSize(ctx, larkspur)); size != before+1 {
		t.Errorf("what was refused wrote %d entries", size-before-1)
	}
	verify(t, a, larkspur)
}

// TestEditMatrix_FaultsOfOtherLines: a line that was right when it was written,
// and is not any more, does not keep another from being edited.
func TestEditMatrix_FaultsOfOtherLines(t *testing.T) {
	a := estate(t, t.TempDir())
	m := must[*app.Matrices](t)(a.Matrices(ctx, larkspur, ed26)).Stored["aws"]
	first, second := m.Allocations[0], m.Allocations[1]
	first.CustomerOwner = "vendor-desk"
	v, _, err := a.EditMatrix(ctx, larkspur, "aws", ed26, m.Version, []responsibility.Allocation{first})
	ok(t, err)
	text := string(file(t, "scope.yaml"))
	at := strings.Index(text, "  - {id: vendor-desk")
	_, err = a.SetScope(ctx, larkspur, "scope.yaml", []byte(text[:at]))
	ok(t, err)
	second.Note = "looked at"
	if _, _, err = a.EditMatrix(ctx, larkspur, "aws", ed26, v, []responsibility.Allocation{second}); err != nil {
		t.Error(err)
	}
}

// historyFollowsTheLog: each version with who made it and what it
// changed, whether the log is read at once or as it grows, and by another
// process.
func historyFollowsTheLog(t *testing.T, a *app.App) {
	history := func() []app.MatrixVersion {
		return must[[]app.MatrixVersion](t)(a.MatrixHistory(ctx, larkspur, "aws", ed26))
	}
	begun := history()
	m := must[*app.Matrices](t)(a.Matrices(ctx, larkspur, ed26)).Stored["aws"]
	if len(begun) != m.Version {
		t.Fatalf("version %d has a history of %d", m.Version, len(begun))
	}
	version := m.Version
	for i, who := range []string{"ruth@larkspur-ledger.example", "tom@larkspur-ledger.example"} {
		line := m.Allocations[i]
		line.Note = who
		var err error
		version, _, err = a.EditMatrix(ctx, app.Local("larkspur", store.Actor(who)), "aws", ed26, version, []responsibility.Allocation{line})
		ok(t, err)
		_, err = a.SetScope(ctx, larkspur, "scope.yaml", file(t, "scope.yaml")) // entries of another kind come between
		ok(t, err)
		all := history()
		got := all[len(all)-1]
		if got.Version != version || string(got.By) != who || len(got.Changed) != 1 || got.Changed[0].Duty != line.Duty || got.Changed[0].Field != "note" {
			t.Errorf("the newest version is told as %+v", got)
		}
	}
	all := history()
	if len(all) != len(begun)+2 {
		t.Fatalf("%d versions", len(all))
	}
	for i, x := range all {
		said := must[*responsibility.Matrix](t)(a.MatrixAt(ctx, larkspur, "aws", ed26, x.Version))
		if said.Version != x.Version || x.Version != i+1 {
			t.Errorf("version %d is at %d and says %d", x.Version, i, said.Version)
		}
	}
	_, err := a.MatrixAt(ctx, larkspur, "aws", ed26, 99)
	wantKind(t, err, problem.NotFound)
	_, err = a.MatrixHistory(ctx, larkspur, "aws", "1999")
	ok(t, err)
}

// sinceSigned names every change that made a sign-off stale, old and new, by
// whom and when, and nothing else.
func sinceSigned(t *testing.T, a *app.App) {
	if got := must[*app.Since](t)(a.SinceSigned(ctx, larkspur, "mailer", catalogue.Edition2015)); got != nil {
		t.Errorf("of a matrix that nobody wrote: %+v", got)
	}
	m := must[*responsibility.Matrix](t)(a.SignMatrix(ctx, larkspur, "aws", ed26, 0, "Ruth Calder"))
	since := func() *app.Since { return must[*app.Since](t)(a.SinceSigned(ctx, larkspur, "aws", ed26)) }
	if got := since(); got == nil || got.Lost != "" || len(got.Changes) > 0 || got.Version != m.Version {
		t.Errorf("just signed: %+v", got)
	}
	tom := app.Local("larkspur", "tom@larkspur-ledger.example")
	line := m.Allocations[3]
	line.Note = "a note is nothing material"
	v, _, err := a.EditMatrix(ctx, tom, "aws", ed26, m.Version, []responsibility.Allocation{line})
	ok(t, err)
	if got := since(); len(got.Changes) > 0 {
		t.Errorf("after a note: %+v", got)
	}
	line.Basis = responsibility.Basis{Kind: responsibility.Assumption, Reference: "for now"}
	was := m.Allocations[3].Basis.String()
	v, _, err = a.EditMatrix(ctx, tom, "aws", ed26, v, []responsibility.Allocation{line})
	ok(t, err)
	other := m.Allocations[5] // changed, and changed back: nothing differs
	other.Split = "by turns"
	v, _, err = a.EditMatrix(ctx, tom, "aws", ed26, v, []responsibility.Allocation{other})
	ok(t, err)
	other.Split = m.Allocations[5].Split
	_, _, err = a.EditMatrix(ctx, tom, "aws", ed26, v, []responsibility.Allocation{other})
	ok(t, err)
	ruth := app.Local("larkspur", "ruth@larkspur-ledger.example")
	_, err = a.SetScope(ctx, ruth, "scope.yaml", []byte(strings.Replace(string(file(t, "scope.yaml")), "regions: [eu-central-1, eu-west-1]", "regions: [eu-central-1, us-east-1]", 1)))
	ok(t, err)
	got := since()
	if got == nil || got.Lost != "" || len(got.Changes) != 2 {
		t.Fatalf("what changed is told as %+v", got)
	}
	service, basis := got.Changes[0], got.Changes[1]
	if service.Field != "regions" || service.Left != "eu-central-1, eu-west-1" || service.Right != "eu-central-1, us-east-1" || service.By != ruth.Actor || service.Entry == 0 {
		t.Errorf("the regions: %+v", service)
	}
	if basis.Duty != line.Duty || basis.Field != "basis" || basis.Left != was || basis.Right != "assumption: for now" || basis.By != tom.Actor || basis.At.IsZero() {
		t.Errorf("the basis: %+v", basis)
	}
	signed := must[*responsibility.Matrix](t)(a.SignMatrix(ctx, larkspur, "aws", ed26, 0, "Ruth Calder"))
	if again := since(); again.Version != signed.Version || len(again.Changes) > 0 {
		t.Errorf("signed again: %+v", again)
	}
}

// erasedIsForgotten: a version that another process lawfully erases is told no
// more, though it was told before.
func erasedIsForgotten(t *testing.T, a *app.App, s *store.Store) {
	all := must[[]app.MatrixVersion](t)(a.MatrixHistory(ctx, larkspur, "aws", ed26))
	o := must[*store.Org](t)(s.Org(ctx, "larkspur"))
	ok(t, o.Update(ctx, func(tx *store.Tx) error { return tx.Erase(all[1].Entry, store.Event{Actor: larkspur.Actor}) }))
	left := must[[]app.MatrixVersion](t)(a.MatrixHistory(ctx, larkspur, "aws", ed26))
	if len(left) != len(all)-1 || left[1].Version != all[2].Version || len(left[1].Changed) > 0 {
		t.Errorf("of %d versions %d are told, the second as %+v", len(all), len(left), left[1])
	}
	_, err := a.MatrixAt(ctx, larkspur, "aws", ed26, all[1].Version)
	wantKind(t, err, problem.NotFound)
}
