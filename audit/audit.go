// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"demarc.dev/demarc/internal/day"
)

// Day is a day, or empty when none is named.
type Day = day.Day

// Mark is who did something, and when.
type Mark struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// Audit is one audit of the programme: its plan, what was asked and seen, and
// what was concluded.
type Audit struct {
	ID         string      `yaml:"id" json:"id"`
	Title      string      `yaml:"title" json:"title"`
	Begins     Day         `yaml:"begins" json:"begins"`
	Ends       Day         `yaml:"ends" json:"ends"`
	Lead       string      `yaml:"lead,omitempty" json:"lead,omitempty"` // id of a person of the scope, or the name of somebody from outside; empty: not named yet
	Team       []string    `yaml:"team,omitempty" json:"team,omitempty"` // others who audit, likewise
	Objective  string      `yaml:"objective,omitempty" json:"objective,omitempty"`
	Method     string      `yaml:"method,omitempty" json:"method,omitempty"`
	Clauses    []string    `yaml:"clauses,omitempty" json:"clauses,omitempty"`   // of ISO/IEC 27001:2022
	Controls   []string    `yaml:"controls,omitempty" json:"controls,omitempty"` // keys of the catalogue
	Services   []string    `yaml:"services,omitempty" json:"services,omitempty"` // ids of the scope; none: all
	Answers    []Answer    `yaml:"-" json:"answers,omitempty"`                   // one a question, the latest
	Samples    []Sample    `yaml:"-" json:"samples,omitempty"`
	Conclusion *Conclusion `yaml:"-" json:"conclusion,omitempty"`
	Cancelled  string      `yaml:"cancelled,omitempty" json:"cancelled,omitempty"` // why it does not take place
	Version    int         `yaml:"-" json:"version"`
}

// Conclusion ends an audit. It binds to what was asked, seen and raised.
type Conclusion struct {
	Mark
	Words  string `json:"words"` // whether the system conforms and is effective
	Digest string `json:"digest"`
}

// State is where an audit is. It is derived and never stored.
type State string

// The states of an audit.
const (
	Planned   State = "planned"   // its first day is to come
	Due       State = "due"       // its days are now, and nothing was recorded
	UnderWay  State = "under way" // something was recorded
	Late      State = "late"      // its last day has passed, and it is not concluded
	Concluded State = "concluded"
	Cancelled State = "cancelled"
)

// States gives the states of an audit, in the order of its life.
func States() []State { return []State{Planned, Due, UnderWay, Late, Concluded, Cancelled} }

// State gives where the audit is.
func (a Audit) State(now time.Time) State {
	switch {
	case a.Conclusion != nil:
		return Concluded
	case a.Cancelled != "":
		return Cancelled
	case a.Ends.Before(now):
		return Late
	case len(a.Answers)+len(a.Samples) > 0:
		return UnderWay
	case !a.Begins.Before(now.AddDate(0, 0, 1)):
		return Planned
	}
	return Due
}

// Auditors gives the lead and the team, each once.
func (a Audit) Auditors() []string {
	var out []string
	for _, who := range append([]string{a.Lead}, a.Team...) {
		if who != "" && !slices.Contains(out, who) {
			out = append(out, who)
		}
	}
	return out
}

// Looks tells whether the audit looks at a service.
func (a Audit) Looks(service string) bool {
	return len(a.Services) == 0 || slices.Contains(a.Services, service)
}

// Answer gives what was answered to a question.
func (a Audit) Answer(question string) (Answer, bool) {
	i := slices.IndexFunc(a.Answers, func(x Answer) bool { return x.Question == question })
	if i < 0 {
		return Answer{}, false
	}
	return a.Answers[i], true
}

// Digest is the SHA-256 of what a conclusion is about: the plan, the answers, the
// samples, and what was raised, as it was raised.
func (a Audit) Digest(raised []Nonconformity) string {
	a.Conclusion, a.Version = nil, 0
	var said []Nonconformity
	for _, n := range raised {
		said = append(said, n.asRaised())
	}
	return digest(struct {
		Audit  Audit
		Raised []Nonconformity
	}{a, said})
}

// digest is the SHA-256 of a value of ours.
func digest(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // words and numbers always encode
	}
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}
