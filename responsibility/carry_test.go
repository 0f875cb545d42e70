// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"slices"
	"strings"
	"testing"

	"demarc.dev/demarc/problem"
)

// A file is text: whatever it claims beyond the store, nothing stands by it.
func TestCarry_SignsNothing(t *testing.T) {
	s := estate()
	cloud, _ := s.Service("cloud")
	draft := Matrix{Service: "cloud", Edition: "2015", Status: Draft, Allocations: []Allocation{settledLine("12.3.1-C1")}}
	agreed, err := Sign(draft, cloud, "Ada", day("2026-03-02"))
	if err != nil {
		t.Fatal(err)
	}
	done, err := Acknowledge(agreed, cloud, "Their Counsel", day("2026-03-09"))
	if err != nil {
		t.Fatal(err)
	}
	edited := func(m Matrix, f func(*Matrix)) Matrix {
		if m.SignOff != nil {
			sign := *m.SignOff
			m.SignOff = &sign
		}
		f(&m)
		return m
	}
	now := day("2026-04-01")
	for _, test := range []struct {
		what     string
		stored   *Matrix
		imported Matrix
		says     string
	}{
		{"a sign-off of nobody, first import", nil, agreed, "claims a sign-off by Ada on 2026-03-02"},
		{"a sign-off over a draft", &draft, agreed, "claims a sign-off by Ada"},
		{"a status alone", nil, edited(draft, func(m *Matrix) { m.Status = Acknowledged }), "claims the status acknowledged and no sign-off"},
		{"another signer", &done, edited(done, func(m *Matrix) { m.SignOff.By = "Eve" }), "claims a sign-off by Eve"},
		{"another day", &done, edited(done, func(m *Matrix) { m.SignOff.On = "2025-01-01" }), "on 2025-01-01"},
		{"another digest", &done, edited(done, func(m *Matrix) { m.SignOff.Digest = "sha256:" + strings.Repeat("0", 64) }), "claims a sign-off"},
		{"an acknowledgement", &agreed, done, "claims an acknowledgement by Their Counsel"},
		{"another acknowledgement", &done, edited(done, func(m *Matrix) { m.SignOff.AcknowledgedBy = "Eve" }), "claims an acknowledgement by Eve"},
		{"an acknowledgement taken out", &done, agreed, "lacks the acknowledgement by Their Counsel"},
		{"a higher status", &agreed, edited(agreed, func(m *Matrix) { m.Status = Sent }), "claims the status sent_to_counterparty"},
		{"a lower status", &done, edited(done, func(m *Matrix) { m.Status = Draft }), "claims the status draft"},
		{"no sign-off any more", &done, draft, "holds no sign-off"},
	} {
		got, told := Carry(test.stored, test.imported, cloud)
		if got.Status != Draft || got.SignOff != nil || Standing(got, cloud, now) != Draft {
			t.Errorf("%s: it stands %s by %+v", test.what, got.Status, got.SignOff)
		}
		if len(told) != 1 || !strings.Contains(told[0], test.says) {
			t.Errorf("%s: told %q, want %q in it", test.what, told, test.says)
		}
	}
	for what, m := range map[string]Matrix{"draft": draft, "agreed": agreed, "acknowledged": done} {
		got, told := Carry(&m, m, cloud)
		if len(told) > 0 || got.Status != m.Status || Standing(got, cloud, now) != Standing(m, cloud, now) {
			t.Errorf("%s, taken over as it is: %s, told %q", what, got.Status, told)
		}
	}
	if got, told := Carry(nil, draft, cloud); got.Status != Draft || len(told) > 0 {
		t.Errorf("a draft as the first matrix: %s, told %q", got.Status, told)
	}
}

// A signed matrix whose lines were edited keeps its sign-off, as a stale one.
func TestCarry_Stale(t *testing.T) {
	s := estate()
	cloud, _ := s.Service("cloud")
	m := Matrix{Service: "cloud", Edition: "2015", Status: Draft, Allocations: []Allocation{settledLine("12.3.1-C1")}}
	agreed, err := Sign(m, cloud, "Ada", day("2026-03-02"))
	if err != nil {
		t.Fatal(err)
	}
	file := agreed
	file.Allocations = slices.Clone(agreed.Allocations)
	file.Allocations[0].Provider = Accounts
	got, told := Carry(&agreed, file, cloud)
	if got.SignOff == nil || *got.SignOff != *agreed.SignOff || Standing(got, cloud, day("2026-04-01")) != Stale {
		t.Errorf("the matrix is %s by %+v", Standing(got, cloud, day("2026-04-01")), got.SignOff)
	}
	if len(told) != 1 || !strings.Contains(told[0], "stale") {
		t.Errorf("told %q", told)
	}
	got.SignOff.By = "Eve"
	if agreed.SignOff.By != "Ada" {
		t.Error("the result shares its sign-off with what is stored")
	}
}

func TestAcknowledge_Once(t *testing.T) {
	s := estate()
	cloud, _ := s.Service("cloud")
	m := Matrix{Service: "cloud", Edition: "2015", Status: Draft, Allocations: []Allocation{settledLine("12.3.1-C1")}}
	m, err := Sign(m, cloud, "Ada", day("2026-03-02"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Acknowledge(m, cloud, "Them", day("2026-03-01")); problem.Of(err) != problem.Conflict {
		t.Errorf("acknowledged before it was signed: %v", err)
	}
	if m, err = Acknowledge(m, cloud, "Them", day("2026-03-09")); err != nil {
		t.Fatal(err)
	}
	again, err := Acknowledge(m, cloud, "Them", day("2026-03-20"))
	if err != nil || again.SignOff.AcknowledgedOn != "2026-03-09" {
		t.Errorf("the same again: %+v, %v", again.SignOff, err)
	}
	if _, err := Acknowledge(m, cloud, "Eve", day("2026-03-20")); problem.Of(err) != problem.Conflict || !strings.Contains(err.Error(), "Them") {
		t.Errorf("somebody else: %v", err)
	}
	if m, err = Sign(m, cloud, "Ada", day("2026-03-21")); err != nil {
		t.Fatal(err)
	}
	if m, err = Acknowledge(m, cloud, "Eve", day("2026-03-22")); err != nil || m.SignOff.AcknowledgedBy != "Eve" {
		t.Errorf("after a new sign-off: %v", err)
	}
}
