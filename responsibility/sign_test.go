// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"slices"
	"testing"
	"time"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// The life of a matrix: each step changes one thing, and the standing must
// follow.
func TestStanding(t *testing.T) {
	s := estate()
	cloud, _ := s.Service("cloud")
	m := Matrix{Service: "cloud", Edition: "2015", Status: Draft, Allocations: []Allocation{settledLine("12.3.1-C1")}}
	stands := func(what string, m Matrix, service scope.Service, on string, want Status) {
		t.Helper()
		if got := Standing(m, service, day(on)); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	stands("new", m, cloud, "2026-03-01", Draft)
	agreed, err := Sign(m, cloud, "Ada", day("2026-03-02"))
	if err != nil {
		t.Fatal(err)
	}
	stands("signed", agreed, cloud, "2026-03-02", InternallyAgreed)
	stands("the day before", agreed, cloud, "2026-03-01", Draft)
	sent, err := Send(agreed, cloud, day("2026-03-03"))
	if err != nil {
		t.Fatal(err)
	}
	stands("sent", sent, cloud, "2026-03-03", Sent)
	done, err := Acknowledge(sent, cloud, "Their Counsel", day("2026-03-09"))
	if err != nil {
		t.Fatal(err)
	}
	stands("acknowledged", done, cloud, "2026-03-09", Acknowledged)
	stands("before the acknowledgement", done, cloud, "2026-03-08", Sent)

	changed := done
	changed.Allocations = slices.Clone(done.Allocations)
	changed.Allocations[0].Provider = Accounts
	stands("a line changed", changed, cloud, "2026-03-10", Stale)
	moved := cloud
	moved.Regions = []string{"us-east-1"}
	stands("a region changed", done, moved, "2026-03-10", Stale)
	again, err := Sign(changed, cloud, "Ada", day("2026-03-11"))
	if err != nil || again.SignOff.AcknowledgedBy != "" {
		t.Fatalf("an acknowledgement outlived what was acknowledged: %+v %v", again.SignOff, err)
	}
	stands("signed again", again, cloud, "2026-03-11", InternallyAgreed)
	if done.SignOff.AcknowledgedBy != "Their Counsel" || sent.SignOff.AcknowledgedBy != "" || m.SignOff != nil {
		t.Error("a step changed the matrix it was given")
	}

	bare := done
	bare.SignOff = nil
	stands("a status that nobody signed", bare, cloud, "2026-03-10", Draft)
}

func TestSign_Refuses(t *testing.T) {
	s := estate()
	cloud, _ := s.Service("cloud")
	mailer, _ := s.Service("mailer")
	m := Matrix{Service: "cloud", Edition: "2015", Status: Draft, Allocations: []Allocation{settledLine("12.3.1-C1")}}
	at := day("2026-03-01")
	fails := func(what string, kind problem.Kind, err error) {
		t.Helper()
		if err == nil || problem.Of(err) != kind {
			t.Errorf("%s: %v, want a problem of kind %v", what, err, kind)
		}
	}
	_, err := Sign(m, cloud, " ", at)
	fails("nobody signs", problem.Usage, err)
	_, err = Sign(m, mailer, "Ada", at)
	fails("another service", problem.Invalid, err)
	_, err = Sign(Matrix{Service: "cloud"}, cloud, "Ada", at)
	fails("an empty matrix", problem.Invalid, err)
	_, err = Send(m, cloud, at)
	fails("an unsigned matrix is sent", problem.Conflict, err)
	_, err = Acknowledge(m, cloud, "Them", at)
	fails("an unsigned matrix is acknowledged", problem.Conflict, err)
	signed, err := Sign(m, cloud, "Ada", at)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Acknowledge(signed, cloud, "", at)
	fails("nobody acknowledges", problem.Usage, err)
	signed.Agreement = "another"
	_, err = Send(signed, cloud, at)
	fails("a stale matrix is sent", problem.Conflict, err)
	_, err = Acknowledge(signed, cloud, "Them", at)
	fails("a stale matrix is acknowledged", problem.Conflict, err)
}

func TestDigest(t *testing.T) {
	s := estate()
	cloud, _ := s.Service("cloud")
	base := Matrix{Service: "cloud", Edition: "2015", Version: 1, Status: Draft, Customer: "L", Provider: "B", Agreement: "M",
		Allocations: []Allocation{settledLine("12.3.1-C1"), settledLine("12.3.1-P1")}}
	change := func(f func(m *Matrix)) string {
		m := base
		m.Allocations = slices.Clone(base.Allocations)
		f(&m)
		return Digest(m, cloud)
	}
	for what, f := range map[string]func(m *Matrix){
		"edition": func(m *Matrix) { m.Edition = catalogue.Edition2026 }, "customer": func(m *Matrix) { m.Customer = "x" }, "provider": func(m *Matrix) { m.Provider = "x" },
		"agreement": func(m *Matrix) { m.Agreement = "x" }, "share": func(m *Matrix) { m.Allocations[0].Customer = Performs }, "split": func(m *Matrix) { m.Allocations[0].Split = "x" },
		"owner": func(m *Matrix) { m.Allocations[0].CustomerOwner = "x" }, "contact": func(m *Matrix) { m.Allocations[0].ProviderContact = "x" },
		"basis": func(m *Matrix) { m.Allocations[0].Basis.Reference = "x" }, "rationale": func(m *Matrix) { m.Allocations[0].Rationale = "x" },
		"line": func(m *Matrix) { m.Allocations = m.Allocations[1:] },
	} {
		if change(f) == Digest(base, cloud) {
			t.Errorf("a changed %s leaves the digest", what)
		}
	}
	for what, f := range map[string]func(m *Matrix){
		"evidence": func(m *Matrix) { m.Allocations[0].Evidence = []string{"x"} }, "note": func(m *Matrix) { m.Allocations[0].Note = "x" },
		"version": func(m *Matrix) { m.Version = 9 }, "status": func(m *Matrix) { m.Status = Sent }, "sign-off": func(m *Matrix) { m.SignOff = &SignOff{By: "x"} },
		"order": func(m *Matrix) { slices.Reverse(m.Allocations) }, "file": func(m *Matrix) { m.File = "x" },
	} {
		if change(f) != Digest(base, cloud) {
			t.Errorf("a changed %s changes the digest", what)
		}
	}
	if want := "sha256:"; Digest(base, cloud)[:7] != want || len(Digest(base, cloud)) != 71 {
		t.Errorf("digest %q", Digest(base, cloud))
	}
}
