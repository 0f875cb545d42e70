// SPDX-License-Identifier: Apache-2.0

// Package deepcopy takes the place of github.com/tiendc/go-deepcopy for
// excelize, the only package that imports it, and that calls Copy alone, between
// values of one struct type. The original looks methods up by names that it
// makes while it runs, for which the linker must keep every exported method of
// every type in the program: this one does not, and the program is a seventh
// smaller. See docs/decision/0018-deep-copy.md.
//
// It is no general copier: it knows no tags, no conversions and no methods.
package deepcopy

import (
	"fmt"
	"reflect"
)

// Copy makes dst, a pointer to a struct, equal to src, a struct of the same type
// or a pointer to one, so that the two share nothing that can be changed. Fields
// that are not exported are copied as they are; those of a struct that holds a
// lock keep what dst has. What would need more than that is an error, and dst is
// of no use then. src must be a tree, as the parts of a workbook are.
func Copy(dst, src any) error {
	to, from := reflect.ValueOf(dst), reflect.ValueOf(src)
	if to.Kind() != reflect.Pointer || to.IsNil() {
		return fmt.Errorf("copying into %T: it is no pointer", dst)
	}
	if from.Kind() == reflect.Pointer && !from.IsNil() {
		from = from.Elem()
	}
	if to = to.Elem(); !from.IsValid() || to.Type() != from.Type() || to.Kind() != reflect.Struct {
		return fmt.Errorf("copying %T into %T: they are not of one struct type", src, dst)
	}
	return fill(to, from)
}

// fill makes to equal to from, which have one type.
func fill(to, from reflect.Value) error {
	switch from.Kind() {
	case reflect.Struct:
		return fillStruct(to, from)
	case reflect.Pointer:
		if from.IsNil() {
			to.SetZero()
			return nil
		}
		to.Set(reflect.New(from.Type().Elem()))
		return fill(to.Elem(), from.Elem())
	case reflect.Slice:
		if from.IsNil() {
			to.SetZero()
			return nil
		}
		to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		return fillEach(to, from)
	case reflect.Array:
		return fillEach(to, from)
	case reflect.Map, reflect.Interface, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		if !from.IsNil() {
			return fmt.Errorf("copying a %s: it is shared by nature", from.Type())
		}
		to.SetZero()
		return nil
	}
	to.Set(from)
	return nil
}

func fillEach(to, from reflect.Value) error {
	for i := range from.Len() {
		if err := fill(to.Index(i), from.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

func fillStruct(to, from reflect.Value) error {
	t := from.Type()
	if !locked(t) {
		to.Set(from) // the fields that are not exported, too
	}
	for i := range t.NumField() {
		if t.Field(i).IsExported() {
			if err := fill(to.Field(i), from.Field(i)); err != nil {
				return fmt.Errorf("%s: %w", t.Field(i).Name, err)
			}
		}
	}
	return nil
}

// locked tells whether a struct holds a lock, which must not be copied.
func locked(t reflect.Type) bool {
	for i := range t.NumField() {
		if t.Field(i).Type.PkgPath() == "sync" {
			return true
		}
	}
	return false
}
