// SPDX-License-Identifier: Apache-2.0

package cloud

import (
	"errors"
	"fmt"
	"time"

	"demarc.dev/demarc/internal/jsonscan"
)

// decode reads the line of a resource. The order of members is that of the
// Resource struct, so the kind is known before its attributes come.
func (d *decoder) decode(line []byte) (*Resource, error) {
	s := &d.scan
	s.Reset(line)
	if s.Object(); !s.Key() || string(s.Name()) != "resource" {
		if err := s.Err(); err != nil {
			return nil, fmt.Errorf("neither a resource nor the end: %w", err)
		}
		return nil, errors.New("neither a resource nor the end")
	}
	r := &Resource{}
	d.facts = 0
	last := -1
	for s.Object(); s.Key(); {
		at := place(s.Name())
		if at <= last {
			s.Fail(fmt.Sprintf("member %q is unknown, twice or out of order", s.Name()))
			break
		}
		last = at
		d.member(r, at)
	}
	if s.Key() {
		s.Fail("a second member beside the resource")
	}
	if err := s.End(); err != nil {
		return nil, err
	}
	for i, name := range envelopeOrder[:5] {
		if *d.field(r, i) == "" {
			return nil, fmt.Errorf("resource %q: %s is missing", r.ID, name)
		}
	}
	return r, d.complete(r)
}

// field gives the member of r at a place before "tags".
func (d *decoder) field(r *Resource, at int) *string {
	return [...]*string{&r.ID, (*string)(&r.Kind), &r.Native, &r.Provider, &r.Source, &r.Account, &r.Region, &r.Name, &r.Tenant}[at]
}

func (d *decoder) member(r *Resource, at int) {
	s := &d.scan
	switch envelopeOrder[at] {
	case "id":
		r.ID = s.Text()
	case "name":
		r.Name = s.Text()
	case "tags":
		r.Tags = map[string]string{}
		d.object(func(name string) { r.Tags[name] = d.word(s.Bytes()) })
	case "attributes":
		d.attributes(r)
	case "gaps":
		r.Gaps = map[string]Gap{}
		d.object(func(name string) { r.Gaps[name] = d.gap() })
	case "links":
		for s.Array(); s.More(); {
			r.Links = append(r.Links, d.link())
		}
	case "raw":
		r.Raw = append([]byte(nil), s.Raw()...)
	case "seen":
		r.Seen = d.seen()
	default:
		*d.field(r, at) = d.word(s.Bytes())
	}
}

// object reads members in the order of their names.
func (d *decoder) object(value func(name string)) {
	s := &d.scan
	last, first := "", true
	for s.Object(); s.Key(); first = false {
		name := d.word(s.Name())
		if err := sortedNames(&last, name, first); err != nil {
			s.Fail(err.Error())
			return
		}
		value(name)
	}
}

func (d *decoder) attributes(r *Resource) {
	schema := schemas()[r.Kind]
	if schema == nil {
		r.Attributes = map[string]any{}
		d.object(func(name string) { r.Attributes[name] = d.scan.Value() })
		return
	}
	r.Attributes = make(map[string]any, len(schema.spec.Attributes))
	d.object(func(name string) {
		if i, ok := schema.index[name]; ok {
			r.Attributes[name] = d.value(schema.spec.Attributes[i].Type)
			d.facts++
		} else {
			r.Attributes[name] = d.scan.Value()
		}
	})
}

func (d *decoder) value(want Type) any {
	s := &d.scan
	switch want {
	case Bool:
		return s.Bool()
	case Int:
		return s.Int()
	case Time:
		return d.stamps.read(s)
	case Strings:
		return d.list()
	case Rules:
		rules := []any{}
		for s.Array(); s.More(); {
			rule := make(map[string]any, len(ruleFields))
			d.object(func(name string) {
				if ruleFields[name] == "" {
					s.Fail(fmt.Sprintf("a rule has no member %q", name))
					return
				}
				rule[name] = d.value(ruleFields[name])
			})
			if len(rule) != len(ruleFields) {
				s.Fail("a rule lacks a member")
			}
			rules = append(rules, rule)
		}
		return rules
	}
	return d.keep(s.Bytes())
}

func (d *decoder) list() any {
	s := &d.scan
	list := []any{}
	last := ""
	for s.Array(); s.More(); {
		v := d.keep(s.Bytes())
		if text := v.(string); text < last {
			s.Fail("a list of strings is not sorted")
		} else {
			last = text
		}
		list = append(list, v)
	}
	return list
}

func (d *decoder) gap() (g Gap) {
	s := &d.scan
	for s.Object(); s.Key(); {
		switch string(s.Name()) {
		case "reason":
			g.Reason = Reason(d.word(s.Bytes()))
		case "call":
			g.Call = d.word(s.Bytes())
		case "detail":
			g.Detail = d.word(s.Bytes())
		default:
			s.Fail(fmt.Sprintf("a gap has no member %q", s.Name()))
		}
	}
	if g.Reason == "" {
		s.Fail("a gap has no reason")
	}
	return g
}

func (d *decoder) link() (l Link) {
	s := &d.scan
	for s.Object(); s.Key(); {
		switch string(s.Name()) {
		case "relation":
			l.Relation = d.word(s.Bytes())
		case "target":
			l.Target = d.word(s.Bytes())
		default:
			s.Fail(fmt.Sprintf("a link has no member %q", s.Name()))
		}
	}
	if l.Relation == "" || l.Target == "" {
		s.Fail("a link lacks an end")
	}
	return l
}

func (d *decoder) seen() (seen Seen) {
	s := &d.scan
	for s.Object(); s.Key(); {
		switch string(s.Name()) {
		case "at":
			seen.At, _ = d.stamps.read(s).(time.Time)
		case "call":
			seen.Call = d.word(s.Bytes())
		case "request":
			seen.Request = s.Text()
		default:
			s.Fail(fmt.Sprintf("seen has no member %q", s.Name()))
		}
	}
	return seen
}

// complete turns what the file is silent about into gaps, and refuses a
// resource that says both.
func (d *decoder) complete(r *Resource) error {
	schema := schemas()[r.Kind]
	known := d.facts
	for name := range r.Gaps {
		if _, both := r.Attributes[name]; both {
			return fmt.Errorf("resource %s: attribute %s is a fact and a gap", r.ID, name)
		}
		if schema != nil {
			if _, ok := schema.index[name]; ok {
				known++
			}
		}
	}
	if schema != nil && known < len(schema.spec.Attributes) {
		r.Complete(Gap{Reason: NotCollected, Detail: "the snapshot does not hold it"})
	}
	return nil
}

// stampCache remembers the last time read, because the resources of one call
// carry the same one.
type stampCache struct {
	text string
	time any
}

func (c *stampCache) read(s *jsonscan.Scanner) any {
	text := s.Bytes()
	if c.time != nil && string(text) == c.text {
		return c.time
	}
	t, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil {
		s.Fail("a time of RFC 3339 expected")
		return time.Time{}
	}
	c.text, c.time = string(text), t.UTC()
	return c.time
}
