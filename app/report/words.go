// SPDX-License-Identifier: Apache-2.0

package report

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/document"
	"demarc.dev/demarc/responsibility"
)

func itoa(n int) string { return strconv.Itoa(n) }

// count writes a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

// thousands writes a number as people read it.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// some writes "1 source", "all 2 sources" or "2 of 5 sources".
func some(n, of int, one, many string) string {
	switch {
	case n == of && n > 1:
		return "all " + count(n, one, many)
	case n == of:
		return count(n, one, many)
	}
	return thousands(n) + " of " + count(of, one, many)
}

// is gives the verb for a number.
func is(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// and joins words into a list of a sentence.
func and(words []string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

func unique(words []string) []string {
	out := slices.Clone(words)
	slices.Sort(out)
	return slices.Compact(out)
}

// or gives s, or the word for its absence.
func or(s, absence string) string {
	if strings.TrimSpace(s) == "" {
		return absence
	}
	return s
}

func list(words []string, absence string) string { return or(strings.Join(words, ", "), absence) }

func day(t time.Time, absence string) string {
	if t.IsZero() {
		return absence
	}
	return t.UTC().Format("2 January 2006")
}

func moment(t time.Time, absence string) string {
	if t.IsZero() {
		return absence
	}
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// status is a status as people read it.
type status struct {
	word    string
	tone    document.Tone
	mark    document.Mark
	meaning string
}

func (s status) chip() document.Chip { return document.Chip{Word: s.word, Tone: s.tone, Mark: s.mark} }

func statusOf(s assess.Status) status {
	switch s {
	case assess.Satisfied:
		return status{"Satisfied", document.Good, document.MarkOfTone, "Shown to be met."}
	case assess.Inherited:
		return status{"Inherited", document.Accent, document.MarkOfTone, "The other party performs it; that rests on a contract or a statement, and on evidence."}
	case assess.Accepted:
		return status{"Risk accepted", document.Second, document.MarkOfTone, "What fails stands under an exception in force. The risk was accepted; it is no pass."}
	case assess.Partly:
		return status{"Partly satisfied", document.Part, document.MarkOfTone, "A part is shown to be met, and a part is shown not to be."}
	case assess.NotSatisfied:
		return status{"Not satisfied", document.Bad, document.MarkOfTone, "Shown not to be met."}
	case assess.NotApplicable:
		return status{"Not applicable", document.Muted, document.MarkOfTone, "Stated by a person, with the reason. It does not count in the readiness."}
	}
	return status{"Unknown", document.Unknown, document.MarkOfTone, "Neither is shown. What was not read, and what nobody has answered, is unknown: never a pass and never a fail."}
}

// shown lists the statuses in the order of charts and columns: what is met
// first.
func shown() []assess.Status {
	return []assess.Status{assess.Satisfied, assess.Inherited, assess.Accepted, assess.Partly, assess.NotSatisfied, assess.Unknown, assess.NotApplicable}
}

// of gives the number of one status.
func of(c assess.Counts, s assess.Status) int {
	switch s {
	case assess.Satisfied:
		return c.Satisfied
	case assess.Inherited:
		return c.Inherited
	case assess.Accepted:
		return c.Accepted
	case assess.Partly:
		return c.Partly
	case assess.NotSatisfied:
		return c.NotSatisfied
	case assess.NotApplicable:
		return c.NotApplicable
	}
	return c.Unknown
}

func statusCell(s assess.Status) document.Cell {
	chip := statusOf(s).chip()
	return document.Cell{Chip: &chip}
}

// severityChip shows a severity by its level.
func severityChip(s check.Severity) document.Chip {
	switch s {
	case check.Critical:
		return document.Chip{Word: "Critical", Tone: document.Bad, Mark: document.MarkLevel4}
	case check.High:
		return document.Chip{Word: "High", Tone: document.Bad, Mark: document.MarkLevel3}
	case check.Medium:
		return document.Chip{Word: "Medium", Tone: document.Part, Mark: document.MarkLevel2}
	}
	return document.Chip{Word: "Low", Tone: document.Muted, Mark: document.MarkLevel1}
}

func severityCell(s check.Severity) document.Cell {
	chip := severityChip(s)
	return document.Cell{Chip: &chip}
}

func severities() []check.Severity {
	return []check.Severity{check.Critical, check.High, check.Medium, check.Low}
}

func rankOf(s check.Severity) int { return slices.Index(severities(), s) }

func outcomeChip(o check.Outcome) document.Chip {
	switch o {
	case check.Pass:
		return document.Chip{Word: "Pass", Tone: document.Good}
	case check.Fail:
		return document.Chip{Word: "Fail", Tone: document.Bad}
	case check.NotApplicable:
		return document.Chip{Word: "Not applicable", Tone: document.Muted}
	case check.Error:
		return document.Chip{Word: "Check faulty", Tone: document.Second}
	}
	return document.Chip{Word: "Unknown", Tone: document.Unknown}
}

func party(p catalogue.Party) string {
	if p == catalogue.Provider {
		return "provider"
	}
	return "customer"
}

func parties(ps []catalogue.Party) string {
	words := make([]string, len(ps))
	for i, p := range ps {
		words[i] = "the " + party(p)
	}
	return or(and(words), "no party")
}

// performer says who performs, in a cell.
func performer(w responsibility.Who) string {
	switch w {
	case responsibility.ByCustomer:
		return "customer"
	case responsibility.ByProvider:
		return "provider"
	case responsibility.ByBoth:
		return "both"
	}
	return "nobody"
}

func model(m catalogue.ServiceModel) string {
	switch m {
	case catalogue.IaaS:
		return "IaaS"
	case catalogue.PaaS:
		return "PaaS"
	case catalogue.SaaS:
		return "SaaS"
	}
	return "not stated"
}

// standing says how far a matrix is agreed.
func standing(s responsibility.Status) string {
	switch s {
	case responsibility.Draft:
		return "draft"
	case responsibility.InternallyAgreed:
		return "internally agreed"
	case responsibility.Sent:
		return "sent to the counterparty"
	case responsibility.Acknowledged:
		return "acknowledged by both"
	case responsibility.Stale:
		return "stale: changed after the sign-off"
	}
	return "no matrix: the defaults of the catalogue were used"
}
