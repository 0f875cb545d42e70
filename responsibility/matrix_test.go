// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/internal/strict"
	"demarc.dev/demarc/problem"
)

const cloudMatrix = `service: cloud
edition: "2015"
version: 3
status: acknowledged
customer: Larkspur
provider: Bigco
agreement: MSA 2024
sign_off:
  digest: sha256:0000000000000000000000000000000000000000000000000000000000000000
  by: Ada
  on: 2026-03-01
  acknowledged_by: Their Counsel
  acknowledged_on: 2026-03-09
controls:
  - control: roles
    duties:
      - {duty: CLD.6.3.1-C1, customer: both, provider: none, basis: contract, reference: "MSA 2024, 7.3(b)"}
  - control: backup
    duties:
      - duty: 12.3.1-P1
        customer: accountable
        provider: performs
        basis: statement
        reference: CAIQ 2026
        evidence: [soc2.pdf, soc3.pdf]
        note: |
          Asked on 2 March.
      - duty: 12.3.1-C1
        customer: performs
        provider: performs
        split: "disks: they; files: we"
        customer_owner: ada
        provider_contact: support
        basis: assumption
        rationale: bought together
`

func books() func(catalogue.Edition) *book { return smallBook }

func TestParseMatrix(t *testing.T) {
	m, err := parseMatrix("cloud.yaml", []byte(cloudMatrix), books(), estate())
	if err != nil {
		t.Fatal(err)
	}
	want := &Matrix{Service: "cloud", Edition: "2015", Version: 3, Status: Acknowledged, Customer: "Larkspur", Provider: "Bigco", Agreement: "MSA 2024", File: "cloud.yaml",
		SignOff: &SignOff{Digest: "sha256:" + strings.Repeat("0", 64), By: "Ada", On: "2026-03-01", AcknowledgedBy: "Their Counsel", AcknowledgedOn: "2026-03-09"},
		Allocations: []Allocation{ // in the order of the catalogue, not of the file
			{Duty: "12.3.1-C1", Customer: Performs, Provider: Performs, Split: "disks: they; files: we", CustomerOwner: "ada", ProviderContact: "support", Basis: Basis{Kind: Assumption}, Rationale: "bought together"},
			{Duty: "12.3.1-P1", Customer: Accounts, Provider: Performs, Basis: Basis{ProviderStatement, "CAIQ 2026"}, Evidence: []string{"soc2.pdf", "soc3.pdf"}, Note: "Asked on 2 March.\n"},
			{Duty: "CLD.6.3.1-C1", Customer: SharesBoth, Provider: None, Basis: Basis{ContractClause, "MSA 2024, 7.3(b)"}},
		}}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseMatrix_Short(t *testing.T) {
	m, err := parseMatrix("m.yaml", []byte("service: cloud\nedition: 2026\ncontrols: []\n"), books(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if m.Version != 1 || m.Status != Draft || m.Edition != catalogue.Edition2026 || m.Allocations != nil {
		t.Errorf("got %+v, want a first draft without a line", m)
	}
}

// Each case changes one thing of a good file; the fault must name its line,
// its field and what is wrong.
func TestParseMatrix_Faults(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"unknown service":      {"service: cloud", "service: clodu", `cloud.yaml:1: service: the scope has no service "clodu"; did you mean "cloud"?`},
		"no service":           {"service: cloud\n", "", "service: it is missing"},
		"edition":              {`edition: "2015"`, `edition: "2016"`, `cloud.yaml:2: edition: "2016" is not one of 2015, 2026`},
		"version":              {"version: 3", "version: 0", "cloud.yaml:3: version: 0 is no version"},
		"status":               {"status: acknowledged", "status: agreed", `cloud.yaml:4: status: "agreed" is not one of draft, internally_agreed`},
		"stale is derived":     {"status: acknowledged", "status: stale", "status: stale is found by comparing"},
		"nobody signed":        {cloudMatrix[strings.Index(cloudMatrix, "sign_off:"):strings.Index(cloudMatrix, "controls:")], "", "status: the status is acknowledged and nobody signed"},
		"digest":               {"sha256:0", "sha256:x", "cloud.yaml:9: sign_off.digest:"},
		"no signer":            {"  by: Ada\n", "", "sign_off.by: it is missing"},
		"day":                  {"on: 2026-03-01", "on: 1 March", `cloud.yaml:11: sign_off.on: "1 March" is not a day`},
		"not acknowledged":     {"  acknowledged_by: Their Counsel\n", "", "sign_off.acknowledged_by: it is missing"},
		"unknown control":      {"control: backup", "control: backups", `cloud.yaml:18: controls[1].control: the catalogue has no control "backups"; did you mean "backup"?`},
		"number for a key":     {"control: backup", "control: 8.13", `the catalogue has no control "8.13"; did you mean "backup"?`},
		"unknown duty":         {"duty: 12.3.1-P1", "duty: 12.3.1-P7", `cloud.yaml:20: controls[1].duties[0].duty: the catalogue has no duty "12.3.1-P7"; did you mean "12.3.1-P1"?`},
		"another edition":      {"duty: CLD.6.3.1-C1", "duty: 5.38-P1", "the duty 5.38-P1 does not stand in the edition of 2015"},
		"another control":      {"duty: 12.3.1-P1", "duty: CLD.9.5.2-C1", "the duty CLD.9.5.2-C1 belongs to the control hardening, not to backup"},
		"twice":                {"duty: 12.3.1-P1", "duty: 12.3.1-C1", "cloud.yaml:28: controls[1].duties[1].duty: the duty 12.3.1-C1 has a line already, in line 20"},
		"share":                {"customer: accountable", "customer: acountable", `cloud.yaml:21: controls[1].duties[0].customer: "acountable" is not one of none, performs, accountable, both; did you mean "accountable"?`},
		"no share":             {"        customer: accountable\n", "", "controls[1].duties[0].customer: it is missing; it is one of none, performs, accountable, both"},
		"basis":                {"basis: assumption", "basis: hope", `"hope" is not one of contract, statement, internal, assumption, default`},
		"no basis":             {"        basis: assumption\n", "", "controls[1].duties[1].basis: it is missing"},
		"empty evidence":       {"[soc2.pdf, soc3.pdf]", "[soc2.pdf, ' ']", "controls[1].duties[0].evidence[1]: it is empty"},
		"person":               {"customer_owner: ada", "customer_owner: adda", `controls[1].duties[1].customer_owner: people of the scope has nobody with the id "adda"; did you mean "ada"?`},
		"unknown field":        {"rationale: bought", "rational: bought", `the format has no field "rational" here; did you mean "rationale"?`},
		"no controls":          {cloudMatrix[strings.Index(cloudMatrix, "controls:"):], "", "controls: it is missing"},
		"a table for controls": {"controls:\n  - control: roles", "controls:\n  roles:\n  - control: roles", "controls: here stands a table; the format wants a list"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(cloudMatrix, c.old, c.new, 1)
			if text == cloudMatrix {
				t.Fatal("the case changes nothing")
			}
			m, err := parseMatrix("cloud.yaml", []byte(text), books(), estate())
			if m != nil || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v and error:\n%v\nwant:\n%s", m, err, c.want)
			}
			if problem.Of(err) != problem.Invalid {
				t.Errorf("the kind is %v, want invalid", problem.Of(err))
			}
			if faults := (strict.Faults)(nil); !errors.As(err, &faults) || len(faults) != 1 && name != "not acknowledged" {
				t.Errorf("one mistake gave the faults\n%v", faults)
			}
		})
	}
}

func TestParseMatrix_SignOff(t *testing.T) {
	head, tail := "service: cloud\nedition: 2015\nstatus: ", "\nsign_off: {digest: sha256:"+strings.Repeat("a", 64)+"}\ncontrols: []\n"
	for status, want := range map[string][]string{
		"internally_agreed": {"sign_off.by", "sign_off.on"},
		"acknowledged":      {"sign_off.acknowledged_by", "sign_off.acknowledged_on", "sign_off.by", "sign_off.on"},
	} {
		_, err := parseMatrix("m.yaml", []byte(head+status+tail), books(), nil)
		var faults strict.Faults
		if !errors.As(err, &faults) {
			t.Fatalf("%s: %v", status, err)
		}
		var fields []string
		for _, f := range faults {
			fields = append(fields, f.Field)
		}
		if !slices.Equal(fields, want) {
			t.Errorf("%s: faults in %q, want %q", status, fields, want)
		}
	}
}

// People of the other side are not ours to know.
func TestParseMatrix_PeopleOfOthers(t *testing.T) {
	text := strings.Replace(cloudMatrix, "provider_contact: support", "provider_contact: nobody-we-know", 1)
	if _, err := parseMatrix("cloud.yaml", []byte(text), books(), estate()); err != nil {
		t.Error(err)
	}
	text = "service: ledger\nedition: 2015\ncontrols: [{control: backup, duties: [{duty: 12.3.1-P1, customer: none, provider: both, basis: default, customer_owner: x, provider_contact: eve}]}]"
	_, err := parseMatrix("ledger.yaml", []byte(text), books(), estate())
	if err == nil || !strings.Contains(err.Error(), "provider_contact: people of the scope has nobody") || strings.Contains(err.Error(), "customer_owner") {
		t.Errorf("of a service that we provide the provider's people are ours: %v", err)
	}
}

func TestEncodeMatrix_Readable(t *testing.T) {
	m, err := parseMatrix("cloud.yaml", []byte(cloudMatrix), books(), estate())
	if err != nil {
		t.Fatal(err)
	}
	data, err := encodeMatrix(*m, smallBook(m.Edition))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# Responsibility matrix of cloud, ISO/IEC 27017:2015: Larkspur as customer and Bigco as provider.\n",
		"\n\n  # 12.3.1 Information backup\n  - control: backup\n    duties:\n      # To the customer: Copies are made and a restore was tried.\n      - duty: 12.3.1-C1\n",
		"\n\n  # CLD.6.3.1 Shared roles\n",
		"split: 'disks: they; files: we'",
	} {
		if !strings.Contains(string(data), want) {
			t.Errorf("no %q in\n%s", want, data)
		}
	}
}

func TestEncodeMatrix_Refuses(t *testing.T) {
	for name, m := range map[string]Matrix{
		"unknown duty": {Service: "cloud", Edition: "2015", Version: 1, Status: Draft, Allocations: []Allocation{{Duty: "x", Customer: None, Provider: None, Basis: Basis{Kind: Assumption}}}},
		"two lines":    {Service: "cloud", Edition: "2015", Version: 1, Status: Draft, Allocations: []Allocation{settledLine("12.3.1-C1"), settledLine("12.3.1-C1")}},
		"no share":     {Service: "cloud", Edition: "2015", Version: 1, Status: Draft, Allocations: []Allocation{{Duty: "12.3.1-C1", Basis: Basis{Kind: Assumption}}}},
		"no service":   {Edition: "2015", Version: 1, Status: Draft},
	} {
		switch data, err := encodeMatrix(m, smallBook("2015")); {
		case err == nil:
			t.Errorf("%s: wrote what cannot be read:\n%s", name, data)
		case strings.Contains(err.Error(), "line 0"), strings.Contains(err.Error(), ":0"):
			t.Errorf("%s: a line that is none: %v", name, err)
		}
	}
}

func TestEncodeMatrix_RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := rapid.SampledFrom(editions()).Draw(t, "edition")
		m := drawMatrix(t, smallBook(e), "cloud")
		data, err := encodeMatrix(m, smallBook(e))
		if err != nil {
			t.Fatal(err)
		}
		back, err := parseMatrix("m.yaml", data, books(), nil)
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		if diff := cmp.Diff(&m, back, cmpopts.IgnoreFields(Matrix{}, "File")); diff != "" {
			t.Fatalf("(-written +read):\n%s\n%s", diff, data)
		}
		again, err := encodeMatrix(*back, smallBook(e))
		if err != nil || string(again) != string(data) {
			t.Fatalf("not canonical: %v\n%s\n%s", err, data, again)
		}
	})
}

func drawMatrix(t *rapid.T, b *book, service string) Matrix {
	text := rapid.StringN(0, 12, -1)
	m := Matrix{Service: service, Edition: b.edition, Version: rapid.IntRange(1, 9).Draw(t, "version"), Status: Draft,
		Customer: text.Draw(t, "customer"), Provider: text.Draw(t, "provider"), Agreement: text.Draw(t, "agreement")}
	if rapid.Bool().Draw(t, "signed") {
		m.Status = rapid.SampledFrom([]Status{InternallyAgreed, Sent, Acknowledged}).Draw(t, "status")
		m.SignOff = &SignOff{Digest: "sha256:" + strings.Repeat("a", 64), By: "Ada", On: "2026-03-01"}
		if m.Status == Acknowledged {
			m.SignOff.AcknowledgedBy, m.SignOff.AcknowledgedOn = "Bob", "2026-03-02"
		}
	}
	for _, d := range b.duties {
		if rapid.IntRange(0, 3).Draw(t, "line") > 0 {
			m.Allocations = append(m.Allocations, drawLine(t, d.ID))
		}
	}
	return m
}

func drawLine(t *rapid.T, duty string) Allocation {
	text := rapid.StringN(0, 8, -1)
	share := rapid.SampledFrom([]Share{None, Performs, Accounts, SharesBoth})
	a := Allocation{Duty: duty, Customer: share.Draw(t, "customer"), Provider: share.Draw(t, "provider"), Split: text.Draw(t, "split"),
		CustomerOwner: rapid.SampledFrom([]string{"", "ada", "bob", "eve"}).Draw(t, "owner"), ProviderContact: rapid.SampledFrom([]string{"", "ada", "bob"}).Draw(t, "contact"),
		Basis: Basis{Kind: rapid.SampledFrom([]BasisKind{ContractClause, ProviderStatement, InternalControl, Assumption, DefaultBasis}).Draw(t, "basis"),
			Reference: rapid.SampledFrom([]string{"", "MSA 2024", "MSA 2024, 7.3", "BCK-01"}).Draw(t, "reference")},
		Rationale: text.Draw(t, "rationale"), Note: text.Draw(t, "note")}
	if rapid.Bool().Draw(t, "evidence") {
		a.Evidence = []string{"report.pdf", "é: # x"}
	}
	return a
}

func FuzzParseMatrix(f *testing.F) {
	f.Add([]byte(cloudMatrix))
	f.Add([]byte("service: cloud\nedition: 2026\ncontrols: []\n"))
	f.Add([]byte("service: cloud\nedition: 2015\ncontrols: [{control: backup, duties: [{duty: 12.3.1-C1, customer: none, provider: none, basis: default, note: \"\\u2028#\\t\"}]}]\n"))
	f.Add([]byte("controls:\n- &a {control: x}\n- *a\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseMatrix("f", data, books(), estate())
		if (m == nil) == (err == nil) {
			t.Fatal("neither a matrix nor an error, or both")
		}
		if err != nil {
			return
		}
		out, err := encodeMatrix(*m, smallBook(m.Edition))
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		back, err := parseMatrix("f", out, books(), estate())
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, out)
		}
		if !cmp.Equal(m, back, cmpopts.EquateEmpty()) {
			t.Fatalf("another matrix came back: %s\n%s", cmp.Diff(m, back), out)
		}
	})
}

func TestDefaults(t *testing.T) {
	s := estate()
	cloud, _ := s.Service("cloud")
	m := defaults(smallBook("2015"), cloud)
	if len(m.Allocations) != 4 || m.Status != Draft || m.Agreement != "MSA 2024" {
		t.Fatalf("got %+v", m)
	}
	if i := slices.IndexFunc(m.Allocations, func(a Allocation) bool { return a.Basis != (Basis{Kind: DefaultBasis}) }); i >= 0 {
		t.Errorf("line %+v rests on more than the default", m.Allocations[i])
	}
	mailer, _ := s.Service("mailer")
	if a, _ := defaults(smallBook("2015"), mailer).Line("CLD.9.5.2-C1"); a.Who() != ByProvider {
		t.Errorf("the model is not asked: %+v", a)
	}
}
