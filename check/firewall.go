// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"demarc.dev/demarc/cloud"
)

// ruleFields are the fields of an element of an attribute of type rules.
var ruleFields = [...]struct {
	name string
	typ  cloud.Type
}{
	{"direction", cloud.String}, // in, out
	{"allow", cloud.Bool},
	{"protocol", cloud.String}, // tcp, udp, icmp, all
	{"from_port", cloud.Int},
	{"to_port", cloud.Int},
	{"internet", cloud.Bool},
	{"sources", cloud.Strings},
}

const (
	ruleDirection = iota
	ruleAllow
	ruleProtocol
	ruleFrom
	ruleTo
	ruleInternet
	ruleSources
)

func ruleIndex(name string) (int, bool) {
	for i, f := range ruleFields {
		if f.name == name {
			return i, true
		}
	}
	return 0, false
}

// ruleCEL is the CEL type of a rule; it is only read.
var ruleCEL = types.NewObjectType(ruleType)

// firewallRule is one packet rule. A field that it does not give is unknown, not
// false: a rule that forgot to say "allow" has not said "deny".
type firewallRule struct{ vals [len(ruleFields)]ref.Val }

func newRules(rules []any) ref.Val {
	items := make([]*firewallRule, len(rules))
	for i, r := range rules {
		m, rule := r.(map[string]any), &firewallRule{}
		for j, f := range ruleFields {
			v, ok := m[f.name]
			if ok {
				rule.vals[j] = value(f.typ, v)
			}
			if rule.vals[j] == nil {
				rule.vals[j] = unreadValue(int64(j)+1, "r", "rules", f.name)
			}
		}
		items[i] = rule
	}
	return &list[*firewallRule]{items: items}
}

// is tells whether field i is want: true, false or unknown.
func (r *firewallRule) is(i int, want ref.Val) ref.Val { return r.vals[i].Equal(want) }

func (r *firewallRule) Get(index ref.Val) ref.Val {
	if name, ok := index.(types.String); ok {
		if i, ok := ruleIndex(string(name)); ok {
			return r.vals[i]
		}
	}
	return types.NewErr("a firewall rule has no field %v", index)
}

func (r *firewallRule) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("a firewall rule cannot become a %v", t)
}

func (r *firewallRule) ConvertToType(t ref.Type) ref.Val {
	return types.NewErr("a firewall rule cannot become a %s", t.TypeName())
}

func (r *firewallRule) Equal(other ref.Val) ref.Val { return types.Bool(r == other) }
func (r *firewallRule) Type() ref.Type              { return ruleCEL }
func (r *firewallRule) Value() any                  { return r }
