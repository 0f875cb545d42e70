// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/internal/strict"
	"demarc.dev/demarc/problem"
)

// Party is a side of a cloud service.
type Party = catalogue.Party

// Own is what of an audit's subjects is the work of somebody, in sentences, by
// who it is.
type Own map[string][]string

// Plan is a file of plans.
type Plan struct {
	Programme *Programme `yaml:"programme,omitempty"`
	Audits    []Audit    `yaml:"audits,omitempty"`
}

// Bounds of what people write.
const (
	longest    = 4000 // bytes of a text
	mostAudits = 200
	mostSteps  = 100
)

// ParsePlan reads a file of plans as people write it; the error tells all faults
// with line and field.
func ParsePlan(name string, data []byte, w World) (Plan, error) {
	var p Plan
	doc := strict.Read(name, data, &p)
	if len(p.Audits) > mostAudits {
		doc.Fault("audits", "a programme holds %d audits at most", mostAudits)
		return p, doc.Err()
	}
	if p.Programme != nil {
		p.Programme.check(func(field, says string) { doc.Fault(strict.Join("programme", field), "%s", says) })
	}
	seen := map[string]bool{}
	for i, a := range p.Audits {
		at := fmt.Sprintf("audits[%d]", i)
		if seen[a.ID] && a.ID != "" {
			doc.Fault(at+".id", "%q stands twice", a.ID)
		}
		seen[a.ID] = true
		if !isID(a.ID, "a") {
			doc.Fault(at+".id", "the id of an audit is a and a number, such as a1")
		}
		a.check(w, func(field, says string) { doc.Fault(strict.Join(at, field), "%s", says) })
	}
	return p, doc.Err()
}

// EncodePlan writes a file of plans as ParsePlan reads it.
func EncodePlan(p Plan) ([]byte, error) { return strict.Write(p) }

func isID(id, letter string) bool {
	rest, ok := strings.CutPrefix(id, letter)
	return ok && rest != "" && len(rest) < 7 && rest[0] != '0' && strings.Trim(rest, "0123456789") == ""
}

// Validate tells all that is wrong with a cycle.
func (p Programme) Validate() error {
	var faults []string
	p.check(func(field, says string) { faults = append(faults, field+": "+says) })
	return problem.Faulty("this is no programme", faults)
}

func (p Programme) check(fault func(field, says string)) {
	if p.Begins == "" || !p.Begins.Valid() {
		fault("begins", "name the first day of the cycle, such as 2026-01-01")
	}
	if p.Years < 1 || p.Years > 5 {
		fault("years", "a cycle has 1 to 5 years; that of a certificate has 3")
	}
}

// Validate tells all that is wrong with the plan of an audit.
func (a Audit) Validate(w World) error {
	var faults []string
	a.check(w, func(field, says string) { faults = append(faults, field+": "+says) })
	return problem.Faulty("the audit cannot be planned so", faults)
}

func (a Audit) check(w World, fault func(field, says string)) {
	if strings.TrimSpace(a.Title) == "" {
		fault("title", "an audit needs a title")
	}
	if a.Begins == "" || !a.Begins.Valid() || a.Ends == "" || !a.Ends.Valid() || a.Ends < a.Begins {
		fault("begins", "name the first and the last day, such as 2026-11-02 and 2026-11-06")
	}
	for _, f := range [][2]string{{"title", a.Title}, {"objective", a.Objective}, {"method", a.Method}, {"cancelled", a.Cancelled}, {"lead", a.Lead}} {
		if len(f[1]) > longest {
			fault(f[0], "it is longer than 4,000 bytes")
		}
	}
	if len(a.Team) > 20 {
		fault("team", "a team has 20 people at most")
	}
	if len(a.Clauses)+len(a.Controls) == 0 {
		fault("clauses", "say what the audit looks at: clauses of ISO/IEC 27001, controls, or both")
	}
	var clauses, controls []string
	for _, s := range w.Subjects() {
		if s.Kind == Clause {
			clauses = append(clauses, s.ID)
		} else {
			controls = append(controls, s.ID)
		}
	}
	known(a.Clauses, clauses, "clause of ISO/IEC 27001", "clauses", fault)
	known(a.Controls, controls, "control that speaks to the organisation", "controls", fault)
	known(a.Services, w.serviceIDs(), "service of the scope", "services", fault)
}

func known(words, all []string, what, field string, fault func(field, says string)) {
	for i, x := range words {
		switch {
		case slices.Index(words, x) < i:
			fault(field, fmt.Sprintf("%q stands twice", x))
		case !slices.Contains(all, x):
			fault(field, fmt.Sprintf("there is no %s %q%s", what, x, strict.DidYouMean(x, all)))
		}
	}
}

// Independent tells whether nobody of the auditors looks at his own work (ISO/IEC
// 27001:2022, 9.2.2 b): nil, or the reasons.
func (a Audit) Independent(own Own, name func(string) string) error {
	var faults []string
	for _, who := range a.Auditors() {
		for _, why := range own[who] {
			faults = append(faults, fmt.Sprintf("%s %s", name(who), why))
		}
	}
	return problem.Faulty("nobody audits his own work", faults)
}

// Concludable tells all that stands in the way of a conclusion.
func (a Audit) Concludable(questions []Question, words string, now time.Time) error {
	var faults []string
	if a.Lead == "" {
		faults = append(faults, "lead: nobody leads the audit")
	}
	if a.Begins != "" && !a.Begins.Before(now.AddDate(0, 0, 1)) {
		faults = append(faults, "begins: its first day is to come")
	}
	open := 0
	for _, q := range questions {
		if _, ok := a.Answer(q.ID); !ok {
			open++
		}
	}
	if open > 0 {
		faults = append(faults, fmt.Sprintf("%d questions have no answer; of one that was not looked at, say so and why", open))
	}
	if strings.TrimSpace(words) == "" || len(words) > longest {
		faults = append(faults, "words: say in some sentences whether the system conforms and is effective")
	}
	return problem.Faulty("the audit cannot be concluded yet", faults)
}

// Validate tells all that is wrong with an answer.
func (x Answer) Validate(questions []Question) error {
	var faults []string
	if !slices.ContainsFunc(questions, func(q Question) bool { return q.ID == x.Question }) {
		faults = append(faults, fmt.Sprintf("question: the checklist has no question %q", x.Question))
	}
	if !slices.Contains(Results(), x.Result) {
		faults = append(faults, "result: one of "+list(Results()))
	}
	if strings.TrimSpace(x.Seen) == "" {
		faults = append(faults, "seen: say what was looked at, or why it was not")
	}
	if len(x.Seen) > longest {
		faults = append(faults, "seen: it is longer than 4,000 bytes")
	}
	return problem.Faulty("the answer cannot be recorded so", faults)
}

func list[S ~string](all []S) string {
	out := make([]string, len(all))
	for i, w := range all {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}

// Validate tells all that is wrong with what is raised.
func (n Nonconformity) Validate() error {
	var faults []string
	if !slices.Contains(Sources(), n.Source) {
		faults = append(faults, "source: one of "+list(Sources()))
	}
	if !n.Grade.Raises() {
		faults = append(faults, "grade: major, minor or opportunity")
	}
	for _, f := range [][3]string{{"requirement", n.Requirement, "which requirement is not fulfilled"}, {"where", n.Where, "in which service, process or place"}, {"statement", n.Statement, "what the lapse is"}, {"evidence", n.Evidence, "what was seen"}} {
		if strings.TrimSpace(f[1]) == "" {
			faults = append(faults, f[0]+": say "+f[2])
		}
		if len(f[1]) > longest {
			faults = append(faults, f[0]+": it is longer than 4,000 bytes")
		}
	}
	if !n.Due.Valid() {
		faults = append(faults, "due: a day such as 2026-11-30")
	}
	return problem.Faulty("it cannot be raised so", faults)
}

// ValidateTreatment tells all that is wrong with what was written about the
// treatment. people are those of the scope who have not left; empty: not kept.
func (n Nonconformity) ValidateTreatment(people []string, now time.Time) error {
	var faults []string
	for _, f := range [][2]string{{"cause", n.Cause}, {"similar", n.Similar}, {"correction", n.Correction}, {"decision", n.Decision}} {
		if len(f[1]) > longest {
			faults = append(faults, f[0]+": it is longer than 4,000 bytes")
		}
	}
	if !n.Corrected.Valid() || n.Corrected > Day(now.UTC().Format(time.DateOnly)) {
		faults = append(faults, "corrected: the day on which it was mended, which is not to come")
	}
	if len(n.Actions) > mostSteps {
		faults = append(faults, "actions: 100 at most")
	}
	for i, a := range n.Actions {
		at := fmt.Sprintf("action %d: ", i+1)
		if strings.TrimSpace(a.What) == "" || len(a.What) > longest {
			faults = append(faults, at+"say what is to be done")
		}
		if a.Due == "" || !a.Due.Valid() || !a.Done.Valid() {
			faults = append(faults, at+"name the day by which it is to be done, such as 2026-11-30")
		}
		if a.Done > Day(now.UTC().Format(time.DateOnly)) {
			faults = append(faults, at+"the day on which it was done is to come")
		}
		if a.Owner == "" || len(people) > 0 && !slices.Contains(people, a.Owner) {
			faults = append(faults, at+fmt.Sprintf("name who does it: nobody in the scope is called %q, or the person has left", a.Owner))
		}
	}
	return problem.Faulty("it cannot be written down so", faults)
}

// Verifiable tells all that stands in the way of saying whether what was done
// works. by is who says so, in every word by which he is known.
func (n Nonconformity) Verifiable(by []string, words string) error {
	var faults []string
	if s := n.State(); s != ToVerify {
		faults = append(faults, fmt.Sprintf("it is %s: cause, correction and corrective action come first, and are done", s))
	}
	for _, who := range n.Doers() {
		if slices.Contains(by, who) {
			faults = append(faults, fmt.Sprintf("%s had a hand in what was done: somebody else looks whether it works", who))
		}
	}
	if strings.TrimSpace(words) == "" || len(words) > longest {
		faults = append(faults, "words: say what was looked at")
	}
	return problem.Faulty("it cannot be verified so", faults)
}
