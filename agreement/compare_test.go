// SPDX-License-Identifier: Apache-2.0

package agreement_test

import (
	"strings"
	"testing"

	"demarc.dev/demarc/agreement"
	"demarc.dev/demarc/agreement/text"
)

func TestCompare(t *testing.T) {
	old := read(t, "terms.md", terms)
	if c := agreement.Compare([]*text.Document{old}, []*text.Document{read(t, "terms.md", strings.ReplaceAll(terms, "Provider shall", "Provider\nshall"))}); len(c) != 0 {
		t.Errorf("other lines are a change: %+v", c)
	}
	now := strings.Replace(terms, "48 hours", "96 hours", 1)
	now = strings.Replace(now, "4. Audits.", "4. Insurance. Provider is insured.\n\n5. Audits.", 1)
	now = strings.Replace(now, "5. Sub-processors. Provider shall not engage a sub-processor without the prior written authorisation of Customer and shall inform Customer of changes thirty days in advance.", "", 1)
	var kinds []string
	for _, c := range agreement.Compare([]*text.Document{old}, []*text.Document{read(t, "terms.md", now)}) {
		kinds = append(kinds, string(c.Kind)+" "+c.Clause)
		if c.Kind == agreement.Changed && (!strings.Contains(c.Old, "48 hours") || !strings.Contains(c.New, "96 hours")) {
			t.Errorf("changed: %+v", c)
		}
	}
	got := strings.Join(kinds, "; ")
	if got != "changed 2 Security incidents; added 4 Insurance; removed 5 Sub-processors" {
		t.Errorf("the changes are %s", got)
	}
	all := agreement.Compare([]*text.Document{old}, nil)
	if len(all) < 5 || all[0].Kind != agreement.Removed {
		t.Errorf("a document that went: %+v", all)
	}
}
