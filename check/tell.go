// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"demarc.dev/demarc/cloud"
)

// mostTold is how many unread facts a message names; the rest is counted.
const mostTold = 5

// tellUnknown says which facts are missing and why, and names the fields.
func tellUnknown(u *types.Unknown, res *cloud.Resource) (string, []string) {
	var said, fields []string
	for _, id := range u.IDs() {
		trails, _ := u.GetAttributeTrails(id)
		for _, trail := range trails {
			s, field := tellTrail(trail, res)
			if !slices.Contains(said, s) {
				said = append(said, s)
			}
			if field != "" && !slices.Contains(fields, field) {
				fields = append(fields, field)
			}
		}
	}
	slices.Sort(said)
	slices.Sort(fields)
	if more := len(said) - mostTold; more > 0 {
		said = append(said[:mostTold], fmt.Sprintf("and %d more", more))
	}
	return "cannot tell: " + strings.Join(said, "; "), fields
}

// absent marks the trail of a link's target that is nowhere in the snapshot.
const absent = "absent"

// tellTrail reads what unreadValue wrote.
func tellTrail(trail *types.AttributeTrail, res *cloud.Resource) (said, field string) {
	path := trail.QualifierPath()
	at := func(i int) string {
		if i >= len(path) {
			return ""
		}
		s, _ := path[i].(string)
		return s
	}
	subject := trail.Variable()
	if subject == "r" {
		if at(0) == "links" {
			return "its links were not read" + because(at(1), at(2)), "links"
		}
		reason, call := gapOf(res, at(0))
		field = at(0)
		if at(1) != "" {
			field, reason = field+"."+at(1), cloud.Unreadable
		}
		return field + " was not read" + because(string(reason), call), at(0)
	}
	kind := at(1)
	if field = at(0); field != "" {
		return fmt.Sprintf("%s of the %s %s was not read%s", field, kind, subject, because(at(2), at(3))), kind + "." + field
	}
	if at(4) == absent {
		return subject + " is not in the snapshot", kind
	}
	return fmt.Sprintf("not every %s of %s was read%s", kind, subject, because(at(2), at(3))), kind
}

func because(reason, call string) string {
	if call != "" {
		return " (" + reason + ", " + call + ")"
	}
	return " (" + reason + ")"
}

func tellError(field string, v ref.Val) string {
	if err, ok := v.(*types.Err); ok {
		return "the check's " + field + " is faulty: " + oneLine(err.Error())
	}
	return fmt.Sprintf("the check's %s is faulty: it gives a %s", field, v.Type().TypeName())
}
