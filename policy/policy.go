// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/problem"
)

// Policy is one policy: the text that is being worked on, and what became of
// earlier ones.
type Policy struct {
	ID       string   `json:"id"`
	Template string   `json:"template,omitempty"` // that it was drafted from; empty: the firm's own
	Title    string   `json:"title"`
	Owner    string   `json:"owner,omitempty"`    // id of a person of the scope
	Audience []string `json:"audience,omitempty"` // roles of the members concerned; empty: everybody
	Every    int      `json:"every"`              // months between reviews
	Quorum   int      `json:"quorum"`             // how many people approve it
	Text     string   `json:"text"`
	Facts    Known    `json:"facts,omitempty"` // what it was filled with
	Note     string   `json:"note,omitempty"`  // what changed, and why; of the next issue

	By        string    `json:"by"` // who changed it last
	At        time.Time `json:"at"`
	Submitted *Signed   `json:"submitted,omitempty"` // for approval; nil: it is being written
	Approvals []Signed  `json:"approvals,omitempty"`
	Issues    []Issue   `json:"issues,omitempty"` // published, oldest first
	Retired   *Retired  `json:"retired,omitempty"`
	Version   int       `json:"version"` // of the record, from 1
}

// Signed is what somebody did about a policy, as it was then.
type Signed struct {
	Account string    `json:"account,omitempty"` // id; empty: the owner of the disk
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Digest  string    `json:"digest"`
}

// Issue is a published version of a policy. Its text is kept beside it.
type Issue struct {
	Number    int       `json:"number"` // from 1
	Digest    string    `json:"digest"`
	Title     string    `json:"title"`
	Owner     string    `json:"owner,omitempty"`
	Audience  []string  `json:"audience,omitempty"`
	Facts     Known     `json:"facts,omitempty"`
	Satisfies []string  `json:"satisfies,omitempty"` // duties
	Note      string    `json:"note,omitempty"`
	Approvals []Signed  `json:"approvals"`
	By        string    `json:"by"` // who published it
	At        time.Time `json:"at"`
	Review    time.Time `json:"review"` // the day by which it is reviewed
}

// Retired tells that a policy holds no more.
type Retired struct {
	Why string    `json:"why"`
	By  string    `json:"by"`
	At  time.Time `json:"at"`
}

// State is where a policy stands; it is derived.
type State string

// The states.
const (
	Draft       State = "draft"        // being written, and nothing was published yet
	InReview    State = "in review"    // waits for approvals
	Approved    State = "approved"     // by as many as must, and waits to be published
	Published   State = "published"    // in force
	UnderReview State = "under review" // in force, and to be looked at: its day has passed, a fact changed, or a new text is being written
	RetiredNow  State = "retired"
)

// States gives all of them, in the order of a policy's life.
func States() []State { return []State{Draft, InReview, Approved, Published, UnderReview, RetiredNow} }

const (
	maxEvery  = 36
	maxQuorum = 9
)

// InForce gives the issue that holds; nil while none does.
func (p Policy) InForce() *Issue {
	if len(p.Issues) == 0 || p.Retired != nil {
		return nil
	}
	return &p.Issues[len(p.Issues)-1]
}

// Digest is the SHA-256 of what an approval is about: everything that the
// policy says, to whom, and the facts that it was filled with.
func (p Policy) Digest() string {
	if len(p.Facts) == 0 { // as it is kept
		p.Facts = nil
	}
	if len(p.Audience) == 0 {
		p.Audience = nil
	}
	data, err := json.Marshal(struct {
		ID, Title, Owner string
		Audience         []string
		Every, Quorum    int
		Text             string
		Facts            Known
	}{p.ID, p.Title, p.Owner, p.Audience, p.Every, p.Quorum, p.Text, p.Facts})
	if err != nil {
		panic(err) // words and numbers always encode
	}
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Valid gives the approvals of the text as it stands, one a person.
func (p Policy) Valid() []Signed {
	var out []Signed
	digest := p.Digest()
	for _, a := range p.Approvals {
		if a.Digest == digest && !slices.ContainsFunc(out, func(b Signed) bool { return b.By == a.By }) {
			out = append(out, a)
		}
	}
	return out
}

// ApprovedBy tells whether somebody approved the text as it stands.
func (p Policy) ApprovedBy(by string) bool {
	return slices.ContainsFunc(p.Valid(), func(a Signed) bool { return a.By == by })
}

// State tells where the policy stands at a moment, given the facts of today.
func (p Policy) State(now time.Time, known Known) State {
	switch {
	case p.Retired != nil:
		return RetiredNow
	case p.Submitted != nil && len(p.Valid()) >= p.Quorum:
		return Approved
	case p.Submitted != nil:
		return InReview
	case len(p.Issues) == 0:
		return Draft
	case len(p.Due(now, known)) > 0:
		return UnderReview
	}
	return Published
}

// Due says why what is in force is to be looked at; nothing when it need not be.
func (p Policy) Due(now time.Time, known Known) []string {
	i := p.InForce()
	if i == nil {
		return nil
	}
	var out []string
	if now.After(i.Review) {
		out = append(out, "its day of review, "+i.Review.Format("2 January 2006")+", has passed")
	}
	if p.Digest() != i.Digest {
		out = append(out, "a new text is being written")
	}
	return append(out, Since(i.Facts, known)...)
}

// Since says which facts are others than they were.
func Since(was, now Known) []string {
	var out []string
	for _, id := range slices.Sorted(maps.Keys(was)) {
		if was[id] != now[id] {
			out = append(out, fmt.Sprintf("%s: %s → %s", id, was[id], cmp.Or(now[id], "not known any more")))
		}
	}
	return out
}

// Of gives the facts of a policy among those that are known: those that its
// template asks for, its owner and its interval.
func (p Policy) Of(asks []string, known Known) Known {
	out := Known{}
	for _, id := range asks {
		if v := known[id]; v != "" {
			out[id] = v
		}
	}
	return out
}

// With gives what is known together with what the policy itself tells.
func (p Policy) With(known Known, owner string) Known {
	out := maps.Clone(known)
	if out == nil {
		out = Known{}
	}
	if owner != "" {
		out["policy.owner"] = owner
	}
	out["policy.interval"] = Months(p.Every)
	return out
}

var idShape = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// reserved are words that stand in addresses beside the ids of policies.
func reserved() []string { return []string{"fact", "coverage", "draft", "fill", "template"} }

// World is what a policy is checked against.
type World struct {
	Duty   func(id string) bool
	Person func(id string) bool // nil: nobody keeps people
	Roles  []string
}

// Validate tells all that is wrong with a policy that is about to be kept.
func (p Policy) Validate(w World) error {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if !idShape.MatchString(p.ID) || len(p.ID) > 60 || slices.Contains(reserved(), p.ID) {
		fault("id: small letters, digits and hyphens, such as remote-work, and none of %s", strings.Join(reserved(), ", "))
	}
	if t := strings.TrimSpace(p.Title); t == "" || len(t) > 200 || strings.ContainsAny(t, "\r\n") {
		fault("title: one line of at most 200 bytes")
	}
	if w.Person != nil && p.Owner != "" && !w.Person(p.Owner) {
		fault("owner: nobody in the scope is called %.60q, or the person has left", p.Owner)
	}
	for _, r := range p.Audience {
		if !slices.Contains(w.Roles, r) {
			fault("audience: there is no role %.40q; one of %s", r, strings.Join(w.Roles, ", "))
		}
	}
	if p.Every < 1 || p.Every > maxEvery {
		fault("every: 1 to %d months between reviews", maxEvery)
	}
	if p.Quorum < 1 || p.Quorum > maxQuorum {
		fault("quorum: 1 to %d people approve it", maxQuorum)
	}
	if len(p.Note) > 2000 {
		fault("note: it is longer than 2,000 bytes")
	}
	CheckText(p.Text, w.Duty, func(line int, says string) {
		if line == 0 {
			fault("text: %s", says)
		} else if len(faults) < 50 {
			fault("text, line %d: %s", line, says)
		}
	})
	return problem.Faulty("the policy cannot be kept so", faults)
}

// Approvable tells all that stands in the way of an approval, given the facts of
// today.
func (p Policy) Approvable(known Known) error {
	var faults []string
	if p.Submitted == nil {
		faults = append(faults, "it is still being written: submit it first")
	}
	for _, s := range Since(p.Facts, known) {
		faults = append(faults, "a fact changed since the text was filled: "+s)
	}
	if p.Owner == "" {
		faults = append(faults, "owner: nobody owns the policy")
	}
	for _, q := range Questions(p.Text) {
		faults = append(faults, "the text leaves open: "+q.Ask)
	}
	return problem.Faulty("the policy "+p.ID+" cannot be approved yet", faults)
}
