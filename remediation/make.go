// SPDX-License-Identifier: Apache-2.0

package remediation

import (
	"cmp"
	"maps"
	"slices"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
)

// Make gives the plan of an assessment. The checks are those that were run;
// one that is not among them is planned from what the assessment says of it.
func Make(a *assess.Assessment, cat *catalogue.Catalogue, checks []check.Check) Plan {
	m := &maker{a: a, drafts: map[string]*draft{}, checks: map[string]*check.Check{}, catalogue: cat, services: map[string]*assess.Service{}, results: map[assess.At]*assess.Result{}}
	for i := range checks {
		m.checks[checks[i].ID] = &checks[i]
	}
	for i := range a.Services {
		m.services[a.Services[i].ID] = &a.Services[i]
	}
	for i := range a.Results {
		m.results[assess.At{Service: a.Results[i].Service, Check: a.Results[i].Check}] = &a.Results[i]
	}
	m.gather()
	return m.plan()
}

// maker builds a plan.
type maker struct {
	a         *assess.Assessment
	drafts    map[string]*draft
	checks    map[string]*check.Check
	catalogue *catalogue.Catalogue
	services  map[string]*assess.Service
	results   map[assess.At]*assess.Result
}

// draft is an action under construction.
type draft struct {
	Action
	at    map[string]bool            // services
	bears map[assess.On]bool         // gaps
	kinds map[assess.ReasonKind]bool // why it is there
	worst check.Severity             // of its gaps
	topic topic
}

// gather makes the actions: for each gap those that its reasons ask for, and
// one for each check that fails.
func (m *maker) gather() {
	answers := map[assess.On]*assess.Answer{}
	for i := range m.a.Answers {
		answers[assess.On{Service: m.a.Answers[i].Service, Duty: m.a.Answers[i].Duty}] = &m.a.Answers[i]
	}
	for _, g := range m.a.Gaps {
		n := answers[assess.On{Service: g.Service, Duty: g.Duty}]
		if n == nil {
			continue
		}
		for _, r := range n.Reasons {
			kind, id, ok := m.asks(n, r)
			if !ok {
				continue
			}
			m.draft(kind, id, n, r).bear(g, r.Kind)
			if kind == Assign { // who is named then answers for it
				m.draft(Attest, "attest:"+n.Duty, n, r).bear(g, r.Kind)
			}
		}
	}
	for i := range m.a.Results {
		if r := &m.a.Results[i]; r.Tally.Fail > 0 {
			d := m.draft(Mend, "mend:"+r.Check, nil, assess.Reason{Check: r.Check})
			d.at[r.Service] = true
		}
	}
}

// bear adds a gap to those that the action works on.
func (d *draft) bear(g assess.Gap, why assess.ReasonKind) {
	on := assess.On{Service: g.Service, Duty: g.Duty}
	if !d.bears[on] {
		d.bears[on] = true
		d.Bears = append(d.Bears, Target{Service: g.Service, Duty: g.Duty, Party: g.Party, Status: g.Status})
	}
	d.at[g.Service], d.kinds[why] = true, true
	d.worst = worse(d.worst, g.Severity)
}

// asks tells which action a reason asks for. Only what holds an answer back
// asks for any.
func (m *maker) asks(n *assess.Answer, r assess.Reason) (kind Kind, id string, ok bool) {
	if !r.Holds {
		return "", "", false
	}
	switch r.Kind {
	case assess.ReasonFail:
		return Mend, "mend:" + r.Check, true
	case assess.ReasonUnread, assess.ReasonScopeUnread, assess.ReasonFaulty:
		return Read, "read:" + r.Check, true
	case assess.ReasonNotCollected, assess.ReasonNeverRun, assess.ReasonStale:
		if len(m.services[n.Service].Accounts) == 0 {
			return "", "", false
		}
		return Read, "collect:" + n.Service, true
	case assess.ReasonNoBasis, assess.ReasonNoAssurance:
		return Secure, "secure:" + n.Service, true
	case assess.ReasonNobody:
		return Assign, "assign:" + n.Duty, true
	case assess.ReasonNoAttestation, assess.ReasonAttestedBare, assess.ReasonExpired, assess.ReasonNotYet, assess.ReasonAttestedPartly, assess.ReasonAttestedNo:
		return Attest, "attest:" + n.Duty, true
	case assess.ReasonContradiction:
		return Attest, "attest:" + n.Duty, !slices.ContainsFunc(n.Reasons, func(o assess.Reason) bool { return o.Kind == assess.ReasonFail })
	}
	return "", "", false
}

// draft gives the action of an id; a new one is begun when there is none.
func (m *maker) draft(kind Kind, id string, n *assess.Answer, r assess.Reason) *draft {
	d := m.drafts[id]
	if d == nil {
		d = &draft{Action: Action{ID: id, Kind: kind}, at: map[string]bool{}, bears: map[assess.On]bool{}, kinds: map[assess.ReasonKind]bool{}}
		if kind == Mend || kind == Read {
			d.Check = r.Check
		}
		if kind == Attest || kind == Assign {
			d.Duty = n.Duty
		}
		if kind == Read && id == "collect:"+serviceOf(n) {
			d.Check = ""
		}
		m.drafts[id] = d
	}
	return d
}

func serviceOf(n *assess.Answer) string {
	if n == nil {
		return ""
	}
	return n.Service
}

// plan finishes the actions and puts them in order.
func (m *maker) plan() Plan {
	p := Plan{Assessment: m.a.Digest, Actions: []Action{}, Waves: []Wave{}, QuickWins: []string{}, Numbers: PlanNumbers{Gaps: len(m.a.Gaps), ByKind: map[Kind]int{}}}
	trial := assess.NewTrial(m.a)
	covered := map[assess.On]bool{}
	ids := slices.Sorted(maps.Keys(m.drafts))
	for _, id := range ids {
		m.finish(m.drafts[id], trial)
	}
	m.order(ids)
	for _, id := range ids {
		d := m.drafts[id]
		p.Actions = append(p.Actions, d.Action)
		p.Numbers.Minutes += d.Minutes
		p.Numbers.ByKind[d.Kind]++
		for on := range d.bears {
			covered[on] = true
		}
	}
	slices.SortFunc(p.Actions, byPriority)
	p.Numbers.Actions, p.Numbers.Covered = len(p.Actions), len(covered)
	for _, x := range p.Actions {
		if x.QuickWin {
			p.QuickWins = append(p.QuickWins, x.ID)
		}
	}
	p.Waves = waves(p.Actions)
	return p
}

func byPriority(a, b Action) int {
	return cmp.Or(cmp.Compare(b.Priority.Score, a.Priority.Score), cmp.Compare(rank(a.Severity), rank(b.Severity)), cmp.Compare(a.Minutes, b.Minutes), cmp.Compare(a.ID, b.ID))
}

// finish fills in what follows from the gaps and the results.
func (m *maker) finish(d *draft, trial *assess.Trial) {
	d.Services = slices.Sorted(maps.Keys(d.at))
	d.Severity = d.worst
	m.count(d)
	if c := m.checks[d.Check]; c != nil {
		d.Fix = c.Fix
	}
	if d.Kind == Mend {
		d.Severity = m.severity(d.Check, d.Services)
	}
	lifted := map[assess.On]bool{}
	for _, s := range trial.Suppose(d.suppose()) {
		lifted[assess.On{Service: s.Service, Duty: s.Duty}] = !s.To.Open()
	}
	for i := range d.Bears {
		t := &d.Bears[i]
		if t.Alone = lifted[assess.On{Service: t.Service, Duty: t.Duty}]; t.Alone {
			d.Unlocks++
		}
	}
	if d.Bears == nil {
		d.Bears = []Target{}
	}
	d.topic = m.topicOf(d)
	d.Minutes = m.minutes(d)
	d.Effort = Duration(d.Minutes)
	m.tell(d)
	d.Priority = score(d.Severity, d.Exposed, d.Unlocks, len(d.Bears)-d.Unlocks, d.Minutes)
	d.Priority.Why = why(&d.Action)
	d.QuickWin = d.Minutes <= quick && (d.Unlocks > 0 || d.Kind == Mend && (d.Exposed > 0 || rank(d.Severity) <= rank(check.High)))
}

// quick is the most minutes of work of a quick win.
const quick = 120

// examplesKept is how many examples an action holds.
const examplesKept = 6

// count counts the resources of a check, and keeps the worst examples. A
// resource may be evidence for several services; services that share an
// account are counted once, by the one with the most.
func (m *maker) count(d *draft) {
	if d.Check == "" {
		return
	}
	var found []*assess.Result
	for _, id := range d.Services {
		if r := m.results[assess.At{Service: id, Check: d.Check}]; r != nil {
			found = append(found, r)
		}
	}
	of := func(r *assess.Result) int {
		if d.Kind == Mend {
			return r.Tally.Fail
		}
		return r.Tally.Unknown + r.Tally.Error
	}
	slices.SortStableFunc(found, func(a, b *assess.Result) int { return cmp.Compare(of(b), of(a)) })
	accounts := map[string]bool{}
	for _, r := range found {
		own := m.services[r.Service].Accounts
		if len(accounts) > 0 && slices.ContainsFunc(own, func(a string) bool { return a == "*" || accounts["*"] || accounts[a] }) {
			continue
		}
		for _, a := range own {
			accounts[a] = true
		}
		d.Resources += of(r)
		if d.Kind == Mend {
			d.Exposed += r.Exposed
		}
	}
	d.Exposed = min(d.Exposed, d.Resources)
	d.Examples = examples(found, d.Kind)
}

func examples(found []*assess.Result, kind Kind) []assess.Example {
	var out []assess.Example
	seen := map[string]bool{}
	for _, r := range found {
		for _, e := range r.Worst {
			fails := e.Outcome == check.Fail
			if seen[e.Fingerprint] || e.Exception != "" || fails != (kind == Mend) || len(out) == examplesKept {
				continue
			}
			seen[e.Fingerprint] = true
			out = append(out, e)
		}
	}
	return out
}

func (m *maker) severity(id string, services []string) check.Severity {
	var out check.Severity
	for _, s := range services {
		if r := m.results[assess.At{Service: s, Check: id}]; r != nil {
			out = worse(out, r.Severity)
		}
	}
	return out
}

// rank is 0 for the worst severity; a word that nobody knows ranks last.
func rank(s check.Severity) int {
	all := []check.Severity{check.Critical, check.High, check.Medium, check.Low}
	if i := slices.Index(all, s); i >= 0 {
		return i
	}
	return len(all)
}

func worse(a, b check.Severity) check.Severity {
	if a == "" || rank(b) < rank(a) {
		return b
	}
	return a
}
