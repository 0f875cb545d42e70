// SPDX-License-Identifier: Apache-2.0

package check

import (
	"errors"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"

	"demarc.dev/demarc/cloud"
)

// expression is a planned expression: a cel.Program, or plain. vars is an
// interpreter.Activation.
type expression interface {
	Eval(vars any) (ref.Val, *cel.EvalDetails, error)
}

// plain is the program of an expression that only asks one yes or no of r, as
// r.encrypted and !r.public do. Nearly half of all checks do, and it answers as
// CEL's own program would at a fraction of its time.
type plain struct {
	kind   *kindType
	field  int
	negate bool
}

// plainField gives the program when the expression is of that form, else nil.
func plainField(e ast.Expr, k *kindType) expression {
	p := &plain{kind: k}
	if e.Kind() == ast.CallKind && e.AsCall().FunctionName() == operators.LogicalNot && len(e.AsCall().Args()) == 1 {
		p.negate, e = true, e.AsCall().Args()[0]
	}
	if e.Kind() != ast.SelectKind || e.AsSelect().IsTestOnly() {
		return nil
	}
	s := e.AsSelect()
	if s.Operand().Kind() != ast.IdentKind || s.Operand().AsIdent() != "r" {
		return nil
	}
	i, ok := k.index[s.FieldName()]
	if !ok || k.fields[i].typ != cloud.Bool {
		return nil
	}
	p.field = i
	return p
}

// errForeign is no fault of a check but of this package.
var errForeign = errors.New("a plain expression was put to a resource of another kind")

// Eval gives the field of r, or its opposite.
func (p *plain) Eval(vars any) (ref.Val, *cel.EvalDetails, error) {
	names, ok := vars.(interpreter.Activation)
	if !ok {
		return nil, nil, errForeign
	}
	r, _ := names.ResolveName("r")
	o, ok := r.(*object)
	if !ok || o.kind != p.kind {
		return nil, nil, errForeign
	}
	v := o.at(p.field)
	if b, known := v.(types.Bool); known && p.negate {
		return !b, nil, nil
	}
	return v, nil, nil
}
