// SPDX-License-Identifier: Apache-2.0

package applicability

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
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

func customer() *scope.Scope {
	return &scope.Scope{Services: []scope.Service{{ID: "aws", Name: "Amazon Web Services", Role: scope.Consumes, Model: catalogue.IaaS}}, People: []scope.Person{{ID: "mara", Name: "Mara", Active: true}, {ID: "gone", Name: "Gone"}}}
}

// assessed gives an assessment of one answer: that of a duty of ours.
func assessed(t *testing.T, key string, s assess.Status) *assess.Assessment {
	t.Helper()
	if _, ok := book().Control(key); !ok {
		t.Fatalf("there is no control %s", key)
	}
	return &assess.Assessment{Edition: catalogue.Edition2026, Answers: []assess.Answer{
		{Service: "aws", Control: key, Party: catalogue.Customer, Ours: true, Status: s},
		{Service: "aws", Control: key, Party: catalogue.Provider, Status: assess.NotSatisfied},
	}}
}

func line(t *testing.T, s Statement, id string) Line {
	t.Helper()
	l, ok := s.Line(id)
	if !ok {
		t.Fatalf("no line %s", id)
	}
	return l
}

// TestMake_NoBlankIsHidden: all 93 base controls and every clause of 27017 by
// party stand in it, each with a justification or the word that there is none.
func TestMake_NoBlankIsHidden(t *testing.T) {
	for _, ed := range []catalogue.Edition{catalogue.Edition2015, catalogue.Edition2026} {
		s := Make(Input{Catalogue: book(), Edition: ed, Scope: customer()})
		annex, seen := 0, map[string]bool{}
		for _, l := range s.Lines {
			if seen[l.ID] || l.Title == "" || l.Justification == "" || l.Status == "" && l.Absence == "" || (l.Party == "") != strings.HasPrefix(l.ID, "A.") {
				t.Errorf("%s: twice, or something is missing: %+v", ed, l)
			}
			if seen[l.ID] = true; l.Party == "" {
				annex++
			}
			if l.Party == catalogue.Provider && (l.Applicable || l.Standing != Proposed) {
				t.Errorf("%s: a customer is asked for the provider's %s", ed, l.ID)
			}
		}
		if n := s.Summary; annex != 93 || n.Lines != len(s.Lines) || n.Applicable+n.Excluded != n.Lines || n.Standings[Blank] == 0 || n.Standings[Blank]+n.Standings[Proposed] != n.Lines {
			t.Errorf("%s: %d base controls, %+v", ed, annex, n)
		}
	}
	s := Make(Input{Catalogue: book(), Edition: catalogue.Edition2026, Scope: customer()})
	if i, k := slices.IndexFunc(s.Lines, func(l Line) bool { return l.ID == "27017-5.9-customer" }), slices.IndexFunc(s.Lines, func(l Line) bool { return l.ID == "27017-5.20-customer" }); i < 0 || k < i {
		t.Errorf("5.9 stands at %d, 5.20 at %d", i, k)
	}
}

func TestMake_StatusRisksAndDecisions(t *testing.T) {
	in := Input{Catalogue: book(), Edition: catalogue.Edition2026, Scope: customer(), Assessment: assessed(t, "backup", assess.Partly), Risks: map[string][]string{"backup": {"aws-ct-30", "aws-ct-10"}}}
	s := Make(in)
	l := line(t, s, "27017-8.13-customer")
	if l.Status != assess.Partly || l.Counts.Total != 1 || !strings.Contains(l.Justification, "2 risks of the register: aws-ct-10, aws-ct-30") || l.Standing != Proposed {
		t.Errorf("the customer's line: %+v", l)
	}
	if l := line(t, s, "A.8.13"); l.Status != assess.Partly || l.Counts.Total != 1 {
		t.Errorf("the base control counts what is not ours: %+v", l)
	}
	if l := line(t, s, "A.7.4"); l.Standing != Blank || l.Absence != "no test defined" {
		t.Errorf("a base control of no cloud clause: %+v", l)
	}
	if l := line(t, s, "A.5.1"); l.Absence != "nothing is asked of our side" {
		t.Errorf("a control without answers: %+v", l)
	}
	in.Decisions = []Decision{{Line: "A.7.4", Justification: "No premises.", By: "mara", At: time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC), Version: 2}}
	if l := line(t, Make(in), "A.7.4"); l.Applicable || l.Standing != Decided || l.Version != 2 || l.Justification != "No premises." {
		t.Errorf("the decided line: %+v", l)
	}
}

func TestApproval(t *testing.T) {
	in := Input{Catalogue: book(), Edition: catalogue.Edition2026, Scope: customer(), Assessment: assessed(t, "backup", assess.Partly)}
	s := Make(in)
	a := Approval{Digest: s.Digest(), Lines: s.Freeze()}
	if got := s.Since(a); len(got) != 0 {
		t.Errorf("nothing changed, and it tells %v", got)
	}
	// How it stands is told, and is no part of what was approved.
	in.Assessment = assessed(t, "backup", assess.Satisfied)
	better := Make(in)
	if got := better.Since(a); better.Digest() != a.Digest || len(got) != 2 || got[0] != (Change{"A.8.13", "status", "partly", "satisfied"}) {
		t.Errorf("the status became better: %v", got)
	}
	in.Decisions = []Decision{{Line: "A.7.4", Justification: "No premises.", Responsible: "mara"}}
	decided := Make(in)
	got := decided.Since(a)
	if decided.Digest() == a.Digest || !slices.Contains(got, Change{"A.7.4", "applicable", "applies", "excluded"}) || !slices.Contains(got, Change{"A.7.4", "responsible", "", "mara"}) {
		t.Errorf("a line was decided: %v", got)
	}
	a.Lines = append(a.Lines[1:], Frozen{ID: "A.9.9", Applicable: true})
	if got := s.Since(a); len(got) != 2 || got[0].What != "added" || got[1] != (Change{"A.9.9", "removed", "applies", ""}) {
		t.Errorf("lines came and went: %v", got)
	}
}

func TestParse(t *testing.T) {
	in := Input{Catalogue: book(), Edition: catalogue.Edition2026, Scope: customer(), Decisions: []Decision{{Line: "A.7.4", Justification: "No premises."}}}
	s := Make(in)
	for _, all := range []bool{false, true} {
		data, err := Encode(s, all)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse("soa.yaml", data, s, in.Scope)
		if err != nil || !all && len(got) != 1 || all && len(got) != s.Summary.Lines-s.Summary.Standings[Blank] {
			t.Fatalf("%d decisions, %v", len(got), err)
		}
		in.Decisions = got
		if again, err := Encode(Make(in), false); err != nil || !bytes.Equal(again, data) {
			t.Errorf("written again it differs: %v", err)
		}
	}
	_, err := Parse("soa.yaml", []byte("lines:\n  - {line: A.9.9, applicable: true, justification: x}\n  - line: A.5.1\n    applicable: false\n    justification: \" \"\n    responsible: gone\n  - {line: A.5.1, applicable: perhaps, justification: y}\n"), s, in.Scope)
	if problem.Of(err) != problem.Invalid {
		t.Fatal(err)
	}
	for _, want := range []string{`soa.yaml:2: lines[0].line: the statement of this edition has no line "A.9.9"`, "soa.yaml:5: lines[1].justification: say why", `soa.yaml:6: lines[1].responsible: nobody in the scope is called "gone"`, `lines[2].line: "A.5.1" stands twice`, "lines[2].applicable"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("does not tell %s: %v", want, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	s := Make(Input{Catalogue: book(), Edition: catalogue.Edition2026, Scope: customer()})
	f.Add([]byte("lines: [{line: A.5.1, applicable: true, justification: x}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := Parse("soa.yaml", data, s, customer())
		if err != nil {
			if problem.Of(err) != problem.Invalid {
				t.Fatal(err)
			}
			return
		}
		for _, d := range all {
			if d.Validate(s, customer()) != nil {
				t.Fatalf("%+v was read, and is not valid", d)
			}
		}
	})
}

// TestMake_Policies: a policy in force is named where it speaks of a duty of the
// line's party, or is for the line; it gives a reason where nothing else does.
func TestMake_Policies(t *testing.T) {
	in := Input{Catalogue: book(), Edition: catalogue.Edition2026, Scope: customer(), Policies: []Policy{{ID: "backup", Title: "Backup", Duties: []string{"12.3.1-C1"}, Annex: []string{"A.7.4"}}}}
	s := Make(in)
	for id, named := range map[string]bool{"27017-8.13-customer": true, "27017-8.13-provider": false, "A.8.13": true, "A.7.4": true, "A.7.5": false} {
		if got := slices.Equal(line(t, s, id).Policies, []string{"backup"}); got != named {
			t.Errorf("%s names %v", id, line(t, s, id).Policies)
		}
	}
	if l := line(t, s, "A.7.4"); l.Standing != Proposed || l.Justification != "The organisation has put rules for it in force: Backup." || l.Status != "" {
		t.Errorf("a line that only a policy speaks of is %+v", l)
	}
	in.Policies = nil
	if l := line(t, Make(in), "A.7.4"); l.Standing != Blank {
		t.Errorf("without it, it is %+v", l)
	}
}
