// SPDX-License-Identifier: Apache-2.0

package operate

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"demarc.dev/demarc/internal/strict"
)

// Field describes one field of Config, for the reference page and for flags.
type Field struct {
	Path    string // smtp.server
	Env     string // DEMARC_SMTP_SERVER; empty for a table
	Flag    string // of demarc serve, smtp; empty: none
	Kind    string // text, number, yes or no, list, duration, secret, table
	Default string
	Example string
	Doc     string
	OneOf   []string
	depth   int
	value   reflect.Value // not of Fields: of walk
	tag     reflect.StructTag
}

// Fields gives every field of Config, in the order of the struct.
func Fields() []Field {
	var c Config
	var out []Field
	walk("", 0, reflect.ValueOf(&c).Elem(), func(f Field) {
		f.value = reflect.Value{}
		out = append(out, f)
	})
	return out
}

// walk calls do for each field, and for those below each table.
func walk(path string, depth int, v reflect.Value, do func(Field)) {
	for i := range v.NumField() {
		sf := v.Type().Field(i)
		name := sf.Tag.Get("yaml")
		if !sf.IsExported() || name == "-" {
			continue
		}
		f := Field{Path: strict.Join(path, name), Default: sf.Tag.Get("default"), Example: sf.Tag.Get("example"), Doc: sf.Tag.Get("doc"),
			Flag: sf.Tag.Get("flag"), Kind: kindOf(sf.Type), depth: depth, value: v.Field(i), tag: sf.Tag}
		if words := sf.Tag.Get("oneof"); words != "" {
			f.OneOf = strings.Split(words, ",")
		}
		if f.Kind != "table" {
			f.Env = "DEMARC_" + strings.ToUpper(strings.ReplaceAll(f.Path, ".", "_"))
		}
		do(f)
		if f.Kind == "table" {
			walk(f.Path, depth+1, v.Field(i), do)
		}
	}
}

func kindOf(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[Secret]():
		return "secret"
	case t == reflect.TypeFor[Duration]():
		return "duration"
	case t.Kind() == reflect.Struct:
		return "table"
	case t.Kind() == reflect.Slice:
		return "list"
	case t.Kind() == reflect.Bool:
		return "yes or no"
	case t.Kind() == reflect.Int:
		return "number"
	}
	return "text"
}

// set gives the field a value as the environment and flags have it: a list is
// parted by commas.
func (f Field) set(words string) error {
	switch f.Kind {
	case "number":
		n, err := strconv.Atoi(words)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", words)
		}
		f.value.SetInt(int64(n))
	case "yes or no":
		b, err := strconv.ParseBool(words)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", words)
		}
		f.value.SetBool(b)
	case "list":
		var out []string
		for w := range strings.SplitSeq(words, ",") {
			if w = strings.TrimSpace(w); w != "" {
				out = append(out, w)
			}
		}
		f.value.Set(reflect.ValueOf(out))
	default:
		f.value.SetString(words)
	}
	return nil
}

// Sample gives the configuration as a file: every field with its words, those
// with a default set to it, all others as a comment with an example.
func Sample() []byte {
	var out bytes.Buffer
	out.WriteString("# Configuration of demarc serve. Flags override the environment, which overrides\n# this file. Every field can be left out. No secret stands here: each has a file of\n# its own, or a variable of the environment.\n")
	for _, f := range Fields() {
		f.sample(&out)
	}
	return out.Bytes()
}

func (f Field) sample(out *bytes.Buffer) {
	indent := strings.Repeat("  ", f.depth)
	name := f.Path[strings.LastIndexByte(f.Path, '.')+1:]
	out.WriteByte('\n')
	for _, l := range wrapped(f.Words(), 84-len(indent)) {
		out.WriteString(indent + "# " + l + "\n")
	}
	switch {
	case f.Kind == "table":
		out.WriteString(name + ":\n")
	case f.Default != "":
		out.WriteString(indent + name + ": " + f.quoted(f.Default) + "\n")
	default:
		out.WriteString(indent + "#" + name + ": " + f.quoted(f.Example) + "\n")
	}
}

// Words says what the field is, what it can be, and where else it can be set.
func (f Field) Words() string {
	words := f.Doc
	if f.OneOf != nil {
		words += " One of " + strings.Join(f.OneOf, ", ") + "."
	}
	if f.Env != "" {
		words += " Environment: " + f.Env + "."
	}
	if f.Flag != "" {
		words += " Flag: --" + f.Flag + "."
	}
	return words
}

func (f Field) quoted(words string) string {
	if f.Kind == "list" {
		items := strings.Split(words, ",")
		for i := range items {
			items[i] = scalar(items[i])
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	return scalar(words)
}

// scalar quotes what YAML could read as something else.
func scalar(words string) string {
	if strings.ContainsAny(words, ":#<>{}[]") {
		return strconv.Quote(words)
	}
	return words
}

func wrapped(words string, width int) (lines []string) {
	l := ""
	for _, w := range strings.Fields(words) {
		if l != "" && len(l)+1+len(w) > width {
			lines, l = append(lines, l), ""
		}
		l = strings.TrimSpace(l + " " + w)
	}
	return append(lines, l)
}
