// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"fmt"
	"slices"
	"time"
)

// bench judges the answers of one assessment.
type bench struct {
	at       time.Time
	services map[string]*Service
	results  map[At]*Result
}

func newBench(a *Assessment) *bench {
	b := &bench{at: a.At, services: map[string]*Service{}, results: map[At]*Result{}}
	for i := range a.Services {
		b.services[a.Services[i].ID] = &a.Services[i]
	}
	for i := range a.Results {
		b.results[At{a.Results[i].Service, a.Results[i].Check}] = &a.Results[i]
	}
	return b
}

// judge gives an answer its status, its sentence and its reasons.
func (b *bench) judge(n *Answer) {
	f := facts{at: b.at, service: b.services[n.Service], answer: n}
	v := weigh(f)
	n.Status = v.status
	t := teller{facts: f, bench: b}
	n.Reasons = make([]Reason, 0, len(v.lines))
	for _, l := range v.lines {
		r := Reason{Kind: l.kind, Says: sentence(t.clause(l)), Bears: l.bears, Holds: l.holds && v.status.Open()}
		if l.check >= 0 {
			r.Check = n.Checks[l.check].Check
		}
		n.Reasons = append(n.Reasons, r)
	}
	n.Summary = t.summary(v)
}

// summary is the one sentence that carries the status: the first reason that
// bears it, and how many more of its kind there are.
func (t *teller) summary(v verdict) string {
	lead := slices.IndexFunc(v.lines, func(l line) bool { return l.bears == v.status })
	if lead < 0 {
		return statusWord(v.status) + "."
	}
	first := v.lines[lead]
	words := fmt.Sprintf("%s: %s", statusWord(v.status), t.clause(first))
	if first.kind == ReasonNoAttestation && slices.ContainsFunc(v.lines, func(l line) bool { return l.kind == ReasonPartPass }) {
		words = fmt.Sprintf("%s: what the checks prove is only a part of the duty, and nobody has answered for the rest", statusWord(v.status))
	}
	more := 0
	for _, l := range v.lines {
		if l.kind == first.kind {
			more++
		}
	}
	if more--; more > 0 && first.check >= 0 {
		words += fmt.Sprintf("; %s", moreWords(first.kind, more))
	}
	return sentence(words)
}

func moreWords(k ReasonKind, n int) string {
	switch k {
	case ReasonFail:
		return plural(n, "further check fails", "further checks fail")
	case ReasonPass, ReasonPartPass:
		return plural(n, "further check passes", "further checks pass")
	case ReasonUnread, ReasonScopeUnread:
		return plural(n, "further check could not tell", "further checks could not tell")
	}
	return plural(n, "further check says the same", "further checks say the same")
}
