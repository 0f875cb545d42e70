// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"demarc.dev/demarc/cloud"
)

// provider tells CEL the kinds as types, over the ordinary types of CEL. It is
// what makes a misspelt field a fault at compile time.
type provider struct {
	*types.Registry
	kinds map[cloud.Kind]*kindType
	rule  map[string]*types.FieldType
}

func newProvider(kinds map[cloud.Kind]*kindType) (*provider, error) {
	registry, err := types.NewRegistry()
	if err != nil {
		return nil, fmt.Errorf("making the registry of types: %w", err)
	}
	p := &provider{Registry: registry, kinds: kinds, rule: map[string]*types.FieldType{}}
	for i, f := range ruleFields {
		p.rule[f.name] = &types.FieldType{
			Type:  celType(f.typ),
			IsSet: func(any) bool { return true },
			GetFrom: func(target any) (any, error) {
				switch v := target.(type) {
				case *firewallRule:
					return v.vals[i], nil
				case *types.Unknown:
					return v, nil
				}
				return nil, fmt.Errorf("%s: not a firewall rule", f.name)
			},
		}
	}
	return p, nil
}

// FindStructType is part of types.Provider.
func (p *provider) FindStructType(name string) (*types.Type, bool) {
	if k, ok := p.kinds[cloud.Kind(name)]; ok {
		return types.NewTypeTypeWithParam(k.cel), true
	}
	if name == ruleType {
		return types.NewTypeTypeWithParam(ruleCEL), true
	}
	return p.Registry.FindStructType(name)
}

// FindStructFieldNames is part of types.Provider.
func (p *provider) FindStructFieldNames(name string) ([]string, bool) {
	if k, ok := p.kinds[cloud.Kind(name)]; ok {
		return k.names, true
	}
	if name == ruleType {
		names := make([]string, len(ruleFields))
		for i, f := range ruleFields {
			names[i] = f.name
		}
		return names, true
	}
	return p.Registry.FindStructFieldNames(name)
}

// FindStructFieldType is part of types.Provider.
func (p *provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	if k, ok := p.kinds[cloud.Kind(name)]; ok {
		i, ok := k.index[field]
		if !ok {
			return nil, false
		}
		return k.fields[i].get, true
	}
	if name == ruleType {
		f, ok := p.rule[field]
		return f, ok
	}
	return p.Registry.FindStructFieldType(name, field)
}

// NewValue refuses to make a resource: expressions ask, they do not invent.
func (p *provider) NewValue(name string, _ map[string]ref.Val) ref.Val {
	return types.NewErr("an expression cannot make a %s", name)
}

// NativeToValue hands on what is a CEL value already, which nearly all is.
func (p *provider) NativeToValue(v any) ref.Val {
	if val, ok := v.(ref.Val); ok {
		return val
	}
	return p.Registry.NativeToValue(v)
}
