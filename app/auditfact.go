// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/audit"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/risk"
)

// auditFacts gives the function that tells what the records say about a question
// of an audit. What no record tells of has no fact.
func (a *App) auditFacts(ctx context.Context, h *hall, g auditGround, x audit.Audit) (func(audit.Question) []audit.Fact, error) {
	concluded, run, err := a.newest(ctx, h)
	if err != nil {
		return nil, err
	}
	clauses, err := a.clauseFacts(ctx, h, g, concluded, run)
	if err != nil {
		return nil, err
	}
	return func(q audit.Question) []audit.Fact {
		id, ok := strings.CutPrefix(q.ID, "duty/")
		if !ok {
			return clauses[q.Subject]
		}
		out := []audit.Fact{}
		if concluded == nil {
			return out
		}
		for _, y := range concluded.Answers {
			if y.Duty == id && y.Ours && x.Looks(y.Service) {
				out = append(out, audit.Fact{Says: fmt.Sprintf("%s: %s. %s", serviceTitle(g, y.Service), strings.ReplaceAll(string(y.Status), "-", " "), y.Summary), Where: "/duty/" + id + "?service=" + y.Service})
			}
		}
		return out
	}, nil
}

func serviceTitle(g auditGround, id string) string {
	if v, ok := g.scope.Service(id); ok {
		return v.Name
	}
	return id
}

// clauseFacts tells what the records say about clauses of ISO/IEC 27001.
func (a *App) clauseFacts(ctx context.Context, h *hall, g auditGround, x *assess.Assessment, run string) (map[string][]audit.Fact, error) {
	out := map[string][]audit.Fact{}
	say := func(clause, where, format string, args ...any) {
		out[clause] = append(out[clause], audit.Fact{Says: fmt.Sprintf(format, args...), Where: where})
	}
	ownerless := 0
	for _, v := range g.scope.Services {
		if v.Owner == "" {
			ownerless++
		}
	}
	say("4.3", "/scope", "The scope names %s; %d have no owner.", counted(len(g.scope.Services), "cloud service", "cloud services"), ownerless)
	if x != nil {
		n := x.Readiness.Ours
		say("9.1", "/duty", "The newest assessment, %s of %s, finds %d of %d duties of ours met and %d unknown.", run, x.At.UTC().Format("2 January 2006"), n.Met(), n.Applies(), n.Unknown)
	} else {
		say("9.1", "/assess", "Nothing was assessed yet.")
	}
	all, err := list[risk.Risk](ctx, h, risks)
	if err != nil {
		return nil, err
	}
	r, err := a.riskTally(ctx, h, all)
	if err != nil {
		return nil, err
	}
	say("6.1.2", "/risk", "The register holds %s; nobody rated %d of them.", counted(r.All, "risk", "risks"), r.States[risk.Identified])
	say("8.2", "/risk", "%d risks are rated; of those accepted %d changed since.", r.All-r.States[risk.Identified]-r.States[risk.Closed], r.States[risk.Stale])
	say("8.3", "/risk", "%s late; %d risks are above the appetite and not accepted.", counted(r.LateSteps, "step of treatment is", "steps of treatment are"), r.Intolerable)
	s, err := a.applicability(ctx, h, h, "")
	if err != nil {
		return nil, err
	}
	approved := "It was never approved."
	if s.Approved != nil {
		approved = fmt.Sprintf("Version %d was approved by %s; %s changed since.", s.Approved.Version, s.Approved.By, counted(len(s.Changes), "line", "lines"))
	}
	say("6.1.3", "/applicability", "The statement of applicability has %d lines, %d without a justification. %s", s.Summary.Lines, s.Summary.Standings["blank"], approved)
	p, err := a.programme(ctx, h)
	if err != nil {
		return nil, err
	}
	say("9.2", "/audit", "Of %d subjects of the cycle %d are covered, %d scheduled and %d not planned.", len(p.Coverage), p.Covers[audit.Covered], p.Covers[audit.Scheduled], p.Covers[audit.Uncovered]+p.Covers[audit.Partly])
	for _, clause := range []string{"10.1", "10.2"} {
		say(clause, "/nonconformity", "%s: %d major and %d minor are open, %d overdue.", counted(p.Tally.All, "nonconformity or opportunity", "nonconformities and opportunities"), p.Tally.Open[audit.Major], p.Tally.Open[audit.Minor], p.Tally.Overdue)
	}
	return out, nil
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// riskTally counts the register as it stands.
func (a *App) riskTally(ctx context.Context, from records, all []risk.Risk) (risk.Summary, error) {
	w, _, err := a.riskWorld(ctx, from)
	return risk.Sum(w.Method, all, a.now().UTC()), err
}

// Population is something that samples are drawn from.
type Population struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Of    int    `json:"of"`
}

// The populations that every organisation has; "resource:" and a kind is one too.
const (
	ofPeople      = "people"
	ofServices    = "services"
	ofRisks       = "risks"
	ofAnswers     = "answers"
	ofFound       = "nonconformities"
	ofResources   = "resource:"
	populationMax = 200_000
)

// Populations gives what samples can be drawn from, with how many there are.
func (a *App) Populations(ctx context.Context, c Caller) ([]Population, error) {
	h, err := a.enter(ctx, c, account.ReadAudit)
	if err != nil {
		return nil, err
	}
	out := []Population{}
	for _, p := range [][2]string{{ofPeople, "people of the scope"}, {ofServices, "cloud services"}, {ofRisks, "risks of the register"}, {ofAnswers, "answers of people"}, {ofFound, "nonconformities"}} {
		items, err := a.population(ctx, h, p[0])
		if err != nil {
			return nil, err
		}
		out = append(out, Population{p[0], p[1], len(items)})
	}
	kinds, err := a.resources(ctx, h)
	if err != nil {
		return nil, err
	}
	var names []string
	for k := range kinds {
		names = append(names, k)
	}
	slices.Sort(names)
	for _, k := range names {
		out = append(out, Population{ofResources + k, "resources that were checked: " + strings.ReplaceAll(k, "_", " "), len(kinds[k])})
	}
	return out, nil
}

// population gives the items of one, each as the records name it.
func (a *App) population(ctx context.Context, h *hall, id string) (out []string, err error) {
	s, err := scopeOf(ctx, h, h.ID())
	if err != nil && !isNotFound(err) {
		return nil, err
	}
	switch {
	case id == ofPeople && s != nil:
		for _, p := range s.People {
			if p.Active {
				out = append(out, p.ID)
			}
		}
	case id == ofServices && s != nil:
		out = s.ServiceIDs()
	case id == ofPeople || id == ofServices:
	case id == ofRisks:
		return ids(ctx, h, risks)
	case id == ofFound:
		return ids(ctx, h, nonconformities)
	case id == ofAnswers:
		all, _, err := get[[]assess.Attestation](ctx, h, attestations, current)
		for _, x := range all {
			out = append(out, x.ID)
		}
		return out, err
	case strings.HasPrefix(id, ofResources):
		kinds, err := a.resources(ctx, h)
		if err != nil {
			return nil, err
		}
		if out = kinds[strings.TrimPrefix(id, ofResources)]; out == nil {
			return nil, noPopulation(id)
		}
	default:
		return nil, noPopulation(id)
	}
	return out, nil
}

func noPopulation(id string) error {
	return problem.New(problem.NotFound, "there is no population "+cutWord(id), "demarc audit population lists them")
}

func ids(ctx context.Context, from records, collection string) (out []string, err error) {
	for rec, err := range from.List(ctx, collection) {
		if err != nil {
			return nil, err
		}
		out = append(out, rec.ID)
	}
	return out, nil
}

// resources gives the resources that the newest assessment checked, by kind.
func (a *App) resources(ctx context.Context, h *hall) (map[string][]string, error) {
	out := map[string][]string{}
	run, err := a.Run(ctx, h.caller, "")
	if isNotFound(err) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	seen, n := map[[2]string]bool{}, 0
	for f, err := range a.Findings(ctx, h.caller, run) {
		if err != nil {
			return nil, err
		}
		key := [2]string{string(f.Kind), f.Resource}
		if f.Resource == "" || f.Outcome == check.NotApplicable || seen[key] {
			continue
		}
		if n++; n > populationMax {
			return nil, problem.Newf(problem.Invalid, "more than %d resources were checked", populationMax).WithHint("draw from a narrower assessment")
		}
		seen[key] = true
		out[key[0]] = append(out[key[0]], f.Resource)
	}
	return out, nil
}
