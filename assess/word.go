// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/responsibility"
)

// messageKept bounds the words of a check inside a reason, in letters.
const messageKept = 160

// teller puts the reasons of one answer into words.
type teller struct {
	facts
	bench *bench
}

// clause gives a reason as a clause, without capital and full stop.
func (t *teller) clause(l line) string {
	if l.check >= 0 {
		return t.ofCheck(l, &t.answer.Checks[l.check])
	}
	if said := t.ofPerson(l); said != "" {
		return said
	}
	switch l.kind {
	case ReasonNobody:
		return "nobody performs it: the matrix gives the work to neither party"
	case ReasonContradiction:
		return t.contradiction()
	case ReasonInherited:
		return t.inherited()
	case ReasonNoBasis:
		return t.noBasis()
	case ReasonNoAssurance:
		return t.noAssurance()
	case ReasonNoTest:
		return "no check bears on it"
	case ReasonNotCollected:
		return fmt.Sprintf("no snapshot tells of %s", list(t.service.Uncollected))
	}
	return string(l.kind)
}

// ofCheck tells what a check found, down to the worst resource.
func (t *teller) ofCheck(l line, c *CheckAnswer) string {
	r := t.bench.results[At{t.answer.Service, c.Check}]
	if r == nil {
		r = &Result{}
	}
	n, of := c.Tally, c.Tally.asked()
	switch l.kind {
	case ReasonFail:
		return t.failing(c, r)
	case ReasonPass:
		return fmt.Sprintf("%s “%s”", someOf(n.Pass, of, "passes", "pass"), c.Title)
	case ReasonPartPass:
		return fmt.Sprintf("%s “%s”, which proves only a part of the duty", someOf(n.Pass, of, "passes", "pass"), c.Title)
	case ReasonForeignPass:
		return fmt.Sprintf("%s “%s” by the word of another tool alone", someOf(n.Pass, of, "passes", "pass"), c.Title)
	case ReasonDisputed:
		return fmt.Sprintf("another tool says that “%s” fails for %s for which our own check says otherwise; the less flattering answer is taken", c.Title, resources(c.Disputed, of))
	case ReasonAccepted:
		return fmt.Sprintf("%s “%s” under an accepted risk (%s)", someOf(n.Accepted, of, "fails", "fail"), c.Title, list(r.Under))
	case ReasonNothing:
		return fmt.Sprintf("“%s” met no resource that it is about", c.Title)
	}
	return t.untold(l.kind, c, r)
}

// failing tells what fails, and what would once a plan is applied.
func (t *teller) failing(c *CheckAnswer, r *Result) string {
	n, of := c.Tally.Fail, c.Tally.asked()
	var words string
	switch {
	case n > r.Planned && r.Planned > 0:
		words = fmt.Sprintf("%s “%s”, %s of them only in a plan that is not applied yet%s", someOf(n, of, "fails", "fail"), c.Title, thousands(r.Planned), example(r, check.Fail, false, n))
	case c.Would == 0: // all stand, or nothing but plans was read
		words = fmt.Sprintf("%s “%s”%s", someOf(n, of, "fails", "fail"), c.Title, example(r, check.Fail, false, n))
	default:
		words = fmt.Sprintf("%s “%s”%s", someOf(n, of, "would fail", "would fail"), c.Title, example(r, check.Fail, false, n))
		if c.Tally.Pass > c.Planned {
			words += "; what stands and was read passes"
		}
	}
	if r.Exposed > 0 {
		words += fmt.Sprintf("; %s of those that fail can be reached from the internet", thousands(r.Exposed))
	}
	if r.WouldExpose > 0 {
		words += fmt.Sprintf("; %s of those that are planned would be reachable from the internet", thousands(r.WouldExpose))
	}
	return words
}

// untold tells why a check could not tell.
func (t *teller) untold(k ReasonKind, c *CheckAnswer, r *Result) string {
	n, of := c.Tally, c.Tally.asked()
	switch k {
	case ReasonUnread:
		return fmt.Sprintf("“%s” could not tell for %s%s", c.Title, resources(n.Unknown-c.Scopes, of), example(r, check.Unknown, false, n.Unknown-c.Scopes))
	case ReasonScopeUnread:
		scopes := "a whole scope was"
		if c.Scopes > 1 {
			scopes = thousands(c.Scopes) + " whole scopes were"
		}
		return fmt.Sprintf("“%s” could not be asked where %s not read%s", c.Title, scopes, example(r, check.Unknown, true, c.Scopes))
	case ReasonFaulty:
		return fmt.Sprintf("the check “%s” is itself faulty for %s%s", c.Title, resources(n.Error, of), example(r, check.Error, false, n.Error))
	case ReasonStale:
		words := fmt.Sprintf("facts behind “%s” are older than was allowed", c.Title)
		if !r.Oldest.IsZero() {
			words += ": the oldest were seen on " + day(r.Oldest)
		}
		return words
	}
	words := fmt.Sprintf("“%s” was never run here", c.Title)
	if len(t.service.Accounts) == 0 {
		words += ": the service has no account in scope"
	}
	return words
}

// ofPerson tells what somebody said; nothing for a reason of another kind.
func (t *teller) ofPerson(l line) string {
	a := t.answer.Attestation
	if l.kind == ReasonNoAttestation {
		if a != nil {
			return "nobody has answered for our own part of it"
		}
		return "nobody has answered for it"
	}
	if a == nil {
		return ""
	}
	who := fmt.Sprintf("%s answered on %s", a.By, day(a.On))
	switch l.kind {
	case ReasonAttested:
		return fmt.Sprintf("%s, with %s, that it is met: %s", who, plural(len(a.Evidence), "piece of evidence", "pieces of evidence"), quote(a.Statement))
	case ReasonAttestedBare:
		return fmt.Sprintf("%s that it is met, but without evidence: %s", who, quote(a.Statement))
	case ReasonAttestedPartly:
		return fmt.Sprintf("%s that it is met in part only: %s", who, quote(a.Statement))
	case ReasonAttestedNo:
		return fmt.Sprintf("%s that it is not met: %s", who, quote(a.Statement))
	case ReasonNotApplicable:
		return fmt.Sprintf("%s that it does not apply: %s", who, quote(a.Statement))
	case ReasonExpired:
		return fmt.Sprintf("the answer “%s” of %s held until %s", a.Answer, a.By, day(a.Expires))
	case ReasonNotYet:
		return fmt.Sprintf("the answer “%s” of %s is dated %s, after this assessment", a.Answer, a.By, day(a.On))
	}
	return ""
}

// contradiction tells who said otherwise than what counts.
func (t *teller) contradiction() string {
	a, fails := t.answer.Attestation, false
	for _, c := range t.answer.Checks {
		fails = fails || c.Tally.Fail > 0
	}
	heard := a != nil && t.heard(a)
	switch {
	case fails && heard && a.Answer != AnswerNo && a.Answer != AnswerPartly:
		return fmt.Sprintf("%s answered “%s”, and a check fails: what was seen counts", a.By, a.Answer)
	case fails:
		return fmt.Sprintf("by the matrix %s performs it, and a check fails in the organisation's own accounts: what was seen counts", t.they())
	case a != nil && a.Answer == AnswerNo:
		return fmt.Sprintf("%s answered “no”, and a check that proves the whole duty passes: the answer counts", a.By)
	case a != nil:
		return fmt.Sprintf("%s answered “%s”, and by the matrix nobody but %s performs it", a.By, a.Answer, partyName(t.service.Ours))
	}
	return "what was said and what was seen do not agree"
}

func (t *teller) inherited() string {
	a, basis := t.answer.Attestation, t.answer.Allocation.Basis
	if a != nil && a.Answer == AnswerInherited && a.Source != "" && !rests(basis) {
		return fmt.Sprintf("it is done for us, by the word of %s, who rests on %s", a.By, quote(a.Source))
	}
	return fmt.Sprintf("%s performs %s, by %s, with evidence", t.they(), t.itsPart(), basisWords(basis))
}

// noAssurance tells what lacks evidence: the word of a person, or the matrix.
func (t *teller) noAssurance() string {
	if a := t.answer.Attestation; a != nil && a.Answer == AnswerInherited && len(a.Evidence) == 0 && t.heard(a) {
		return fmt.Sprintf("%s answered on %s that %s performs %s, by %s, but the answer names no evidence: add the file that shows it", a.By, day(a.On), t.they(), t.itsPart(), quote(a.Source))
	}
	return fmt.Sprintf("%s performs %s by the matrix, which rests on %s, but no evidence of it is on file", t.they(), t.itsPart(), basisWords(t.answer.Allocation.Basis)) + t.unheard()
}

// heard tells whether an answer is in force.
func (t *teller) heard(a *Attested) bool { return !notYet(a.On, t.at) && !lapsed(a.Expires, t.at) }

// unheard tells of an answer that is there and does not suffice.
func (t *teller) unheard() string {
	switch a := t.answer.Attestation; {
	case a == nil && t.answer.Passed != "":
		return fmt.Sprintf("; the answer %s for every service does not speak here, where the duty is not ours: name the service in it", t.answer.Passed)
	case a == nil || !t.heard(a):
		return ""
	case a.Answer == AnswerInherited && a.Source == "":
		return fmt.Sprintf("; %s answered that it is inherited, but names no source: add the report or contract that says so", a.By)
	case a.Answer == AnswerYes:
		return fmt.Sprintf("; %s answered “yes”, which does not bind the other party: answer “inherited” with a source, or write the contract into the matrix", a.By)
	}
	return ""
}

func (t *teller) noBasis() string { return t.groundless() + t.unheard() }

func (t *teller) groundless() string {
	switch b := t.answer.Allocation.Basis; {
	case t.answer.Defaulted:
		return fmt.Sprintf("%s is supposed to perform %s, but no matrix says so: it is only the catalogue's default", t.they(), t.itsPart())
	case b.Kind == responsibility.ContractClause || b.Kind == responsibility.ProviderStatement:
		return fmt.Sprintf("%s is said to perform %s by %s, but the matrix names no clause or passage", t.they(), t.itsPart(), basisWords(b))
	default:
		return fmt.Sprintf("%s is said to perform %s, but that rests on %s, not on a contract or a statement of it", t.they(), t.itsPart(), basisWords(b))
	}
}

// they names the other party of the service.
func (t *teller) they() string {
	if p := other(t.service.Ours); p == catalogue.Customer {
		return "the customer"
	}
	if t.service.Provider != "" {
		return t.service.Provider
	}
	return "the provider"
}

func (t *teller) itsPart() string {
	if t.answer.By == responsibility.ByBoth {
		return "its part"
	}
	return "it"
}

func partyName(p catalogue.Party) string {
	if p == catalogue.Provider {
		return "the provider"
	}
	return "the customer"
}

func basisWords(b responsibility.Basis) string {
	words := map[responsibility.BasisKind]string{responsibility.ContractClause: "a contract", responsibility.ProviderStatement: "a statement",
		responsibility.InternalControl: "an internal control", responsibility.Assumption: "an assumption", responsibility.DefaultBasis: "a default of the catalogue"}[b.Kind]
	if words == "" {
		words = "nothing that is named"
	}
	if b.Reference != "" {
		words += " (" + shorten(b.Reference, messageKept) + ")"
	}
	return words
}

// asked is how many resources a check was put to and could have failed.
func (t Tally) asked() int { return t.Pass + t.Fail + t.Accepted + t.Unknown + t.Error }

// example tells what was found at the worst resource with the outcome.
func example(r *Result, o check.Outcome, scope bool, n int) string {
	for _, e := range r.Worst {
		if e.Outcome != o || e.Scope != scope || o == check.Fail && e.Exception != "" {
			continue
		}
		message := strings.TrimRight(shorten(e.Message, messageKept), ".")
		name := shorten(cmp.Or(e.Name, e.Resource), messageKept)
		switch {
		case message == "":
			message = name
		case !strings.Contains(message, name) && !scope:
			message = name + ": " + message
		}
		if e.Source == planned {
			message += ", in a plan that is not applied yet"
		}
		if n > 1 {
			return "; one of them: " + message
		}
		return ": " + message
	}
	return ""
}

// statusWord is how a summary begins.
func statusWord(s Status) string {
	switch s {
	case NotSatisfied:
		return "Not satisfied"
	case Partly:
		return "Partly satisfied"
	case Accepted:
		return "Risk accepted"
	case Satisfied:
		return "Satisfied"
	case Inherited:
		return "Inherited"
	case NotApplicable:
		return "Not applicable"
	}
	return "Unknown"
}

// someOf is the subject and the verb of a sentence about n of so many.
func someOf(n, of int, one, many string) string {
	switch {
	case n == 1 && of == 1:
		return "the one resource " + one
	case n == 2 && of == 2:
		return "both resources " + many
	case n == of:
		return fmt.Sprintf("all %s resources %s", thousands(n), many)
	case n == 1:
		return fmt.Sprintf("1 of %s resources %s", thousands(of), one)
	}
	return fmt.Sprintf("%s of %s resources %s", thousands(n), thousands(of), many)
}

func resources(n, of int) string {
	switch {
	case n == 1 && of == 1:
		return "the one resource"
	case n == 2 && of == 2:
		return "both resources"
	case n == of:
		return fmt.Sprintf("all %s resources", thousands(n))
	}
	return fmt.Sprintf("%s of %s resources", thousands(n), thousands(of))
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func list(words []string) string {
	switch len(words) {
	case 0:
		return "nothing"
	case 1:
		return words[0]
	case 2, 3, 4, 5:
		return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
	}
	return strings.Join(words[:4], ", ") + " and " + thousands(len(words)-4) + " more"
}

func day(t time.Time) string { return t.UTC().Format("2 January 2006") }

func quote(s string) string { return "“" + strings.TrimRight(shorten(s, messageKept), ".") + "”" }

// sentence gives a clause its capital and full stop.
func sentence(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(r)) + s[size:]
	if last, _ := utf8.DecodeLastRuneInString(s); !strings.ContainsRune(".!?", last) {
		s += "."
	}
	return s
}
