// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"strings"
	"testing"

	"demarc.dev/demarc/agreement"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

const postrider = `# Terms of service of Postrider

1. Definitions. "Provider" means Postrider Mail Ltd. "Customer" means the firm that orders the service.

2. Security incidents. Provider shall notify Customer of any security breach that concerns Customer Data without undue delay and within 48 hours after it becomes aware of it.

3. End of contract. Within thirty (30) days after termination Provider shall delete all Customer Data, and shall return it beforehand on Customer's request.
`

func TestAgreement(t *testing.T) {
	a := open(t, t.TempDir())
	ok(t, a.CreateOrg(ctx, larkspur))
	g := must[app.Agreement](t)(a.PutAgreement(ctx, larkspur, app.AgreementAsk{Name: "Postrider: terms", Packs: []string{"gdpr28"}, Files: []app.Upload{{Name: "terms.md", Data: []byte(postrider)}}}))
	if g.ID != "g1" || g.Latest() != 1 || g.Versions[0].Counts[agreement.Met] == 0 {
		t.Fatalf("taken in as %+v", g)
	}
	state := func(key string) (agreement.State, *agreement.Decision, agreement.Finding) {
		r := must[app.AgreementReading](t)(a.Agreement(ctx, larkspur, "g1", 0))
		for _, f := range r.Review.Findings {
			if f.Key() == key {
				s, d := f.Settled(r.Agreement.Decisions)
				return s, d, f
			}
		}
		t.Fatalf("no finding %s", key)
		return "", nil, agreement.Finding{}
	}
	const incident, audit = "gdpr28/incident-notice", "gdpr28/audit"
	if s, _, f := state(incident); s != agreement.Met || !strings.Contains(f.Quote.Text, "within 48 hours") {
		t.Errorf("%s is %s: %+v", incident, s, f.Quote)
	}
	must[app.Agreement](t)(a.DecideAgreement(ctx, larkspur, "g1", agreement.Decision{Key: incident, Verdict: agreement.Accepted}))
	must[app.Agreement](t)(a.DecideAgreement(ctx, larkspur, "g1", agreement.Decision{Key: audit, Verdict: agreement.Overridden, State: agreement.Weak, Reason: "the order form names a report"}))
	if s, d, _ := state(audit); s != agreement.Weak || d == nil || d.By == "" || d.At == "" {
		t.Errorf("%s is %s, %+v", audit, s, d)
	}
	_, err := a.DecideAgreement(ctx, larkspur, "g1", agreement.Decision{Key: incident, Verdict: agreement.Counsel})
	wantKind(t, err, problem.Invalid)
	_, err = a.DecideAgreement(ctx, larkspur, "g1", agreement.Decision{Key: "gdpr28/nothing", Verdict: agreement.Accepted})
	wantKind(t, err, problem.NotFound)

	// A new version: what changed is told, and a decision on other words counts no more.
	must[app.Agreement](t)(a.PutAgreement(ctx, larkspur, app.AgreementAsk{ID: "g1", Files: []app.Upload{{Name: "terms.md", Data: []byte(strings.Replace(postrider, "48 hours", "96 hours", 1))}}}))
	r := must[app.AgreementReading](t)(a.Agreement(ctx, larkspur, "g1", 0))
	if len(r.Changes) != 1 || r.Changes[0].Kind != agreement.Changed || len(r.Moved) != 1 || r.Moved[0].To != agreement.Weak {
		t.Errorf("changes %+v, moved %+v", r.Changes, r.Moved)
	}
	if s, d, _ := state(incident); s != agreement.Weak || d != nil {
		t.Errorf("%s is %s with the decision %+v", incident, s, d)
	}
	if s, d, _ := state(audit); s != agreement.Weak || d == nil {
		t.Errorf("%s, whose words are the same, is %s with %+v", audit, s, d)
	}
	first := must[app.AgreementReading](t)(a.Agreement(ctx, larkspur, "g1", 1))
	if first.Version != 1 || len(first.Changes) != 0 {
		t.Errorf("the first version: %d, %+v", first.Version, first.Changes)
	}

	for _, format := range app.AgreementFormats() {
		var b, again bytes.Buffer
		ok(t, a.AgreementReport(ctx, larkspur, "g1", 0, format, &b))
		ok(t, a.AgreementReport(ctx, larkspur, "g1", 0, format, &again))
		if b.Len() < 500 || !bytes.Equal(b.Bytes(), again.Bytes()) {
			t.Errorf("%s: %d bytes, the same twice: %v", format, b.Len(), bytes.Equal(b.Bytes(), again.Bytes()))
		}
	}
	ok(t, a.RemoveAgreement(ctx, larkspur, "g1"))
	_, err = a.Agreement(ctx, larkspur, "g1", 0)
	wantKind(t, err, problem.NotFound)
	v := must[*store.Verification](t)(a.VerifyLog(ctx, larkspur))
	ok(t, v.Err())
}

func TestAgreement_Refused(t *testing.T) {
	a := open(t, t.TempDir())
	ok(t, a.CreateOrg(ctx, larkspur))
	terms := []app.Upload{{Name: "terms.md", Data: []byte(postrider)}}
	for name, ask := range map[string]app.AgreementAsk{
		"no name":          {Files: terms},
		"no file":          {Name: "x"},
		"too many files":   {Name: "x", Files: make([]app.Upload, app.AgreementFiles+1)},
		"no such format":   {Name: "x", Files: []app.Upload{{Name: "a.pdf", Data: []byte("no PDF")}}},
		"a broken archive": {Name: "x", Files: []app.Upload{{Name: "a.docx", Data: []byte("PK\x03\x04")}}},
	} {
		_, err := a.PutAgreement(ctx, larkspur, ask)
		if problem.Of(err) != problem.Invalid || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := a.PutAgreement(ctx, larkspur, app.AgreementAsk{Name: "x", Packs: []string{"gdpr82"}, Files: terms})
	wantKind(t, err, problem.Usage)
	all := must[[]app.Agreement](t)(a.Agreements(ctx, larkspur))
	if len(all) != 0 {
		t.Errorf("kept %+v", all)
	}
	// Two files of one name are told apart.
	g := must[app.Agreement](t)(a.PutAgreement(ctx, larkspur, app.AgreementAsk{Name: "twice", Files: append(terms, terms...)}))
	if g.Versions[0].Files[0].Name == g.Versions[0].Files[1].Name {
		t.Errorf("two files are called %s", g.Versions[0].Files[0].Name)
	}
}
