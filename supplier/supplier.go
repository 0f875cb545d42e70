// SPDX-License-Identifier: Apache-2.0

// Package supplier assesses the suppliers of cloud services: how much rests on
// one, what it answers and shows, and what is left of the risk. It owns the
// format of a supplier:
//
//	privileged: false            # its staff administer our systems
//	assurances:
//	  - id: iso
//	    kind: iso27001           # iso27001 | iso27017 | iso27018 | soc2 | soc3 | pentest | other
//	    by: Example Certification
//	    services: [mailer]       # ids of the scope that it covers
//	    regions: [eu-central-1]  # that it covers; empty: it names none
//	    from: 2025-03-01
//	    until: 2028-02-28
//	answers:
//	  - {question: access-1, answer: yes, evidence: report, assurance: iso}
//	  - {question: exit-2, answer: partly, evidence: statement, note: no confirmation}
//
// A score is a sum that a person can do by hand, and each part says why. An
// answer without proof counts little; a certificate that has expired, or that
// does not cover the services and regions in use, proves nothing. What thin
// evidence leaves open is shown as a range.
//
// It opens no file, no connection and no clock. Its values may be read
// concurrently.
package supplier

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"demarc.dev/demarc/internal/strict"
	"demarc.dev/demarc/scope"
)

// Question is one thing that suppliers are asked.
type Question struct {
	ID     string `yaml:"id" json:"id"`
	Domain string `yaml:"domain" json:"domain"`
	Weight int    `yaml:"weight" json:"weight"`
	Topic  string `yaml:"topic" json:"topic"` // of agreements, on which it should be promised
	Asks   string `yaml:"asks" json:"asks"`
}

// Questionnaire is a set of questions.
type Questionnaire struct {
	ID        string     `yaml:"questionnaire" json:"questionnaire"`
	Title     string     `yaml:"title" json:"title"`
	Questions []Question `yaml:"questions" json:"questions"`
}

//go:embed question.yaml
var shipped []byte

// Shipped gives the questionnaire that the program brings.
func Shipped() (Questionnaire, error) {
	var q Questionnaire
	doc := strict.Read("question.yaml", shipped, &q)
	seen := map[string]bool{}
	for i, x := range q.Questions {
		at := fmt.Sprintf("questions[%d]", i)
		if x.ID == "" || seen[x.ID] || x.Domain == "" || x.Asks == "" || x.Weight < 1 || x.Weight > 3 {
			doc.Fault(at, "a question has an id of its own, a domain, words and a weight of 1 to 3")
		}
		seen[x.ID] = true
	}
	return q, doc.Err()
}

// Reply is what a supplier answers.
type Reply string

// The replies. What is not answered counts as No.
const (
	Yes    Reply = "yes"
	Partly Reply = "partly"
	No     Reply = "no"
	NA     Reply = "na" // leaves the sum, with a reason
)

// Replies lists the replies.
func Replies() []Reply { return []Reply{Yes, Partly, No, NA} }

// Proof is what an answer rests on.
type Proof string

// The proofs, the weakest first.
const (
	Statement Proof = "statement" // the supplier says so
	Document  Proof = "document"  // it showed a document of its own
	Report    Proof = "report"    // an assurance of somebody independent, in force and in scope
	Tested    Proof = "tested"    // we saw it ourselves
)

// Proofs lists the proofs.
func Proofs() []Proof { return []Proof{Statement, Document, Report, Tested} }

// worth is how much of an answer a proof makes count, in tenths.
func (p Proof) worth() int {
	return map[Proof]int{Statement: 4, Document: 7, Report: 9, Tested: 10}[p]
}

// Answer is a reply to one question.
type Answer struct {
	Question  string `yaml:"question" json:"question"`
	Answer    Reply  `yaml:"answer" json:"answer"`
	Evidence  Proof  `yaml:"evidence,omitempty" json:"evidence,omitempty"`   // empty: a statement
	Assurance string `yaml:"assurance,omitempty" json:"assurance,omitempty"` // id of it, for a report
	Note      string `yaml:"note,omitempty" json:"note,omitempty"`           // a reason, for na
}

// Kind is what an assurance is.
type Kind string

// Kinds lists the kinds of assurance.
func Kinds() []Kind {
	return []Kind{"iso27001", "iso27017", "iso27018", "iso27701", "soc2", "soc3", "pentest", "other"}
}

// Assurance is a certificate or a report of somebody independent.
type Assurance struct {
	ID       string   `yaml:"id" json:"id"`
	Kind     Kind     `yaml:"kind" json:"kind"`
	By       string   `yaml:"by" json:"by"`
	Scope    string   `yaml:"scope,omitempty" json:"scope,omitempty"`
	Services []string `yaml:"services,omitempty" json:"services,omitempty"`
	Regions  []string `yaml:"regions,omitempty" json:"regions,omitempty"`
	From     string   `yaml:"from" json:"from"`   // day
	Until    string   `yaml:"until" json:"until"` // last day: of a certificate its validity, of a report its period
}

// Supplier is what is known of a supplier besides the scope.
type Supplier struct {
	Privileged bool        `yaml:"privileged,omitempty" json:"privileged,omitempty"`
	Note       string      `yaml:"note,omitempty" json:"note,omitempty"`
	Assurances []Assurance `yaml:"assurances,omitempty" json:"assurances,omitempty"`
	Answers    []Answer    `yaml:"answers,omitempty" json:"answers,omitempty"`
}

// The bounds of a supplier.
const (
	mostAssurances = 40
	mostLetters    = 2000
)

// Parse reads a supplier as people write it; the error tells all its faults.
// services are those of the scope that it supplies.
func Parse(name string, data []byte, services []scope.Service, q Questionnaire) (Supplier, error) {
	var s Supplier
	doc := strict.Read(name, data, &s)
	s.check(services, q, func(field, says string) { doc.Fault(field, "%s", says) })
	return s, doc.Err()
}

// Encode writes a supplier as Parse reads it.
func (s Supplier) Encode() ([]byte, error) {
	data, err := yaml.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encoding a supplier: %w", err)
	}
	return data, nil
}

func (s Supplier) check(services []scope.Service, q Questionnaire, fault func(field, says string)) {
	if len(s.Assurances) > mostAssurances || len(s.Answers) > len(q.Questions) {
		fault("assurances", fmt.Sprintf("there are more than %d assurances, or more answers than questions", mostAssurances))
		return
	}
	long := func(field, text string) {
		if utf8.RuneCountInString(text) > mostLetters {
			fault(field, fmt.Sprintf("it is longer than %d letters", mostLetters))
		}
	}
	long("note", s.Note)
	ids := map[string]bool{}
	for i, a := range s.Assurances {
		at := fmt.Sprintf("assurances[%d]", i)
		if a.ID == "" || ids[a.ID] || len(a.ID) > 40 {
			fault(at+".id", "an assurance has a short id of its own")
		}
		ids[a.ID] = true
		if !slices.Contains(Kinds(), a.Kind) {
			fault(at+".kind", fmt.Sprintf("%q is none of %s", a.Kind, strict.OneOf(Kinds())))
		}
		from, err := time.Parse(time.DateOnly, a.From)
		until, err2 := time.Parse(time.DateOnly, a.Until)
		if err != nil || err2 != nil || until.Before(from) {
			fault(at+".until", "from and until are days, such as 2026-03-01, in this order")
		}
		for _, id := range a.Services {
			if !slices.ContainsFunc(services, func(v scope.Service) bool { return v.ID == id }) {
				fault(at+".services", fmt.Sprintf("%q is no service of the scope that this supplier provides", id))
			}
		}
		long(at+".scope", a.Scope+a.By+strings.Join(a.Regions, ""))
	}
	s.checkAnswers(q, ids, long, fault)
}

func (s Supplier) checkAnswers(q Questionnaire, assurances map[string]bool, long, fault func(field, says string)) {
	known, seen := map[string]bool{}, map[string]bool{}
	for _, x := range q.Questions {
		known[x.ID] = true
	}
	for i, a := range s.Answers {
		at := fmt.Sprintf("answers[%d]", i)
		switch {
		case !known[a.Question]:
			fault(at+".question", fmt.Sprintf("%q is no question", a.Question))
		case seen[a.Question]:
			fault(at+".question", fmt.Sprintf("%q is answered twice", a.Question))
		}
		seen[a.Question] = true
		if !slices.Contains(Replies(), a.Answer) {
			fault(at+".answer", fmt.Sprintf("%q is none of %s", a.Answer, strict.OneOf(Replies())))
		}
		if a.Evidence != "" && !slices.Contains(Proofs(), a.Evidence) {
			fault(at+".evidence", fmt.Sprintf("%q is none of %s", a.Evidence, strict.OneOf(Proofs())))
		}
		if a.Answer == NA && strings.TrimSpace(a.Note) == "" {
			fault(at+".note", "what does not apply needs a reason")
		}
		if a.Evidence == Report && !assurances[a.Assurance] {
			fault(at+".assurance", "an answer that rests on a report names one of the assurances")
		}
		long(at+".note", a.Note)
	}
}

// Level is how much rests on a supplier, and what is left of the risk: 1 to 4.
type Level int

// Word names a level.
func (l Level) Word() string {
	return []string{"none", "low", "medium", "high", "critical"}[min(max(l, 0), 4)]
}

// Tier is how much rests on a supplier, with the reason of each part.
type Tier struct {
	Level Level    `json:"level"`
	Why   []string `json:"why"`
}

// graveData are the classes of data whose loss is worst, and severe.
var graveData = map[string]Level{"special": 4, "health": 4, "payment": 4, "secret": 4, "credentials": 4, "personal": 3, "financial": 3, "confidential": 3, "public": 1}

// TierOf tells how much rests on a supplier: the highest of the criticality of
// its services, their data, what is built on them, and privileged access.
func (s Supplier) TierOf(own []scope.Service, all []scope.Service) Tier {
	var t Tier
	raise := func(l Level, format string, args ...any) {
		t.Level = max(t.Level, l)
		t.Why = append(t.Why, fmt.Sprintf("%s: ", l.Word())+fmt.Sprintf(format, args...))
	}
	for _, v := range own {
		switch level := map[scope.Criticality]Level{scope.Low: 1, scope.Medium: 2, scope.High: 3, scope.Critical: 4}[v.Criticality]; level {
		case 0:
			raise(3, "nobody said how critical %s is, so it is taken as high", v.Name)
		default:
			raise(level, "%s is of %s criticality", v.Name, v.Criticality)
		}
		for _, class := range v.DataClasses {
			raise(cmp.Or(graveData[strings.ToLower(class)], 2), "%s holds %s data", v.Name, class)
		}
		n := 0
		for _, x := range all {
			if slices.Contains(x.BuiltOn, v.ID) {
				n++
			}
		}
		if n > 0 {
			raise(min(4, Level(n+1)), "%d of our services are built on %s", n, v.Name)
		}
	}
	if s.Privileged {
		raise(4, "its staff administer our systems")
	}
	if t.Level == 0 {
		raise(1, "no service of the scope comes from it")
	}
	return t
}
