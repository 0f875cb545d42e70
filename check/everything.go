// SPDX-License-Identifier: Apache-2.0

package check

import (
	"cmp"
	"slices"
	"strings"

	"demarc.dev/demarc/catalogue"
)

// everything gives all faults of files of which some have any: a person mends
// them in one round. What only follows from a field that could not be read is
// left out.
func everything(files []reading) Faults {
	var good, all []Check
	for _, r := range files {
		switch {
		case len(r.faults) == 0:
			good = append(good, r.check)
			fallthrough
		case r.whole:
			all = append(all, r.check)
		}
	}
	found := lint(all, catalogueDuty(), nil, good)
	var out Faults
	for _, r := range files {
		if r.whole {
			r.add(slices.DeleteFunc(slices.Clone(found), func(f Fault) bool { return f.File != r.check.File() }))
		}
		slices.SortStableFunc(r.faults, func(a, b Fault) int { return cmp.Compare(a.Line, b.Line) })
		out = append(out, r.faults...)
	}
	return out
}

// catalogueDuty tells whether the shipped catalogue has a duty; nil when the
// catalogue cannot be read, which others tell.
func catalogueDuty() func(string) bool {
	cat, err := catalogue.Load()
	if err != nil {
		return nil
	}
	return func(id string) bool { _, ok := cat.Duty(id); return ok }
}

// add takes further faults in, but for those of fields of which one is told
// already and those that only follow from a field that is unsure.
func (r *reading) add(faults Faults) {
	told := slices.Clone(r.faults)
	for _, f := range faults {
		same := func(o Fault) bool { return f.Field != "" && o.Field == f.Field }
		if !follows(f.Field, r.unsure) && !slices.ContainsFunc(told, same) {
			r.faults = append(r.faults, f)
		}
	}
}

// follows tells whether a fault of the field may come from one of the paths that
// are unsure: it is about the path, about what lies below it, or about what the
// path is a member of.
func follows(field string, unsure []string) bool {
	return slices.ContainsFunc(unsure, func(path string) bool {
		return field == path || field != "" && field == parent(path) || strings.HasPrefix(field, path+".") || strings.HasPrefix(field, path+"[")
	})
}

// parent gives the path of what a field is in, empty at the top.
func parent(path string) string {
	return path[:max(strings.LastIndexAny(path, ".["), 0)]
}

// unsurePaths gives the paths that the reader of YAML could not read: of a
// misspelt field the one that was meant, in every place that has such a field;
// otherwise what stands on the line.
func unsurePaths(faults Faults, meant []string, lines map[string]int) []string {
	var out []string
	for path, line := range lines {
		for i, f := range faults {
			above, last := parent(path), path[strings.LastIndexAny(path, ".[")+1:]
			switch {
			case path == "":
			case f.Field == "" && line == f.Line:
				out = append(out, path)
			case f.Field != "" && last == f.Field && meant[i] != "":
				out = append(out, strings.TrimPrefix(above+"."+meant[i], "."))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
