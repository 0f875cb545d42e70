// SPDX-License-Identifier: Apache-2.0

package terraform

import (
	"slices"
	"strings"

	"demarc.dev/demarc/internal/jsonscan"
)

// maxSteps bounds the way of a reference through variables and outputs.
const maxSteps = 32

// index finds items.
type index struct {
	in       *input
	decoder  decoder
	byName   map[string]map[string][]*item // type → module instance + "|" + name → items; made when first asked
	byValue  map[string]map[string]*item   // type → value of id, arn, name … → item
	modules  map[string][]string           // parent instance + "|" + name → instances
	known    map[string]bool               // module instances
	byKind   map[string][]*item            // type → items
	docs     map[*item]*doc                // of parts
	children map[*item]map[string][]*doc   // whole → type of part → parts
	lost     map[string][]*doc             // type of part → parts whose whole was not found
	users    map[*item][]*item             // key → what is encrypted with it; made when first asked
}

// handles are the attributes by whose values others name a resource.
var handles = []string{"id", "arn", "name", "bucket", "key_id", "identifier", "cluster_identifier", "url", "function_name", "dns_name"}

func newIndex(in *input) *index {
	x := &index{in: in, byName: map[string]map[string][]*item{}, byValue: map[string]map[string]*item{}, modules: map[string][]string{}, known: map[string]bool{},
		byKind: map[string][]*item{}, docs: map[*item]*doc{}, children: map[*item]map[string][]*doc{}, lost: map[string][]*doc{}}
	last := "" // items of one module stand together
	for i := range in.items {
		it := &in.items[i]
		x.byKind[it.kind] = append(x.byKind[it.kind], it)
		if it.module != last {
			last = it.module
			x.addModule(last)
		}
	}
	for _, j := range joins {
		for _, it := range x.byKind[j.part] {
			x.join(x.doc(it), j)
		}
	}
	return x
}

func (x *index) addModule(instance string) {
	parent := ""
	for _, s := range steps(instance) {
		key := parent + "|" + s.name
		parent = strings.TrimPrefix(parent+".module."+s.name+s.key, ".")
		if !x.known[parent] {
			x.known[parent] = true
			x.modules[key] = append(x.modules[key], parent)
		}
	}
}

// doc gives the values of a part, decoded once.
func (x *index) doc(it *item) *doc {
	if d := x.docs[it]; d != nil {
		return d
	}
	d := x.decoder.doc(x.in, it)
	x.docs[it] = d
	return d
}

// join puts a part to its whole, or to the lost ones.
func (x *index) join(d *doc, j partOf) {
	wholes, sure := x.targets(d, j.by, j.whole...)
	for _, w := range wholes {
		if x.children[w] == nil {
			x.children[w] = map[string][]*doc{}
		}
		x.children[w][j.part] = append(x.children[w][j.part], d)
	}
	if !sure {
		x.lost[j.part] = append(x.lost[j.part], d)
	}
}

// targets gives the items of the types that the attribute of d names, and
// whether these are all that it can name in this input.
func (x *index) targets(d *doc, attribute string, kinds ...string) (found []*item, sure bool) {
	sure = true
	if d.partlyUnknown(attribute) { // a list may know some of its elements
		found, sure = x.refer(d.it, attribute, kinds)
	}
	for _, value := range texts(d.at(attribute)) {
		if it := x.named(value, kinds); it != nil && !slices.Contains(found, it) {
			found = append(found, it)
		}
	}
	return found, sure
}

// names gives the items of a type by module instance and name.
func (x *index) names(kind string) map[string][]*item {
	if m := x.byName[kind]; m != nil {
		return m
	}
	m := make(map[string][]*item, len(x.byKind[kind]))
	for _, it := range x.byKind[kind] {
		name := it.module + "|" + it.name
		m[name] = append(m[name], it)
	}
	x.byName[kind] = m
	return m
}

// named gives the item of one of the types that a value names: an id, a name, an
// ARN or the last word of one.
func (x *index) named(value string, kinds []string) *item {
	for _, kind := range kinds {
		if it := x.values(kind)[value]; it != nil {
			return it
		}
		if last := value[strings.LastIndexAny(value, ":/")+1:]; last != value {
			if it := x.values(kind)[last]; it != nil {
				return it
			}
		}
	}
	return nil
}

// values gives the items of a type by the values of their handles.
func (x *index) values(kind string) map[string]*item {
	if m := x.byValue[kind]; m != nil {
		return m
	}
	m := map[string]*item{}
	for _, it := range x.byKind[kind] {
		x.decoder.scan.Reset(it.values)
		for x.decoder.scan.Object(); x.decoder.scan.Key(); {
			if slices.Contains(handles, string(x.decoder.scan.Name())) && x.decoder.scan.Peek() == jsonscan.String {
				if v := x.decoder.scan.Text(); v != "" {
					m[v] = it
				}
			} else {
				x.decoder.scan.Skip()
			}
		}
	}
	x.byValue[kind] = m
	return m
}

// refer follows the references of an argument in the configuration.
func (x *index) refer(it *item, attribute string, kinds []string) ([]*item, bool) {
	m := x.in.within(it.module)
	if m == nil {
		return nil, false
	}
	e, ok := m.resources[it.kind+"."+it.name]
	refs, has := e[plainPath(attribute)]
	if !ok || !has {
		return nil, false
	}
	f := follower{x: x, kinds: kinds, key: it.key}
	f.follow(m, it.module, refs)
	return f.found, f.sure()
}

// plainPath takes the indices out of a path.
func plainPath(path string) string {
	parts := strings.Split(path, ".")
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return strings.Trim(p, "0123456789") == "" }), ".")
}

// follower follows references to items of some types.
type follower struct {
	x      *index
	kinds  []string
	key    string // of the resource that refers
	found  []*item
	unsure bool
	steps  int
}

// sure tells whether the item is found. A local value or a data source in the
// same expression, such as the question of a condition, does not make it unsure.
func (f *follower) sure() bool { return !f.unsure && len(f.found) > 0 }

// follow takes the references made in one module instance.
func (f *follower) follow(m *module, instance string, refs []string) {
	if f.steps++; f.steps > maxSteps || m == nil {
		f.unsure = true
		return
	}
	for i, ref := range refs {
		// "a.b.id" is followed by its prefix "a.b"; the longest says all.
		if i > 0 && strings.HasPrefix(refs[i-1], ref) {
			continue
		}
		head, _, rest := cutName(ref)
		switch head {
		case "each", "count", "path", "terraform", "self", "data", "local":
		case "var":
			f.variable(instance, strings.TrimPrefix(rest, "."))
		case "module":
			f.output(m, instance, strings.TrimPrefix(rest, "."))
		default:
			f.resource(instance, head, strings.TrimPrefix(rest, "."))
		}
	}
}

// resource finds name[key] of a type in a module instance.
func (f *follower) resource(instance, kind, ref string) {
	name, key, _ := cutName(ref)
	all := f.x.names(kind)[instance+"|"+name]
	if !slices.Contains(f.kinds, kind) {
		f.through(kind, all)
		return
	}
	pick := func(key string) bool {
		for _, it := range all {
			if it.key == key {
				f.take(it)
				return true
			}
		}
		return false
	}
	switch {
	case key != "" && pick(key), f.key != "" && pick(f.key):
	case len(all) == 1:
		f.take(all[0])
	default:
		f.unsure = true
		for _, it := range all {
			f.take(it)
		}
	}
}

// through goes on from a part to its whole: modules chain the parts of a bucket
// by each other's ids, so that they are made one after the other.
func (f *follower) through(kind string, parts []*item) {
	for _, j := range joins {
		if j.part != kind || !slices.Contains(f.kinds, j.whole[0]) {
			continue
		}
		for _, it := range parts {
			m := f.x.in.within(it.module)
			if m != nil && (f.key == "" || it.key == f.key || len(parts) == 1) {
				f.follow(m, it.module, m.resources[it.kind+"."+it.name][plainPath(j.by)])
			}
		}
	}
}

func (f *follower) take(it *item) {
	if !slices.Contains(f.found, it) {
		f.found = append(f.found, it)
	}
}

// variable goes on with what the caller of the module gave for a variable.
func (f *follower) variable(instance, ref string) {
	path := steps(instance)
	if len(path) == 0 {
		return // given from outside: it names nothing of this plan
	}
	last := path[len(path)-1]
	parent := strings.TrimSuffix(strings.TrimSuffix(instance, "module."+last.name+last.key), ".")
	m := f.x.in.within(parent)
	if m == nil || m.calls[last.name] == nil {
		f.unsure = true
		return
	}
	name, _, _ := cutName(ref)
	key := f.key
	f.key = last.key
	f.follow(m, parent, m.calls[last.name].arguments[name])
	f.key = key
}

// output goes on with the expression of a child module's output.
func (f *follower) output(m *module, instance, ref string) {
	name, key, rest := cutName(ref)
	c := m.calls[name]
	if c == nil || c.module == nil {
		f.unsure = true
		return
	}
	output, _, _ := cutName(strings.TrimPrefix(rest, "."))
	children := f.x.modules[instance+"|"+name]
	full := strings.TrimPrefix(instance+".module."+name, ".")
	for _, k := range []string{key, f.key} {
		if k != "" && slices.Contains(children, full+k) {
			children = []string{full + k}
			break
		}
	}
	f.unsure = f.unsure || len(children) != 1
	key = f.key
	f.key = ""
	for _, child := range children {
		f.follow(c.module, child, c.module.outputs[output])
	}
	f.key = key
}
