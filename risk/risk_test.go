// SPDX-License-Identifier: Apache-2.0

package risk

import (
	"bytes"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

var book = sync.OnceValue(func() *catalogue.Catalogue {
	c, err := catalogue.Load()
	if err != nil {
		panic(err)
	}
	return c
})

func now() time.Time { return time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC) }

func world() World {
	return World{Method: DefaultMethod(), Catalogue: book(), Scope: &scope.Scope{
		Services: []scope.Service{
			{ID: "ledger", Name: "Ledger", Role: scope.Provides, Model: catalogue.SaaS, Owner: "mara", Criticality: scope.Critical},
			{ID: "aws", Name: "Amazon Web Services", Role: scope.Consumes, Model: catalogue.IaaS, Criticality: scope.High},
		},
		People: []scope.Person{{ID: "mara", Name: "Mara", Active: true}, {ID: "gone", Name: "Gone"}},
	}}
}

func good() Risk {
	return Risk{ID: "ledger-ct-17", Service: "ledger", Threat: "CT-17", Title: "Failure of tenant isolation", Owner: "mara", Inherent: Rating{3, 5}, Current: Rating{2, 5},
		Treatment: Treatment{Option: Modify, Target: Rating{1, 5}, Actions: []Step{{What: "a filter of tenants below the queries", Owner: "mara", Due: "2026-12-31"}}}}
}

func TestMethod(t *testing.T) {
	m := DefaultMethod()
	data, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := ParseMethod("method.yaml", data); err != nil || !reflect.DeepEqual(m, again) {
		t.Fatalf("%+v, %v", again, err)
	}
	for score, want := range map[Rating]string{{1, 1}: "low", {2, 2}: "low", {1, 5}: "medium", {2, 5}: "high", {4, 4}: "high", {4, 5}: "severe", {5, 5}: "severe"} {
		if got := m.Band(score); got != want {
			t.Errorf("%v is %s, want %s", score, got, want)
		}
	}
	_, err = ParseMethod("method.yaml", []byte("likelihood:\n  - {name: a, words: b}\n  - {name: a, words: b}\nconsequence: []\nbands:\n  - {name: low, from: 2}\n  - {name: high, from: 2}\nappetite: -1\ncolour: red\n"))
	for _, want := range []string{"method.yaml:1: likelihood: a scale has 3 to 7 steps, this one 2", `likelihood[1]: "a" stands twice`, "consequence: a scale has 3 to 7", "bands: there are 2 to 6", "bands[1].from", "appetite", "colour"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("does not tell %q: %v", want, err)
		}
	}
}

func TestRisk_State(t *testing.T) {
	r := good()
	step := func(want State) {
		t.Helper()
		if got := r.State(now()); got != want {
			t.Errorf("the state is %s, want %s", got, want)
		}
	}
	step(Proposed)
	decide := func() {
		m := r.Material()
		r.Decision = &Decision{By: "mara", At: now(), Digest: m.Digest(), Until: "2027-11-25", Of: m}
	}
	decide()
	step(Treating)
	r.Treatment.Actions[0].Done = "2026-11-24"
	step(Accepted) // that a step is done is what was decided
	r.Current = Rating{3, 5}
	step(Stale)
	if since := r.Material().Since(r.Decision.Of); len(since) != 1 || since[0] != "current: 2 × 5 → 3 × 5" {
		t.Errorf("it says %q changed", since)
	}
	decide()
	step(Accepted)
	r.Decision.Until = "2026-11-25"
	step(Accepted) // until is the last day
	r.Decision.Until = "2026-11-24"
	step(Stale)
	r.Closed = "the service is gone"
	step(Closed)
	r = Risk{ID: "x", Title: "x"}
	step(Identified)
	r.Inherent, r.Current = Rating{1, 1}, Rating{1, 1}
	step(Assessed)
}

func TestParse(t *testing.T) {
	all := []Risk{good(), {ID: "own", Title: "one of ours", Closed: "never mind"}}
	data, err := Encode(all)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse("risks.yaml", data, world())
	if err != nil || len(got) != 2 {
		t.Fatalf("%v\n%s", err, data)
	}
	again, err := Encode(got)
	if err != nil || !bytes.Equal(data, again) {
		t.Errorf("written again it differs: %v\n%s\n%s", err, data, again)
	}
	_, err = Parse("risks.yaml", []byte(`risks:
  - id: Big One
    service: ledgr
    threat: CT-999
    title: " "
    owner: gone
    current: {likelihood: 9, consequence: 1}
    treatment:
      option: hope
      actions:
        - {what: "", due: tomorrow}
  - id: a
    title: b
    treatment: {option: modify}
  - id: a
    title: b
    score: 4
`), world())
	if problem.Of(err) != problem.Invalid {
		t.Fatal(err)
	}
	for _, want := range []string{
		"risks.yaml:2: risks[0].id", `risks.yaml:3: risks[0].service: no service of the scope is called "ledgr"; did you mean "ledger"?`, `risks[0].threat: the catalogue has no threat "CT-999"`,
		"risks[0].title: a risk needs a title", `risks[0].owner: nobody in the scope is called "gone"`, "risks[0].current: 9 and 1: the likelihood goes from 1 to 5", "risks[0].inherent: say first",
		`risks[0].treatment.option: "hope" is none of`, "risks[0].treatment.actions[0].what", `risks[0].treatment.actions[0].due: "tomorrow" is no day`,
		"risks[1].treatment.actions: to modify a risk something has to be done", "risks[1].treatment.target", `risks[2].id: "a" stands twice`, "score",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("does not tell %s", want)
		}
	}
	if t.Failed() {
		t.Log(err)
	}
}

// answers makes an assessment whose duties that treat a threat have these
// statuses for a service.
func answers(threat catalogue.Threat, service string, statuses ...assess.Status) *assess.Assessment {
	a := &assess.Assessment{Edition: catalogue.Edition2015}
	for i, s := range statuses {
		a.Answers = append(a.Answers, assess.Answer{Service: service, Control: threat.Controls[i%len(threat.Controls)], Status: s})
	}
	return a
}

func threat(t *testing.T, id string) catalogue.Threat {
	t.Helper()
	for _, x := range book().Threats() {
		if x.ID == id {
			return x
		}
	}
	t.Fatalf("no threat %s", id)
	return catalogue.Threat{}
}

func TestGround_Suggest(t *testing.T) {
	w := world()
	ct := threat(t, "CT-03") // likelihood 3, consequence 5
	aws, _ := w.Scope.Service("aws")
	met, gap, half, unknown := assess.Satisfied, assess.NotSatisfied, assess.Partly, assess.Unknown
	for name, c := range map[string]struct {
		a    *assess.Assessment
		want Rating
		says string
	}{
		"NothingAssessed": {nil, Rating{3, 5}, "nothing is known of the controls"},
		"NothingTreats":   {answers(ct, "ledger", met), Rating{3, 5}, "No duty of the assessment treats it"},
		"AllMet":          {answers(ct, "aws", met, met, assess.Inherited, assess.NotApplicable), Rating{1, 5}, "3 of the 3 duties"},
		"MostMet":         {answers(ct, "aws", met, met, half, unknown), Rating{2, 5}, "2½ of the 4 duties that treat it are met"},
		"UnknownIsNotMet": {answers(ct, "aws", met, unknown, unknown), Rating{3, 5}, "33 %"},
		"HalfMet":         {answers(ct, "aws", met, gap), Rating{3, 5}, "below 60 %"},
	} {
		s := NewGround(book(), c.a).Suggest(w.Method, ct, &aws)
		if s.Current != c.want || s.Inherent != (Rating{3, 5}) || !strings.Contains(strings.Join(s.Why, " "), c.says) {
			t.Errorf("%s: %v, %v: %q", name, s.Inherent, s.Current, s.Why)
		}
	}
	a := answers(ct, "aws", met, met, met, met, met, met, met, met, met, gap)
	a.Gaps = []assess.Gap{{ID: "aws/x", Service: "aws", Control: ct.Controls[0], Severity: check.Critical}}
	if s := NewGround(book(), a).Suggest(w.Method, ct, &aws); s.Current != (Rating{3, 5}) || !strings.Contains(strings.Join(s.Why, " "), "aws/x") {
		t.Errorf("a critical gap is smoothed over: %v %q", s.Current, s.Why)
	}
	low := scope.Service{ID: "aws", Name: "A", Criticality: scope.Low}
	if s := NewGround(book(), nil).Suggest(w.Method, ct, &low); s.Inherent != (Rating{3, 4}) {
		t.Errorf("a service of low criticality: %v", s.Inherent)
	}
}

// TestGround_SuggestsAlwaysOnTheScales: whatever the scales and the statuses, a
// suggestion is on them, never better for more unknown, and says how it came.
func TestGround_SuggestsAlwaysOnTheScales(t *testing.T) {
	w := world()
	statuses := assess.Statuses()
	rapid.Check(t, func(t *rapid.T) {
		m := DefaultMethod()
		m.Likelihood = make([]Level, rapid.IntRange(3, 7).Draw(t, "likelihood"))
		m.Consequence = make([]Level, rapid.IntRange(3, 7).Draw(t, "consequence"))
		ct := rapid.SampledFrom(book().Threats()).Draw(t, "threat")
		drawn := rapid.SliceOfN(rapid.SampledFrom(statuses), 0, 20).Draw(t, "statuses")
		v := rapid.SampledFrom(w.Scope.Services).Draw(t, "service")
		s := NewGround(book(), answers(ct, v.ID, drawn...)).Suggest(m, ct, &v)
		if !m.Within(s.Inherent) || !m.Within(s.Current) || s.Current.Likelihood > s.Inherent.Likelihood || len(s.Why) < 2 {
			t.Fatalf("%+v", s)
		}
		worse := append(append([]assess.Status{}, drawn...), assess.Unknown)
		if o := NewGround(book(), answers(ct, v.ID, worse...)).Suggest(m, ct, &v); o.Current.Likelihood < s.Current.Likelihood {
			t.Fatalf("with one more unknown the likelihood falls from %d to %d", s.Current.Likelihood, o.Current.Likelihood)
		}
	})
}

func TestSeed(t *testing.T) {
	w := world()
	all := Seed(book(), w.Scope)
	seen := map[string]bool{}
	for _, r := range all {
		if seen[r.ID] || r.Validate(w) != nil || r.State(now()) != Identified {
			t.Errorf("%s: twice, or %v", r.ID, r.Validate(w))
		}
		seen[r.ID] = true
	}
	if !seen["ledger-ct-17"] || !seen["aws-ct-04"] || seen["aws-ct-20"] { // lock-in concerns platforms and software
		t.Errorf("%d seeds: %v", len(all), seen)
	}
}

func TestMapAndSum(t *testing.T) {
	m := DefaultMethod()
	closed := good()
	closed.Closed = "gone"
	beyond := good()
	beyond.Current = Rating{7, 1}
	all := []Risk{good(), closed, beyond, {ID: "x", Title: "x"}}
	h := Map(m, all, ViewCurrent)
	if h.Cells[1][4] != 1 || h.Unrated != 2 {
		t.Errorf("the map is %+v", h)
	}
	if h := Map(m, all, ViewTarget); h.Cells[0][4] != 2 || h.Unrated != 1 {
		t.Errorf("the map of what is expected is %+v", h)
	}
	s := Sum(m, all, time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
	if s.All != 4 || s.States[Closed] != 1 || s.LateSteps != 2 || s.Ownerless != 1 || s.Intolerable != 2 || s.Bands["high"] != 1 {
		t.Errorf("the sum is %+v", s)
	}
}

func FuzzParse(f *testing.F) {
	data, err := Encode([]Risk{good()})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("risks: [{id: a, title: b, treatment: {actions: [{}]}}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := Parse("risks.yaml", data, world())
		if err != nil {
			if problem.Of(err) != problem.Invalid {
				t.Fatal(err)
			}
			return
		}
		out, err := Encode(all)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse("risks.yaml", out, world()); err != nil {
			t.Fatalf("written again it is not read: %v\n%s", err, out)
		}
	})
}
