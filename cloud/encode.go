// SPDX-License-Identifier: Apache-2.0

package cloud

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// encode writes the resource's line, in canonical form, into w.line.
func (w *Writer) encode(r *Resource) error {
	w.line.WriteString(`{"resource":{"id":`)
	w.text(r.ID)
	w.member("kind", string(r.Kind))
	w.member("native", r.Native)
	w.member("provider", r.Provider)
	w.member("source", r.Source)
	w.optional("account", r.Account)
	w.optional("region", r.Region)
	w.optional("name", r.Name)
	w.optional("tenant", r.Tenant)
	if len(r.Tags) > 0 {
		w.line.WriteString(`,"tags":`)
		object(w, r.Tags, func(v string) error { w.text(v); return nil })
	}
	w.line.WriteString(`,"attributes":`)
	if err := object(w, r.Attributes, w.value); err != nil {
		return err
	}
	if len(r.Gaps) > 0 {
		w.line.WriteString(`,"gaps":`)
		object(w, r.Gaps, w.gap)
	}
	w.links(r.Links)
	if len(r.Raw) > 0 {
		w.line.WriteString(`,"raw":`)
		if err := json.Compact(&w.line, r.Raw); err != nil {
			return fmt.Errorf("raw is not JSON: %w", err)
		}
	}
	w.line.WriteString(`,"seen":{"at":`)
	w.text(stamp(r.Seen.At))
	w.member("call", r.Seen.Call)
	w.optional("request", r.Seen.Request)
	w.line.WriteString("}}}\n")
	return nil
}

func (w *Writer) member(name, value string) {
	w.line.WriteString(`,"` + name + `":`)
	w.text(value)
}

func (w *Writer) optional(name, value string) {
	if value != "" {
		w.member(name, value)
	}
}

// object writes a map in the order of its keys.
func object[V any](w *Writer, m map[string]V, value func(V) error) error {
	w.line.WriteByte('{')
	for i, k := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			w.line.WriteByte(',')
		}
		w.text(k)
		w.line.WriteByte(':')
		if err := value(m[k]); err != nil {
			return fmt.Errorf("%s: %w", k, err)
		}
	}
	w.line.WriteByte('}')
	return nil
}

func (w *Writer) gap(g Gap) error {
	w.line.WriteString(`{"reason":`)
	w.text(string(g.Reason))
	w.optional("call", g.Call)
	w.optional("detail", g.Detail)
	w.line.WriteByte('}')
	return nil
}

func (w *Writer) links(links []Link) {
	if len(links) == 0 {
		return
	}
	order := func(a, b Link) int {
		return cmp.Or(strings.Compare(a.Relation, b.Relation), strings.Compare(a.Target, b.Target))
	}
	if !slices.IsSortedFunc(links, order) {
		links = slices.Clone(links)
		slices.SortFunc(links, order)
	}
	links = slices.CompactFunc(slices.Clone(links), func(a, b Link) bool { return a == b })
	w.line.WriteString(`,"links":[`)
	for i, l := range links {
		if i > 0 {
			w.line.WriteByte(',')
		}
		w.line.WriteString(`{"relation":`)
		w.text(l.Relation)
		w.member("target", l.Target)
		w.line.WriteByte('}')
	}
	w.line.WriteByte(']')
}

func (w *Writer) value(v any) error {
	switch v := v.(type) {
	case nil:
		w.line.WriteString("null")
	case string:
		w.text(v)
	case bool:
		w.line.WriteString(strconv.FormatBool(v))
	case int64:
		w.line.Write(strconv.AppendInt(w.line.AvailableBuffer(), v, 10))
	case time.Time:
		w.text(stamp(v))
	case []any:
		w.line.WriteByte('[')
		for i, e := range v {
			if i > 0 {
				w.line.WriteByte(',')
			}
			if err := w.value(e); err != nil {
				return err
			}
		}
		w.line.WriteByte(']')
	case map[string]any:
		return object(w, v, w.value)
	default: // float64: check has let nothing else pass
		text, err := json.Marshal(v)
		if err != nil {
			return err
		}
		w.line.Write(text)
	}
	return nil
}

// text writes a JSON string: only quotes, backslashes and controls are escaped,
// and what is not UTF-8 becomes U+FFFD.
func (w *Writer) text(s string) {
	const hex = "0123456789abcdef"
	w.line.WriteByte('"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				w.line.WriteString(s[start:i] + "\uFFFD")
				start = i + 1
			}
			i += n
			continue
		}
		if c < ' ' || c == '"' || c == '\\' {
			w.line.WriteString(s[start:i])
			if c < ' ' {
				w.line.Write([]byte{'\\', 'u', '0', '0', hex[c>>4], hex[c&15]})
			} else {
				w.line.Write([]byte{'\\', c})
			}
			start = i + 1
		}
		i++
	}
	w.line.WriteString(s[start:])
	w.line.WriteByte('"')
}
