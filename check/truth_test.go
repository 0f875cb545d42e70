// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"demarc.dev/demarc/cloud"
)

// truth is a value of three-valued logic.
type truth int

const (
	no truth = iota
	maybe
	yes
)

func (t truth) outcome() Outcome { return [...]Outcome{Fail, Unknown, Pass}[t] }

// The resource has six bool fields; so has each of the joined ones.
var boolFields = [...]string{"encrypted", "public", "tls_required", "audit_log", "multi_zone", "backed_up"}

var otherFields = [...]string{"public", "public_block", "encrypted", "customer_key", "tls_only", "versioning"}

// formula is a random expression with its own three-valued meaning.
type formula struct {
	text string
	mean func(world) truth
}

// world says what is known: of r, and of each joined resource.
type world struct {
	r      [len(boolFields)]truth
	others [][len(boolFields)]truth
	open   bool
}

func formulas() *rapid.Generator[formula] {
	return rapid.Custom(func(t *rapid.T) formula { return drawFormula(t, 3) })
}

func drawFormula(t *rapid.T, depth int) formula {
	if depth == 0 {
		return drawLeaf(t)
	}
	sub := func() formula { return drawFormula(t, depth-1) }
	switch rapid.IntRange(0, 7).Draw(t, "operator") {
	case 0:
		a, b := sub(), sub()
		return formula{"(" + a.text + " && " + b.text + ")", func(w world) truth { return min(a.mean(w), b.mean(w)) }}
	case 1:
		a, b := sub(), sub()
		return formula{"(" + a.text + " || " + b.text + ")", func(w world) truth { return max(a.mean(w), b.mean(w)) }}
	case 2:
		a := sub()
		return formula{"!" + a.text, func(w world) truth { return yes - a.mean(w) }}
	case 3:
		a, b := sub(), sub()
		return formula{"(" + a.text + " == " + b.text + ")", func(w world) truth { return equal(a.mean(w), b.mean(w)) }}
	case 4:
		a, b := sub(), sub()
		return formula{"(" + a.text + " != " + b.text + ")", func(w world) truth { return yes - equal(a.mean(w), b.mean(w)) }}
	case 5:
		c, a, b := sub(), sub(), sub()
		return formula{"(" + c.text + " ? " + a.text + " : " + b.text + ")", func(w world) truth {
			switch c.mean(w) {
			case yes:
				return a.mean(w)
			case no:
				return b.mean(w)
			}
			return maybe
		}}
	case 6:
		return drawJoin(t)
	}
	return drawLeaf(t)
}

func equal(a, b truth) truth {
	switch {
	case a == maybe || b == maybe:
		return maybe
	case a == b:
		return yes
	}
	return no
}

func drawLeaf(t *rapid.T) formula {
	i := rapid.IntRange(0, len(boolFields)-1).Draw(t, "field")
	return formula{"r." + boolFields[i], func(w world) truth { return w.r[i] }}
}

// drawJoin asks joined resources. What the predicate says of the member that
// stands for the rest of an open list counts only when it changes nothing.
func drawJoin(t *rapid.T) formula {
	i, j := rapid.IntRange(0, len(boolFields)-1).Draw(t, "i"), rapid.IntRange(0, len(boolFields)-1).Draw(t, "j")
	type join = func(a, b truth) truth
	or, and := func(a, b truth) truth { return max(a, b) }, func(a, b truth) truth { return min(a, b) }
	inner, combine := fmt.Sprintf("(d.%s || r.%s)", otherFields[i], boolFields[j]), or
	if rapid.Bool().Draw(t, "and") {
		inner, combine = fmt.Sprintf("(d.%s && r.%s)", otherFields[i], boolFields[j]), and
	}
	each := func(w world, start truth, fold join) truth {
		out := start
		for _, o := range w.others {
			out = fold(out, combine(o[i], w.r[j]))
		}
		if w.open && combine(maybe, w.r[j]) != start {
			out = fold(out, maybe)
		}
		return out
	}
	if rapid.Bool().Draw(t, "exists") {
		return formula{`all("object-store").exists(d, ` + inner + ")", func(w world) truth { return each(w, no, or) }}
	}
	return formula{`all("object-store").all(d, ` + inner + ")", func(w world) truth { return each(w, yes, and) }}
}

func drawWorld(t *rapid.T) world {
	row := func() (out [len(boolFields)]truth) {
		for i := range out {
			out[i] = truth(rapid.IntRange(0, 2).Draw(t, "truth"))
		}
		return out
	}
	w := world{r: row(), open: rapid.Bool().Draw(t, "open")}
	for range rapid.IntRange(0, 2).Draw(t, "others") {
		w.others = append(w.others, row())
	}
	return w
}

func (w world) resources(t *rapid.T) []cloud.Resource {
	make := func(r cloud.Resource, row [len(boolFields)]truth, fields [len(boolFields)]string) cloud.Resource {
		for i, v := range row {
			switch v {
			case yes, no:
				r.Attributes[fields[i]] = v == yes
			case maybe:
				if rapid.Bool().Draw(t, "named") {
					gap(fields[i], cloud.Denied, "x:Get")(&r)
				}
			}
		}
		return r
	}
	out := []cloud.Resource{make(resource(cloud.Database, "db", attrs{}), w.r, boolFields)}
	for n, row := range w.others {
		out = append(out, make(resource(cloud.ObjectStore, fmt.Sprint("store", n), attrs{}), row, otherFields))
	}
	return out
}

func (w world) input() Input {
	if !w.open {
		return Input{}
	}
	return Input{Gaps: []cloud.ScopeGap{{Provider: "aws", Account: "1", Service: "s3", Kinds: []cloud.Kind{cloud.ObjectStore}, Gap: cloud.Gap{Reason: cloud.Denied}}}}
}

// TestThreeValued compares the engine with a brute-force evaluator of Kleene's
// logic, over random expressions and random gaps.
func TestThreeValued(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := formulas().Draw(rt, "formula")
		s, err := Compile([]Check{question("q", cloud.Database, f.text)})
		if err != nil {
			rt.Fatalf("%s: %v", f.text, err)
		}
		for range 8 {
			w := drawWorld(rt)
			in := w.input()
			in.Source, in.Workers, in.Now = sourceOf(w.resources(rt)), 1, testNow()
			findings, _ := runAll(t, s, in)
			if got, want := findings[0].Outcome, f.mean(w).outcome(); got != want {
				rt.Fatalf("%s\nin %+v\nis %s, not %s: %s", f.text, w, got, want, findings[0].Message)
			}
			if findings[0].Outcome == Unknown && (len(findings[0].Fields) == 0 || !strings.Contains(findings[0].Message, "cannot tell: ")) {
				rt.Fatalf("%s: an unknown that names nothing: %+v", f.text, findings[0])
			}
		}
	})
}

// TestThreeValued_Conservative reads what was not read in every way that it
// could be: a decided answer must be the same in all of them.
func TestThreeValued_Conservative(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := formulas().Draw(rt, "formula")
		s, err := Compile([]Check{question("q", cloud.Database, f.text)})
		if err != nil {
			rt.Fatalf("%s: %v", f.text, err)
		}
		ask := func(w world) Outcome {
			in := w.input()
			in.Source, in.Workers, in.Now = sourceOf(w.resources(rt)), 1, testNow()
			findings, _ := runAll(t, s, in)
			return findings[0].Outcome
		}
		w := drawWorld(rt)
		got := ask(w)
		if got == Unknown {
			return
		}
		for range 8 {
			full := world{r: w.r, others: slices.Clone(w.others)}
			if w.open {
				for range rapid.IntRange(0, 2).Draw(rt, "more") {
					full.others = append(full.others, [len(boolFields)]truth{maybe, maybe, maybe, maybe, maybe, maybe})
				}
			}
			read := func(v *truth) {
				if *v == maybe {
					*v = truth(2 * rapid.IntRange(0, 1).Draw(rt, "reading"))
				}
			}
			for i := range full.r {
				read(&full.r[i])
			}
			for n := range full.others {
				for i := range full.others[n] {
					read(&full.others[n][i])
				}
			}
			if other := ask(full); other != got {
				rt.Fatalf("%s\nis %s in %+v\nand %s in its reading %+v", f.text, got, w, other, full)
			}
		}
	})
}

// TestThreeValued_Tables states the tables that the house promises.
func TestThreeValued_Tables(t *testing.T) {
	r := resource(cloud.Database, "db", attrs{"encrypted": true, "public": false}, gap("tls_required", cloud.Denied, "rds:X"))
	for _, c := range []struct {
		test string
		want Outcome
	}{
		{"r.tls_required && r.public", Fail}, {"r.public && r.tls_required", Fail}, {"r.tls_required || r.encrypted", Pass}, {"r.encrypted || r.tls_required", Pass},
		{"!r.tls_required", Unknown}, {"r.tls_required", Unknown}, {"r.tls_required && r.encrypted", Unknown}, {"r.tls_required || r.public", Unknown},
		{"r.tls_required == r.tls_required", Unknown}, {"r.tls_required != true", Unknown}, {"r.tls_required in [true, false]", Unknown},
		{"r.encrypted ? r.encrypted : r.tls_required", Pass}, {"r.tls_required ? true : true", Unknown},
		{"[r.tls_required, r.encrypted].exists(x, x)", Unknown}, {"string(r.tls_required) == 'true'", Unknown},
		{"r.engine.startsWith('post')", Unknown}, {"r.backup_days > 3", Unknown}, {"r.engine.matches('^p')", Unknown}, {"size(r.engine) > 3", Unknown},
	} {
		if f := answer(t, c.test, r); f.Outcome != c.want {
			t.Errorf("%s is %s, not %s: %s", c.test, f.Outcome, c.want, f.Message)
		}
	}
}
