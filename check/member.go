// SPDX-License-Identifier: Apache-2.0

package check

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"
	"cel.dev/cel-go/parser"
)

// The member that stands for the rest of an open list may not exist. So a
// predicate that holds without looking at the member, as in
// open.exists(x, true), must not decide the question. The macros that walk lists
// are therefore CEL's own with the predicate wrapped: what it says of a member
// that is not known counts only when it changes nothing (false for exists, true
// for all).
const (
	memberOrFalse = "@member_or_false"
	memberOrTrue  = "@member_or_true"
	memberAlways  = "@member"
)

func memberFunctions() []cel.EnvOption {
	var out []cel.EnvOption
	param := cel.TypeParamType("T")
	for _, name := range []string{memberOrFalse, memberOrTrue, memberAlways} {
		out = append(out, cel.Function(name, cel.Overload(name, []*cel.Type{cel.DynType, param}, param,
			cel.BinaryBinding(func(_, value ref.Val) ref.Val { return value }))))
	}
	return out
}

func memberMacros() []cel.Macro {
	type expander = func(cel.MacroExprFactory, ast.Expr, []ast.Expr) (ast.Expr, *common.Error)
	walk := func(name string, count int, wraps []string, expand expander) cel.Macro {
		return cel.ReceiverMacro(name, count, func(f cel.MacroExprFactory, target ast.Expr, args []ast.Expr) (ast.Expr, *common.Error) {
			if args[0].Kind() == ast.IdentKind {
				wrapped := []ast.Expr{args[0]}
				for i, w := range wraps {
					wrapped = append(wrapped, f.NewCall(w, f.NewIdent(args[0].AsIdent()), args[i+1]))
				}
				args = wrapped
			}
			return expand(f, target, args)
		})
	}
	return []cel.Macro{
		walk("exists", 2, []string{memberOrFalse}, parser.MakeExists),
		walk("all", 2, []string{memberOrTrue}, parser.MakeAll),
		walk("exists_one", 2, []string{memberOrFalse}, parser.MakeExistsOne),
		walk("filter", 2, []string{memberOrFalse}, parser.MakeFilter),
		walk("map", 2, []string{memberAlways}, parser.MakeMap),
		walk("map", 3, []string{memberOrFalse, memberAlways}, parser.MakeMap),
	}
}

// memberNode evaluates the wrapped predicate.
type memberNode struct {
	interpreter.InterpretableV2
	member, value interpreter.InterpretableV2
	neutral       ref.Val // nil: nothing is
}

// Exec is part of interpreter.InterpretableV2.
func (m *memberNode) Exec(frame *interpreter.ExecutionFrame) ref.Val {
	value := m.value.Exec(frame)
	if value == m.neutral || types.IsUnknownOrError(value) {
		return value
	}
	if u, unknown := m.member.Exec(frame).(*types.Unknown); unknown {
		return u
	}
	return value
}

// Eval is part of interpreter.Interpretable.
func (m *memberNode) Eval(vars interpreter.Activation) ref.Val {
	return m.Exec(interpreter.AsFrame(vars))
}

// honest replaces what CEL plans for != and for wrapped predicates.
func honest(i interpreter.InterpretableV2) (interpreter.InterpretableV2, error) {
	call, ok := i.(interpreter.InterpretableCall)
	if !ok || len(call.Args()) != 2 {
		return i, nil
	}
	left, right := call.Args()[0], call.Args()[1]
	switch call.Function() {
	case notEquals:
		return &notEqual{InterpretableV2: i, left: left, right: right}, nil
	case memberOrFalse:
		return &memberNode{InterpretableV2: i, member: left, value: right, neutral: types.False}, nil
	case memberOrTrue:
		return &memberNode{InterpretableV2: i, member: left, value: right, neutral: types.True}, nil
	case memberAlways:
		return &memberNode{InterpretableV2: i, member: left, value: right}, nil
	}
	return i, nil
}
