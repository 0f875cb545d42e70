// SPDX-License-Identifier: Apache-2.0

package iampolicy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
)

// Bounds of a document. The largest that AWS takes is 32 KiB (a key policy).
const (
	MaxSize       = 1 << 20 // bytes
	maxStatements = 10_000
	maxDepth      = 16
)

// Policy is a policy document.
type Policy struct {
	Version    string // "2012-10-17", "2008-10-17", or empty
	ID         string
	Statements []Statement
}

// Statement is one statement. Lists hold at least what the document had; a
// single string is a list of one.
type Statement struct {
	Sid          string
	Allow        bool        // otherwise it denies
	Principals   []Principal // nil in a policy of an identity
	NotPrincipal bool        // Principals are the ones left out
	Actions      []string
	NotAction    bool
	Resources    []string // nil in a trust policy
	NotResource  bool
	Conditions   []Condition // all must hold

	name string // for people: its Sid, or its number
}

// Principal is one principal of a statement.
type Principal struct {
	Type  string // "AWS", "Service", "Federated", "CanonicalUser"; "AWS" for the plain "*"
	Value string
}

// Condition is one key of a condition: it holds when one of Values matches.
type Condition struct {
	Operator string // as written: "ForAnyValue:StringLike", "BoolIfExists"
	Key      string // as written: "aws:SourceArn"
	Values   []string
}

// Parse reads a document, also in the percent-encoded form that the IAM API
// answers with. What it cannot read wholly is an error: a policy that is half
// understood would be half a fact.
func Parse(document []byte) (*Policy, error) {
	if len(document) > MaxSize {
		return nil, fmt.Errorf("a policy of %d bytes: more than %d are not read", len(document), MaxSize)
	}
	document = bytes.TrimSpace(document)
	if len(document) > 0 && document[0] == '%' {
		plain, err := url.PathUnescape(string(document))
		if err != nil {
			return nil, fmt.Errorf("reading a percent-encoded policy: %w", err)
		}
		document = []byte(plain)
	}
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	root, err := value(d, 0)
	if err != nil {
		return nil, fmt.Errorf("reading a policy: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("reading a policy: more data follows it")
	}
	p, err := policy(root)
	if err != nil {
		return nil, fmt.Errorf("reading a policy: %w", err)
	}
	return p, nil
}

// member keeps the order of an object: encoding/json would fold the case of
// names and let the last of two equal members win, and AWS does neither.
type member struct {
	name  string
	value any
}

func value(d *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("it nests deeper than %d", maxDepth)
	}
	t, err := d.Token()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		return object(d, depth)
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := value(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	}
	return t, nil
}

func object(d *json.Decoder, depth int) (any, error) {
	members := []member{}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := t.(string)
		if seen[name] {
			return nil, fmt.Errorf("member %q stands twice", name)
		}
		seen[name] = true
		v, err := value(d, depth+1)
		if err != nil {
			return nil, err
		}
		members = append(members, member{name, v})
	}
	_, err := d.Token()
	return members, err
}

func policy(root any) (*Policy, error) {
	members, ok := root.([]member)
	if !ok {
		return nil, errors.New("it is not an object")
	}
	p := &Policy{}
	var list any
	for _, m := range members {
		text, isText := m.value.(string)
		switch {
		case m.name == "Version" && isText:
			p.Version = text
		case m.name == "Id" && isText:
			p.ID = text
		case m.name == "Statement":
			list = m.value
		default:
			return nil, fmt.Errorf("its member %q is not understood", m.name)
		}
	}
	statements, ok := list.([]any)
	if !ok {
		if statements = []any{list}; list == nil {
			return nil, errors.New("it has no Statement")
		}
	}
	if len(statements) > maxStatements {
		return nil, fmt.Errorf("it has %d statements: more than %d are not read", len(statements), maxStatements)
	}
	for i, v := range statements {
		s, err := statement(v)
		if err != nil {
			return nil, fmt.Errorf("statement %d: %w", i+1, err)
		}
		if s.name = "statement " + s.Sid; s.Sid == "" {
			s.name = fmt.Sprintf("statement %d", i+1)
		}
		p.Statements = append(p.Statements, *s)
	}
	return p, nil
}

func statement(v any) (*Statement, error) {
	members, ok := v.([]member)
	if !ok {
		return nil, errors.New("it is not an object")
	}
	s := &Statement{}
	has := map[string]bool{}
	for _, m := range members {
		var err error
		switch element := strings.TrimPrefix(m.name, "Not"); {
		case m.name == "Sid":
			s.Sid, ok = m.value.(string)
		case m.name == "Effect":
			s.Allow = m.value == "Allow"
			ok = s.Allow || m.value == "Deny"
		case element == "Principal":
			s.NotPrincipal = m.name != element
			s.Principals, err = principals(m.value)
		case element == "Action":
			s.NotAction = m.name != element
			s.Actions, err = texts(m.value)
		case element == "Resource":
			s.NotResource = m.name != element
			s.Resources, err = texts(m.value)
		case m.name == "Condition":
			s.Conditions, err = conditions(m.value)
		default:
			return nil, fmt.Errorf("its member %q is not understood", m.name)
		}
		if element := strings.TrimPrefix(m.name, "Not"); has[element] {
			return nil, fmt.Errorf("both %s and Not%s", element, element)
		} else {
			has[element] = true
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		if !ok {
			return nil, fmt.Errorf("%s: the value is not understood", m.name)
		}
	}
	if !has["Effect"] || !has["Action"] {
		return nil, errors.New("its Effect or its Action is missing")
	}
	return s, nil
}

func principals(v any) ([]Principal, error) {
	if v == "*" {
		return []Principal{{"AWS", "*"}}, nil
	}
	members, ok := v.([]member)
	if !ok {
		return nil, errors.New("neither \"*\" nor an object")
	}
	out := []Principal{}
	for _, m := range members {
		switch m.name {
		case "AWS", "Service", "Federated", "CanonicalUser":
		default:
			return nil, fmt.Errorf("the type %q is not understood", m.name)
		}
		list, err := texts(m.value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		for _, value := range list {
			out = append(out, Principal{m.name, value})
		}
	}
	return out, nil
}

// texts reads a string or a list of strings, numbers and truth values.
func texts(v any) ([]string, error) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	out := make([]string, 0, len(list))
	for _, e := range list {
		switch e := e.(type) {
		case string:
			out = append(out, e)
		case json.Number:
			out = append(out, e.String())
		case bool:
			out = append(out, fmt.Sprint(e))
		default:
			return nil, errors.New("neither a string nor a list of strings")
		}
	}
	return out, nil
}

func conditions(v any) ([]Condition, error) {
	operators, ok := v.([]member)
	if !ok {
		return nil, errors.New("it is not an object")
	}
	var out []Condition
	for _, operator := range operators {
		keys, ok := operator.value.([]member)
		if !ok {
			return nil, fmt.Errorf("%s is not an object", operator.name)
		}
		for _, key := range keys {
			values, err := texts(key.value)
			if err != nil {
				return nil, fmt.Errorf("%s of %s: %w", key.name, operator.name, err)
			}
			out = append(out, Condition{operator.name, key.name, values})
		}
	}
	return out, nil
}
