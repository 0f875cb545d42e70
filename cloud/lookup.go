// SPDX-License-Identifier: Apache-2.0

package cloud

import "sync"

// schema is a kind made ready for reading and validating.
type schema struct {
	spec  Spec
	index map[string]int // attribute name → place in spec.Attributes
}

// schemas is computed once and never changes.
var schemas = sync.OnceValue(func() map[Kind]*schema {
	all := map[Kind]*schema{}
	for _, spec := range Kinds() {
		s := &schema{spec: spec, index: make(map[string]int, len(spec.Attributes))}
		for i, a := range spec.Attributes {
			s.index[a.Name] = i
		}
		all[spec.Kind] = s
	}
	return all
})

// Lookup gives the kind's specification, without parsing anything. Its slice is
// shared: read it only.
func Lookup(k Kind) (Spec, bool) {
	s, ok := schemas()[k]
	if !ok {
		return Spec{}, false
	}
	return s.spec, true
}
