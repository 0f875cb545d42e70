// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"demarc.dev/demarc/internal/strict"
)

const goodAttestations = `attestations:
  - duty: 5.1.1-C1
    service: "*"
    answer: yes
    statement: The policy was approved.
    by: Ada Byron
    on: 2026-03-02
    expires: 2027-03-01
    evidence: [policy/cloud.pdf, minutes.pdf]
  - id: exit
    control: CLD.8.1.5
    party: provider
    service: aws
    answer: inherited
    source: SOC 2, section 4
    statement: The provider erases.
    by: Ada Byron
    on: 2026-03-02
    expires: 2029-03-02
`

func TestParseAttestations(t *testing.T) {
	all, err := ParseAttestations("a.yaml", []byte(goodAttestations), book(), smallScope())
	if err != nil {
		t.Fatal(err)
	}
	a, b := all[0], all[1]
	if a.ID != "5.1.1-C1/*#1" || a.Answer != AnswerYes || len(a.Evidence) != 2 || a.Line != 2 || a.On.Year() != 2026 {
		t.Errorf("%+v", a)
	}
	if b.Control != "asset-removal" || b.Party != "provider" || b.Source == "" || b.ID != "exit" {
		t.Errorf("%+v", b)
	}
	data, err := EncodeAttestations(all)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseAttestations("a.yaml", data, book(), smallScope())
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	for i := range again {
		again[i].Line = all[i].Line
	}
	if !reflect.DeepEqual(all, again) {
		t.Errorf("%+v\n%+v\n%s", all, again, data)
	}
}

func TestParseAttestations_TellsEveryFault(t *testing.T) {
	bad := `attestations:
  - duty: 5.1.1-C11
    service: awz
    answer: maybe
    on: 2026-03-02
    expires: 2026-03-01
    evidence: [/etc/passwd, a.pdf, a.pdf, ../x, "c:\\x"]
  - control: nonsense
    duty: 5.1.1-C1
    party: broker
    service: aws
    answer: inherited
    statement: x
    by: y
    on: 2026-03-02
    expires: 2036-03-01
  - service: aws
    answr: yes
    statement: x
    by: y
    on: tomorrow
  - {id: a, duty: 5.1.1-C2, service: aws, answer: no, statement: x, by: y, on: 2026-01-01, expires: 2026-02-01}
  - {id: a, control: back-up, service: aws, answer: no, statement: x, by: y, on: 2026-01-01, expires: 2026-02-01}
`
	_, err := ParseAttestations("a.yaml", []byte(bad), book(), smallScope())
	var faults strict.Faults
	if !errors.As(err, &faults) {
		t.Fatalf("%v", err)
	}
	for _, want := range []string{
		`a.yaml:2: attestations[0].duty: the catalogue has no duty "5.1.1-C11"; did you mean "5.1.1-C1"?`,
		`a.yaml:3: attestations[0].service: the scope has no service "awz"; did you mean "aws"?`,
		`a.yaml:4: attestations[0].answer: "maybe" is no answer; use one of no, partly, yes, inherited, not-applicable`,
		`attestations[0].statement: it is missing`, `attestations[0].by: it is missing`,
		`a.yaml:6: attestations[0].expires: it ends on 2026-03-01, before it was given on 2026-03-02`,
		`a.yaml:7: attestations[0].evidence[0]: "/etc/passwd" leaves the folder`, `evidence[2]: "a.pdf" stands twice`, `evidence[3]: "../x" leaves`, `evidence[4]: "c:\\x" leaves`,
		`attestations[1].control: it names a duty and a control`, `attestations[1].party: there is no party "broker"`, `attestations[1].source: it is missing`,
		`attestations[1].expires: it would hold for more than 3 years`,
		`attestations[2]: it names neither a duty nor a control`, `attestations[2].answr: the format has no field "answr" here; did you mean "answer"?`,
		`attestations[2].answer: it is missing`, `attestations[2].on: "tomorrow" is not a day`, `attestations[2].expires: it is missing`,
		`attestations[4].control: the catalogue has no control "back-up"; did you mean "backup"?`, `attestations[4].id: another attestation, in line 22, is called "a"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("missing: %s", want)
		}
	}
	if t.Failed() {
		t.Logf("%v", err)
	}
}

// The shipped example must stay readable.
func TestParseAttestations_TheExample(t *testing.T) {
	data, err := os.ReadFile("../example/attestations.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := smallScope()
	all, err := ParseAttestations("attestations.yaml", data, book(), s)
	if err != nil || len(all) < 5 {
		t.Fatalf("%d attestations: %v", len(all), err)
	}
}

func FuzzParseAttestations(f *testing.F) {
	f.Add([]byte(goodAttestations))
	f.Add([]byte("attestations: [{evidence: [a], on: 2026-01-01}]"))
	f.Add([]byte("attestations:\n- id: 5.1.1-C1/aws#1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := ParseAttestations("a.yaml", data, book(), smallScope())
		if err != nil {
			return
		}
		out, err := EncodeAttestations(all)
		if err != nil {
			t.Fatalf("parsed and cannot be written: %v", err)
		}
		again, err := ParseAttestations("a.yaml", out, book(), smallScope())
		if err != nil || len(again) != len(all) {
			t.Fatalf("written and cannot be read: %v\n%s", err, out)
		}
	})
}
