// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"
	"cel.dev/cel-go/interpreter"

	"demarc.dev/demarc/cloud"
)

// The words of the contract are macros: tag("x") becomes @tag(@r, "x"), so that
// the functions behind them are plain and know the resource, and an iteration
// variable that happens to be called r does no harm.
const (
	hiddenR   = "@r"
	hiddenNow = "@now"
)

// The bounds of one expression.
const (
	maxExpression = 4 << 10 // characters
	maxNodes      = 600
	maxDepth      = 40
)

// joinUse is one question about other resources, as an expression asks it.
type joinUse struct {
	word     string // all, everywhere, linked, linking
	relation string
	kind     cloud.Kind // empty: any kind in needs
}

// function is the name of the CEL function that answers it.
func (j joinUse) function() string { return "@" + j.word + ":" + string(j.kind) }

// language parses and checks expressions; mu guards it once a Set is shared.
type language struct {
	mu       sync.Mutex
	kinds    map[cloud.Kind]*kindType
	provider *provider
	base     *cel.Env
	envs     map[cloud.Kind]*cel.Env
	joins    map[joinUse]bool // of the expression that is being parsed
	seen     map[joinUse]bool // of all, without relation: the functions to declare
}

func newLanguage() (*language, error) {
	l := &language{kinds: kindTypes(), envs: map[cloud.Kind]*cel.Env{}, joins: map[joinUse]bool{}, seen: map[joinUse]bool{}}
	p, err := newProvider(l.kinds)
	if err != nil {
		return nil, err
	}
	l.provider = p
	options := []cel.EnvOption{
		cel.CustomTypeProvider(p), cel.CustomTypeAdapter(p), cel.Macros(append(l.macros(), memberMacros()...)...), ext.Strings(),
		cel.ParserExpressionSizeLimit(maxExpression), cel.ExpressionNodeLimit(maxNodes), cel.ExpressionNestingDepthLimit(maxDepth),
		cel.ExtendedValidations(), cel.Variable("now", cel.TimestampType), cel.Variable(hiddenNow, cel.TimestampType),
	}
	l.base, err = cel.NewEnv(slices.Concat(options, functions(), memberFunctions())...)
	if err != nil {
		return nil, fmt.Errorf("making the environment of expressions: %w", err)
	}
	return l, nil
}

// functions declares what the macros call.
func functions() []cel.EnvOption {
	rule, ports := ruleCEL, cel.ListType(cel.IntType)
	out := []cel.EnvOption{
		cel.Function("@days", cel.Overload("@days", []*cel.Type{cel.TimestampType, cel.TimestampType}, cel.IntType, cel.BinaryBinding(days))),
		cel.Function("never", cel.Overload("never", []*cel.Type{cel.TimestampType}, cel.BoolType, cel.UnaryBinding(isNever))),
		cel.Function("@tag", cel.Overload("@tag", []*cel.Type{cel.DynType, cel.StringType}, cel.StringType, cel.BinaryBinding(tagOf))),
		cel.Function("@has_tag", cel.Overload("@has_tag", []*cel.Type{cel.DynType, cel.StringType}, cel.BoolType, cel.BinaryBinding(hasTag))),
		cel.Function("opens", cel.Overload("opens", []*cel.Type{rule, ports}, cel.BoolType, cel.BinaryBinding(opens))),
		cel.Function("opens_all", cel.Overload("opens_all", []*cel.Type{rule}, cel.BoolType, cel.UnaryBinding(opensAll))),
		cel.Function("tls_at_least", cel.Overload("tls_at_least", []*cel.Type{cel.StringType, cel.StringType}, cel.BoolType, cel.BinaryBinding(tlsAtLeast))),
	}
	for _, w := range tagWords() {
		name := "@" + w.name
		out = append(out, cel.Function(name, cel.Overload(name, []*cel.Type{cel.DynType}, cel.BoolType, cel.UnaryBinding(w.ask))))
	}
	return out
}

func (l *language) macros() []cel.Macro {
	hide := func(name, variable string, arguments int) cel.Macro {
		return cel.GlobalMacro(name, arguments, func(f cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *common.Error) {
			return f.NewCall("@"+name, append([]ast.Expr{f.NewIdent(variable)}, args...)...), nil
		})
	}
	out := []cel.Macro{hide("days", hiddenNow, 1), hide("tag", hiddenR, 1), hide("has_tag", hiddenR, 1)}
	for _, w := range tagWords() {
		out = append(out, hide(w.name, hiddenR, 0))
	}
	return append(out,
		l.joinMacro("all", false, true), l.joinMacro("everywhere", false, true),
		l.joinMacro("linked", true, false), l.joinMacro("linked", true, true), l.joinMacro("linking", true, true))
}

// joinMacro makes the macro of a join and notes each use of it.
func (l *language) joinMacro(word string, relation, kind bool) cel.Macro {
	count := 0
	for _, has := range []bool{relation, kind} {
		if has {
			count++
		}
	}
	return cel.GlobalMacro(word, count, func(f cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *common.Error) {
		words := make([]string, len(args))
		for i, a := range args {
			s, ok := a.AsLiteral().(types.String)
			if a.Kind() != ast.LiteralKind || !ok {
				return nil, f.NewError(a.ID(), word+"() wants its words in quotes, so that the resources it needs are known before the run")
			}
			words[i] = string(s)
		}
		use := joinUse{word: word}
		if relation {
			use.relation = words[0]
		}
		if kind {
			use.kind = cloud.Kind(words[len(words)-1])
			if _, ok := l.kinds[use.kind]; !ok {
				return nil, f.NewError(args[len(args)-1].ID(), fmt.Sprintf("no kind is called %q; %s", use.kind, nearest(string(use.kind), l.kindNames())))
			}
		}
		l.joins[use] = true
		l.seen[joinUse{word: word, kind: use.kind}] = true
		call := []ast.Expr{f.NewIdent(hiddenR)}
		if relation {
			call = append(call, f.NewLiteral(types.String(use.relation)))
		}
		return f.NewCall(use.function(), call...), nil
	})
}

func (l *language) kindNames() []string {
	var out []string
	for k := range l.kinds {
		out = append(out, string(k))
	}
	slices.Sort(out)
	return out
}

// parse parses one expression and gives the joins in it.
func (l *language) parse(text string) (*cel.Ast, []joinUse, *cel.Issues) {
	clear(l.joins)
	parsed, issues := l.base.Parse(text)
	joins := slices.SortedFunc(maps.Keys(l.joins), compareJoins)
	return parsed, joins, issues
}

// env gives the environment in which r is of the kind. Every expression must
// have been parsed before, since that tells which joins to declare.
func (l *language) env(kind cloud.Kind) (*cel.Env, error) {
	if e, ok := l.envs[kind]; ok {
		return e, nil
	}
	k := l.kinds[kind]
	options := []cel.EnvOption{cel.Variable("r", k.cel), cel.Variable(hiddenR, k.cel)}
	for _, use := range slices.SortedFunc(maps.Keys(l.seen), compareJoins) {
		options = append(options, l.declare(use))
	}
	e, err := l.base.Extend(options...)
	if err != nil {
		return nil, fmt.Errorf("making the environment of %s: %w", kind, err)
	}
	l.envs[kind] = e
	return e, nil
}

func (l *language) declare(use joinUse) cel.EnvOption {
	name, element, kind := use.function(), cel.DynType, use.kind
	if kind != "" {
		element = l.kinds[kind].cel
	}
	result := cel.ListType(element)
	one, two := []*cel.Type{cel.DynType}, []*cel.Type{cel.DynType, cel.StringType}
	var overload cel.FunctionOpt
	switch use.word {
	case "all":
		overload = cel.Overload(name, one, result, cel.UnaryBinding(func(r ref.Val) ref.Val { o := r.(*object); return o.run.index.all(o.res, kind) }))
	case "everywhere":
		overload = cel.Overload(name, one, result, cel.UnaryBinding(func(r ref.Val) ref.Val { return r.(*object).run.index.everywhere(kind) }))
	case "linked":
		overload = cel.Overload(name, two, result, cel.BinaryBinding(func(r, relation ref.Val) ref.Val {
			o := r.(*object)
			return o.run.index.linked(o, string(relation.(types.String)), kind)
		}))
	default:
		overload = cel.Overload(name, two, result, cel.BinaryBinding(func(r, relation ref.Val) ref.Val {
			o := r.(*object)
			return o.run.index.linking(o.res.ID, string(relation.(types.String)), kind)
		}))
	}
	return cel.Function(name, overload)
}

func compareJoins(a, b joinUse) int {
	for _, pair := range [][2]string{{a.word, b.word}, {a.relation, b.relation}, {string(a.kind), string(b.kind)}} {
		if pair[0] != pair[1] {
			if pair[0] < pair[1] {
				return -1
			}
			return 1
		}
	}
	return 0
}

const notEquals = operators.NotEquals

// notEqual is != that keeps the unknown: CEL's own takes "it is not known
// whether they are equal" for "they differ".
type notEqual struct {
	interpreter.InterpretableV2
	left, right interpreter.InterpretableV2
}

// Exec is part of interpreter.InterpretableV2.
func (n *notEqual) Exec(frame *interpreter.ExecutionFrame) ref.Val {
	left := n.left.Exec(frame)
	if types.IsError(left) {
		return left
	}
	right := n.right.Exec(frame)
	if types.IsError(right) {
		return right
	}
	l, lok := left.(*types.Unknown)
	r, rok := right.(*types.Unknown)
	if lok || rok {
		return types.MergeUnknowns(l, r)
	}
	switch equal := types.Equal(left, right).(type) {
	case types.Bool:
		return !equal
	default:
		return equal
	}
}

// Eval is part of interpreter.Interpretable.
func (n *notEqual) Eval(vars interpreter.Activation) ref.Val {
	return n.Exec(interpreter.AsFrame(vars))
}
