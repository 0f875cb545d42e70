// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"slices"
	"strings"
	"testing"
)

func load(t testing.TB) *Catalogue {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLoad_HoldsWhatTheStandardsHold(t *testing.T) {
	c := load(t)
	in2015, cloud, fresh := 0, 0, 0
	for _, control := range c.Controls() {
		first := control.Clauses[0]
		switch {
		case first.Edition == Edition2026:
			fresh++
		case strings.HasPrefix(first.ID, "CLD."):
			cloud++
			in2015++
		default:
			in2015++
		}
	}
	sections, four, guided := c.Sections(), 0, 0
	for _, s := range sections {
		if s.Guidance != "none" {
			guided++
		}
		if s.CloudControl {
			four++
		}
	}
	papers := 0
	for _, clause := range c.Clauses() {
		papers += len(clause.Papers)
	}
	for what, n := range map[string][2]int{
		"controls of 2015":                 {in2015, 44},
		"of them CLD":                      {cloud, 7},
		"controls that 2026 begins":        {fresh, 6},
		"duties of 2015":                   {len(c.Duties(Edition2015, "")), 279},
		"customer duties of 2015":          {len(c.Duties(Edition2015, Customer)), 148},
		"provider duties of 2015":          {len(c.Duties(Edition2015, Provider)), 131},
		"duties of 2026":                   {len(c.Duties(Edition2026, "")), 298},
		"duties of both editions":          {len(c.Duties("", "")), 279 + 27},
		"clauses of 2026":                  {len(sections), 97},
		"clauses with cloud guidance":      {guided, 43},
		"cloud controls of 2026":           {four, 4},
		"clauses of 27001":                 {len(c.Clauses()), 25},
		"papers of 27001":                  {papers, 35},
		"frameworks":                       {len(c.Frameworks()), 9},
		"controls of 27001:2022 Annex A":   {len(c.Frameworks()[0].Parts), 93},
		"controls of 27001:2013 Annex A":   {len(c.Frameworks()[1].Parts), 114},
		"crossings from 2013 to 2022":      {len(c.Crossings("iso27001-2013", "iso27001-2022")), 115},
		"threats":                          {len(c.Threats()), 43},
		"entries of public threat lists":   {len(c.ThreatLists()), 57},
		"citations that are often wrong":   {len(c.Citations()), 16},
		"themes of 2015 that hold control": {len(c.Themes(Edition2015)), 14},
		"themes of 2026 that hold control": {len(c.Themes(Edition2026)), 4},
	} {
		if n[0] != n[1] {
			t.Errorf("%s: %d, want %d", what, n[0], n[1])
		}
	}
}

func TestThemes_HoldEachControlOnce(t *testing.T) {
	c := load(t)
	for _, edition := range []Edition{Edition2015, Edition2026} {
		var held []string
		for _, theme := range c.Themes(edition) {
			held = append(held, theme.Controls...)
		}
		var want []string
		for _, control := range c.Controls() {
			if slices.ContainsFunc(control.Clauses, func(l Clause) bool { return l.Edition == edition }) {
				want = append(want, control.Key)
			}
		}
		slices.Sort(held)
		slices.Sort(want)
		if !slices.Equal(held, want) {
			t.Errorf("%s: the themes hold %v, want %v", edition, held, want)
		}
	}
}

func TestControl_IsFoundByKeyAndNumber(t *testing.T) {
	c := load(t)
	for word, key := range map[string]string{"shared-roles": "shared-roles", "CLD.6.3.1": "shared-roles", " cld.6.3.1 ": "shared-roles", "5.38": "shared-roles", "5.1.1": "cloud-policy", "5.1": "cloud-policy",
		"8.35": "tenant-segregation", "8.9": "configuration", "8.24": "cryptography", "5.31": "applicable-law", "8.10": "asset-removal", "5.30": "continuity-readiness", "8.15": "event-logging"} {
		control, ok := c.Control(word)
		if !ok || control.Key != key {
			t.Errorf("Control(%q) = %q, %v, want %q", word, control.Key, ok, key)
		}
	}
	for _, word := range []string{"", "12.4.6", "6.3.1", "5.12", "no"} {
		if control, ok := c.Control(word); ok {
			t.Errorf("Control(%q) = %q, want none", word, control.Key)
		}
	}
	keys := func(controls []Control) (out []string) {
		for _, control := range controls {
			out = append(out, control.Key)
		}
		return out
	}
	if got := keys(c.At(Edition2026, "8.24")); !slices.Equal(got, []string{"cryptography", "key-management", "cryptography-law"}) {
		t.Errorf("At(2026, 8.24) = %v", got)
	}
	if got := c.At(Edition2015, "8.24"); got != nil {
		t.Errorf("At(2015, 8.24) = %v, want none", keys(got))
	}
}

func TestDuty_KnowsItsControlEditionAndBasis(t *testing.T) {
	c := load(t)
	for _, d := range c.Duties("", "") {
		got, ok := c.Duty(d.ID)
		control, ok2 := c.ControlOf(d.ID)
		if !ok || !ok2 || got.Text != d.Text || control.Key != d.Control {
			t.Errorf("%s: Duty and ControlOf do not agree with Duties", d.ID)
		}
	}
	if _, ok := c.Duty("12.3.1-C9"); ok {
		t.Error("12.3.1-C9 exists")
	}
	if _, ok := c.ControlOf(""); ok {
		t.Error("the empty duty has a control")
	}
	d, _ := c.Duty("CLD.6.3.1-C1")
	if d.In(Edition2026) || !d.In(Edition2015) {
		t.Error("CLD.6.3.1-C1, which 5.38-C2 replaced, must stand in 2015 only")
	}
	d, _ = c.Duty("9.1.2-C2")
	if d.BasisIn(Edition2015) != BasisGuidance || d.BasisIn(Edition2026) != BasisPractice {
		t.Errorf("9.1.2-C2 rests on %q and %q: 2026 dropped the guidance", d.BasisIn(Edition2015), d.BasisIn(Edition2026))
	}
}

func TestDefault_FollowsTheModel(t *testing.T) {
	c := load(t)
	for _, row := range []struct {
		model              ServiceModel
		duty               string
		customer, provider string
	}{
		{IaaS, "CLD.9.5.2-C1", DoesBoth, DoesNothing},
		{SaaS, "CLD.9.5.2-C1", Accounts, Performs}, // the provider hardens the machines of its service
		{SaaS, "12.1.3-C1", DoesBoth, DoesNothing}, // but nobody else checks the agreed capacity
		{SaaS, "12.1.3-P1", DoesNothing, DoesBoth},
		{IaaS, "8.2.2-P1", DoesNothing, DoesBoth},
		{PaaS, "13.1.3-C2", DoesBoth, DoesNothing},
		{SaaS, "13.1.3-C2", Accounts, Performs},
		{SaaS, "5.38-C2", DoesBoth, DoesNothing},
		{IaaS, "CLD.13.1.4-C2", DoesBoth, DoesNothing}, // whoever builds virtual networks in IaaS keeps them
		{SaaS, "12.4.1-C3", Accounts, Performs},
	} {
		got, ok := c.Default(row.model, row.duty)
		if !ok || got.Customer != row.customer || got.Provider != row.provider || got.Why == "" {
			t.Errorf("Default(%s, %s) = %+v, %v", row.model, row.duty, got, ok)
		}
	}
	for _, model := range []ServiceModel{IaaS, PaaS, SaaS} {
		for _, d := range c.Duties("", "") {
			got, ok := c.Default(model, d.ID)
			own := got.Customer
			if d.Party == Provider {
				own = got.Provider
			}
			if !ok || own != DoesBoth && own != Accounts {
				t.Errorf("Default(%s, %s) = %+v, %v: the party that the standard speaks to must answer", model, d.ID, got, ok)
			}
		}
	}
	if _, ok := c.Default("faas", "5.1.1-C1"); ok {
		t.Error("a model that is not known has a default")
	}
	if _, ok := c.Default(IaaS, "5.1.1-C99"); ok {
		t.Error("a duty that is not known has a default")
	}
}

// TestMappings_AgreeWithTheCorrespondence compares three sources of the same
// fact: which control of 2022 a control of 2013 became.
func TestMappings_AgreeWithTheCorrespondence(t *testing.T) {
	c := load(t)
	became := map[string][]string{}
	for _, x := range c.Crossings("iso27001-2013", "iso27001-2022") {
		became[x.FromID] = append(became[x.FromID], x.ToID)
	}
	for _, control := range c.Controls() {
		first := control.Clauses[0]
		want := became["A."+first.ID]
		if first.Edition == Edition2026 || strings.HasPrefix(first.ID, "CLD.") {
			continue
		}
		var mapped, placed []string
		for _, m := range c.MapsOf(control.Key) {
			if m.Framework == "iso27001-2022" && m.Relation == "equivalent" {
				mapped = append(mapped, m.ID)
			}
		}
		for _, l := range control.Clauses[1:] {
			if l.Relation != RelationPart {
				placed = append(placed, "A."+l.ID)
			}
		}
		if !slices.Equal(mapped, want) || !slices.Equal(placed, want) {
			t.Errorf("%s: 27001:2022 has it as %v, 27017:2026 as %v, the correspondence says %v", control.Key, mapped, placed, want)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(); err != nil {
			b.Fatal(err)
		}
	}
}
