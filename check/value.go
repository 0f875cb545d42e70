// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"reflect"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"demarc.dev/demarc/cloud"
)

// unreadValue makes the CEL value of something that was not read. Its trail says
// of what: the subject ("r", or the id of a joined resource or a scope), the
// field (none for a whole list), and for all but r the kind, the reason and the
// call, since only the joined resource knows them.
func unreadValue(id int64, subject string, path ...string) *types.Unknown {
	trail := types.NewAttributeTrail(subject)
	for _, p := range path {
		trail = types.QualifyAttribute(trail, p)
	}
	return types.NewUnknown(id, trail)
}

// object is a resource as expressions see it. An object of a worker is used
// again for the next resource; one of the index is filled once and then only
// read, so that workers may share it.
type object struct {
	kind  *kindType
	res   *cloud.Resource
	run   *run
	needs []cloud.Kind // of the check that is asking
	vals  []ref.Val    // by index of field; nil: not asked yet
	join  bool         // it belongs to the index
}

// reset makes o speak for res.
func (o *object) reset(k *kindType, res *cloud.Resource) {
	o.kind, o.res = k, res
	if cap(o.vals) < len(k.fields) {
		o.vals = make([]ref.Val, len(k.fields))
		return
	}
	o.vals = o.vals[:len(k.fields)]
	clear(o.vals)
}

// at gives field i.
func (o *object) at(i int) ref.Val {
	if v := o.vals[i]; v != nil {
		return v
	}
	v := o.load(i)
	o.vals[i] = v
	return v
}

// field gives the field called name, for kinds that are known only when it runs.
func (o *object) field(name string) (ref.Val, error) {
	if i, ok := o.kind.index[name]; ok {
		return o.at(i), nil
	}
	return nil, fmt.Errorf("%s has no field %s", withArticle(string(o.kind.kind)), name)
}

func (o *object) load(i int) ref.Val {
	f := &o.kind.fields[i]
	if _, gap := o.res.Gaps[f.name]; gap {
		return o.unread(i)
	}
	if f.typ == "" {
		return o.base(f.name)
	}
	raw, ok := o.res.Attributes[f.name]
	if !ok {
		return o.unread(i)
	}
	if v := value(f.typ, raw); v != nil {
		return v
	}
	return o.unread(i)
}

func (o *object) unread(i int) ref.Val {
	f := &o.kind.fields[i]
	if !o.join {
		return f.unknown
	}
	reason, call := gapOf(o.res, f.name)
	return unreadValue(int64(i)+1, o.res.ID, f.name, string(o.kind.kind), string(reason), call)
}

// gapOf says why a field of res is not known.
func gapOf(res *cloud.Resource, name string) (cloud.Reason, string) {
	if g, ok := res.Gaps[name]; ok {
		reason := g.Reason
		if reason == "" {
			reason = cloud.NotCollected
		}
		return reason, g.Call
	}
	if _, ok := res.Attributes[name]; ok {
		return cloud.Unreadable, ""
	}
	return cloud.NotCollected, ""
}

func (o *object) base(name string) ref.Val {
	switch name {
	case "id":
		return types.String(o.res.ID)
	case "name":
		return types.String(o.res.Name)
	case "native":
		return types.String(o.res.Native)
	case "provider":
		return types.String(o.res.Provider)
	case "account":
		return types.String(o.res.Account)
	case "region":
		return types.String(o.res.Region)
	case "tenant":
		return types.String(o.res.Tenant)
	default:
		return types.NewStringStringMap(types.DefaultTypeAdapter, o.res.Tags)
	}
}

// tag gives the value of a tag whose name matches without regard to case. Of
// several such, an exact match wins, then the first in order.
func (o *object) tag(name string) (string, bool) {
	if v, ok := o.res.Tags[name]; ok {
		return v, true
	}
	found, value, ok := "", "", false
	for k, v := range o.res.Tags {
		if strings.EqualFold(k, name) && (!ok || k < found) {
			found, value, ok = k, v, true
		}
	}
	return value, ok
}

// tagsUnread gives the unknown value when the tags were not read, else nil.
func (o *object) tagsUnread() ref.Val {
	if _, gap := o.res.Gaps[tagsName]; gap {
		return o.at(o.kind.tags)
	}
	return nil
}

// Get lets expressions select a field where the kind is known only when it runs.
func (o *object) Get(index ref.Val) ref.Val {
	name, ok := index.(types.String)
	if !ok {
		return types.NewErr("a resource has no field %v", index)
	}
	v, err := o.field(string(name))
	if err != nil {
		return types.WrapErr(err)
	}
	return v
}

// ConvertToNative is part of ref.Val; a resource has no other form.
func (o *object) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("a resource cannot become a %v", t)
}

// ConvertToType is part of ref.Val.
func (o *object) ConvertToType(t ref.Type) ref.Val {
	if t == types.TypeType {
		return o.kind.cel
	}
	return types.NewErr("a %s cannot become a %s", o.kind.kind, t.TypeName())
}

// Equal compares by id.
func (o *object) Equal(other ref.Val) ref.Val {
	switch p := other.(type) {
	case *object:
		return types.Bool(o.res.ID == p.res.ID && o.res.Kind == p.res.Kind)
	case *types.Unknown:
		return p
	}
	return types.False
}

// Type is part of ref.Val.
func (o *object) Type() ref.Type { return o.kind.cel }

// Value is part of ref.Val.
func (o *object) Value() any { return o }
