// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/policy"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

// TestPolicy_FromTemplateToAcknowledgement is the life of one policy of the
// example: drafted, filled, refused, approved by two, published, read, changed.
func TestPolicy_FromTemplateToAcknowledgement(t *testing.T) {
	a := estate(t, t.TempDir())
	ines, ruth := larkspur, app.Local("larkspur", "ruth@larkspur-ledger.example")
	if n := must[int](t)(a.DraftPolicies(ctx, ines, nil, "")); n < 14 {
		t.Fatalf("drafted %d policies", n)
	}
	if n := must[int](t)(a.DraftPolicies(ctx, ines, nil, "")); n != 0 {
		t.Errorf("drafted %d that are there already", n)
	}
	one := func(id string) app.PolicyLine {
		t.Helper()
		return must[app.PolicyLine](t)(must[*app.Policies](t)(a.Policies(ctx, ines)).Policy(id))
	}
	p := one("cryptography")
	if p.State != policy.Draft || len(p.Open) == 0 || !strings.Contains(p.Text, "eu-central-1 and eu-west-1") || !strings.Contains(p.Text, "As a provider") {
		t.Fatalf("the draft is %+v", p)
	}
	_, err := a.SubmitPolicy(ctx, ines, p.ID, p.Version)
	wantKind(t, err, problem.Invalid)
	if !strings.Contains(err.Error(), "How often are keys rotated?") || !strings.Contains(err.Error(), "nobody owns") {
		t.Errorf("submitting it says %v", err)
	}
	// The facts are said once, with the usual values where they fit, and fill every policy.
	said := policy.Known{}
	for _, f := range must[[]app.PolicyFact](t)(a.PolicyFacts(ctx, ines)) {
		switch {
		case f.Derived:
		case f.Usual != "":
			said[f.ID] = f.Usual
		default:
			said[f.ID] = "Ines Adler"
		}
	}
	must[policy.Known](t)(a.SetPolicyFacts(ctx, ines, said))
	if n := must[int](t)(a.FillPolicies(ctx, ines)); n < 14 || len(one("backup").Open) != 1 {
		t.Errorf("filled %d policies, and one leaves open %v", n, one("backup").Open)
	}
	if n := must[int](t)(a.FillPolicies(ctx, ines)); n != 0 {
		t.Errorf("filled %d policies that say all", n)
	}
	p = one("cryptography")
	x := p.Policy
	x.Owner, x.Quorum, x.Note = must[*scope.Scope](t)(a.Scope(ctx, ines)).People[0].ID, 2, "first of its kind"
	x = must[policy.Policy](t)(a.SetPolicy(ctx, ines, x, p.Version))
	_, err = a.SetPolicy(ctx, ruth, x, p.Version)
	wantKind(t, err, problem.Conflict)
	_, err = a.FillPolicy(ctx, ines, x.ID, x.Version)
	wantKind(t, err, problem.Invalid) // it says all already
	if q := policy.Questions(x.Text); len(q) > 0 || !strings.Contains(x.Text, "rotated every 12 months") {
		t.Fatalf("the text leaves open %v", q)
	}
	x = must[policy.Policy](t)(a.SubmitPolicy(ctx, ines, x.ID, x.Version))
	digest := x.Digest()
	_, err = a.ApprovePolicy(ctx, ines, x.ID, "sha256:0")
	wantKind(t, err, problem.Conflict)
	must[policy.Policy](t)(a.ApprovePolicy(ctx, ines, x.ID, digest))
	_, err = a.ApprovePolicy(ctx, ines, x.ID, digest)
	wantKind(t, err, problem.Conflict)
	_, err = a.PublishPolicy(ctx, ines, x.ID, digest)
	wantKind(t, err, problem.Invalid) // one of two
	must[policy.Policy](t)(a.ApprovePolicy(ctx, ruth, x.ID, digest))
	if got := one(x.ID); got.State != policy.Approved || got.Approved != 2 {
		t.Errorf("with two approvals it is %s by %d", got.State, got.Approved)
	}
	x = must[policy.Policy](t)(a.PublishPolicy(ctx, ruth, x.ID, digest))
	if got := one(x.ID); got.State != policy.Published || got.InForce().Review.Format(time.DateOnly) != "2027-11-20" || len(got.InForce().Satisfies) < 10 {
		t.Errorf("published it is %s, %+v", got.State, got.InForce())
	}
	_, err = a.AcknowledgePolicy(ctx, ruth, x.ID, "sha256:0")
	wantKind(t, err, problem.Conflict)
	must[app.Acknowledgement](t)(a.AcknowledgePolicy(ctx, ruth, x.ID, digest))
	if all := must[[]app.Acknowledgement](t)(a.Acknowledgements(ctx, ines, x.ID)); len(all) != 1 || all[0].Digest != digest {
		t.Errorf("acknowledged by %+v", all)
	}
	// A fact changes: what is in force is to be looked at, and the text follows.
	said["key.rotation"] = "6 months"
	must[policy.Known](t)(a.SetPolicyFacts(ctx, ines, said))
	if got := one(x.ID); got.State != policy.UnderReview || !slices.Contains(got.Due, "key.rotation: 12 months → 6 months") {
		t.Errorf("after a change it is %s: %q", got.State, got.Due)
	}
	x = must[policy.Policy](t)(a.FillPolicy(ctx, ines, x.ID, x.Version))
	diff := must[[]policy.Piece](t)(a.PolicyDiff(ctx, ines, x.ID, 1, 0))
	changed := 0
	for _, d := range diff {
		if d.Was != d.Now {
			changed++
		}
	}
	if changed != 2 || !strings.Contains(x.Text, "rotated every 6 months") {
		t.Errorf("%d pieces differ", changed)
	}
	x = must[policy.Policy](t)(a.SubmitPolicy(ctx, ines, x.ID, x.Version))
	x = must[policy.Policy](t)(a.RetirePolicy(ctx, ines, x.ID, x.Version, "one policy holds all"))
	if got := one(x.ID); got.State != policy.RetiredNow {
		t.Errorf("retired it is %s", got.State)
	}
	_, err = a.SetPolicy(ctx, ines, x, x.Version)
	wantKind(t, err, problem.Conflict)
	verify(t, a, ines)
}

// TestPolicy_WhoReads: whom a policy concerns is told, reminded, and counted.
func TestPolicy_WhoReads(t *testing.T) {
	a := estate(t, t.TempDir())
	let := func(login string, m account.Member) app.Caller {
		t.Helper()
		c, _, _ := person(t, a, "larkspur", login, m)
		return c
	}
	until := at.Add(48 * time.Hour)
	mia, cleo, eve := let("mia@larkspur.example", account.Member{Role: account.Manager}), let("cleo@larkspur.example", account.Member{Role: account.ControlOwner}), let("eve@audit.example", account.Member{Role: account.ExternalAuditor, Until: &until})
	p := must[policy.Policy](t)(a.SetPolicy(ctx, mia, policy.Policy{ID: "own", Title: "Own rules", Owner: must[*scope.Scope](t)(a.Scope(ctx, mia)).People[0].ID, Every: 12, Quorum: 1, Text: "We do so."}, 0))
	p = must[policy.Policy](t)(a.SubmitPolicy(ctx, mia, p.ID, p.Version))
	works := func(c app.Caller, what string) bool {
		t.Helper()
		return slices.ContainsFunc(must[[]app.Work](t)(a.MyWork(ctx, c)), func(w app.Work) bool { return strings.HasPrefix(w.What, what) && w.Where == "/policy/own" })
	}
	if !works(mia, "Approve the policy") || works(cleo, "Approve the policy") {
		t.Error("who approves is not told, or somebody else is")
	}
	_, err := a.ApprovePolicy(ctx, cleo, p.ID, p.Digest())
	wantKind(t, err, problem.Denied)
	must[policy.Policy](t)(a.ApprovePolicy(ctx, mia, p.ID, p.Digest()))
	if !works(mia, "Publish the policy") {
		t.Error("who publishes is not told")
	}
	must[policy.Policy](t)(a.PublishPolicy(ctx, mia, p.ID, p.Digest()))
	if !works(cleo, "Read and acknowledge") || works(eve, "Read and acknowledge") {
		t.Error("who is concerned is not told, or who is not is")
	}
	must[app.Acknowledgement](t)(a.AcknowledgePolicy(ctx, cleo, p.ID, p.Digest()))
	if works(cleo, "Read and acknowledge") {
		t.Error("who has acknowledged is reminded")
	}
	v := must[*app.PolicyView](t)(a.Policy(ctx, mia, p.ID))
	var read []string
	for _, r := range v.Readers {
		read = append(read, fmt.Sprint(r.Person, r.At != nil))
	}
	if v.Concerned != len(v.Readers) || v.Acknowledged != 1 || !slices.Contains(read, "cleo@larkspur.exampletrue") || !slices.Contains(read, "mia@larkspur.examplefalse") {
		t.Errorf("readers: %v, %d of %d", read, v.Acknowledged, v.Concerned)
	}
	_, err = a.AcknowledgePolicy(ctx, eve, p.ID, p.Digest())
	wantKind(t, err, problem.Denied)
	gates := must[[]app.Gate](t)(a.Gates(ctx, mia))
	ruled := slices.IndexFunc(gates, func(g app.Gate) bool { return g.ID == "ruled" })
	if g := gates[ruled]; g.Open || g.Met != 0 || g.Of < 15 {
		t.Errorf("the gate of policies is %+v", g)
	}
}

// TestPolicy_RoundTrip: what goes out as a paper or as Markdown comes back as it
// went, and what somebody changed in it comes back changed.
func TestPolicy_RoundTrip(t *testing.T) {
	a := estate(t, t.TempDir())
	must[int](t)(a.DraftPolicies(ctx, larkspur, nil, ""))
	for _, row := range must[*app.Policies](t)(a.Policies(ctx, larkspur)).Rows {
		for _, format := range []string{"md", "docx"} {
			var b, again bytes.Buffer
			ok(t, a.PolicyPaper(ctx, larkspur, row.ID, 0, format, report.Paper{}, &b))
			ok(t, a.PolicyPaper(ctx, larkspur, row.ID, 0, format, report.Paper{}, &again))
			if !bytes.Equal(b.Bytes(), again.Bytes()) {
				t.Errorf("%s as %s is written in two ways", row.ID, format)
			}
			back := must[policy.Policy](t)(a.ImportPolicy(ctx, larkspur, row.ID, row.Version, row.ID+"."+format, b.Bytes()))
			if back.Version != row.Version || back.Text != row.Text {
				for _, d := range policy.Diff(row.Text, back.Text) {
					if d.Was != d.Now {
						t.Errorf("%s as %s: %+v", row.ID, format, d)
					}
				}
			}
		}
	}
	var pdf bytes.Buffer
	ok(t, a.PolicyPaper(ctx, larkspur, "access", 0, "pdf", report.Paper{}, &pdf))
	back := must[policy.Policy](t)(a.ImportPolicy(ctx, larkspur, "access", 1, "access.md", []byte("# Access\n\n## Ours\n\nMine alone.\n\n## Document control\n\nnobody\n")))
	if back.Text != "## Ours\n\nMine alone.\n" || back.Version != 2 {
		t.Errorf("it came back as %q, version %d", back.Text, back.Version)
	}
	for _, bad := range []string{"\xff\xfe\x00", "## A\n\nB\nSatisfies: 99.9.9-C9", ""} {
		_, err := a.ImportPolicy(ctx, larkspur, "access", 2, "bad.md", []byte(bad))
		wantKind(t, err, problem.Invalid)
	}
}

// TestPolicy_Coverage: a duty that nothing speaks of is told.
func TestPolicy_Coverage(t *testing.T) {
	a := estate(t, t.TempDir())
	before := must[*app.PolicyCoverage](t)(a.PolicyCoverage(ctx, larkspur, "2026"))
	must[int](t)(a.DraftPolicies(ctx, larkspur, nil, ""))
	after := must[*app.PolicyCoverage](t)(a.PolicyCoverage(ctx, larkspur, "2026"))
	if before.Untouched == 0 || before.Promised != 0 || after.Untouched != 0 || after.Promised != len(after.Duties) || after.WordsOnly != before.Untouched {
		t.Errorf("before: %d untouched, %d promised; after: %d untouched, %d promised, %d only in words of %d", before.Untouched, before.Promised, after.Untouched, after.Promised, after.WordsOnly, len(after.Duties))
	}
}
