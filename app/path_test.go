// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/evidence"
)

// TestPath goes from a cloud account to an auditor's hand: every use case that
// writes, and each of the entries that the package comment promises.
func TestPath_FromAnAccountToAnAuditor(t *testing.T) {
	dir := t.TempDir()
	a := estate(t, dir)
	taken := must[[]app.Imported](t)(a.TakeReports(ctx, larkspur, []app.Report{prowler(`{"id":"nobody_knows_this","of":"x","status":"FAIL"}`)}, false))
	if len(taken) != 1 || taken[0].ID != "f1" || taken[0].Results != 1 {
		t.Errorf("the report is taken in as %+v", taken)
	}
	out := assessed(t, a, larkspur, everything)
	if out.Run.ID != "r1" || out.Run.Stats.Outcomes[check.Fail] == 0 || len(out.Assessment.Gaps) == 0 || out.ScopeProposed {
		t.Fatalf("the assessment of the example is %+v", out.Run)
	}
	if got, want := out.Run.At, at.UTC(); got != want || got.Location() != want.Location() {
		t.Errorf("the run is dated %v, want %v", got, want)
	}
	for _, p := range papers() {
		if p.Kind == app.GapPaper || p.Format == "xlsx" {
			paper(t, a, out.Run, p)
		}
	}
	var pack bytes.Buffer
	_, err := a.Pack(ctx, larkspur, app.PackAsk{Reason: "audit/2026"}, &pack)
	ok(t, err)
	key := must[string](t)(a.PublicKey(ctx, larkspur))
	told := must[*evidence.PackReport](t)(evidence.VerifyPack(ctx, bytes.NewReader(pack.Bytes()), int64(pack.Len()), evidence.VerifyOptions{Key: key}))
	if len(told.Faults) > 0 {
		t.Errorf("the pack does not verify: %+v", told.Faults)
	}
	verify(t, a, larkspur)
	kinds := map[string]bool{}
	for e, err := range a.Log(ctx, larkspur, 0, must[int64](t)(a.LogSize(ctx, larkspur))) {
		ok(t, err)
		if !slices.Contains([]string{evidence.KindSeal, "actor.named", "org.created"}, e.Kind) { // the store's own
			kinds[e.Kind] = true
		}
		if e.Person != larkspur.Actor && e.Kind != evidence.KindSeal {
			t.Errorf("entry %d (%s) names %q, not who did it", e.Index, e.Kind, e.Person)
		}
	}
	if got, want := slices.Sorted(maps.Keys(kinds)), documented(t); !slices.Equal(got, want) {
		t.Errorf("kinds of entries\nwritten    %v\ndocumented %v", got, want)
	}
	ok(t, a.Close())
	noStray(t, dir, "larkspur")
}

// documented gives the kinds of entries that the package comment lists.
func documented(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, m := range regexp.MustCompile(`(?m)^//\t([a-z]+\.[a-z]+) {2,}`).FindAllSubmatch(must[[]byte](t)(os.ReadFile("doc.go")), -1) {
		out = append(out, string(m[1]))
	}
	slices.Sort(out)
	return out
}

// TestReport_SameRunSameBytes writes every paper, opens the store anew, and
// writes them again. The log names the digest of each.
func TestReport_SameRunSameBytes(t *testing.T) {
	dir := t.TempDir()
	a := estate(t, dir)
	run := assessed(t, a, larkspur, everything).Run
	first := map[app.Paper][]byte{}
	for _, p := range papers() {
		first[p] = paper(t, a, run, p)
	}
	ok(t, a.Close())
	a = open(t, dir)
	again := must[app.Run](t)(a.Run(ctx, larkspur, ""))
	from := must[int64](t)(a.LogSize(ctx, larkspur))
	for _, p := range papers() {
		if !bytes.Equal(first[p], paper(t, a, again, p)) {
			t.Errorf("%s as %s differs after reopening", p.Kind, p.Format)
		}
	}
	var issued []string
	for e, err := range a.Log(ctx, larkspur, from, from+int64(len(papers()))) {
		ok(t, err)
		var said struct{ SHA256 string }
		body := must[io.ReadCloser](t)(a.Body(ctx, larkspur, e.Index))
		ok(t, json.NewDecoder(body).Decode(&said))
		issued = append(issued, said.SHA256)
	}
	for i, p := range papers() {
		if sum := sha256.Sum256(first[p]); issued[i] != hex.EncodeToString(sum[:]) {
			t.Errorf("%s as %s: the log names %s, written was %x", p.Kind, p.Format, issued[i], sum)
		}
	}
}

// TestReport_MatrixAfterTheRun: a matrix that changed after the run is not
// dated before its change, and still gives the same bytes each time.
func TestReport_MatrixAfterTheRun(t *testing.T) {
	a := estate(t, t.TempDir())
	run := assessed(t, a, larkspur, everything).Run
	at := func() (string, int) {
		m, err := a.MatrixData(ctx, larkspur, run, run.Edition, app.Paper{Service: "aws"})
		ok(t, err)
		return m[0].At.String(), m[0].Matrix.Version
	}
	before, version := at()
	if before != run.At.String() {
		t.Errorf("an unchanged matrix is dated %s, the run %s", before, run.At)
	}
	m := must[*app.Matrices](t)(a.Matrices(ctx, larkspur, run.Edition)).Stored["aws"]
	m.Agreement += ", second edition"
	_, _, err := a.ImportMatrix(ctx, larkspur, m)
	ok(t, err)
	after, next := at()
	if after == before || next != version+1 {
		t.Errorf("version %d is dated %s, as version %d was", next, after, version)
	}
	p := app.Paper{Kind: app.MatrixPaper, Format: "docx", Service: "aws"}
	if !bytes.Equal(paper(t, a, run, p), paper(t, a, run, p)) {
		t.Error("the paper of a changed matrix differs from one time to the next")
	}
}

// TestAssess_SameInputSameConclusion: another store, another number of
// workers, the same conclusion and the same bytes of findings.
func TestAssess_SameInputSameConclusion(t *testing.T) {
	var runs []*app.Assessed
	for workers := range 3 {
		ask := everything
		ask.Workers = workers + 1
		a := open(t, t.TempDir())
		fill(t, a, larkspur)
		runs = append(runs, assessed(t, a, larkspur, ask))
	}
	for _, r := range runs[1:] {
		if r.Assessment.Digest != runs[0].Assessment.Digest || r.Run.Findings != runs[0].Run.Findings || r.Run.Asked != runs[0].Run.Asked {
			t.Errorf("one input, two conclusions:\n%+v\n%+v", r.Run, runs[0].Run)
		}
	}
}

// TestDrift takes the example an hour later, with one flaw mended, one made,
// one resource gone and one fact unread.
func TestDrift(t *testing.T) {
	a := open(t, t.TempDir())
	_, err := a.SetScope(ctx, larkspur, "scope.yaml", file(t, "scope.yaml"))
	ok(t, err)
	take(t, a, larkspur, "larkspur.snapshot", file(t, "estate/larkspur.snapshot"))
	first := assessed(t, a, larkspur, everything)
	fails := map[string]check.Finding{} // by attribute that the answer rests on
	for f, err := range a.Findings(ctx, larkspur, first.Run) {
		ok(t, err)
		if f.Outcome == check.Fail && len(f.Fields) == 1 {
			fails[f.Fields[0]] = f
		}
	}
	var mended, unread, gone check.Finding
	later := changed(t, func(s *cloud.Snapshot) {
		fields := slices.Sorted(maps.Keys(fails))
		for _, field := range fields {
			f := fails[field]
			at := slices.IndexFunc(s.Resources, func(r cloud.Resource) bool { return r.ID == f.Resource })
			value, known := s.Resources[max(at, 0)].Attributes[field].(bool)
			switch {
			case at < 0 || f.Resource == mended.Resource || f.Resource == unread.Resource:
			case mended.Check == "" && known:
				mended, s.Resources[at].Attributes[field] = f, !value
			case unread.Check == "" && known:
				unread = f
				delete(s.Resources[at].Attributes, field)
				if s.Resources[at].Gaps == nil {
					s.Resources[at].Gaps = map[string]cloud.Gap{}
				}
				s.Resources[at].Gaps[field] = cloud.Gap{Reason: cloud.Denied}
			case gone.Check == "" && unread.Check != "":
				gone = f
				s.Resources = slices.Delete(s.Resources, at, at+1)
			}
		}
	})
	if gone.Check == "" {
		t.Fatalf("the example has too few plain failures for this test: %v", slices.Sorted(maps.Keys(fails)))
	}
	s2 := take(t, a, larkspur, "larkspur.snapshot", later)
	second := assessed(t, a, larkspur, everything)
	if got := second.Run.Snapshots; !slices.Equal(got, []string{s2.ID}) {
		t.Fatalf("the second assessment rests on %v, not on the newer snapshot alone", got)
	}
	d, err := a.Drift(ctx, larkspur, first.Run, second.Run)
	ok(t, err)
	holds := func(in app.Changed, f check.Finding) bool {
		return slices.ContainsFunc(in.First, func(x check.Finding) bool { return x.Fingerprint == f.Fingerprint })
	}
	if !holds(d.Findings.Fixed, mended) || !holds(d.Findings.Unknown, unread) || !holds(d.Findings.Gone, gone) {
		t.Errorf("fixed %s, unread %s, gone %s; the comparison tells %+v", mended.Fingerprint, unread.Fingerprint, gone.Fingerprint, d.Findings)
	}
	back, err := a.Drift(ctx, larkspur, second.Run, first.Run)
	ok(t, err)
	if !holds(back.Findings.New, mended) || back.Reached(mended.Severity) == 0 {
		t.Errorf("backwards, %s is not new", mended.Fingerprint)
	}
	same, err := a.Drift(ctx, larkspur, first.Run, first.Run)
	ok(t, err)
	if n := same.Findings.New.Count + same.Findings.Fixed.Count + same.Findings.Unknown.Count + same.Findings.Gone.Count; n > 0 || same.Reached(check.Low) > 0 {
		t.Errorf("between a run and itself %d findings changed", n)
	}
}

// TestAssess_Choices looks at editions, parties and services.
func TestAssess_Choices(t *testing.T) {
	a := estate(t, t.TempDir())
	whole := assessed(t, a, larkspur, everything)
	old := assessed(t, a, larkspur, app.Ask{Edition: catalogue.Edition2015})
	if len(old.Matrices.Stored) != 0 || len(old.Assessment.Answers) == 0 {
		t.Errorf("by the edition of 2015 stand %d matrices of 2026 and %d answers", len(old.Matrices.Stored), len(old.Assessment.Answers))
	}
	one := assessed(t, a, larkspur, app.Ask{Edition: catalogue.Edition2026, Services: []string{"ledger", "ledger"}, Parties: everything.Parties})
	want := slices.DeleteFunc(slices.Clone(whole.Assessment.Answers), func(x assess.Answer) bool { return x.Service != "ledger" })
	if len(one.Assessment.Answers) != len(want) || len(want) == 0 {
		t.Errorf("of one service there are %d answers alone and %d among all", len(one.Assessment.Answers), len(want))
	}
	if one.Reached(check.Low) == 0 || one.Reached(check.Low) >= whole.Reached(check.Low) {
		t.Errorf("the gate counts %d failures for one service and %d for all", one.Reached(check.Low), whole.Reached(check.Low))
	}
	if whole.Reached(check.Low) < whole.Reached(check.High) || whole.Reached(check.High) < whole.Reached(check.Critical) {
		t.Error("a higher severity is reached more often than a lower one")
	}
}
