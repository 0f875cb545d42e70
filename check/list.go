// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// list is a list of CEL values of one kind: joined resources, firewall rules or
// words. When rest is set the list is open: it may have more members, and rest
// stands for them. Walking it gives rest last, so that exists and all decide
// what the known members decide; every other question of an open list is
// unknown.
type list[T ref.Val] struct {
	items []T
	rest  *types.Unknown
}

var _ traits.Lister = (*list[*object])(nil)

func newStrings(words []any) ref.Val {
	items := make([]types.String, len(words))
	for i, w := range words {
		items[i] = types.String(w.(string))
	}
	return &list[types.String]{items: items}
}

// Add joins two lists; the sum of an open list is open.
func (l *list[T]) Add(other ref.Val) ref.Val {
	o, ok := other.(traits.Lister)
	if !ok {
		return types.MaybeNoSuchOverloadErr(other)
	}
	sum := &list[ref.Val]{items: make([]ref.Val, 0, len(l.items)), rest: l.rest}
	for _, item := range l.items {
		sum.items = append(sum.items, item)
	}
	for it := o.Iterator(); it.HasNext() == types.True; {
		item := it.Next()
		if u, open := item.(*types.Unknown); open {
			sum.rest = types.MergeUnknowns(u, sum.rest)
			continue
		}
		sum.items = append(sum.items, item)
	}
	return sum
}

// Contains is true when a known member is equal, unknown when an unknown one
// may be.
func (l *list[T]) Contains(value ref.Val) ref.Val {
	unknown := l.rest
	for _, item := range l.items {
		switch e := item.Equal(value).(type) {
		case types.Bool:
			if e {
				return types.True
			}
		case *types.Unknown:
			unknown = types.MergeUnknowns(e, unknown)
		}
	}
	if unknown != nil {
		return unknown
	}
	return types.False
}

// Get gives the member at index. The order of an open list means nothing.
func (l *list[T]) Get(index ref.Val) ref.Val {
	if l.rest != nil {
		return l.rest
	}
	i, err := types.IndexOrError(index)
	if err != nil {
		return types.WrapErr(err)
	}
	if i < 0 || i >= len(l.items) {
		return types.NewErr("index %d out of range in a list of %d", i, len(l.items))
	}
	return l.items[i]
}

// Size counts the members.
func (l *list[T]) Size() ref.Val {
	if l.rest != nil {
		return l.rest
	}
	return types.Int(len(l.items))
}

// Iterator walks the members.
func (l *list[T]) Iterator() traits.Iterator { return &iterator[T]{list: l} }

// Equal compares member by member.
func (l *list[T]) Equal(other ref.Val) ref.Val {
	o, ok := other.(traits.Lister)
	if !ok {
		if u, unknown := other.(*types.Unknown); unknown {
			return u
		}
		return types.False
	}
	if l.rest != nil {
		return l.rest
	}
	size, ok := o.Size().(types.Int)
	if !ok {
		return o.Size()
	}
	if int(size) != len(l.items) {
		return types.False
	}
	var unknown *types.Unknown
	for i, item := range l.items {
		switch e := item.Equal(o.Get(types.Int(i))).(type) {
		case *types.Unknown:
			unknown = types.MergeUnknowns(e, unknown)
		case types.Bool:
			if !e {
				return types.False
			}
		}
	}
	if unknown != nil {
		return unknown
	}
	return types.True
}

// ConvertToNative gives []string for a function of CEL's that wants it.
func (l *list[T]) ConvertToNative(t reflect.Type) (any, error) {
	if l.rest != nil || t.Kind() != reflect.Slice {
		return nil, fmt.Errorf("a list cannot become a %v", t)
	}
	out := reflect.MakeSlice(t, 0, len(l.items))
	for _, item := range l.items {
		v, err := item.ConvertToNative(t.Elem())
		if err != nil {
			return nil, err
		}
		out = reflect.Append(out, reflect.ValueOf(v))
	}
	return out.Interface(), nil
}

// ConvertToType is part of ref.Val.
func (l *list[T]) ConvertToType(t ref.Type) ref.Val {
	switch t {
	case types.ListType:
		return l
	case types.TypeType:
		return types.ListType
	}
	return types.NewErr("a list cannot become a %s", t.TypeName())
}

// Type is part of ref.Val.
func (l *list[T]) Type() ref.Type { return types.ListType }

// Value is part of ref.Val.
func (l *list[T]) Value() any { return l.items }

type iterator[T ref.Val] struct {
	list *list[T]
	next int
}

func (i *iterator[T]) HasNext() ref.Val {
	return types.Bool(i.next < len(i.list.items) || i.next == len(i.list.items) && i.list.rest != nil)
}

func (i *iterator[T]) Next() ref.Val {
	i.next++
	if i.next > len(i.list.items) {
		return i.list.rest
	}
	return i.list.items[i.next-1]
}

func (i *iterator[T]) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("an iterator cannot become a %v", t)
}
func (i *iterator[T]) ConvertToType(ref.Type) ref.Val { return types.NewErr("no such conversion") }
func (i *iterator[T]) Equal(ref.Val) ref.Val          { return types.False }
func (i *iterator[T]) Type() ref.Type                 { return types.IteratorType }
func (i *iterator[T]) Value() any                     { return nil }
