// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
)

// celFaults tells the faults that CEL found in plain words. k is nil when they
// do not depend on the kind.
func celFaults(c *Check, field string, k *kindType, parsed *cel.Ast, issues *cel.Issues) Faults {
	var out Faults
	for _, e := range issues.Errors() {
		f := c.place.fault(field, "", "")
		f.What, f.Cure = plainWords(oneLine(e.Message), e.ExprID, k, parsed)
		if e.Location != nil && e.Location.Line() > 0 {
			if f.Line > 0 {
				f.Line += e.Location.Line() - 1
			}
			f.Field = fmt.Sprintf("%s, column %d", field, e.Location.Column()+1)
		}
		out = append(out, f)
	}
	return out
}

// plainWords says what a message of CEL means to who wrote the expression.
func plainWords(message string, id int64, k *kindType, parsed *cel.Ast) (what, cure string) {
	match := func(pattern string) []string { return regexp.MustCompile(pattern).FindStringSubmatch(message) }
	if m := match(`^undefined field '([^']*)'`); m != nil && k != nil {
		owner := selectOwner(parsed, id)
		if owner == "r" {
			return withArticle(string(k.kind)) + " has no field " + m[1], nearest(m[1], k.names)
		}
		return owner + " has no field " + m[1], "see cloud.Kinds"
	}
	if m := match(`^undeclared reference to '([^']*)'`); m != nil {
		return undeclared(m[1], k)
	}
	if m := match(`^found no matching overload for '([^']*)' applied to '(.*)'$`); m != nil {
		return plainOverload(m[1], m[2])
	}
	if m := match(`^Syntax error: token recognition error at: '(.*)'`); m != nil {
		return fmt.Sprintf("%q is no word of CEL", strings.TrimSpace(m[1])), "write && and || for and and or, quotes around text"
	}
	if m := match(`^Syntax error: mismatched input '(.*)' expecting <EOF>`); m != nil {
		return m[1] + " stands where the expression should have ended", "join the parts with && or ||"
	}
	if match(`^Syntax error: (mismatched|extraneous|missing).*<EOF>`) != nil {
		return "it ends too early", "close every bracket and give every && its right side"
	}
	if m := match(`^Syntax error: (?:mismatched|extraneous) input '(.*)' expecting \{`); m != nil {
		return m[1] + " stands where a value is expected", ""
	}
	return message, ""
}

// undeclared tells of a name that nothing has.
func undeclared(name string, k *kindType) (what, cure string) {
	for _, f := range Functions() {
		if f.Name == name {
			return name + " is not used like that", "write " + f.Usage
		}
	}
	what = "nothing is called " + name
	if k != nil {
		if _, field := k.index[name]; field {
			return what, "write r." + name
		}
	}
	known := []string{"r", "size", "matches", "startsWith", "endsWith", "contains", "string", "int", "has"}
	for _, f := range Functions() {
		known = append(known, f.Name)
	}
	if cure = nearest(name, known); !strings.HasPrefix(cure, "did") {
		cure = "docs/format.md lists the words"
	}
	return what, cure
}

// selectOwner names the variable that a misspelt field was asked of.
func selectOwner(parsed *cel.Ast, id int64) string {
	owner := "that"
	if parsed == nil {
		return owner
	}
	ast.PreOrderVisit(parsed.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.ID() == id && e.Kind() == ast.SelectKind && e.AsSelect().Operand().Kind() == ast.IdentKind {
			owner = e.AsSelect().Operand().AsIdent()
		}
	}))
	return owner
}

// plainOverload hides what the macros add.
func plainOverload(function, arguments string) (what, cure string) {
	if hidden, ok := strings.CutPrefix(function, "@"); ok {
		function, _, _ = strings.Cut(hidden, ":")
		if _, rest, ok := strings.Cut(arguments, ", "); ok {
			arguments = "(" + rest
		}
	}
	cure = "compare values of one type"
	if i := slices.IndexFunc(Functions(), func(f FunctionDoc) bool { return f.Name == function }); i >= 0 {
		cure = "write " + Functions()[i].Usage
	}
	if function == "_?_:_" {
		function, cure = "?:", "give both sides one type"
	}
	return fmt.Sprintf("%s does not take %s", strings.Trim(function, "_"), arguments), cure
}

// withArticle puts "a" or "an" before a word.
func withArticle(word string) string {
	if word != "" && strings.ContainsRune("aeiou", rune(word[0])) {
		return "an " + word
	}
	return "a " + word
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
