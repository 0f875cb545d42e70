// SPDX-License-Identifier: Apache-2.0

package terraform

import (
	"strconv"
	"strings"

	"demarc.dev/demarc/cloud"
)

// doc is an item with its values decoded. Null and absent are one: Terraform
// writes null for what is not set.
type doc struct {
	in        *input
	decoder   *decoder
	it        *item
	values    map[string]any
	unknown   any
	sensitive any
}

// walk steps into v by a path such as "rule.0.apply"; whole reports a true that
// stands for all below it, in a mask.
func walk(v any, path string) (at any, whole bool) {
	for path != "" && v != nil {
		if v == true {
			return nil, true
		}
		var name string
		name, path, _ = strings.Cut(path, ".")
		switch in := v.(type) {
		case map[string]any:
			v = in[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(in) {
				return nil, false
			}
			v = in[i]
		default:
			return nil, false
		}
	}
	return v, v == true
}

func (d *doc) at(path string) any { v, _ := walk(d.values, path); return v }

// unknownAt tells whether the value at the path is known after apply only.
func (d *doc) unknownAt(path string) bool { _, whole := walk(d.unknown, path); return whole }

// partlyUnknown tells whether anything at or below the path is.
func (d *doc) partlyUnknown(path string) bool {
	v, whole := walk(d.unknown, path)
	return whole || anyTrue(v)
}

func (d *doc) secretAt(path string) bool { _, whole := walk(d.sensitive, path); return whole }

func anyTrue(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case []any:
		for _, e := range v {
			if anyTrue(e) {
				return true
			}
		}
	case map[string]any:
		for _, e := range v {
			if anyTrue(e) {
				return true
			}
		}
	}
	return false
}

// unset tells whether the configuration leaves the argument out, so that the
// provider's default will hold although Terraform calls it unknown.
func (d *doc) unset(path string) bool {
	m := d.in.within(d.it.module)
	if m == nil {
		return false
	}
	e, ok := m.resources[d.it.kind+"."+d.it.name]
	if !ok {
		return false
	}
	plain := plainPath(path)
	for name := range e {
		if name == plain || strings.HasPrefix(name, plain+".") || strings.HasPrefix(plain, name+".") {
			return false
		}
	}
	return true
}

// fact is a value, or why there is none.
type fact struct {
	value  any
	reason cloud.Reason
	detail string
}

func (f fact) known() bool   { return f.reason == "" }
func (f fact) is(v any) bool { return f.known() && f.value == v }

func known(v any) fact { return fact{value: v} }

func afterApply(detail string) fact { return fact{reason: cloud.AfterApply, detail: detail} }

func notInSource(detail string) fact { return fact{reason: cloud.NotInSource, detail: detail} }

// get gives the value at the path: otherwise when it is not set.
func (d *doc) get(path string, otherwise fact) fact {
	if d.unknownAt(path) {
		if d.unset(path) && otherwise.known() {
			return otherwise
		}
		return afterApply(path)
	}
	v := d.at(path)
	if v == nil {
		return otherwise
	}
	return known(v)
}

// flag gives a truth value; some are written as texts.
func (d *doc) flag(path string, otherwise fact) fact {
	f := d.get(path, otherwise)
	switch v := f.value.(type) {
	case nil, bool:
		return f
	case string:
		if v == "true" || v == "false" {
			return known(v == "true")
		}
	}
	return unreadable(path)
}

func unreadable(path string) fact {
	return fact{reason: cloud.Unreadable, detail: path + " has another type than expected"}
}

func (d *doc) text(path string, otherwise fact) fact {
	f := d.get(path, otherwise)
	if _, ok := f.value.(string); f.known() && !ok {
		return unreadable(path)
	}
	if f.known() && d.secretAt(path) {
		return notInSource("the value of " + path + " is sensitive")
	}
	return f
}

func (d *doc) number(path string, otherwise fact) fact {
	f := d.get(path, otherwise)
	switch v := f.value.(type) {
	case nil, int64:
		return f
	case string:
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			return known(n)
		}
	}
	return unreadable(path)
}

// given tells whether an argument is set to something, which may be unknown.
func (d *doc) given(path string) fact {
	if d.unknownAt(path) {
		if d.unset(path) {
			return known(false)
		}
		if d.in.config == nil {
			return afterApply(path)
		}
		return known(true)
	}
	switch v := d.at(path).(type) {
	case nil:
		return known(false)
	case string:
		return known(v != "")
	case []any:
		return known(len(v) > 0)
	}
	return known(true)
}

// list gives a block or list, empty when it is not set.
func (d *doc) list(path string) (list []any, f fact) {
	f = d.get(path, known([]any{}))
	list, ok := f.value.([]any)
	if f.known() && !ok {
		return nil, unreadable(path)
	}
	return list, f
}

// texts gives the strings of a string or a list of them.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, e := range v {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// not turns a truth value round.
func (f fact) not() fact {
	if v, ok := f.value.(bool); ok && f.known() {
		return known(!v)
	}
	return f
}

// any is true when one is, and a gap when none is and one is not known.
func anyOf(facts ...fact) fact {
	out := known(false)
	for _, f := range facts {
		if f.is(true) {
			return f
		}
		if !f.known() {
			out = f
		}
	}
	return out
}

// allOf is false when one is, and a gap when none is and one is not known.
func allOf(facts ...fact) fact {
	out := known(true)
	for _, f := range facts {
		if f.is(false) {
			return f
		}
		if !f.known() {
			out = f
		}
	}
	return out
}

// when applies a question to a known text.
func (f fact) when(ask func(string) bool) fact {
	if v, ok := f.value.(string); ok && f.known() {
		return known(ask(v))
	}
	return f
}

func (f fact) equals(text string) fact { return f.when(func(s string) bool { return s == text }) }
