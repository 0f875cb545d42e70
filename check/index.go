// SPDX-License-Identifier: Apache-2.0

package check

import (
	"slices"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"demarc.dev/demarc/cloud"
)

// index answers the joins of one run. It holds the resources of the kinds that
// the checks need, without their raw documents, and is only read after build.
type index struct {
	byKind    map[cloud.Kind]*list[*object]
	byAccount map[accountKey]*list[*object]
	byID      map[string]*object
	byLink    map[linkKey]*list[*object]
	ids       []uint64 // sorted hashes of all ids in the snapshot; nil unless links are followed
	gaps      []cloud.ScopeGap
}

type accountKey struct {
	provider, account string
	kind              cloud.Kind
}

type linkKey struct {
	relation string
	kind     cloud.Kind
	target   string
}

// joined is what an index is built from while the source is walked.
type joined struct {
	set *Set
	*index
	kept map[cloud.Kind][]ref.Val // by index of field: nil where the field is asked, else what stands in its place
}

func newIndex(s *Set, gaps []cloud.ScopeGap) joined {
	x := &index{byKind: map[cloud.Kind]*list[*object]{}, byAccount: map[accountKey]*list[*object]{}, byID: map[string]*object{}, byLink: map[linkKey]*list[*object]{}}
	for _, g := range gaps {
		if slices.ContainsFunc(g.Kinds, func(k cloud.Kind) bool { return s.needs[k] }) {
			x.gaps = append(x.gaps, g)
		}
	}
	for kind := range s.needs {
		x.byKind[kind] = &list[*object]{rest: x.rest(kind, "", "")}
	}
	j := joined{s, x, map[cloud.Kind][]ref.Val{}}
	for kind := range s.needs {
		j.kept[kind] = j.keep(s.kinds[kind])
	}
	return j
}

// keep tells which fields of a joined resource are held: those that a check
// asks. Another one is a fault of this package, and must not look like a fact.
func (j joined) keep(k *kindType) []ref.Val {
	out := make([]ref.Val, len(k.fields))
	for i, f := range k.fields {
		if !j.set.joined[string(k.kind)+"."+f.name] && !j.set.joined["linked."+f.name] {
			out[i] = types.NewErr("the field %s of a joined %s was not held", f.name, k.kind)
		}
	}
	return out
}

// add takes in one resource.
func (j joined) add(res *cloud.Resource) {
	if j.set.linked {
		j.ids = append(j.ids, hashID(res.ID))
	}
	if !j.set.needs[res.Kind] {
		return
	}
	o := j.object(res)
	whole := j.byKind[res.Kind]
	whole.items = append(whole.items, o)
	key := accountKey{res.Provider, res.Account, res.Kind}
	account := j.byAccount[key]
	if account == nil {
		account = &list[*object]{rest: j.rest(res.Kind, res.Provider, res.Account)}
		j.byAccount[key] = account
	}
	account.items = append(account.items, o)
	if j.set.linked {
		j.byID[res.ID] = o
	}
	for _, l := range res.Links {
		if slices.Contains(j.set.linking, joinUse{word: "linking", relation: l.Relation, kind: res.Kind}) {
			j.link(linkKey{l.Relation, res.Kind, l.Target}, o)
		}
	}
}

func (j joined) link(key linkKey, o *object) {
	to := j.byLink[key]
	if to == nil {
		to = &list[*object]{rest: j.byKind[key.kind].rest}
		j.byLink[key] = to
	}
	if !slices.Contains(to.items, o) {
		to.items = append(to.items, o)
	}
}

// object makes the joined form of a resource: every field that is asked loaded,
// nothing else kept.
func (j joined) object(res *cloud.Resource) *object {
	o := &object{join: true}
	o.reset(j.set.kinds[res.Kind], res)
	copy(o.vals, j.kept[res.Kind])
	for i := range o.vals {
		o.at(i)
	}
	o.res = &cloud.Resource{ID: res.ID, Kind: res.Kind}
	return o
}

func (j joined) done() *index {
	slices.Sort(j.ids)
	return j.index
}

// rest gives what is unknown about the completeness of a kind, nil when it is
// complete. Without an account it speaks of the whole snapshot.
func (x *index) rest(kind cloud.Kind, provider, account string) *types.Unknown {
	var out *types.Unknown
	for i, g := range x.gaps {
		here := provider == "" || (g.Provider == "" || g.Provider == provider) && (g.Account == "" || g.Account == account)
		if here && slices.Contains(g.Kinds, kind) {
			u := unreadValue(int64(1000+i), scopeID(g), "", string(kind), string(g.Reason), g.Call)
			out = types.MergeUnknowns(u, out)
		}
	}
	return out
}

func (x *index) all(r *cloud.Resource, kind cloud.Kind) ref.Val {
	if l := x.byAccount[accountKey{r.Provider, r.Account, kind}]; l != nil {
		return l
	}
	return &list[*object]{rest: x.rest(kind, r.Provider, r.Account)}
}

func (x *index) everywhere(kind cloud.Kind) ref.Val { return x.byKind[kind] }

// linked gives the targets of r's links. A target that is nowhere in the
// snapshot leaves the list open: it exists, and nothing is known about it.
func (x *index) linked(o *object, relation string, kind cloud.Kind) ref.Val {
	out := &list[*object]{}
	for i, l := range o.res.Links {
		if l.Relation != relation {
			continue
		}
		target := x.byID[l.Target]
		switch {
		case target != nil && (target.kind.kind == kind || kind == "" && slices.Contains(o.needs, target.kind.kind)):
			out.items = append(out.items, target)
		case target == nil && !x.exists(l.Target):
			u := unreadValue(int64(2000+i), l.Target, "", string(kind), string(cloud.NotCollected), "", absent)
			out.rest = types.MergeUnknowns(u, out.rest)
		}
	}
	if g, ok := o.res.Gaps["links"]; ok {
		out.rest = types.MergeUnknowns(unreadValue(1999, "r", "links", string(g.Reason), g.Call), out.rest)
	}
	return out
}

// linking gives the resources of a kind that link to the target. They may lie in
// any account, so a gap of the kind anywhere leaves the list open.
func (x *index) linking(target, relation string, kind cloud.Kind) ref.Val {
	if l := x.byLink[linkKey{relation, kind, target}]; l != nil {
		return l
	}
	return &list[*object]{rest: x.byKind[kind].rest}
}

func (x *index) exists(id string) bool {
	_, found := slices.BinarySearch(x.ids, hashID(id))
	return found
}

// hashID is FNV-1a, 64 bit.
func hashID(id string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	return h
}

// scopeID names the scope of a gap as a finding does: "aws:111122223333:eu-west-1:s3".
func scopeID(g cloud.ScopeGap) string {
	parts := []string{g.Provider, g.Account, g.Region, g.Service}
	for len(parts) > 1 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	return strings.Join(parts, ":")
}
