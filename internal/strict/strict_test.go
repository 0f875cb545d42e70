// SPDX-License-Identifier: Apache-2.0

package strict

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"demarc.dev/demarc/problem"
)

// register holds every kind of field that the reader knows.
type register struct {
	Name    string            `yaml:"name"`
	Count   int               `yaml:"count,omitempty"`
	Active  bool              `yaml:"active,omitempty"`
	Since   time.Time         `yaml:"since,omitempty"`
	Owner   *person           `yaml:"owner,omitempty"`
	People  []person          `yaml:"people,omitempty"`
	Words   []string          `yaml:"words,omitempty"`
	Labels  map[string]string `yaml:"labels,omitempty"`
	Rooms   map[string]person `yaml:"rooms,omitempty"`
	Private string            `yaml:"-"`
	Bare    string
}

type person struct {
	ID   string `yaml:"id"`
	Role role   `yaml:"role,omitempty"`
}

type role string

const good = `name: 012345678901
count: -3
active: true
since: 2026-03-31
owner: {id: ada, role: yes}
people:
  - id: bob
  - id: eve
    role: ~
words: [1, 2.50, true, "~", 2026-01-01]
labels: {b: x, a: "y"}
rooms:
  hall: {id: h}
`

func TestRead(t *testing.T) {
	var got register
	if err := Read("r.yaml", []byte(good), &got).Err(); err != nil {
		t.Fatal(err)
	}
	want := register{Name: "012345678901", Count: -3, Active: true, Since: time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC), Owner: &person{"ada", "yes"},
		People: []person{{ID: "bob"}, {ID: "eve"}}, Words: []string{"1", "2.50", "true", "~", "2026-01-01"}, Labels: map[string]string{"a": "y", "b": "x"},
		Rooms: map[string]person{"hall": {ID: "h"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRead_Faults(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"unknown field":    {"nmae: x\n", `r.yaml:1: nmae: the format has no field "nmae" here; did you mean "name"?`},
		"field without":    {"Bare: x\n", `r.yaml:1: Bare: the format has no field "Bare" here`},
		"private field":    {"private: x\n", "the format has no field"},
		"twice":            {"name: x\ncount: 1\nname: y\n", "r.yaml:3: name: the field stands twice, first in line 1"},
		"twice in a map":   {"labels:\n  a: x\n  a: y\n", "r.yaml:3: labels.a: the field stands twice, first in line 2"},
		"number":           {"count: many\n", `r.yaml:1: count: "many" is not a whole number`},
		"fraction":         {"count: 1.5\n", `count: "1.5" is not a whole number`},
		"huge":             {"count: 99999999999999999999\n", "is not a whole number"},
		"truth":            {"active: yes\n", `r.yaml:1: active: "yes" is neither true nor false`},
		"quoted truth":     {"active: \"true\"\n", "is neither true nor false"},
		"day":              {"since: 31.3.2026\n", `since: "31.3.2026" is not a day such as 2026-03-31`},
		"no such day":      {"since: 2026-02-30\n", "is not a day"},
		"the first day":    {"since: 0001-01-01\n", "is not a day"},
		"list for word":    {"name: [x]\n", "r.yaml:1: name: here stands a list; the format wants one value"},
		"table for list":   {"people: {id: x}\n", "people: here stands a table; the format wants a list"},
		"word for table":   {"owner: ada\n", `owner: here stands "ada"; the format wants a table of fields`},
		"word for list":    {"words: ada\n", `words: here stands "ada"; the format wants a list`},
		"within a list":    {"people:\n  - id: x\n  - {id: [y]}\n", "r.yaml:3: people[1].id: here stands a list"},
		"within a map":     {"rooms:\n  hall:\n    nid: x\n", `r.yaml:3: rooms.hall.nid: the format has no field "nid" here; did you mean "id"?`},
		"anchor":           {"name: &a x\n", "r.yaml:1: name: anchors and aliases are not part of this format"},
		"alias":            {"name: &a x\nbare: *a\n", "anchors and aliases"},
		"merge":            {"owner: {<<: {id: x}}\n", "owner: a field's name must be a plain word"},
		"list as a name":   {"[a]: x\n", "a field's name must be a plain word"},
		"binary":           {"name: !!binary aGk=\n", "the tag !!binary is not part of this format"},
		"own tag":          {"name: !secret x\n", "the tag !secret is not part of this format"},
		"two documents":    {"name: x\n---\nname: y\n", "r.yaml:2: the file holds more than one document"},
		"broken second":    {"name: x\n---\n{\n", "the file holds more than one document"},
		"empty":            {"", "r.yaml:1: the file is empty"},
		"comments only":    {"# nothing\n", "the file is empty"},
		"not YAML":         {"name: [x\n", "this is not YAML"},
		"tab":              {"people:\n\t- id: x\n", "r.yaml:2: this is not YAML"},
		"list at the top":  {"- x\n", "r.yaml:1: here stands a list; the format wants a table of fields"},
		"control sign":     {"name: \x01\n", "this is not YAML"},
		"not UTF-8":        {"name: \xff\xfe\n", "this is not YAML"},
		"too large":        {"name: " + strings.Repeat("x", MaxSize), fmt.Sprintf("the most is %d", MaxSize)},
		"alias of an open": {"people: &a\n- *a\n", "anchors and aliases"},
	} {
		t.Run(name, func(t *testing.T) {
			var into register
			err := Read("r.yaml", []byte(c.text), &into).Err()
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got:\n%v\nwant:\n%s", err, c.want)
			}
			var faults Faults
			if problem.Of(err) != problem.Invalid || !errors.As(err, &faults) || len(faults) == 0 {
				t.Errorf("kind %v, faults %v", problem.Of(err), faults)
			}
		})
	}
}

// What could be read is there beside the faults, and all faults are told by
// line.
func TestRead_GoesOn(t *testing.T) {
	var into register
	doc := Read("r.yaml", []byte("count: x\nname: ada\nactive: 1\nowner: {id: bob, age: 3}\n"), &into)
	if into.Name != "ada" || into.Owner == nil || into.Owner.ID != "bob" {
		t.Errorf("what stands after a fault was not read: %+v", into)
	}
	doc.Fault("owner.role", "it is missing")
	doc.Fault("count", "it must be above 0") // nobody could read it: that is told already
	var fields []string
	for _, f := range doc.Faults() {
		fields = append(fields, fmt.Sprintf("%d %s", f.Line, f.Field))
	}
	if want := []string{"1 count", "3 active", "4 owner.age", "4 owner.role"}; !slices.Equal(fields, want) {
		t.Errorf("faults %q, want %q", fields, want)
	}
	if hint := doc.Err().(*problem.Problem).Hint; hint != "mend these 4 faults and read the file again" {
		t.Errorf("hint %q", hint)
	}
}

func TestDoc_Line(t *testing.T) {
	var into register
	doc := Read("r.yaml", []byte(good), &into)
	for path, want := range map[string]int{"": 1, "name": 1, "people": 6, "people[1].role": 9, "people[1].gone": 8, "people[7].id": 6, "rooms.hall.id": 13, "gone.deep[3].er": 1} {
		if got := doc.Line(path); got != want {
			t.Errorf("line of %q is %d, want %d", path, got, want)
		}
	}
	if !doc.Has("people[1].role") || doc.Has("people[0].role") {
		t.Error("Has does not tell what stands in the file")
	}
}

func TestDoc_BoundsItsFaults(t *testing.T) {
	var into register
	doc := Read("r.yaml", []byte("words: ["+strings.Repeat("[],", 500)+"]"), &into)
	err := doc.Err()
	if !doc.Full() || strings.Count(err.Error(), "\n") != maxFaults || !strings.HasSuffix(err.Error(), "r.yaml: and 300 faults more") {
		t.Errorf("full %v, %d lines", doc.Full(), strings.Count(err.Error(), "\n"))
	}
	if hint := err.(*problem.Problem).Hint; hint != "mend these 500 faults and read the file again" {
		t.Errorf("hint %q", hint)
	}
	own := New("x.csv")
	own.At(3, "who", "%q is unclear", "x")
	if own.Full() || own.Err().Error() != `x.csv:3: who: "x" is unclear` {
		t.Errorf("got %v", own.Err())
	}
}

func TestDidYouMean(t *testing.T) {
	known := []string{"customer", "provider", "both"}
	for word, want := range map[string]string{"custmer": "customer", "PROVIDER": "provider", "bot": "both", "neither": "", "": "", strings.Repeat("x", 300): ""} {
		got := DidYouMean(word, known)
		if want != "" {
			want = fmt.Sprintf("; did you mean %q?", want)
		}
		if got != want {
			t.Errorf("%.20q: %q, want %q", word, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"ab", "ba", 2}} {
		if got := distance(c.a, c.b, 9); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestWrite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String()
		r := register{Name: text.Draw(t, "name"), Count: rapid.Int().Draw(t, "count"), Active: rapid.Bool().Draw(t, "active"),
			People: []person{{ID: text.Draw(t, "id"), Role: role(text.Draw(t, "role"))}}, Words: rapid.SliceOfN(text, 1, 4).Draw(t, "words"),
			Labels: rapid.MapOfN(rapid.StringMatching(`[a-z ~:#'"-]{1,8}`), text, 1, 3).Draw(t, "labels")}
		if rapid.Bool().Draw(t, "since") {
			r.Since = time.Date(rapid.IntRange(1, 9999).Draw(t, "year"), 2, 28, 0, 0, 0, 0, time.UTC)
		}
		if rapid.Bool().Draw(t, "owner") {
			r.Owner = &person{ID: text.Draw(t, "owner")}
		}
		plain, err := Write(r)
		if err != nil {
			t.Fatal(err)
		}
		remark := text.Draw(t, "remark")
		remarked, err := Commented(r, func(string) string { return remark })
		if err != nil {
			t.Fatal(err)
		}
		for _, data := range [][]byte{plain, remarked} {
			var back register
			if err := Read("r.yaml", data, &back).Err(); err != nil {
				t.Fatalf("%v\n%s", err, data)
			}
			if diff := cmp.Diff(r, back); diff != "" {
				t.Fatalf("(-written +read):\n%s\n%s", diff, data)
			}
		}
	})
	if _, err := Write(register{Name: "\xff"}); err == nil {
		t.Error("bytes that are no text were written")
	}
}

func TestCommented(t *testing.T) {
	words := map[string]string{"": "A register.\nOf the tests.", "people": "\nAll of them.", "people[1]": "eve\x00\u2028 # x", "people[1].role": "why"}
	got, err := Commented(register{Name: "n", People: []person{{ID: "bob"}, {ID: "eve", Role: "r"}}}, func(p string) string { return words[p] })
	if err != nil {
		t.Fatal(err)
	}
	want := "# A register.\n# Of the tests.\n\nname: n\n\n# All of them.\npeople:\n  - id: bob\n  # eve   # x\n  - id: eve\n    # why\n    role: r\n"
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("name: &a x\nbare: *a\n"))
	f.Add([]byte("owner: {<<: {id: x}}\n? [a]\n: b\n"))
	f.Add([]byte("people: [{id: x}, 3, [], ~]\nlabels: {~: x, 1: y}\n"))
	f.Add([]byte("name: \"\\u0085\\u2028\"\nwords: ['', \"\\n\"]\n--- \n..."))
	f.Fuzz(func(t *testing.T, data []byte) {
		var into register
		doc := Read("f", data, &into)
		if err := doc.Err(); err != nil {
			for _, fault := range doc.Faults() {
				if fault.Says == "" || fault.Line < 0 {
					t.Fatalf("a fault without words: %+v", fault)
				}
			}
			return
		}
		out, err := Write(into)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		var back register
		if err := Read("f", out, &back).Err(); err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, out)
		}
		if again, err := Write(back); err != nil || string(again) != string(out) {
			t.Fatalf("not canonical: %v\n%s\n%s", err, out, again)
		}
		if !reflect.DeepEqual(back.Words, into.Words) || back.Name != into.Name {
			t.Fatalf("other words came back: %+v %+v", into, back)
		}
	})
}
