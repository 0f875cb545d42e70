// SPDX-License-Identifier: Apache-2.0

package terraform

import "demarc.dev/demarc/internal/jsonscan"

// decoder decodes kept documents. It is not safe for concurrent use; what it
// gave is, as long as nobody changes it.
type decoder struct {
	scan  jsonscan.Scanner
	texts map[string]any // shared by decoded documents
	masks map[string]any // by their JSON
}

func (dec *decoder) doc(in *input, it *item) *doc {
	d := &doc{in: in, decoder: dec, it: it}
	d.values, _ = dec.decode(it.values).(map[string]any)
	d.unknown, d.sensitive = dec.mask(it.unknown), dec.mask(it.sensitive)
	return d
}

// mask decodes a mask, which nobody changes.
func (dec *decoder) mask(text []byte) any {
	if text == nil {
		return nil
	}
	if v, ok := dec.masks[string(text)]; ok {
		return v
	}
	v := dec.decode(text)
	if dec.masks == nil {
		dec.masks = map[string]any{}
	}
	if len(dec.masks) < sharedMasks {
		dec.masks[string(text)] = v
	}
	return v
}

// decode decodes what the scanner has taken as JSON before. Nulls of the
// outermost object are left out: a resource is mostly nulls.
func (dec *decoder) decode(text []byte) any {
	s := &dec.scan
	s.Reset(text)
	if s.Peek() != jsonscan.Object {
		return s.Value()
	}
	return dec.object(true)
}

func (dec *decoder) object(skipNulls bool) any {
	s := &dec.scan
	out := map[string]any{}
	for s.Object(); s.Key(); {
		if skipNulls && s.Null() {
			continue
		}
		name := dec.shared(s.Name())
		out[name] = dec.value()
	}
	return out
}

func (dec *decoder) value() any {
	s := &dec.scan
	switch s.Peek() {
	case jsonscan.Object:
		return dec.object(false)
	case jsonscan.Array:
		list := []any{}
		for s.Array(); s.More(); {
			list = append(list, dec.value())
		}
		return list
	case jsonscan.String:
		return dec.boxed(s.Bytes())
	}
	return s.Value()
}

// Bounds of the texts that are shared, because the names of arguments and many
// values come again and again.
const sharedTexts, sharedLength = 1 << 14, 40

func (dec *decoder) shared(b []byte) string { return dec.boxed(b).(string) }

func (dec *decoder) boxed(b []byte) any {
	if len(b) > sharedLength {
		return string(b)
	}
	if v, ok := dec.texts[string(b)]; ok {
		return v
	}
	var v any = string(b)
	if dec.texts == nil {
		dec.texts = map[string]any{}
	}
	if len(dec.texts) < sharedTexts {
		dec.texts[v.(string)] = v
	}
	return v
}
