// SPDX-License-Identifier: Apache-2.0

package foreign

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"

	"demarc.dev/demarc/check"
	"demarc.dev/demarc/cloud"
)

// Join brings the results of other tools together with the findings of our own
// checks, so that one question about one resource is answered once:
//
//	for each result of each report:  j.Add(report, result)
//	for each finding of our checks:  j.Own(&finding)
//	for each result again:           f, ok := j.Rest(report, result)
//
// Where a tool asks the same question of the same resource as a check of ours,
// Own notes it in the finding. Of two answers the less flattering is taken: a
// failure elsewhere makes our pass and our unknown a failure, and a pass
// elsewhere changes nothing. Our "does not apply" stays: then the question is
// not the same for that resource. Rest gives what no finding of ours tells, once
// for each question and resource.
//
// Its memory grows with the results that are mapped, by less than 200 bytes
// each. It is not safe for concurrent use.
type Join struct {
	mappings *Mappings
	own      map[string]*check.Check
	made     map[string]*check.Check // those that stand for checks of other tools, by id
	entries  []entry
	ids      map[key]int32 // the first entry of a question and resource
	shorts   map[key]int32 // the same by the last part of the resource's id
	next     int           // of entries: the one of the next mapped result that Rest is given
	said     map[check.Other]int32
	others   []check.Other
	counts   map[string]*JoinCounts
}

// JoinCounts says what became of the results of one report.
type JoinCounts struct {
	Unmapped   int64 `json:"unmapped"`   // nobody has said on what they bear
	Aside      int64 `json:"aside"`      // mapped, and no answer: left to a person, put away, for information
	Joined     int64 `json:"joined"`     // answered by a finding of ours as well
	Alone      int64 `json:"alone"`      // answered by other tools only
	Against    int64 `json:"against"`    // of Joined: fail where our own check passed or could not tell
	Contradict int64 `json:"contradict"` // of Joined: pass where our own check fails
	Apart      int64 `json:"apart"`      // of Joined: fail where our own check does not apply
}

type key [16]byte

type entry struct {
	said            int32
	nextID, nextEnd int32 // of the same key; -1: none
	done            bool  // a finding tells it
}

// NewJoin begins. checks are those that are run.
func NewJoin(m *Mappings, checks []check.Check) *Join {
	j := &Join{mappings: m, own: map[string]*check.Check{}, made: map[string]*check.Check{}, ids: map[key]int32{}, shorts: map[key]int32{}, said: map[check.Other]int32{}, counts: map[string]*JoinCounts{}}
	for i := range checks {
		j.own[checks[i].ID] = &checks[i]
	}
	return j
}

// Counts gives what became of the results of a report so far.
func (j *Join) Counts(report string) JoinCounts { return *j.count(report) }

func (j *Join) count(report string) *JoinCounts {
	if j.counts[report] == nil {
		j.counts[report] = &JoinCounts{}
	}
	return j.counts[report]
}

// asked is what a result answers, when it is mapped and an answer.
type asked struct {
	check    *check.Check
	own      bool // a check of ours asks the same
	outcome  check.Outcome
	resource string
	id, end  key
}

// ask tells what a result answers. A mapping to a check that is not run counts
// as none.
func (j *Join) ask(report string, r *Result, count bool) (a asked, ok bool) {
	match, mapped := j.mappings.Of(r.Tool, r.Check)
	if match.Check != "" && j.own[match.Check] == nil {
		mapped = false
	}
	outcome, judged := r.Outcome.Judged()
	if !mapped || !judged {
		if c := j.count(report); count && !mapped {
			c.Unmapped++
		} else if count {
			c.Aside++
		}
		return a, false
	}
	a.outcome = outcome
	if match.Check != "" {
		a.check, a.own = j.own[match.Check], true
		a.resource = ownResource(a.check, r)
		a.id, a.end = keyOf(a.check.ID, a.resource), keyOf(a.check.ID, r.Resource.Account, r.Resource.Region, short(a.resource))
		return a, true
	}
	a.check = j.stand(r, match)
	a.resource = r.Resource.ID
	a.id = keyOf(a.check.ID, r.Resource.Account, r.Resource.ID, r.Check)
	return a, true
}

// ownResource gives the resource's id as our collectors write it.
func ownResource(c *check.Check, r *Result) string {
	if r.Resource.Provider != "aws" || r.Resource.Account == "" || len(c.Kinds) != 1 {
		return r.Resource.ID
	}
	switch c.Kinds[0] {
	case cloud.AccountKind:
		return "arn:aws:account::" + r.Resource.Account + ":account"
	case cloud.RegionKind:
		return "arn:aws:account::" + r.Resource.Account + ":region/" + r.Resource.Region
	}
	return r.Resource.ID
}

func keyOf(parts ...string) key {
	var buffer []byte
	for _, p := range parts {
		buffer = append(append(buffer, p...), 0)
	}
	sum := sha256.Sum256(buffer)
	return key(sum[:16])
}

// stand gives the check that stands for another tool's: one by the tool's own id
// where the mapping names it, one for the topic where it names a family.
func (j *Join) stand(r *Result, match Match) *check.Check {
	id := r.Tool + ":" + r.Check
	if match.Glob {
		id = r.Tool + ":" + match.Topic.ID
	}
	if c := j.made[id]; c != nil {
		if rank(r.Severity) < rank(c.Severity) {
			c.Severity = r.Severity
		}
		return c
	}
	tool := j.mappings.Name(r.Tool)
	c := &check.Check{ID: id, Origin: check.Foreign, Title: match.Topic.Title, Severity: cmp.Or(r.Severity, check.Medium), Effort: "hours", Why: match.Topic.Why,
		Fix: check.Fix{Console: "Do what " + tool + " advises; each finding names its check and where to read on."}}
	if !match.Glob {
		c.Title = cmp.Or(r.Title, r.Check)
		c.Fix.Console = fmt.Sprintf("Do what %s advises for its check %s.", tool, r.Check)
		if r.Link != "" {
			c.Fix.Console, c.References = c.Fix.Console+" It is described at "+r.Link, []string{r.Link}
		}
	}
	for _, duty := range match.Topic.Duties {
		c.Proves = append(c.Proves, check.Proof{Duty: duty, Extent: "part", Why: match.Topic.Why})
	}
	j.made[id] = c
	return c
}

// rank is 0 for the worst severity; none ranks last.
func rank(s check.Severity) int {
	if i := slices.Index([]check.Severity{check.Critical, check.High, check.Medium, check.Low}, s); i >= 0 {
		return i
	}
	return 4
}

// Checks gives the checks that stand for those of other tools, by their ids.
func (j *Join) Checks() []check.Check {
	var out []check.Check
	for _, c := range j.made {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b check.Check) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// Add takes in a result of a report.
func (j *Join) Add(report string, r *Result) {
	a, ok := j.ask(report, r, true)
	if !ok {
		return
	}
	at := int32(len(j.entries))
	e := entry{said: j.other(report, r, a.outcome), nextID: -1, nextEnd: -1}
	if first, ok := j.ids[a.id]; ok {
		e.nextID = first
	}
	j.ids[a.id] = at
	if a.own {
		if first, ok := j.shorts[a.end]; ok {
			e.nextEnd = first
		}
		j.shorts[a.end] = at
	}
	j.entries = append(j.entries, e)
}

// other keeps what was said once, however many resources it was said of.
func (j *Join) other(report string, r *Result, o check.Outcome) int32 {
	other := check.Other{Import: report, Tool: j.mappings.Name(r.Tool), Version: r.Version, Check: r.Check, Title: r.Title, Outcome: o, Muted: r.Muted, Link: r.Link}
	at, ok := j.said[other]
	if !ok {
		at = int32(len(j.others))
		j.said[other], j.others = at, append(j.others, other)
	}
	return at
}

// Own notes in a finding of ours what other tools said, and gives it the less
// flattering outcome. Call it for all findings, after the last Add.
func (j *Join) Own(f *check.Finding) {
	at, byEnd := j.find(f)
	if at < 0 {
		return
	}
	e := &check.Elsewhere{}
	for ; at >= 0; at = j.after(at, byEnd) {
		entry := &j.entries[at]
		if entry.done {
			continue // two findings of ours about one resource: the first has it
		}
		entry.done = true
		other := j.others[entry.said]
		e.Others = append(e.Others, other)
		j.note(f.Outcome, other)
	}
	if len(e.Others) == 0 {
		return
	}
	slices.SortFunc(e.Others, compareOthers)
	f.Elsewhere = e
	if worst := e.Others[0]; worst.Outcome == check.Fail && f.Outcome != check.Fail && f.Outcome != check.NotApplicable {
		e.Decides, e.Own = true, f.Outcome
		f.Message = fmt.Sprintf("%s says that it fails (%s); our own check says %s: %s", named(worst), worst.Check, f.Outcome, f.Message)
		f.Outcome = check.Fail
	}
}

func (j *Join) find(f *check.Finding) (at int32, byEnd bool) {
	if at, ok := j.ids[keyOf(f.Check, f.Resource)]; ok {
		return at, false
	}
	if at, ok := j.shorts[keyOf(f.Check, f.Account, f.Region, short(f.Resource))]; ok {
		return at, true
	}
	return -1, false
}

func (j *Join) after(at int32, byEnd bool) int32 {
	if byEnd {
		return j.entries[at].nextEnd
	}
	return j.entries[at].nextID
}

func (j *Join) note(own check.Outcome, other check.Other) {
	c := j.count(other.Import)
	c.Joined++
	switch {
	case other.Outcome == check.Fail && own == check.NotApplicable:
		c.Apart++
	case other.Outcome == check.Fail && own != check.Fail:
		c.Against++
	case other.Outcome == check.Pass && own == check.Fail:
		c.Contradict++
	}
}

// named is a tool with its version.
func named(o check.Other) string {
	if o.Version == "" {
		return o.Tool
	}
	return o.Tool + " " + o.Version
}

// compareOthers puts the worst first.
func compareOthers(a, b check.Other) int {
	order := []check.Outcome{check.Fail, check.Error, check.Unknown, check.Pass, check.NotApplicable}
	return cmp.Or(cmp.Compare(slices.Index(order, a.Outcome), slices.Index(order, b.Outcome)), cmp.Compare(a.Tool, b.Tool), cmp.Compare(a.Check, b.Check), cmp.Compare(a.Import, b.Import), cmp.Compare(a.Title, b.Title))
}

// Rest gives the finding for a result that no finding of ours tells; ok is false
// for what is told already, and for what is not mapped or no answer. Results come
// in the same order as to Add.
func (j *Join) Rest(report string, r *Result) (f check.Finding, ok bool) {
	a, ok := j.ask(report, r, false)
	if !ok {
		return f, false
	}
	at := int32(j.next)
	j.next++
	if j.entries[at].done {
		return f, false
	}
	e := &check.Elsewhere{Decides: true}
	for at := j.ids[a.id]; at >= 0; at = j.entries[at].nextID {
		entry := &j.entries[at]
		if entry.done {
			continue
		}
		entry.done = true
		other := j.others[entry.said]
		j.count(other.Import).Alone++
		e.Others = append(e.Others, other)
	}
	slices.SortFunc(e.Others, compareOthers)
	return j.finding(r, a, e), true
}

func (j *Join) finding(r *Result, a asked, e *check.Elsewhere) check.Finding {
	worst := e.Others[0]
	f := check.Finding{Check: a.check.ID, Outcome: worst.Outcome, Severity: a.check.Severity, Resource: a.resource, Name: r.Resource.Name, Kind: otherKind, Native: r.Resource.Kind,
		Provider: r.Resource.Provider, Source: Source, Account: r.Resource.Account, Region: r.Resource.Region, Seen: cloud.Seen{At: r.Seen, Call: named(worst)}, Elsewhere: e}
	if a.own {
		f.Kind = a.check.Kinds[0]
		f.Fingerprint = check.Fingerprint(f.Check, f.Resource)
	} else {
		f.Severity = cmp.Or(r.Severity, a.check.Severity)
		f.Fingerprint = check.Fingerprint(f.Check, f.Account+"\x00"+f.Resource+"\x00"+r.Check)
	}
	if r.Code {
		f.Source = planned
	}
	what := cmp.Or(r.Message, r.Title)
	if a.outcome != worst.Outcome || a.outcome == check.Pass {
		what = cmp.Or(worst.Title, what)
	}
	if worst.Outcome == check.Unknown {
		what = "could not tell: " + what
	}
	f.Message = fmt.Sprintf("%s (%s): %s", named(worst), worst.Check, what)
	return f
}

// Source is the source of a finding that rests on another tool's report about
// what stands; planned that of one about code.
const (
	Source  = "import"
	planned = "plan"
)

// otherKind is the kind of a resource of which we have no concept.
const otherKind cloud.Kind = "other"
