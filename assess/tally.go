// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"cmp"
	"slices"
	"time"

	"demarc.dev/demarc/check"
	"demarc.dev/demarc/cloud"
)

// worstKept is how many examples a result holds.
const worstKept = 12

// scopeNative is the native type of a finding that stands for a whole service,
// region or account that was not read; check.Set.Run emits them.
const scopeNative = "scope"

// The sources of findings that make a difference: what stands in an account,
// and what a plan would make of it.
const (
	live    = "live"
	planned = "plan"
)

// tally gathers the findings of one check in one service.
type tally struct {
	severity       check.Severity
	counts         Tally
	scopes         int
	exposed        int // of Fail: can be reached from the internet
	wouldExpose    int // of Fail: could be, once the plan is applied
	planned        int // of Pass: in a plan
	wouldFail      int // of Fail: in a plan
	standing       int // findings about what stands, and could pass or fail
	sound          int // findings about what stands, and passes or is none of what the check asks of
	foreign        int // of Pass: another tool's word alone
	disputed       int // of Fail: another tool's word against our own check
	oldest, newest time.Time
	under          map[string]bool
	worst          []Example // sorted, the worst first; at most worstKept
}

func (t *tally) add(f *check.Finding) {
	if t.severity == "" || severityRank(f.Severity) < severityRank(t.severity) {
		t.severity = f.Severity
	}
	t.count(f)
	if at := f.Seen.At.UTC(); !at.IsZero() {
		if t.oldest.IsZero() || at.Before(t.oldest) {
			t.oldest = at
		}
		if at.After(t.newest) {
			t.newest = at
		}
	}
	if f.Outcome == check.Pass || f.Outcome == check.NotApplicable {
		return
	}
	t.keep(f)
}

func (t *tally) count(f *check.Finding) {
	if f.Source != planned && f.Outcome != check.NotApplicable {
		t.standing++
	}
	if f.Source != planned && (f.Outcome == check.Pass || f.Outcome == check.NotApplicable) {
		t.sound++
	}
	switch f.Outcome {
	case check.Pass:
		t.counts.Pass++
		switch {
		case f.Elsewhere != nil && f.Elsewhere.Decides:
			t.foreign++
		case f.Source == planned:
			t.planned++
		}
	case check.NotApplicable:
		t.counts.NotApplicable++
	case check.Error:
		t.counts.Error++
	case check.Fail:
		if f.Exception == "" {
			t.counts.Fail++
			t.failed(f)
			return
		}
		t.counts.Accepted++
		if t.under == nil {
			t.under = map[string]bool{}
		}
		t.under[f.Exception] = true
	default: // a word that nobody knows is no pass and no fail
		t.counts.Unknown++
		if f.Native == scopeNative {
			t.scopes++
		}
	}
}

// failed counts what a failure would do once a plan is applied apart from what
// one does now.
func (t *tally) failed(f *check.Finding) {
	if f.Elsewhere != nil && f.Elsewhere.Own != "" {
		t.disputed++
	}
	switch {
	case f.Source == planned && f.Exposed:
		t.wouldFail, t.wouldExpose = t.wouldFail+1, t.wouldExpose+1
	case f.Source == planned:
		t.wouldFail++
	case f.Exposed:
		t.exposed++
	}
}

// keep puts the finding among the worst when it belongs there. The order is
// total, so that the same findings leave the same examples however they come.
func (t *tally) keep(f *check.Finding) {
	if len(t.worst) == worstKept && compareOutcome(f.Outcome, f.Exception, t.worst[worstKept-1]) > 0 {
		return
	}
	e := Example{Fingerprint: f.Fingerprint, Outcome: f.Outcome, Severity: f.Severity, Message: f.Message, Fields: f.Fields, Resource: f.Resource, Name: f.Name,
		Kind: f.Kind, Account: f.Account, Region: f.Region, Exposed: f.Exposed && f.Source != planned, Exception: f.Exception, Raw: f.Raw, Seen: f.Seen, Scope: f.Native == scopeNative}
	e.Seen.At = e.Seen.At.UTC()
	if f.Source != live {
		e.Source = f.Source
	}
	at, _ := slices.BinarySearchFunc(t.worst, e, compareExamples)
	if at == worstKept {
		return
	}
	e.Fields = slices.Clone(e.Fields)
	if len(t.worst) == worstKept {
		t.worst = t.worst[:worstKept-1]
	}
	t.worst = slices.Insert(t.worst, at, e)
}

// outcomeRank orders outcomes, the worst first.
func outcomeRank(o check.Outcome, exception string) int {
	switch {
	case o == check.Fail && exception == "":
		return 0
	case o == check.Error:
		return 1
	case o == check.Fail:
		return 3
	}
	return 2
}

func compareOutcome(o check.Outcome, exception string, e Example) int {
	return cmp.Compare(outcomeRank(o, exception), outcomeRank(e.Outcome, e.Exception))
}

func compareExamples(a, b Example) int {
	if c := cmp.Or(compareOutcome(a.Outcome, a.Exception, b), compareBool(b.Exposed, a.Exposed), cmp.Compare(severityRank(a.Severity), severityRank(b.Severity)),
		cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Fingerprint, b.Fingerprint), cmp.Compare(a.Message, b.Message)); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(a.Outcome, b.Outcome), cmp.Compare(a.Exception, b.Exception), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Account, b.Account),
		cmp.Compare(a.Region, b.Region), cmp.Compare(a.Raw, b.Raw), compareSeen(a.Seen, b.Seen), slices.Compare(a.Fields, b.Fields), compareBool(a.Scope, b.Scope), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Severity, b.Severity))
}

func compareSeen(a, b cloud.Seen) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Call, b.Call), cmp.Compare(a.Request, b.Request))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// severities lists them, the worst first.
func severities() []check.Severity {
	return []check.Severity{check.Critical, check.High, check.Medium, check.Low}
}

// severityRank is 0 for the worst; a word that nobody knows ranks last.
func severityRank(s check.Severity) int {
	for i, known := range severities() {
		if s == known {
			return i
		}
	}
	return len(severities())
}

// result gives the tally as an assessment shows it.
func (t *tally) result(at At, title string) Result {
	r := Result{Service: at.Service, Check: at.Check, Title: title, Severity: t.severity, Tally: t.counts, Scopes: t.scopes, Exposed: t.exposed, WouldExpose: t.wouldExpose, Planned: t.wouldFail, Oldest: t.oldest, Newest: t.newest, Worst: t.worst}
	r.Under, r.Foreign, r.Disputed = sortedKeys(t.under), t.foreign, t.disputed
	return r
}
