// SPDX-License-Identifier: Apache-2.0

// Package strict reads the YAML files that people keep: every word that the
// format does not know is a fault, and all faults are told at once, each with
// its file, line and field.
//
//	doc := strict.Read("scope.yaml", data, &file)
//	if !slices.Contains(roles, file.Role) {
//		doc.Fault("organisation.role", "…")
//	}
//	return doc.Err()
//
// A field is named by its path, such as services[2].model. Fields are those
// with a yaml tag: strings, whole numbers, booleans, days (time.Time as
// 2006-01-02), structs, pointers to structs, slices and maps by string. A
// string takes any plain word as it is written, so that an account number
// keeps its leading zero.
//
// It refuses anchors, aliases, tags of other types, more than one document
// and files above MaxSize: a register is plain data and is never that large.
package strict

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// MaxSize bounds a file, in bytes.
const MaxSize = 16 << 20

// maxFaults bounds what one reading tells: nobody mends more in one go.
const maxFaults = 200

// Doc is a file that was read, with the faults found so far.
type Doc struct {
	file   string
	lines  map[string]int
	unread map[string]bool // fields of which Read told a fault
	faults []Fault
	more   int // faults above maxFaults
}

// Read decodes data into the struct that into points to. Faults are kept in
// the Doc; what could be read is in into nevertheless, so that a caller can go
// on to find the faults of meaning.
func Read(file string, data []byte, into any) *Doc {
	d := New(file)
	node := d.parse(data)
	if node != nil {
		d.value("", node, reflect.ValueOf(into).Elem())
	}
	for _, f := range d.faults {
		d.unread[f.Field] = true
	}
	return d
}

func (d *Doc) parse(data []byte) *yaml.Node {
	if len(data) > MaxSize {
		d.at(0, "", "the file has %d bytes; the most is %d", len(data), MaxSize)
		return nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var root yaml.Node
	if err := decoder.Decode(&root); err != nil {
		if errors.Is(err, io.EOF) {
			d.at(1, "", "the file is empty")
		} else {
			line, says := yamlError(err)
			d.at(line, "", "this is not YAML: %s", says)
		}
		return nil
	}
	var second yaml.Node
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		d.at(second.Line, "", "the file holds more than one document")
	}
	if len(root.Content) != 1 {
		d.at(1, "", "the file is empty")
		return nil
	}
	return root.Content[0]
}

// yamlError takes the line out of the library's words.
func yamlError(err error) (int, string) {
	says := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := regexp.MustCompile(`^(?:[a-z ]+)?line (\d+): (.*)$`).FindStringSubmatch(says); m != nil {
		line, _ := strconv.Atoi(m[1])
		return line, m[2]
	}
	return 0, says
}

func (d *Doc) value(path string, n *yaml.Node, v reflect.Value) {
	d.lines[path] = n.Line
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		d.at(n.Line, path, "anchors and aliases are not part of this format")
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null":
		return
	case v.Type() == reflect.TypeFor[time.Time]():
		d.day(path, n, v)
	default:
		d.kind(path, n, v)
	}
}

func (d *Doc) kind(path string, n *yaml.Node, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		d.mapping(path, n, v)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(path, n, v.Elem())
	case reflect.Slice:
		d.sequence(path, n, v)
	case reflect.Map:
		d.table(path, n, v)
	default:
		d.scalar(path, n, v)
	}
}

func (d *Doc) mapping(path string, n *yaml.Node, v reflect.Value) {
	fields := fieldsOf(v.Type())
	d.pairs(path, n, func(key *yaml.Node, value *yaml.Node, sub string) {
		index, ok := fields[key.Value]
		if !ok {
			d.at(key.Line, sub, "the format has no field %q here%s", key.Value, DidYouMean(key.Value, names(fields)))
			return
		}
		d.value(sub, value, v.Field(index))
		d.lines[sub] = key.Line
	})
}

func (d *Doc) table(path string, n *yaml.Node, v reflect.Value) {
	v.Set(reflect.MakeMap(v.Type()))
	d.pairs(path, n, func(key *yaml.Node, value *yaml.Node, sub string) {
		element := reflect.New(v.Type().Elem()).Elem()
		d.value(sub, value, element)
		d.lines[sub] = key.Line
		v.SetMapIndex(reflect.ValueOf(key.Value).Convert(v.Type().Key()), element)
	})
}

func (d *Doc) pairs(path string, n *yaml.Node, each func(key, value *yaml.Node, sub string)) {
	if n.Kind != yaml.MappingNode {
		d.at(n.Line, path, "here stands %s; the format wants a table of fields", kindName(n))
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		sub := Join(path, key.Value)
		switch first, twice := seen[key.Value]; {
		case key.Kind != yaml.ScalarNode || key.Anchor != "" || key.ShortTag() == "!!merge":
			d.at(key.Line, path, "a field's name must be a plain word")
		case twice:
			d.at(key.Line, sub, "the field stands twice, first in line %d", first)
		default:
			seen[key.Value] = key.Line
			each(key, value, sub)
		}
	}
}

func (d *Doc) sequence(path string, n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.SequenceNode {
		d.at(n.Line, path, "here stands %s; the format wants a list", kindName(n))
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		d.value(fmt.Sprintf("%s[%d]", path, i), item, out.Index(i))
	}
	if len(n.Content) > 0 {
		v.Set(out)
	}
}

func (d *Doc) scalar(path string, n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.ScalarNode {
		d.at(n.Line, path, "here stands %s; the format wants one value", kindName(n))
		return
	}
	switch tag := n.ShortTag(); {
	case tag == "!!binary" || !strings.HasPrefix(tag, "!!"):
		d.at(n.Line, path, "the tag %s is not part of this format", tag)
	case v.Kind() == reflect.String:
		v.SetString(n.Value)
	case v.Kind() == reflect.Bool && tag == "!!bool":
		v.SetBool(strings.EqualFold(n.Value, "true"))
	case v.Kind() == reflect.Bool:
		d.at(n.Line, path, "%q is neither true nor false", n.Value)
	default:
		d.number(path, n, v)
	}
}

func (d *Doc) number(path string, n *yaml.Node, v reflect.Value) {
	number, err := strconv.Atoi(n.Value)
	if err != nil {
		d.at(n.Line, path, "%q is not a whole number", n.Value)
		return
	}
	v.SetInt(int64(number))
}

func (d *Doc) day(path string, n *yaml.Node, v reflect.Value) {
	day, err := time.Parse(time.DateOnly, n.Value)
	if err != nil || day.IsZero() {
		d.at(n.Line, path, "%q is not a day such as 2026-03-31", n.Value)
		return
	}
	v.Set(reflect.ValueOf(day))
}

// fieldsOf gives the index of each field with a yaml name.
func fieldsOf(t reflect.Type) map[string]int {
	out := map[string]int{}
	for i := range t.NumField() {
		if name, _ := tagOf(t.Field(i)); name != "" {
			out[name] = i
		}
	}
	return out
}

func tagOf(f reflect.StructField) (name string, omitEmpty bool) {
	name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	if name == "-" {
		return "", false
	}
	return name, strings.Contains(options, "omitempty")
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a table"
	case yaml.SequenceNode:
		return "a list"
	default:
		return fmt.Sprintf("%.40q", n.Value)
	}
}
