// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"

	"demarc.dev/demarc/cloud"
)

// Set is checks that are ready to run. It does not change and is safe for
// concurrent use.
type Set struct {
	checks   []Check
	programs map[cloud.Kind][]*program // in order of check id
	kinds    map[cloud.Kind]*kindType
	byID     map[string]*source
	language *language
	needs    map[cloud.Kind]bool // kinds that joins ask for
	linking  []joinUse           // the uses of linking, for the index
	linked   bool                // some check follows links
	joined   map[string]bool     // "log-trail.logging": fields of joined resources that a check asks; "linked.x" of any kind
}

// Checks gives the checks of the set, in order of their ids. The slice is the
// caller's.
func (s *Set) Checks() []Check { return slices.Clone(s.checks) }

// Check gives the check with the id.
func (s *Set) Check(id string) (Check, bool) {
	src, ok := s.byID[id]
	if !ok {
		return Check{}, false
	}
	return *src.check, true
}

// source is one check with its expressions parsed.
type source struct {
	check               *Check
	at                  int // in Set.checks
	when, test, message *cel.Ast
	joins               []joinUse
	needs               []cloud.Kind
}

// program is one check planned for one kind.
type program struct {
	check               *Check
	at                  int        // in Set.checks
	when, test, message expression // when may be nil
	fields              []string   // what the answer rests on
	needs               []cloud.Kind
	guarded             bool // a user's check that joins: its cost is watched
	skipped             string
}

// Compile makes checks ready to run. It refuses an expression that does not
// type-check for each of the check's kinds, that may cost too much, or that is
// no bool (test, when) or string (message); two checks with one id; and kinds
// that do not exist. The error holds every fault (see Faults).
func Compile(checks []Check) (*Set, error) {
	l, err := newLanguage()
	if err != nil {
		return nil, err
	}
	s := &Set{checks: slices.Clone(checks), programs: map[cloud.Kind][]*program{}, kinds: l.kinds, byID: map[string]*source{}, needs: map[cloud.Kind]bool{}, joined: map[string]bool{}, language: l}
	slices.SortStableFunc(s.checks, func(a, b Check) int { return strings.Compare(a.ID, b.ID) })
	var faults Faults
	var sources []*source
	for i := range s.checks {
		src, found := s.parse(&s.checks[i])
		src.at = i
		faults = append(faults, found...)
		sources = append(sources, src)
	}
	for _, src := range sources {
		found, err := s.plan(src)
		if err != nil {
			return nil, err
		}
		faults = append(faults, found...)
	}
	if len(faults) > 0 {
		return nil, faults.problem()
	}
	return s, nil
}

// parse looks at what does not depend on the kind.
func (s *Set) parse(c *Check) (*source, Faults) {
	src := &source{check: c}
	var faults Faults
	fault := func(field, what, cure string) { faults = append(faults, c.place.fault(field, what, cure)) }
	if other, taken := s.byID[c.ID]; taken {
		fault("id", fmt.Sprintf("another check is called %s (%s)", c.ID, other.check.File()), "give it a name of its own; a user's check cannot take the name of a built-in one")
	} else {
		s.byID[c.ID] = src
	}
	if c.ID == "" {
		fault("id", "it is missing", "give the file's name without .yaml")
	}
	if len(c.Kinds) == 0 {
		fault("kinds", "there is none", "name at least one kind")
	}
	for i, k := range slices.Concat(c.Kinds, c.Needs) {
		field := fmt.Sprintf("kinds[%d]", i)
		if i >= len(c.Kinds) {
			field = fmt.Sprintf("needs[%d]", i-len(c.Kinds))
		}
		if _, ok := s.kinds[k]; !ok {
			fault(field, fmt.Sprintf("no kind is called %q", k), nearest(string(k), kindWords(s.kinds)))
		}
	}
	for _, e := range []struct {
		field, text string
		into        **cel.Ast
	}{{"when", c.When, &src.when}, {"test", c.Test, &src.test}, {"message", c.Message, &src.message}} {
		if strings.TrimSpace(e.text) == "" {
			if e.field != "when" {
				fault(e.field, "it is missing", "write a CEL expression")
			}
			continue
		}
		parsed, joins, issues := s.language.parse(e.text)
		if issues.Err() != nil {
			faults = append(faults, celFaults(c, e.field, nil, nil, issues)...)
			continue
		}
		*e.into = parsed
		src.joins = append(src.joins, joins...)
	}
	return src, append(faults, s.noteJoins(src)...)
}

// noteJoins notes what the index must hold for a check.
func (s *Set) noteJoins(src *source) Faults {
	src.needs = slices.Clone(src.check.Needs)
	var faults Faults
	for _, j := range src.joins {
		switch {
		case j.kind != "":
			src.needs = append(src.needs, j.kind)
		case len(src.check.Needs) == 0:
			faults = append(faults, src.check.place.fault("needs", fmt.Sprintf("linked(%q) names no kind, and needs names none", j.relation), fmt.Sprintf("write linked(%q, \"kind\"), or list the kinds in needs", j.relation)))
		}
		switch j.word {
		case "linked":
			s.linked = true
		case "linking":
			if !slices.Contains(s.linking, j) {
				s.linking = append(s.linking, j)
			}
		}
	}
	slices.Sort(src.needs)
	src.needs = slices.Compact(src.needs)
	for _, k := range src.needs {
		s.needs[k] = true
	}
	return faults
}

// plan checks and plans a check for each of its kinds.
func (s *Set) plan(src *source) (Faults, error) {
	c := src.check
	var faults Faults
	for _, kind := range c.Kinds {
		k, ok := s.kinds[kind]
		if !ok {
			continue // told by parse
		}
		env, err := s.language.env(kind)
		if err != nil {
			return nil, err
		}
		p := &program{check: c, at: src.at, needs: src.needs, guarded: c.own && len(src.joins) > 0}
		if c.When != "" {
			p.skipped = "does not apply: " + oneLine(c.When) + " is false"
		}
		var found Faults
		for _, e := range []struct {
			field string
			ast   *cel.Ast
			want  *types.Type
			into  *expression
		}{{"when", src.when, cel.BoolType, &p.when}, {"test", src.test, cel.BoolType, &p.test}, {"message", src.message, cel.StringType, &p.message}} {
			if e.ast == nil {
				continue
			}
			planned, fields, f := planExpression(c, env, k, e.field, e.ast, e.want, p.guarded)
			found = append(found, f...)
			*e.into = planned
			s.noteFields(fields)
			if e.field != "message" {
				p.fields = append(p.fields, fields...)
			}
		}
		slices.Sort(p.fields)
		p.fields = slices.Compact(p.fields)
		for _, f := range found {
			if !slices.Contains(faults, f) {
				faults = append(faults, f)
			}
		}
		if len(found) == 0 && p.test != nil && p.message != nil {
			s.programs[kind] = append(s.programs[kind], p)
		}
	}
	return faults, nil
}

// noteFields notes which fields of joined resources the index must hold.
func (s *Set) noteFields(fields []string) {
	for _, f := range fields {
		if strings.Contains(f, ".") {
			s.joined[f] = true
		}
	}
}

// planExpression type-checks an expression for a kind, bounds its cost and
// plans it; it gives the fields of resources that the expression asks.
func planExpression(c *Check, env *cel.Env, k *kindType, field string, parsed *cel.Ast, want *types.Type, guarded bool) (expression, []string, Faults) {
	checked, issues := env.Check(parsed)
	if issues.Err() != nil {
		return nil, nil, celFaults(c, field, k, parsed, issues)
	}
	one := func(what, cure string) Faults { return Faults{c.place.fault(field, what, cure)} }
	if got := checked.OutputType(); !got.IsExactType(want) {
		return nil, nil, one(fmt.Sprintf("it gives %s, not %s", withArticle(got.String()), withArticle(want.String())), map[*types.Type]string{cel.BoolType: "compare something", cel.StringType: "use string(…) and +"}[want])
	}
	if what := presenceTest(checked); what != "" {
		return nil, nil, one(what, "ask the value itself; what was not read is unknown by itself")
	}
	if err := boundCost(env, checked); err != nil {
		return nil, nil, one(err.Error(), "ask with a kind that has few resources, or without a join inside a join")
	}
	options := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize), cel.CustomDecoratorV2(honest)}
	if guarded {
		options = append(options, cel.CostLimit(guardLimit))
	}
	p, err := env.Program(checked, options...)
	if err != nil {
		return nil, nil, one("it cannot be planned: "+err.Error(), "")
	}
	fields := fieldsOf(checked.NativeRep())
	if quick := plainField(checked.NativeRep().Expr(), k); quick != nil && !guarded {
		return quick, fields, nil
	}
	return p, fields, nil
}

// presenceTest refuses has(r.field): every field of a kind is declared, so has
// would always be true, also of what was not read.
func presenceTest(checked *cel.Ast) string {
	rep, found := checked.NativeRep(), ""
	ast.PreOrderVisit(rep.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.SelectKind || !e.AsSelect().IsTestOnly() || found != "" {
			return
		}
		if t := rep.GetType(e.AsSelect().Operand().ID()); t.Kind() != types.MapKind {
			found = fmt.Sprintf("has(…%s) asks whether the field exists, and it always does", e.AsSelect().FieldName())
		}
	}))
	return found
}

// fieldsOf gives the fields that an expression asks: "public" of r,
// "log-trail.logging" of a joined resource. Words over tags count as tags.
func fieldsOf(rep *ast.AST) []string {
	seen := map[string]bool{}
	ast.PreOrderVisit(rep.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.SelectKind:
			s := e.AsSelect()
			t := rep.GetType(s.Operand().ID())
			switch {
			case s.Operand().Kind() == ast.IdentKind && s.Operand().AsIdent() == "r" && t.Kind() == types.StructKind:
				seen[s.FieldName()] = true
			case t.Kind() == types.StructKind && t.TypeName() != ruleType:
				seen[t.TypeName()+"."+s.FieldName()] = true
			case t.Kind() == types.DynKind:
				seen["linked."+s.FieldName()] = true
			}
		case ast.CallKind:
			switch name := e.AsCall().FunctionName(); {
			case name == "@tag", name == "@has_tag", slices.ContainsFunc(tagWords(), func(w tagWord) bool { return "@"+w.name == name }):
				seen[tagsName] = true
			}
		}
	}))
	out := make([]string, 0, len(seen))
	for f := range seen {
		out = append(out, f)
	}
	slices.Sort(out)
	return out
}
