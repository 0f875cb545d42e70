// SPDX-License-Identifier: Apache-2.0

package strict

import (
	"bytes"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"gopkg.in/yaml.v3"
)

// Write gives the canonical YAML of a value that Read can read: fields in the
// order of the type, maps by key, the same bytes for the same value.
func Write(v any) ([]byte, error) { return WriteNode(Node(v)) }

// Commented gives the YAML that Write gives, with comments. The function gives
// the words that stand above the field or the list item at a path, "" for
// none; those of the path "" head the file. Words that begin with a line break
// get a free line above. Read passes over comments.
func Commented(v any, comment func(path string) string) ([]byte, error) {
	n := Node(v)
	remark("", n, comment)
	out, err := WriteNode(n)
	out = regexp.MustCompile(`(?m)^ +$`).ReplaceAll(out, nil) // free lines are indented; no text spans lines
	if head := comment(""); err == nil && head != "" {
		out = append([]byte(hashes(head)+"\n\n"), out...)
	}
	return out, err
}

func remark(path string, n *yaml.Node, comment func(path string) string) {
	switch {
	case n.Style == yaml.FlowStyle: // a comment would break the line
	case n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			sub := Join(path, n.Content[i].Value)
			n.Content[i].HeadComment = hashes(comment(sub))
			remark(sub, n.Content[i+1], comment)
		}
	case n.Kind == yaml.SequenceNode:
		for i, item := range n.Content {
			sub := fmt.Sprintf("%s[%d]", path, i)
			item.HeadComment = hashes(comment(sub))
			remark(sub, item, comment)
		}
	}
}

// hashes puts "# " before each line and takes out what would end a comment.
func hashes(words string) string {
	if words == "" {
		return ""
	}
	var out strings.Builder
	if words[0] == '\n' { // a free line above
		out.WriteString("\n")
		words = words[1:]
	}
	for line := range strings.SplitSeq(words, "\n") {
		line = strings.Map(func(r rune) rune {
			if unicode.IsPrint(r) && r <= 0xFFFF && r != 0xFEFF {
				return r
			}
			return ' '
		}, strings.ToValidUTF8(line, "?"))
		out.WriteString(strings.TrimRight("# "+line, " ") + "\n")
	}
	return strings.TrimSuffix(out.String(), "\n")
}

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
