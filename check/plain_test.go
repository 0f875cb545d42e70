// SPDX-License-Identifier: Apache-2.0

package check

import (
	"testing"

	"demarc.dev/demarc/cloud"
)

// TestPlain_AnswersAsCELDoes: the short way and CEL's own give one answer.
func TestPlain_AnswersAsCELDoes(t *testing.T) {
	forms := [][2]string{{"r.encrypted", "r.encrypted || false"}, {"!r.encrypted", "!(r.encrypted || false)"}}
	told := map[Outcome]bool{}
	for _, form := range forms {
		set := compile(t, question("long", cloud.Disk, form[1]), question("short", cloud.Disk, form[0]))
		for i, want := range []bool{false, true} {
			if _, quick := set.programs[cloud.Disk][i].test.(*plain); quick != want {
				t.Errorf("%q is planned the short way: %t", form[1-i], quick)
			}
		}
		unread := resource(cloud.Disk, "c", attrs{})
		unread.Gaps = map[string]cloud.Gap{"encrypted": {Reason: cloud.Denied, Call: "ec2:DescribeVolumes"}}
		resources := []cloud.Resource{resource(cloud.Disk, "a", attrs{"encrypted": true}), resource(cloud.Disk, "b", attrs{"encrypted": false}), unread, resource(cloud.Disk, "d", attrs{"encrypted": "yes"})}
		findings, _ := runAll(t, set, Input{Source: sourceOf(resources)})
		for i := 0; i < len(findings); i += 2 {
			long, short := findings[i], findings[i+1]
			told[short.Outcome] = true
			if long.Check != "long" || long.Resource != short.Resource || long.Outcome != short.Outcome || long.Message != short.Message && short.Outcome != Pass {
				t.Errorf("%s of %s: %s %q, and the long way %s %q", form[0], short.Resource, short.Outcome, short.Message, long.Outcome, long.Message)
			}
		}
	}
	if !told[Pass] || !told[Fail] || !told[Unknown] {
		t.Errorf("outcomes %v", told)
	}
}
