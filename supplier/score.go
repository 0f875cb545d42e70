// SPDX-License-Identifier: Apache-2.0

package supplier

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/scope"
)

// reportAge is for how many months after its period a report still tells of the
// present; a year, as readers of such reports take it.
const reportAge = 12

// warnDays is how long ahead the end of an assurance is told.
const warnDays = 90

// Standing is what an assurance is worth for the services in use.
type Standing struct {
	Assurance
	Counts   bool     `json:"counts"`         // it is in force and covers what is used
	Ends     string   `json:"ends"`           // last day on which it is in force
	Soon     bool     `json:"soon,omitempty"` // that is within 90 days
	Expired  bool     `json:"expired,omitempty"`
	Mismatch []string `json:"mismatch,omitempty"` // what it does not cover
}

// periodic tells that an assurance is about a past period, and not valid ahead.
func (k Kind) periodic() bool { return k == "soc2" || k == "soc3" || k == "pentest" }

// Standings tells of each assurance whether it is in force and in scope.
func (s Supplier) Standings(own []scope.Service, now time.Time) []Standing {
	out := []Standing{}
	for _, a := range s.Assurances {
		x := Standing{Assurance: a, Ends: a.Until}
		from, err := time.Parse(time.DateOnly, a.From)
		until, err2 := time.Parse(time.DateOnly, a.Until)
		if err != nil || err2 != nil {
			x.Expired = true
			out = append(out, x)
			continue
		}
		if a.Kind.periodic() {
			until = until.AddDate(0, reportAge, 0)
			x.Ends = until.Format(time.DateOnly)
		}
		x.Expired = !now.Before(until.AddDate(0, 0, 1))
		x.Soon = !x.Expired && now.AddDate(0, 0, warnDays).After(until)
		if now.Before(from) {
			x.Mismatch = append(x.Mismatch, "it begins on "+a.From)
		}
		for _, v := range own {
			if !slices.Contains(a.Services, v.ID) {
				x.Mismatch = append(x.Mismatch, "it does not cover "+v.Name)
				continue
			}
			for _, r := range v.Regions {
				if !slices.Contains(a.Regions, r) {
					x.Mismatch = append(x.Mismatch, fmt.Sprintf("%s is used in %s, which it does not name", v.Name, r))
				}
			}
		}
		x.Counts = !x.Expired && len(x.Mismatch) == 0
		out = append(out, x)
	}
	return out
}

// Part is a question with what its answer counts.
type Part struct {
	Question
	Reply   Reply  `json:"reply,omitempty"` // empty: not answered
	Proof   Proof  `json:"proof,omitempty"` // that it counts as
	Note    string `json:"note,omitempty"`
	Counts  int    `json:"counts"` // of a hundred
	Why     string `json:"why"`
	Unknown bool   `json:"unknown,omitempty"` // nothing but a statement, or nothing at all
}

// Domain is the coverage of one subject, in thousandths.
type Domain struct {
	Name     string `json:"name"`
	Coverage int    `json:"coverage"`
	Low      int    `json:"low"`
	High     int    `json:"high"`
}

// Score is what a supplier's answers come to. Thousandths of all.
type Score struct {
	Tier     Tier     `json:"tier"`
	Answered int      `json:"answered"`
	Of       int      `json:"of"`
	Coverage int      `json:"coverage"` // of what is asked, weighed by what proves it
	Low      int      `json:"low"`      // with all that nobody proved at nothing
	High     int      `json:"high"`     // and at full
	Residual int      `json:"residual"` // inherent × what is not covered, in thousandths of a level
	Left     Level    `json:"left"`     // that as a level, rounded up
	Worst    Level    `json:"worst"`    // at Low
	Best     Level    `json:"best"`     // at High
	Domains  []Domain `json:"domains"`
	Parts    []Part   `json:"parts"`
	Why      []string `json:"why"`
}

// sum adds up weighed parts; whole is a hundred for each weight.
type sum struct{ got, low, high, whole int }

func (s *sum) add(p Part) {
	if p.Reply == NA {
		return
	}
	w := p.Weight
	s.whole += 100 * w
	s.got += w * p.Counts
	switch {
	case p.Unknown && p.Reply == No:
	case p.Unknown:
		s.high += 100 * w
	default:
		s.low += w * p.Counts
		s.high += w * p.Counts
	}
}

func (s sum) thousandths(n int) int {
	if s.whole == 0 {
		return 0
	}
	return n * 1000 / s.whole
}

// ScoreOf reckons a supplier. adverse is how many adverse findings are open in
// the agreements about its services: they keep the rest of the risk up.
func (s Supplier) ScoreOf(q Questionnaire, own, all []scope.Service, adverse int, now time.Time) Score {
	out := Score{Tier: s.TierOf(own, all), Of: len(q.Questions)}
	worth := map[string]Standing{}
	for _, a := range s.Standings(own, now) {
		worth[a.ID] = a
	}
	var whole sum
	domains := map[string]*sum{}
	for _, x := range q.Questions {
		p := s.part(x, worth)
		out.Parts = append(out.Parts, p)
		if p.Reply != "" {
			out.Answered++
		}
		whole.add(p)
		if domains[x.Domain] == nil {
			domains[x.Domain] = &sum{}
			out.Domains = append(out.Domains, Domain{Name: x.Domain})
		}
		domains[x.Domain].add(p)
	}
	for i := range out.Domains {
		d := domains[out.Domains[i].Name]
		out.Domains[i].Coverage, out.Domains[i].Low, out.Domains[i].High = d.thousandths(d.got), d.thousandths(d.low), d.thousandths(d.high)
	}
	out.Coverage, out.Low, out.High = whole.thousandths(whole.got), whole.thousandths(whole.low), whole.thousandths(whole.high)
	out.settle(adverse)
	return out
}

// settle derives what is left of the risk.
func (o *Score) settle(adverse int) {
	floor := 0
	if adverse > 0 {
		floor = 2000
	}
	if adverse >= 3 {
		floor = 3000
	}
	left := func(coverage int) int {
		return min(int(o.Tier.Level)*1000, max(floor, int(o.Tier.Level)*(1000-coverage)))
	}
	up := func(n int) Level { return Level(max(1, (n+999)/1000)) }
	o.Residual = left(o.Coverage)
	o.Left, o.Worst, o.Best = up(o.Residual), up(left(o.Low)), up(left(o.High))
	o.Why = append(o.Why, fmt.Sprintf("%s × (1 − %s) leaves %s of %d", Level(o.Tier.Level).Word(), Permille(o.Coverage), decimal(int(o.Tier.Level)*(1000-o.Coverage)), 4))
	if floor > 0 {
		o.Why = append(o.Why, fmt.Sprintf("%d adverse passages of its agreements keep it at %s or above", adverse, up(floor).Word()))
	}
	if o.Low != o.High {
		o.Why = append(o.Why, fmt.Sprintf("what nobody proved leaves a range: from %s, when none of it is true, to %s, when all is", o.Worst.Word(), o.Best.Word()))
	}
}

// Permille writes thousandths as per cent: 62.5 %.
func Permille(n int) string { return fmt.Sprintf("%d.%d %%", n/10, n%10) }

func decimal(n int) string {
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%d.%03d", n/1000, n%1000), "0"), ".")
}

// part judges the answer to one question.
func (s Supplier) part(q Question, worth map[string]Standing) Part {
	p := Part{Question: q, Unknown: true, Why: "it is not answered, which counts as no"}
	i := slices.IndexFunc(s.Answers, func(a Answer) bool { return a.Question == q.ID })
	if i < 0 {
		return p
	}
	a := s.Answers[i]
	p.Reply, p.Note, p.Proof = a.Answer, a.Note, a.Evidence
	if p.Proof == "" {
		p.Proof = Statement
	}
	given := map[Reply]int{Yes: 10, Partly: 5}[a.Answer]
	switch {
	case a.Answer == NA:
		p.Unknown, p.Why = false, "it does not apply: "+a.Note
		return p
	case a.Answer == No:
		p.Why = "the answer is no"
		return p
	case p.Proof == Report && !worth[a.Assurance].Counts:
		p.Proof = Statement
		p.Why = fmt.Sprintf("%s: its assurance %s does not count: %s", a.Answer, a.Assurance, doubt(worth[a.Assurance]))
	default:
		p.Why = map[Proof]string{Statement: "%s, by its own word only", Document: "%s, shown by a document of its own", Report: "%s, shown by an assurance in force and in scope", Tested: "%s, tested by us"}[p.Proof]
		p.Why = fmt.Sprintf(p.Why, a.Answer)
	}
	p.Unknown = p.Proof == Statement
	p.Counts = given * p.Proof.worth()
	return p
}

func doubt(s Standing) string {
	if s.Expired {
		return "it ended on " + s.Ends
	}
	return strings.Join(s.Mismatch, ", ")
}
