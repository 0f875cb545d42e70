// SPDX-License-Identifier: Apache-2.0

package strict

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"gopkg.in/yaml.v3"
)

// Write gives the canonical YAML of a value that Read can read: fields in the
// order of the type, maps by key, the same bytes for the same value.
func Write(v any) ([]byte, error) { return WriteNode(Node(v)) }

// WriteNode gives the YAML of a node, indented by two.
func WriteNode(n *yaml.Node) ([]byte, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(n); err != nil {
		return nil, fmt.Errorf("writing YAML: %w", err)
	}
	if err := encoder.Close(); err != nil {
		return nil, fmt.Errorf("writing YAML: %w", err)
	}
	return out.Bytes(), nil
}

// Node gives the node of a value.
func Node(v any) *yaml.Node { return node(reflect.ValueOf(v)) }

func node(v reflect.Value) *yaml.Node {
	if day, ok := v.Interface().(time.Time); ok {
		return &yaml.Node{Kind: yaml.ScalarNode, Value: day.Format(time.DateOnly)}
	}
	switch v.Kind() {
	case reflect.Struct:
		return structNode(v)
	case reflect.Pointer:
		return node(v.Elem())
	case reflect.Slice:
		return sliceNode(v)
	case reflect.Map:
		return mapNode(v)
	case reflect.String:
		return Text(v.String())
	default:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: fmt.Sprint(v.Interface())}
	}
}

func structNode(v reflect.Value) *yaml.Node {
	out := &yaml.Node{Kind: yaml.MappingNode}
	for i := range v.NumField() {
		name, omit := tagOf(v.Type().Field(i))
		if name == "" || omit && v.Field(i).IsZero() {
			continue
		}
		out.Content = append(out.Content, Text(name), node(v.Field(i)))
	}
	return out
}

func sliceNode(v reflect.Value) *yaml.Node {
	out := &yaml.Node{Kind: yaml.SequenceNode}
	for i := range v.Len() {
		out.Content = append(out.Content, node(v.Index(i)))
	}
	if v.Len() == 0 || v.Type().Elem().Kind() == reflect.String {
		out.Style = yaml.FlowStyle
	}
	return out
}

func mapNode(v reflect.Value) *yaml.Node {
	out := &yaml.Node{Kind: yaml.MappingNode}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, key := range keys {
		out.Content = append(out.Content, Text(key.String()), node(v.MapIndex(key)))
	}
	return out
}

// Text gives the node of a string: plain where that can be read back as it
// is, else in double quotes.
func Text(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	odd := func(r rune) bool { return !unicode.IsPrint(r) || r > 0xFFFF || r == 0xFEFF }
	if s != strings.TrimSpace(s) || strings.ContainsFunc(s, odd) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}
