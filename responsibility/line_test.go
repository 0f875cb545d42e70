// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

func TestCheckLines_TellsEveryFaultAtItsField(t *testing.T) {
	s := estate()
	cloud, _ := s.Service("cloud")
	good := settledLine("12.3.1-C1")
	for name, c := range map[string]struct {
		change func(*Allocation)
		want   []string // fields
	}{
		"nothing":            {func(*Allocation) {}, nil},
		"a duty of nowhere":  {func(a *Allocation) { a.Duty = "99.9-C1" }, []string{"duty"}},
		"of another edition": {func(a *Allocation) { a.Duty = "5.38-P1" }, []string{"duty"}},
		"shares":             {func(a *Allocation) { a.Customer, a.Provider = "all", "" }, []string{"customer", "provider"}},
		"basis":              {func(a *Allocation) { a.Basis.Kind = "hope" }, []string{"basis"}},
		"a stranger":         {func(a *Allocation) { a.CustomerOwner = "zoe" }, []string{"customer_owner"}},
		"theirs":             {func(a *Allocation) { a.ProviderContact = "zoe" }, nil},
		"evidence":           {func(a *Allocation) { a.Evidence = []string{"x", " "} }, []string{"evidence[1]"}},
		"too much evidence":  {func(a *Allocation) { a.Evidence = slices.Repeat([]string{"x"}, evidenceMost+1) }, []string{"evidence"}},
		"a book":             {func(a *Allocation) { a.Split = strings.Repeat("é", textMost+1) }, []string{"split"}},
		"at its limit":       {func(a *Allocation) { a.Note = strings.Repeat("é", textMost) }, nil},
		"a long name":        {func(a *Allocation) { a.Basis.Reference = strings.Repeat("x", nameMost+1) }, []string{"reference"}},
	} {
		a := good
		c.change(&a)
		err := checkLines([]Allocation{a}, cloud, s, smallBook(catalogue.Edition2015))
		var faults LineFaults
		if errors.As(err, &faults); err != nil && problem.Of(err) != problem.Invalid {
			t.Errorf("%s: %v", name, err)
		}
		var got []string
		for _, f := range faults {
			got = append(got, f.Field)
			if f.Duty != a.Duty || !strings.Contains(err.Error(), f.Says) {
				t.Errorf("%s: the problem does not tell %+v", name, f)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: faults at %q, want %q", name, got, c.want)
		}
	}
	err := checkLines([]Allocation{good, good}, cloud, s, smallBook(catalogue.Edition2015))
	if err == nil || !strings.Contains(err.Error(), "two lines") {
		t.Errorf("one duty twice: %v", err)
	}
}

// What CheckLines lets through, the reader of files takes, and the other way.
func TestCheckLines_AsTheReaderOfFiles(t *testing.T) {
	s := estate()
	cloud, _ := s.Service("cloud")
	b := smallBook(catalogue.Edition2015)
	rapid.Check(t, func(r *rapid.T) {
		a := settledLine("12.3.1-C1")
		a.Customer = rapid.SampledFrom([]Share{None, SharesBoth, "", "all"}).Draw(r, "customer")
		a.Basis.Kind = rapid.SampledFrom([]BasisKind{Assumption, "", "hope"}).Draw(r, "basis")
		a.CustomerOwner = rapid.SampledFrom([]string{"", "ada", "zoe"}).Draw(r, "owner")
		a.Evidence = rapid.SliceOfN(rapid.SampledFrom([]string{"x", ""}), 0, 2).Draw(r, "evidence")
		one := checkLines([]Allocation{a}, cloud, s, b)
		_, other := encodeMatrix(Matrix{Service: "cloud", Edition: catalogue.Edition2015, Version: 1, Allocations: []Allocation{a}, Status: Draft}, b)
		if stranger := a.CustomerOwner == "zoe"; !stranger && (one == nil) != (other == nil) {
			r.Errorf("the line gives %v, the file %v", one, other)
		}
	})
}

func TestWithLines(t *testing.T) {
	b := smallBook(catalogue.Edition2015)
	m := Matrix{Service: "cloud", Edition: catalogue.Edition2015, Allocations: []Allocation{settledLine("12.3.1-C1"), settledLine("CLD.9.5.2-C1")}}
	was := slices.Clone(m.Allocations)
	changed := settledLine("CLD.9.5.2-C1")
	changed.Note = "new"
	got := withLines(m, []Allocation{changed, settledLine("CLD.6.3.1-C1"), settledLine("12.3.1-P1")}, b)
	var order []string
	for _, a := range got.Allocations {
		order = append(order, a.Duty+a.Note)
	}
	if want := []string{"12.3.1-C1", "12.3.1-P1", "CLD.6.3.1-C1", "CLD.9.5.2-C1new"}; !slices.Equal(order, want) {
		t.Errorf("the lines are %q, want %q", order, want)
	}
	if !reflect.DeepEqual(m.Allocations, was) {
		t.Error("the matrix that was handed in changed")
	}
}

// Material tells something exactly when the digest of a sign-off is another one:
// a change that makes a sign-off stale is always named, and nothing else is.
func TestMaterial_IsWhatTheDigestCovers(t *testing.T) {
	s := estate()
	cloud, _ := s.Service("cloud")
	words := rapid.SampledFrom([]string{"", "x", "y"})
	rapid.Check(t, func(r *rapid.T) {
		m := settledMatrix(t, s, "cloud")
		now, is := m, cloud
		now.Allocations = slices.Clone(m.Allocations)
		switch rapid.IntRange(0, 4).Draw(r, "what") {
		case 0: // a field of the service, whichever
			set(r, reflect.ValueOf(&is).Elem(), words)
		case 1: // of a line
			set(r, reflect.ValueOf(&now.Allocations[rapid.IntRange(0, len(now.Allocations)-1).Draw(r, "line")]).Elem(), words)
		case 2: // of the matrix
			now.Customer, now.Agreement, now.Version = words.Draw(r, "customer"), words.Draw(r, "agreement"), 9
		case 3:
			now.Allocations = now.Allocations[1:]
		case 4:
			slices.Reverse(now.Allocations)
		}
		stale := Digest(m, cloud) != Digest(now, is)
		if told := Material(m, cloud, now, is); (len(told) > 0) != stale {
			r.Errorf("stale: %v, and what changed is told as %+v", stale, told)
		}
	})
}

// set changes one field of a struct of words, lists of words, or a basis.
func set(r *rapid.T, v reflect.Value, words *rapid.Generator[string]) {
	f := v.Field(rapid.IntRange(0, v.NumField()-1).Draw(r, "field"))
	switch f.Kind() {
	case reflect.String:
		f.SetString(words.Draw(r, "word"))
	case reflect.Slice:
		f.Set(reflect.ValueOf(rapid.SliceOfN(rapid.SampledFrom([]string{"x", "y"}), 0, 2).Draw(r, "words"))) // the readers let no empty word in
	case reflect.Struct:
		set(r, f, words)
	}
}

func TestServiceChanges_Words(t *testing.T) {
	was := scope.Service{ID: "cloud", Model: catalogue.IaaS, Regions: []string{"b", "a"}, Name: "Big Cloud"}
	is := scope.Service{ID: "cloud", Model: catalogue.PaaS, Regions: []string{"a", "b", "c"}, Name: "Bigger Cloud"}
	want := []Difference{{Field: "model of the service", Left: "iaas", Right: "paas"}, {Field: "regions", Left: "a, b", Right: "a, b, c"}}
	if got := ServiceChanges(was, is); !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}
