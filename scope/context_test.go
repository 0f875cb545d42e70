// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/catalogue"
)

func framed() *Scope {
	return &Scope{Organisation: Organisation{ID: "firm", Name: "Firm", Role: RoleBoth}, People: []Person{{ID: "ada", Name: "Ada", Active: true}, {ID: "gone", Name: "Gone"}},
		Services: []Service{{ID: "aws", Name: "AWS", Role: Consumes, Model: catalogue.IaaS, Provider: "Amazon", Regions: []string{"eu-west-1"}}, {ID: "own", Name: "Own", Role: Provides, Model: catalogue.SaaS, BuiltOn: []string{"aws"}}}}
}

const wholeContext = `statement: The design and running of Own.
issues:
  - {id: climate, side: external, title: Climate change, climate: true, relevant: "no", effect: The regions stand far apart.}
parties:
  - {id: customers, name: Customers, requires: [A restore within a day], met: the terms of service}
law:
  - {id: gdpr, title: GDPR, where: European Union, services: [own], owner: ada}
borders:
  - {with: Amazon, what: What lies beneath the machines}
exclusions:
  - {what: The office network, because: No system in scope is reached over it}
`

func TestContext(t *testing.T) {
	s := framed()
	c, err := ParseContext("context.yaml", []byte(wholeContext), s)
	if err != nil {
		t.Fatal(err)
	}
	data, err := EncodeContext(c)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := ParseContext("context.yaml", data, s); err != nil || !reflect.DeepEqual(again, c) {
		t.Errorf("it comes back as %+v, %v", again, err)
	}
	if open := c.Open(s); len(open) != 1 || !strings.Contains(open[0], "service own: no region") {
		t.Errorf("it leaves open %q", open)
	}
	p := ProposeContext(s)
	if data, err := EncodeContext(p); err != nil {
		t.Error(err)
	} else if _, err := ParseContext("proposed", data, s); err != nil {
		t.Errorf("what is proposed is refused: %v", err)
	}
	if open := p.Open(s); len(open) < 8 || len(p.Borders) != 1 || !slices.ContainsFunc(p.Issues, func(i Issue) bool { return i.Climate }) {
		t.Errorf("the proposal leaves open %q", open)
	}
}

func TestContext_TellsAllFaults(t *testing.T) {
	bad := "statement: x\nissues:\n  - {id: A, side: above, title: \"\", relevant: perhaps}\nparties:\n  - {id: a, name: \"\", requires: [\"\"]}\n  - {id: a, name: x}\nlaw:\n  - {id: l, title: x, where: \"\", services: [owm], owner: gone}\nborders:\n  - {with: x, what: \"\"}\nexclusions:\n  - {what: x, because: \"\"}\nmood: fine\n"
	_, err := ParseContext("context.yaml", []byte(bad), framed())
	for _, want := range []string{"issues[0].id", "issues[0].side", "issues[0].title", "issues[0].relevant", "parties[0].name", "parties[0].requires[0]", "parties[1].id", "law[0].where", `did you mean "own"`, "law[0].owner", "borders[0].what", "exclusions[0].because", "mood"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("does not tell %s: %v", want, err)
		}
	}
}

func TestApproval_Since(t *testing.T) {
	s := framed()
	c, err := ParseContext("context.yaml", []byte(wholeContext), s)
	if err != nil {
		t.Fatal(err)
	}
	a := Approval{Version: 1, At: time.Time{}, Digest: StatementDigest(s, c), Context: *c, Scope: *s}
	if since := a.Since(s, c); len(since) != 0 {
		t.Errorf("nothing changed, and it says %q", since)
	}
	next, other := framed(), *c
	next.Services[0].Regions = []string{"eu-west-1", "us-east-1"}
	next.Services[1].Purpose = "words that only describe"
	other.Exclusions = nil
	if since := a.Since(next, &other); len(since) != 2 || !strings.Contains(since[0], "regions eu-west-1 → eu-west-1, us-east-1") || since[1] != "the exclusions" || StatementDigest(next, &other) == a.Digest {
		t.Errorf("it says %q", since)
	}
}

// FuzzContext: whatever is sent, it is read or told, and what is read is written.
func FuzzContext(f *testing.F) {
	for _, seed := range []string{wholeContext, "statement: x", "issues: [{id: a}]", "law: 3", ""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ParseContext("x", data, framed())
		if err != nil {
			return
		}
		c.Open(framed())
		if _, err := EncodeContext(c); err != nil {
			t.Errorf("%q was read and cannot be written: %v", data, err)
		}
	})
}
