// SPDX-License-Identifier: Apache-2.0

package foreign

import (
	"fmt"

	"demarc.dev/demarc/internal/strict"
)

// Lint tells every fault of meaning of the mappings: a duty, a check or a topic
// that does not exist, a row that says nothing or two things, a topic that
// nobody uses. isDuty knows the catalogue, isCheck our checks. It is for tests of
// the data: what it finds stays noted.
func (m *Mappings) Lint(isDuty, isCheck func(id string) bool) strict.Faults {
	used := map[string]bool{}
	var out strict.Faults
	for _, t := range m.Tables() {
		t.lint(m, isCheck, used)
		out = append(out, t.doc.Faults()...)
	}
	for i, topic := range m.list {
		at := fmt.Sprintf("topics[%d]", i)
		for j, duty := range topic.Duties {
			if !isDuty(duty) {
				m.doc.Fault(fmt.Sprintf("%s.duties[%d]", at, j), "the catalogue has no duty %s", duty)
			}
		}
		if len(topic.Duties) == 0 || topic.Title == "" || topic.Why == "" {
			m.doc.Fault(at, "a topic needs a title, duties and a why")
		}
		if !used[topic.ID] {
			m.doc.Fault(at, "no row uses the topic %s", topic.ID)
		}
	}
	return append(out, m.doc.Faults()...)
}

func (t *Table) lint(m *Mappings, isCheck func(string) bool, used map[string]bool) {
	if t.Tool+".yaml" != t.file || t.Name == "" {
		t.doc.Fault("tool", "the file is called after its tool, and the tool has a name")
	}
	for i, row := range t.Rows {
		at := fmt.Sprintf("rows[%d]", i)
		switch {
		case len(row.IDs) == 0:
			t.doc.Fault(at+".ids", "no id")
		case (row.Check == "") == (row.Topic == ""):
			t.doc.Fault(at, "say either check or topic")
		case row.Check != "" && !isCheck(row.Check):
			t.doc.Fault(at+".check", "there is no check %s", row.Check)
		case row.Topic != "" && m.topics[row.Topic] == nil:
			t.doc.Fault(at+".topic", "there is no topic %s", row.Topic)
		}
		used[row.Topic] = true
	}
}
