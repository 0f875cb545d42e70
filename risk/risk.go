// SPDX-License-Identifier: Apache-2.0

package risk

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/internal/day"
)

// Risk is one entry of the register.
type Risk struct {
	ID        string    `yaml:"id" json:"id"`
	Service   string    `yaml:"service,omitempty" json:"service,omitempty"` // id in the scope; empty: the organisation as a whole
	Threat    string    `yaml:"threat,omitempty" json:"threat,omitempty"`   // id in the catalogue; empty: one of the firm's own
	Title     string    `yaml:"title" json:"title"`
	Event     string    `yaml:"event,omitempty" json:"event,omitempty"`     // what may happen, from which cause, to what
	Owner     string    `yaml:"owner,omitempty" json:"owner,omitempty"`     // id of a person of the scope
	Inherent  Rating    `yaml:"inherent,omitempty" json:"inherent"`         // without any control
	Current   Rating    `yaml:"current,omitempty" json:"current"`           // with the controls as they are
	Because   string    `yaml:"because,omitempty" json:"because,omitempty"` // why so, above all where it is not what was suggested
	Treatment Treatment `yaml:"treatment,omitempty" json:"treatment"`
	Decision  *Decision `yaml:"-" json:"decision,omitempty"`              // made by a person in the program, never read from a file
	Closed    string    `yaml:"closed,omitempty" json:"closed,omitempty"` // why it is no risk any more
	Version   int       `yaml:"-" json:"version"`                         // of the entry, from 1
	Ratings   []Rated   `yaml:"-" json:"ratings,omitempty"`               // what was decided over time, oldest first
}

// Option is what is done about a risk (ISO/IEC 27005:2022, 8.2; ISO/IEC
// 27001:2022, 6.1.3 a).
type Option string

// The options.
const (
	Modify Option = "modify"
	Retain Option = "retain"
	Avoid  Option = "avoid"
	Share  Option = "share"
)

// Options gives all of them.
func Options() []Option { return []Option{Modify, Retain, Avoid, Share} }

// Treatment is what is to be done.
type Treatment struct {
	Option  Option `yaml:"option,omitempty" json:"option,omitempty"`
	Target  Rating `yaml:"target,omitempty" json:"target"` // what is expected to be left once it is done
	Actions []Step `yaml:"actions,omitempty" json:"actions,omitempty"`
	Reason  string `yaml:"reason,omitempty" json:"reason,omitempty"` // why this option
}

// Step is one thing to do.
type Step struct {
	What  string `yaml:"what" json:"what"`
	Gap   string `yaml:"gap,omitempty" json:"gap,omitempty"` // id of a gap of the assessment that it closes
	Owner string `yaml:"owner,omitempty" json:"owner,omitempty"`
	Due   Day    `yaml:"due,omitempty" json:"due,omitempty"`
	Done  Day    `yaml:"done,omitempty" json:"done,omitempty"` // the day on which it was; empty: open
}

// Day is a day, or empty when none is named.
type Day = day.Day

// Rated is a rating as it stood from a moment on.
type Rated struct {
	At       time.Time `json:"at"`
	By       string    `json:"by"`
	Inherent Rating    `json:"inherent"`
	Current  Rating    `json:"current"`
	Target   Rating    `json:"target"`
}

// Decision is a risk owner's approval of the treatment and acceptance of what
// is left (ISO/IEC 27001:2022, 6.1.3 f). It binds to the digest of the risk.
type Decision struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Digest string    `json:"digest"`
	Until  Day       `json:"until"` // to be decided anew after that day
	Note   string    `json:"note,omitempty"`
	Of     Material  `json:"of"` // the risk as it was decided on, to say what changed since
}

// Material is what a decision is about. Who does a step, and whether it is
// done, is no part of it.
type Material struct {
	Service  string   `json:"service"`
	Threat   string   `json:"threat"`
	Title    string   `json:"title"`
	Event    string   `json:"event"`
	Owner    string   `json:"owner"`
	Inherent Rating   `json:"inherent"`
	Current  Rating   `json:"current"`
	Option   Option   `json:"option"`
	Target   Rating   `json:"target"`
	Steps    []string `json:"steps"`
}

// Material gives what a decision about the risk would be about.
func (r Risk) Material() Material {
	m := Material{Service: r.Service, Threat: r.Threat, Title: r.Title, Event: r.Event, Owner: r.Owner, Inherent: r.Inherent, Current: r.Current, Option: r.Treatment.Option, Target: r.Treatment.Target, Steps: []string{}}
	for _, s := range r.Treatment.Actions {
		m.Steps = append(m.Steps, s.What)
	}
	return m
}

// Digest is the SHA-256 of the material as JSON.
func (m Material) Digest() string {
	data, err := json.Marshal(m)
	if err != nil {
		panic(err) // words and numbers always encode
	}
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Since says in words what changed between two materials.
func (m Material) Since(was Material) []string {
	var out []string
	told := func(name, from, to string) {
		if from != to {
			out = append(out, fmt.Sprintf("%s: %s → %s", name, cmp.Or(from, "none"), cmp.Or(to, "none")))
		}
	}
	told("service", was.Service, m.Service)
	told("threat", was.Threat, m.Threat)
	told("title", was.Title, m.Title)
	told("event", was.Event, m.Event)
	told("owner", was.Owner, m.Owner)
	told("inherent", was.Inherent.String(), m.Inherent.String())
	told("current", was.Current.String(), m.Current.String())
	told("option", string(was.Option), string(m.Option))
	told("expected", was.Target.String(), m.Target.String())
	for _, s := range was.Steps {
		if !slices.Contains(m.Steps, s) {
			out = append(out, "no longer planned: "+s)
		}
	}
	for _, s := range m.Steps {
		if !slices.Contains(was.Steps, s) {
			out = append(out, "newly planned: "+s)
		}
	}
	return out
}

// String is such as "3 × 4"; "" for none.
func (r Rating) String() string {
	if r.None() {
		return ""
	}
	return fmt.Sprintf("%d × %d", r.Likelihood, r.Consequence)
}

// State is where a risk stands; it is derived.
type State string

// The states.
const (
	Identified State = "identified" // nobody rated it
	Assessed   State = "assessed"   // rated, and nothing is decided about it
	Proposed   State = "proposed"   // a treatment is written down and waits for its owner
	Treating   State = "treating"   // approved, and steps are open
	Accepted   State = "accepted"   // approved, and nothing is left to do
	Stale      State = "stale"      // approved once; it changed since, or the day has passed
	Closed     State = "closed"
)

// States gives all of them, in the order of the work.
func States() []State {
	return []State{Identified, Assessed, Proposed, Stale, Treating, Accepted, Closed}
}

// State tells where the risk stands at a moment.
func (r Risk) State(now time.Time) State {
	switch {
	case r.Closed != "":
		return Closed
	case r.Current.None():
		return Identified
	case r.Decision != nil && (r.Decision.Digest != r.Material().Digest() || r.Decision.Until.Before(now)):
		return Stale
	case r.Decision != nil && slices.ContainsFunc(r.Treatment.Actions, func(s Step) bool { return s.Done == "" }):
		return Treating
	case r.Decision != nil:
		return Accepted
	case r.Treatment.Option != "":
		return Proposed
	}
	return Assessed
}

// Late gives the steps that are not done and were due before now.
func (r Risk) Late(now time.Time) []Step {
	var out []Step
	for _, s := range r.Treatment.Actions {
		if s.Done == "" && s.Due.Before(now) {
			out = append(out, s)
		}
	}
	return out
}

// ID gives the id of the risk that a threat is to a service.
func ID(service, threat string) string {
	return strings.ToLower(cmp.Or(service, "organisation") + "-" + threat)
}
