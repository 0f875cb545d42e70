// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/audit"
	"demarc.dev/demarc/document"
)

// Audit is what the report of one audit is made of.
type Audit struct {
	Names
	Audit     audit.Audit
	State     audit.State
	Questions []AuditQuestion
	Findings  []audit.Nonconformity
	Conflicts []string // auditors whose own work it looks at, in sentences
	Valid     bool     // what was concluded is what stands
}

// Names are the words that every paper of the programme needs.
type Names struct {
	Paper        Paper
	Organisation string
	Edition      string // of ISO/IEC 27017
	Digest       string // of what the paper is about, in hex
	At           time.Time
	People       map[string]string // names by id
	Services     map[string]string
}

// AuditQuestion is a question with its answer.
type AuditQuestion struct {
	audit.Question
	Answer *audit.Answer // nil: nobody looked yet
}

func (n Names) meta(title, subtitle string, facts ...document.Fact) document.Meta {
	return document.Meta{Title: title, Subtitle: subtitle, Organisation: n.Organisation, ID: n.Paper.ID, Version: n.Paper.Version, Classification: n.Paper.Classification,
		Date: n.At, Catalogue: "ISO/IEC 27001:2022 and ISO/IEC 27017:" + n.Edition, Digest: n.Digest, Facts: slices.Concat(facts, n.Paper.sender())}
}

func (n Names) who(id string) string { return or(n.People[id], or(id, "nobody named")) }

func (n Names) all(ids []string, names map[string]string, none string) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = or(names[id], id)
	}
	return list(out, none)
}

// AuditReport is the report of one internal audit (ISO/IEC 27001:2022, 9.2.2): of
// one that is not concluded it is the plan and the workpaper, and says so.
func AuditReport(a Audit) document.Document {
	m := a.meta("Internal audit report", a.Audit.Title, document.Fact{Name: "Audit", Value: a.Audit.ID + ", " + string(a.State)}, document.Fact{Name: "From", Value: string(a.Audit.Begins)}, document.Fact{Name: "Until", Value: string(a.Audit.Ends)},
		document.Fact{Name: "Lead", Value: a.who(a.Audit.Lead)}, document.Fact{Name: "Team", Value: a.all(a.Audit.Team, a.People, "nobody besides")})
	switch {
	case a.Audit.Conclusion == nil:
		m.Notice = "This is a draft: the audit is not concluded."
	case !a.Valid:
		m.Notice = "What was raised is not any more what was concluded."
	}
	d := document.Document{Landscape: true, Meta: m}
	d.Blocks = slices.Concat(a.summary(), a.plan(), a.findings(), a.checklist(), a.samples(), a.signatures())
	return d
}

func (a Audit) results() map[audit.Result]int {
	out := map[audit.Result]int{}
	for _, q := range a.Questions {
		if q.Answer != nil {
			out[q.Answer.Result]++
		}
	}
	return out
}

func (a Audit) summary() []document.Block {
	n, open := a.results(), 0
	for _, q := range a.Questions {
		if q.Answer == nil {
			open++
		}
	}
	out := []document.Block{heading(1, "Summary", "summary"),
		lead("The audit asked %s: %d conform, %s raised, and %d were not looked at.", count(len(a.Questions), "question", "questions"), n[audit.Conforms], count(len(a.Findings), "finding is", "findings are"), n[audit.NotSeen]+open),
		document.Tiles{Items: []document.Tile{
			{Value: itoa(n[audit.Major]), Label: "major nonconformities", Tone: unlessNone(n[audit.Major], document.Bad)},
			{Value: itoa(n[audit.Minor]), Label: "minor nonconformities", Tone: unlessNone(n[audit.Minor], document.Part)},
			{Value: itoa(n[audit.Opportunity]), Label: "opportunities for improvement", Tone: document.Accent},
			{Value: itoa(n[audit.NotSeen] + open), Label: "questions not looked at", Tone: unlessNone(n[audit.NotSeen]+open, document.Unknown)},
		}}}
	if c := a.Audit.Conclusion; c != nil {
		out = append(out, heading(2, "Conclusion", "conclusion"), text("%s", c.Words), note("Concluded by %s on %s. It binds to the digest %s of the plan, the answers, the samples and what was raised.", c.By, day(c.At, "no day"), c.Digest))
	}
	return out
}

func (a Audit) plan() []document.Block {
	independent := "Nobody of the auditors owns or answers for what the audit looks at, as far as the records tell."
	if len(a.Conflicts) > 0 {
		independent = "Not given: " + strings.Join(a.Conflicts, "; ") + "."
	}
	var controls []string
	for _, q := range a.Questions {
		if strings.HasPrefix(q.ID, "duty/") {
			controls = append(controls, q.Title)
		}
	}
	return []document.Block{heading(1, "Plan", "plan"), document.Definitions{Items: []document.Definition{
		{Term: "Objective", Text: document.Plain(or(a.Audit.Objective, "not written"))},
		{Term: "Criteria", Text: document.Plain("ISO/IEC 27001:2022, the duties of ISO/IEC 27017:" + a.Edition + " and what the organisation asks of itself.")},
		{Term: "Clauses", Text: document.Plain(list(a.Audit.Clauses, "none"))},
		{Term: "Controls", Text: document.Plain(list(unique(controls), "none"))},
		{Term: "Cloud services", Text: document.Plain(a.all(a.Audit.Services, a.Services, "all of the scope"))},
		{Term: "Method", Text: document.Plain(or(a.Audit.Method, "not written"))},
		{Term: "Independence", Text: document.Plain(independent)},
	}}}
}

func resultCell(r audit.Result) document.Cell {
	tone := map[audit.Result]document.Tone{audit.Major: document.Bad, audit.Minor: document.Part, audit.Opportunity: document.Accent, audit.Conforms: document.Good, audit.NotSeen: document.Unknown}[r]
	return document.Status(tone, string(r))
}

func stateCell(n audit.Nonconformity, now time.Time) document.Cell {
	s := n.State()
	tone := map[audit.NonconformityState]document.Tone{audit.Closed: document.Good, audit.ToVerify: document.Part, audit.Acting: document.Part, audit.Noted: document.Muted}[s]
	if tone == document.None {
		tone = document.Bad
	}
	c := document.Status(tone, string(s))
	for _, late := range n.Overdue(now) {
		c.Lines = append(c.Lines, document.Plain(late))
	}
	return c
}

func (a Audit) findings() []document.Block {
	out := []document.Block{heading(1, "What was found", "findings")}
	if len(a.Findings) == 0 {
		return append(out, text("No nonconformity and no opportunity was raised."))
	}
	return append(out, a.findingTable(a.Findings))
}

// findingTable sets findings out as every one of them has to be stated: the
// requirement, the evidence, the lapse, the grade and the place.
func (n Names) findingTable(all []audit.Nonconformity) document.Table {
	t := document.Table{Columns: []document.Column{column("Finding", 1), column("Requirement and place", 2.4), column("The lapse", 3), column("What was seen", 3), column("Where it is", 1.5)}, Empty: "Nothing was raised."}
	for _, x := range all {
		id := resultCell(x.Grade)
		id.Lines = []document.Text{document.Strong(x.ID)}
		t.Rows = append(t.Rows, document.Row{ID: x.ID, Cells: []document.Cell{id, document.Words(document.Plain(x.Requirement), document.Plain(or(n.Services[x.Where], x.Where))), document.Str(x.Statement), document.Str(x.Evidence), stateCell(x, n.At)}})
	}
	return t
}

func (a Audit) checklist() []document.Block {
	t := document.Table{Columns: []document.Column{column("Question", 4), column("What the records say", 3), column("Result", 1.2), column("What was seen", 3)}, Empty: "The audit looks at nothing.", Dense: true}
	subject := ""
	for _, q := range a.Questions {
		if q.Subject != subject {
			subject = q.Subject
			t.Rows = append(t.Rows, document.Row{Group: strings.TrimPrefix(q.Title, " "), Detail: subject})
		}
		var facts []document.Text
		for _, f := range q.Facts {
			facts = append(facts, document.Plain(f.Says))
		}
		if len(facts) == 0 {
			facts = []document.Text{document.Plain("nothing: ask, and look at documents")}
		}
		result, seen := document.Status(document.Unknown, "no answer yet"), document.Str("nobody looked yet")
		if q.Answer != nil {
			result, seen = resultCell(q.Answer.Result), document.Words(document.Plain(q.Answer.Seen), document.Plain(q.Answer.By+", "+day(q.Answer.At, "no day")))
		}
		t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{document.Words(document.Plain(q.Asks), document.Mono(q.ID)), document.Words(facts...), result, seen}})
	}
	return []document.Block{heading(1, "Checklist", "checklist"), t}
}

func (a Audit) samples() []document.Block {
	out := []document.Block{heading(1, "Samples", "samples")}
	if len(a.Audit.Samples) == 0 {
		return append(out, text("No sample was drawn."))
	}
	t := document.Table{Columns: []document.Column{column("Sample", 1), column("For", 2.5), column("Population", 2), column("Seed", 1.8), column("What was drawn", 4.5)}, Empty: "No sample was drawn."}
	for _, s := range a.Audit.Samples {
		t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{document.Words(document.Strong(s.ID), document.Plain(fmt.Sprintf("%d of %d", len(s.Items), s.Of))), document.Str(s.Why),
			document.Words(document.Plain(s.Population), document.Mono(strings.TrimPrefix(s.Digest, "sha256:")[:16])), document.Words(document.Mono(s.Seed)), document.Str(strings.Join(s.Items, ", "))}})
	}
	return append(out, t, note("Drawn are the items whose SHA-256 over seed, line feed and item is the lowest: who has the population draws the same again. The digest is that of the sorted population."))
}

func (a Audit) signatures() []document.Block {
	return []document.Block{heading(1, "Signatures", "signatures"), document.Signatures{Signers: []document.Signer{{For: "Lead auditor", Name: a.who(a.Audit.Lead)}, {For: a.Organisation + ", management"}}}}
}

// AuditProgramme is what the paper of the programme is made of.
type AuditProgramme struct {
	Names
	Programme audit.Programme
	Usual     bool // nobody set a cycle
	Audits    []audit.Audit
	Coverage  []audit.Coverage
	Findings  []audit.Nonconformity
}

// AuditProgrammeReport is the programme of internal audits with how far it covers
// the cycle, and the register of nonconformities.
func AuditProgrammeReport(p AuditProgramme) document.Document {
	d := document.Document{Landscape: true, Meta: p.programmeMeta()}
	d.Blocks = slices.Concat(p.summary(), p.audits(), p.coverage(), p.register(), p.actions())
	return d
}

func (p AuditProgramme) programmeMeta() document.Meta {
	m := p.meta("Internal audit programme", "With the register of nonconformities; ISO/IEC 27001:2022, clauses 9.2 and 10", document.Fact{Name: "Cycle", Value: string(p.Programme.Begins) + " to " + string(p.Programme.Ends())}, document.Fact{Name: "Audits", Value: itoa(len(p.Audits))})
	if p.Usual {
		m.Notice = "The organisation has set no cycle of its own: the one that Demarc begins with is shown."
	}
	return m
}

func (p AuditProgramme) summary() []document.Block {
	n := map[audit.Cover]int{}
	for _, c := range p.Coverage {
		n[c.Cover]++
	}
	t := audit.Count(p.Findings, p.At)
	return []document.Block{heading(1, "Summary", "summary"),
		lead("Of %s that the cycle has to look at, %d are covered, %d in part, %d scheduled and %d not planned.", count(len(p.Coverage), "clause and control", "clauses and controls"), n[audit.Covered], n[audit.Partly], n[audit.Scheduled], n[audit.Uncovered]),
		document.Tiles{Items: []document.Tile{
			{Value: itoa(n[audit.Uncovered]), Label: "subjects that no audit looks at", Tone: unlessNone(n[audit.Uncovered], document.Bad)},
			{Value: itoa(t.Open[audit.Major]), Label: "major nonconformities open", Tone: unlessNone(t.Open[audit.Major], document.Bad)},
			{Value: itoa(t.Open[audit.Minor]), Label: "minor nonconformities open", Tone: unlessNone(t.Open[audit.Minor], document.Part)},
			{Value: itoa(t.Overdue), Label: "overdue", Tone: unlessNone(t.Overdue, document.Bad)},
		}}}
}

func (p AuditProgramme) audits() []document.Block {
	t := document.Table{Columns: []document.Column{column("Audit", 3), column("From", 1.2), column("Until", 1.2), column("State", 1.2), column("Lead", 1.8), column("Clauses", 2.4), numbers("Controls", 1), column("Services", 2)}, Empty: "No audit is planned."}
	for _, a := range p.Audits {
		t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{document.Words(document.Plain(a.Title), document.Mono(a.ID)), document.Str(string(a.Begins)), document.Str(string(a.Ends)), auditCell(a.State(p.At)), document.Str(p.who(a.Lead)),
			document.Str(list(a.Clauses, "none")), document.Num(len(a.Controls)), document.Str(p.all(a.Services, p.Services, "all of the scope"))}})
	}
	return []document.Block{heading(1, "Audits", "audits"), t}
}

func auditCell(s audit.State) document.Cell {
	tone := map[audit.State]document.Tone{audit.Concluded: document.Good, audit.Late: document.Bad, audit.UnderWay: document.Part, audit.Due: document.Part, audit.Planned: document.Unknown, audit.Cancelled: document.Muted}[s]
	return document.Status(tone, string(s))
}

func coverCell(c audit.Cover) document.Cell {
	tone := map[audit.Cover]document.Tone{audit.Covered: document.Good, audit.Partly: document.Part, audit.Scheduled: document.Unknown, audit.Uncovered: document.Bad}[c]
	return document.Status(tone, string(c))
}

func (p AuditProgramme) coverage() []document.Block {
	t := document.Table{Columns: []document.Column{column("Number", 1), column("Subject", 5), column("Covered", 1.4), column("By", 2)}, Empty: "There is no subject.", Dense: true}
	kind := audit.Kind("")
	for _, c := range p.Coverage {
		if c.Kind != kind {
			kind = c.Kind
			t.Rows = append(t.Rows, document.Row{Group: map[audit.Kind]string{audit.Clause: "ISO/IEC 27001:2022", audit.Control: "ISO/IEC 27017:" + p.Edition}[kind]})
		}
		t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{document.Str(c.Place), document.Str(c.Title), coverCell(c.Cover), document.Str(list(c.Audits, "no audit"))}})
	}
	return []document.Block{heading(1, "What the cycle covers", "coverage"), t}
}

func (p AuditProgramme) register() []document.Block {
	return []document.Block{heading(1, "Nonconformities and opportunities", "register"), p.findingTable(p.Findings)}
}

func (p AuditProgramme) actions() []document.Block {
	t := document.Table{Columns: []document.Column{column("Finding", 0.8), column("Cause", 3), column("Correction", 2.6), column("Corrective action", 3), column("By", 1.5), column("Due", 1.1), column("Done", 1.1), column("Effective", 2.4)}, Empty: "Nothing is being treated."}
	for _, n := range p.Findings {
		steps := n.Actions
		if len(steps) == 0 {
			if n.Cause == "" && n.Correction == "" && n.Decision == "" {
				continue
			}
			steps = []audit.Action{{What: or(n.Decision, "none planned yet")}}
		}
		for _, s := range steps {
			t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{document.Words(document.Strong(n.ID)), document.Str(or(n.Cause, "not known yet")), document.Str(or(n.Correction, "none yet")), document.Str(s.What), document.Str(p.who(s.Owner)), document.Str(or(string(s.Due), "no day")), document.Str(or(string(s.Done), "open")), document.Str(effective(n))}})
		}
	}
	return []document.Block{heading(1, "Corrective action", "actions"), t}
}

// effective says what the last look at what was done found.
func effective(n audit.Nonconformity) string {
	if len(n.Verifications) == 0 {
		return "nobody looked yet"
	}
	v := n.Verifications[len(n.Verifications)-1]
	return fmt.Sprintf("%s, said %s on %s: %s", map[bool]string{true: "yes", false: "no"}[v.Effective], v.By, day(v.At, "no day"), v.Words)
}

// AuditWorkbook is the programme for people who filter.
func AuditWorkbook(p AuditProgramme) document.Workbook {
	w := document.Workbook{Meta: p.programmeMeta()}
	list1 := document.Sheet{Name: "Audits", Title: "Audits of the cycle", Empty: "No audit is planned.", Columns: []document.SheetColumn{sheetColumn("Audit", 8), sheetColumn("Title", 40), sheetColumn("From", 12), sheetColumn("Until", 12), sheetColumn("State", 12), sheetColumn("Lead", 24), sheetColumn("Team", 30), sheetColumn("Clauses", 30), sheetColumn("Controls", 50), sheetColumn("Services", 30)}}
	for _, a := range p.Audits {
		list1.Rows = append(list1.Rows, []document.Value{word(a.ID), word(a.Title), word(string(a.Begins)), word(string(a.Ends)), word(string(a.State(p.At))), word(p.who(a.Lead)), word(p.all(a.Team, p.People, "nobody besides")), word(list(a.Clauses, "none")), word(list(a.Controls, "none")), word(p.all(a.Services, p.Services, "all of the scope"))})
	}
	cover := document.Sheet{Name: "Coverage", Title: "What the cycle covers", Empty: "There is no subject.", Columns: []document.SheetColumn{sheetColumn("Kind", 10), sheetColumn("Number", 12), sheetColumn("Subject", 60), sheetColumn("Covered", 14), sheetColumn("Audits", 20)}}
	for _, c := range p.Coverage {
		cover.Rows = append(cover.Rows, []document.Value{word(string(c.Kind)), word(c.Place), word(c.Title), word(string(c.Cover)), word(list(c.Audits, "no audit"))})
	}
	found := document.Sheet{Name: "Nonconformities", Title: "Nonconformities and opportunities", Empty: "Nothing was raised.", Columns: []document.SheetColumn{sheetColumn("Finding", 9), sheetColumn("Grade", 12), sheetColumn("State", 14), sheetColumn("Source", 18), sheetColumn("Audit", 8), sheetColumn("Requirement", 40), sheetColumn("Where", 20), sheetColumn("Lapse", 50), sheetColumn("Evidence", 50), sheetColumn("Raised by", 24), sheetColumn("Raised on", 12), sheetColumn("Due", 12), sheetColumn("Overdue", 40), sheetColumn("Cause", 40), sheetColumn("Correction", 40), sheetColumn("Actions", 60), sheetColumn("Effective", 40)}}
	for _, n := range p.Findings {
		var steps []string
		for _, s := range n.Actions {
			steps = append(steps, fmt.Sprintf("%s (%s, due %s, %s)", s.What, p.who(s.Owner), s.Due, or(string(s.Done), "open")))
		}
		found.Rows = append(found.Rows, []document.Value{word(n.ID), word(string(n.Grade)), word(string(n.State())), word(string(n.Source)), word(or(n.Audit, "none")), word(n.Requirement), word(or(p.Services[n.Where], n.Where)), word(n.Statement), word(n.Evidence), word(n.Raised.By), document.Day(n.Raised.At), word(or(string(n.Due), "none")), word(or(strings.Join(n.Overdue(p.At), " "), "no")), word(or(n.Cause, "not known yet")), word(or(n.Correction, "none yet")), word(cmp.Or(strings.Join(steps, "; "), or(n.Decision, "none planned"))), word(effective(n))})
	}
	w.Sheets = []document.Sheet{list1, cover, found}
	return w
}
