// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"demarc.dev/demarc/cloud"
)

// baseFields stand on every resource; an attribute of the kind wins when the
// names clash.
var baseFields = [...]struct{ name, doc string }{
	{"id", "the provider's own identifier"},
	{"name", "its name; empty when it has none"},
	{"native", "the provider's type, such as s3.bucket"},
	{"provider", "aws, azure, gcp, …"},
	{"account", "the account, subscription or project"},
	{"region", "the region; global where there is none"},
	{"tenant", "the tenant that tags or the account name"},
	{"tags", "its tags, name to value"},
}

const (
	ruleType = "firewall-rule"
	tagsName = "tags"
)

// field is one field of a kind as expressions see it.
type field struct {
	name    string
	typ     cloud.Type // empty for a field that every resource has
	cel     *types.Type
	get     *types.FieldType
	unknown *types.Unknown // the value of the field of r when it was not read
}

// kindType is the CEL type of a kind.
type kindType struct {
	kind   cloud.Kind
	cel    *types.Type
	fields []field
	index  map[string]int
	names  []string
	tags   int // index of tags
}

// kindTypes gives every kind of cloud.Kinds by name.
func kindTypes() map[cloud.Kind]*kindType {
	out := map[cloud.Kind]*kindType{}
	for _, spec := range cloud.Kinds() {
		out[spec.Kind] = newKindType(spec)
	}
	return out
}

func newKindType(spec cloud.Spec) *kindType {
	k := &kindType{kind: spec.Kind, cel: types.NewObjectType(string(spec.Kind)), index: map[string]int{}}
	for _, a := range spec.Attributes {
		k.add(a.Name, a.Type, celType(a.Type))
	}
	for _, b := range baseFields {
		if _, taken := k.index[b.name]; taken {
			continue
		}
		t := types.StringType
		if b.name == tagsName {
			t = types.NewMapType(types.StringType, types.StringType)
			k.tags = len(k.fields)
		}
		k.add(b.name, "", t)
	}
	return k
}

func (k *kindType) add(name string, t cloud.Type, cel *types.Type) {
	i := len(k.fields)
	k.index[name] = i
	k.names = append(k.names, name)
	k.fields = append(k.fields, field{
		name: name, typ: t, cel: cel,
		unknown: unreadValue(int64(i)+1, "r", name),
		get: &types.FieldType{
			Type:  cel,
			IsSet: func(any) bool { return true },
			GetFrom: func(target any) (any, error) {
				switch v := target.(type) {
				case *object:
					if v.kind == k {
						return v.at(i), nil
					}
					return v.field(name)
				case *types.Unknown:
					return v, nil
				}
				return nil, fmt.Errorf("%s: not a resource of kind %s", name, k.kind)
			},
		},
	})
}

func celType(t cloud.Type) *types.Type {
	switch t {
	case cloud.Bool:
		return types.BoolType
	case cloud.Int:
		return types.IntType
	case cloud.Time:
		return types.TimestampType
	case cloud.Strings:
		return types.NewListType(types.StringType)
	case cloud.Rules:
		return types.NewListType(ruleCEL)
	default:
		return types.StringType
	}
}

// conform gives an attribute in the Go form that cloud.Type declares. It takes
// what YAML and JSON readers make of it.
func conform(t cloud.Type, v any) (any, bool) {
	switch t {
	case cloud.Bool:
		b, ok := v.(bool)
		return b, ok
	case cloud.Int:
		return conformInt(v)
	case cloud.Time:
		return conformTime(v)
	case cloud.Strings:
		return conformStrings(v)
	case cloud.Rules:
		return conformRules(v)
	default:
		s, ok := v.(string)
		return s, ok
	}
}

func conformInt(v any) (any, bool) {
	switch n := v.(type) {
	case int64:
		return n, true
	case int:
		return int64(n), true
	case float64:
		if n == float64(int64(n)) {
			return int64(n), true
		}
	}
	return nil, false
}

func conformTime(v any) (any, bool) {
	switch t := v.(type) {
	case time.Time:
		return t, true
	case string:
		if parsed, err := time.Parse(time.RFC3339, t); err == nil {
			return parsed, true
		}
		if parsed, err := time.Parse(time.DateOnly, t); err == nil {
			return parsed, true
		}
	}
	return nil, false
}

func conformStrings(v any) (any, bool) {
	switch l := v.(type) {
	case nil:
		return []any{}, true
	case []string:
		out := make([]any, len(l))
		for i, s := range l {
			out[i] = s
		}
		return out, true
	case []any:
		for _, e := range l {
			if _, ok := e.(string); !ok {
				return nil, false
			}
		}
		return l, true
	}
	return nil, false
}

func conformRules(v any) (any, bool) {
	list, ok := v.([]any)
	if v == nil {
		return []any{}, true
	}
	if !ok {
		return nil, false
	}
	for _, e := range list {
		m, ok := e.(map[string]any)
		if !ok {
			return nil, false
		}
		for name, value := range m {
			i, known := ruleIndex(name)
			if !known {
				return nil, false
			}
			if _, ok := conform(ruleFields[i].typ, value); !ok {
				return nil, false
			}
		}
	}
	return list, true
}

// value gives an attribute as a CEL value, nil when it does not have the type.
func value(t cloud.Type, v any) ref.Val {
	c, ok := conform(t, v)
	if !ok {
		return nil
	}
	switch c := c.(type) {
	case bool:
		return types.Bool(c)
	case int64:
		return types.Int(c)
	case string:
		return types.String(c)
	case time.Time:
		return types.Timestamp{Time: c.UTC()}
	case []any:
		if t == cloud.Rules {
			return newRules(c)
		}
		return newStrings(c)
	}
	return nil
}
