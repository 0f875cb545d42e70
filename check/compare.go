// SPDX-License-Identifier: Apache-2.0

package check

import (
	"iter"
	"slices"
	"strings"
)

// Difference is what changed from one run to a later one. Findings are told
// apart by fingerprint. Each list is in order of check and resource, and holds the later
// finding, but for Gone, which has none.
type Difference struct {
	New     []Finding `json:"new"`     // fails, and did not before
	Fixed   []Finding `json:"fixed"`   // failed before; passes or does not apply now
	Open    []Finding `json:"open"`    // failed before and still fails
	Unknown []Finding `json:"unknown"` // was known before and is unknown, or an error, now: nobody may call it fixed
	Known   []Finding `json:"known"`   // was unknown before and passes or does not apply now
	Gone    []Finding `json:"gone"`    // failed before and is not in the later run: deleted, or not looked at any more
}

// Compare tells what changed. It keeps the fingerprint and outcome of each
// earlier finding in memory, and the earlier finding itself only when it failed.
func Compare(earlier, later iter.Seq[Finding]) Difference {
	before, failed := map[string]Outcome{}, map[string]Finding{}
	for f := range earlier {
		before[f.Fingerprint] = f.Outcome
		if f.Outcome == Fail {
			failed[f.Fingerprint] = f
		}
	}
	var d Difference
	for f := range later {
		was := before[f.Fingerprint]
		delete(failed, f.Fingerprint)
		switch f.Outcome {
		case Fail:
			if was == Fail {
				d.Open = append(d.Open, f)
			} else {
				d.New = append(d.New, f)
			}
		case Unknown, Error:
			if was == Pass || was == Fail || was == NotApplicable {
				d.Unknown = append(d.Unknown, f)
			}
		default:
			switch was {
			case Fail:
				d.Fixed = append(d.Fixed, f)
			case Unknown, Error:
				d.Known = append(d.Known, f)
			}
		}
	}
	for _, f := range failed {
		d.Gone = append(d.Gone, f)
	}
	for _, list := range []*[]Finding{&d.New, &d.Fixed, &d.Open, &d.Unknown, &d.Known, &d.Gone} {
		slices.SortFunc(*list, byCheck)
	}
	return d
}

func byCheck(a, b Finding) int {
	if c := strings.Compare(a.Check, b.Check); c != 0 {
		return c
	}
	if c := strings.Compare(a.Resource, b.Resource); c != 0 {
		return c
	}
	return strings.Compare(a.Fingerprint, b.Fingerprint)
}
