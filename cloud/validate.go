// SPDX-License-Identifier: Apache-2.0

package cloud

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Validate tells every fault of a resource as a collector made it: a kind or
// attribute that does not exist, an attribute that is neither a fact nor a gap,
// or both, a fact of the wrong Go type, a link without an end. It does not look
// into Raw.
func Validate(r *Resource) error {
	faults := check(r)
	s, ok := schemas()[r.Kind]
	if !ok {
		return errors.Join(append(faults, fmt.Errorf("resource %s: kind %q does not exist", r.ID, r.Kind))...)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Attributes)) {
		if _, ok := s.index[name]; !ok {
			faults = append(faults, fmt.Errorf("resource %s: kind %s has no attribute %q", r.ID, r.Kind, name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Gaps)) {
		if _, ok := s.index[name]; !ok && name != "tags" { // tags are no attribute, and may be unread too
			faults = append(faults, fmt.Errorf("resource %s: gap of %q: kind %s has no such attribute", r.ID, name, r.Kind))
		}
	}
	for _, a := range s.spec.Attributes {
		_, fact := r.Attributes[a.Name]
		if _, gap := r.Gaps[a.Name]; !fact && !gap {
			faults = append(faults, fmt.Errorf("resource %s: attribute %s is neither a fact nor a gap", r.ID, a.Name))
		}
	}
	return errors.Join(faults...)
}

// check tells the faults that would make a file that cannot be read back. Kinds
// and attributes that are not known here pass, with plain values.
func check(r *Resource) []error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("resource "+r.ID+": "+format, args...))
	}
	for _, f := range [...]struct{ name, value string }{{"id", r.ID}, {"kind", string(r.Kind)}, {"native", r.Native}, {"provider", r.Provider}, {"source", r.Source}} {
		if f.value == "" {
			fault("%s is empty", f.name)
		}
	}
	s := schemas()[r.Kind]
	for name, value := range r.Attributes {
		want := Type("")
		if s != nil {
			if i, ok := s.index[name]; ok {
				want = s.spec.Attributes[i].Type
			}
		}
		if err := checkValue(want, value); err != nil {
			fault("attribute %s: %w", name, err)
		}
		if _, gap := r.Gaps[name]; gap {
			fault("attribute %s is a fact and a gap", name)
		}
	}
	for name, gap := range r.Gaps {
		if gap.Reason == "" {
			fault("gap of %s: no reason", name)
		}
	}
	for _, l := range r.Links {
		if l.Relation == "" || l.Target == "" {
			fault("link %q to %q: an end is empty", l.Relation, l.Target)
		}
	}
	return faults
}

func checkValue(want Type, value any) error {
	ok := true
	switch want {
	case String:
		_, ok = value.(string)
	case Bool:
		_, ok = value.(bool)
	case Int:
		_, ok = value.(int64)
	case Time:
		var t time.Time
		if t, ok = value.(time.Time); ok && (t.Year() < 1 || t.Year() > 9999) {
			return fmt.Errorf("the year %d cannot be written", t.Year())
		}
	case Strings:
		return checkStrings(value)
	case Rules:
		return checkRules(value)
	default:
		return checkPlain(value)
	}
	if !ok {
		return fmt.Errorf("%T is not a %s", value, want)
	}
	return nil
}

func checkStrings(value any) error {
	list, ok := value.([]any)
	if !ok {
		return fmt.Errorf("%T is not a list of strings", value)
	}
	last := ""
	for _, v := range list {
		s, ok := v.(string)
		if !ok {
			return fmt.Errorf("%T in a list of strings", v)
		}
		if s < last {
			return fmt.Errorf("%q after %q: the list is not sorted", s, last)
		}
		last = s
	}
	return nil
}

// ruleFields are the members of an element of a Rules attribute.
var ruleFields = map[string]Type{
	"direction": String, "allow": Bool, "protocol": String, "from_port": Int, "to_port": Int, "internet": Bool, "sources": Strings,
}

func checkRules(value any) error {
	list, ok := value.([]any)
	if !ok {
		return fmt.Errorf("%T is not a list of rules", value)
	}
	for i, v := range list {
		rule, ok := v.(map[string]any)
		if !ok {
			return fmt.Errorf("rule %d: %T is not a rule", i, v)
		}
		for name, want := range ruleFields {
			field, ok := rule[name]
			if !ok {
				return fmt.Errorf("rule %d: %s is missing", i, name)
			}
			if err := checkValue(want, field); err != nil {
				return fmt.Errorf("rule %d: %s: %w", i, name, err)
			}
		}
		if len(rule) > len(ruleFields) {
			return fmt.Errorf("rule %d: has a member that rules do not have", i)
		}
	}
	return nil
}

func checkPlain(value any) error {
	switch v := value.(type) {
	case nil, string, bool, int64, float64:
	case []any:
		for _, e := range v {
			if err := checkPlain(e); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, e := range v {
			if err := checkPlain(e); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("%T cannot be written", value)
	}
	return nil
}

// Complete makes each attribute of the kind that is neither a fact nor a gap a
// gap, so that a collector need only name what it read and what it could not.
func (r *Resource) Complete(g Gap) {
	s, ok := schemas()[r.Kind]
	if !ok {
		return
	}
	for _, a := range s.spec.Attributes {
		if _, fact := r.Attributes[a.Name]; fact {
			continue
		}
		if _, gap := r.Gaps[a.Name]; gap {
			continue
		}
		if r.Gaps == nil {
			r.Gaps = map[string]Gap{}
		}
		r.Gaps[a.Name] = g
	}
}
