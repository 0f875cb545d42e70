// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/check/foreign"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

// printAssessment is what a person reads after an assessment: what was looked
// at, how it stands, what is worst, and what to do first.
func (e *env) printAssessment(out *app.Assessed, g report.Gap) {
	a := out.Assessment
	fmt.Fprintf(e.stdout, "%s · ISO/IEC 27017:%s · assessment %s · %s\n\n", a.Organisation.Name, a.Edition, out.Run.ID, a.At.Format("2 January 2006, 15:04 UTC"))
	for _, s := range out.Snapshots {
		fmt.Fprintf(e.stdout, "  %-4s %s\n", s.ID, describe(s))
	}
	for at, i := range a.Imports {
		fmt.Fprintf(e.stdout, "  %-4s %s: %s\n", i.ID, strings.TrimSpace(i.Tool+" "+i.Version), importUse(i, out.Run.Imports[at].JoinCounts))
	}
	o := out.Run.Stats.Outcomes
	fmt.Fprintf(e.stdout, "  %s gave %s: %s pass, %s fail, %s unknown, %s not applicable%s\n", asked(out.Run), count(int(out.Run.Stats.Findings), "answer", "answers"),
		number(int(o[check.Pass])), number(int(o[check.Fail])), number(int(o[check.Unknown])), number(int(o[check.NotApplicable])), errorsSaid(o[check.Error]))
	if out.ScopeProposed {
		fmt.Fprintf(e.stdout, "  nobody wrote a scope yet, so one was proposed: demarc scope export > scope.yaml\n")
	}
	e.printDuties(a)
	e.printUnread(out)
	e.printUnassigned(a)
	e.printWorst(a, g)
	e.printFirst(g)
	e.printMatrices(out.Matrices)
}

// asked says what gave the answers.
func asked(r app.Run) string {
	words := count(r.Checks, "check", "checks")
	if n := len(r.Imports); n > 0 {
		words += " and " + count(n, "report of another tool", "reports of other tools")
	}
	return words
}

// importUse says in one line what an assessment took from a report.
func importUse(i assess.Import, c foreign.JoinCounts) string {
	words := fmt.Sprintf("%s, %s joined, %s alone", count(int(i.Results), "result", "results"), number(int(c.Joined)), number(int(c.Alone)))
	if c.Against > 0 {
		words += fmt.Sprintf(", %s against our own checks", number(int(c.Against)))
	}
	if c.Unmapped > 0 {
		words += fmt.Sprintf(", %s not mapped", number(int(c.Unmapped)))
	}
	return words
}

func errorsSaid(n int64) string {
	if n == 0 {
		return ""
	}
	return ", " + count(int(n), "faulty", "faulty")
}

func (e *env) printDuties(a *assess.Assessment) {
	fmt.Fprintf(e.stdout, "\nDuties\n")
	fmt.Fprintf(e.stdout, "  %-*s  satisfied  inherited  accepted  unknown  partly  not satisfied   n/a   all\n", nameWidth, "service")
	for _, s := range a.Services {
		verb := "we consume"
		if s.Role == scope.Provides {
			verb = "we provide"
		}
		e.countsRow(fmt.Sprintf("%s (%s)", s.ID, verb), s.Counts)
	}
	e.countsRow("our own duties", a.Readiness.Ours)
	e.countsRow("of the other side", a.Readiness.Theirs)
}

// nameWidth is the width of the column of services.
const nameWidth = 24

func (e *env) countsRow(name string, c assess.Counts) {
	fmt.Fprintf(e.stdout, "  %-*s  %9d  %9d  %8d  %7d  %6d  %13d  %4d  %4d\n", nameWidth, cut(name, nameWidth), c.Satisfied, c.Inherited, c.Accepted, c.Unknown, c.Partly, c.NotSatisfied, c.NotApplicable, c.Total)
}

// printUnread never lets a gap be silent, and never lets it fill the screen.
func (e *env) printUnread(out *app.Assessed) {
	by := map[string]int{}
	for _, s := range out.Snapshots {
		for _, g := range s.Gaps {
			by[string(g.Reason)]++
		}
	}
	if len(by) == 0 {
		return
	}
	var words []string
	for reason, n := range by {
		words = append(words, fmt.Sprintf("%d %s", n, reason))
	}
	slices.Sort(words)
	fmt.Fprintf(e.stdout, "\nNot read: %s. What rests on it is unknown; demarc collect list --gaps names each.\n", strings.Join(words, ", "))
}

// printUnassigned tells of what was seen in accounts that no service holds:
// nothing rests on it.
func (e *env) printUnassigned(a *assess.Assessment) {
	for _, u := range a.Unassigned {
		if u.Account == "" {
			fmt.Fprintf(e.stdout, "\n%s (%s) name no account, and no service of the scope takes any: they count for no duty. demarc import --account says whose they are.\n", count(u.Findings, "answer", "answers"), count(u.Failing, "failure", "failures"))
			continue
		}
		fmt.Fprintf(e.stdout, "\nNo service of the scope holds account %s: its %s (%s) count for no duty. demarc scope export > scope.yaml, add the account, import it.\n", u.Account, count(u.Findings, "answer", "answers"), count(u.Failing, "failure", "failures"))
	}
}

// worstShown is how many failing checks the summary names.
const worstShown = 8

func (e *env) printWorst(a *assess.Assessment, g report.Gap) {
	failing := worstOfEach(a.Results)
	if len(failing) == 0 {
		return
	}
	slices.SortStableFunc(failing, func(x, y assess.Result) int {
		if d := app.Rank(y.Severity) - app.Rank(x.Severity); d != 0 {
			return d
		}
		if d := y.Exposed - x.Exposed; d != 0 {
			return d
		}
		return y.Tally.Fail - x.Tally.Fail
	})
	fmt.Fprintf(e.stdout, "\nWorst failures (%s in all)\n", count(len(failing), "check fails", "checks fail"))
	for _, r := range failing[:min(worstShown, len(failing))] {
		reached := ""
		if r.Exposed > 0 {
			reached = fmt.Sprintf(", %d reachable from the internet", r.Exposed)
		}
		if r.WouldExpose > 0 {
			reached += fmt.Sprintf(", %d would be once the plan is applied", r.WouldExpose)
		}
		fmt.Fprintf(e.stdout, "  %-8s %s  (%s)\n           %d of %d fail%s%s\n", r.Severity, or(r.Title, r.Check), r.Check, r.Tally.Fail, r.Tally.Fail+r.Tally.Pass+r.Tally.Accepted+r.Tally.Unknown, reached, exampleSaid(r))
	}
}

// worstOfEach gives each failing check once: services that share accounts see
// the same resources, so the service with the most failures stands for all.
func worstOfEach(results []assess.Result) []assess.Result {
	var out []assess.Result
	for _, r := range results {
		i := slices.IndexFunc(out, func(o assess.Result) bool { return o.Check == r.Check })
		switch {
		case r.Tally.Fail == 0:
		case i < 0:
			out = append(out, r)
		case out[i].Tally.Fail < r.Tally.Fail:
			out[i] = r
		}
	}
	return out
}

func exampleSaid(r assess.Result) string {
	for _, x := range r.Worst {
		if x.Outcome == check.Fail {
			return "; " + or(x.Name, x.Resource) + ": " + cut(x.Message, 90)
		}
	}
	return ""
}

func (e *env) printFirst(g report.Gap) {
	if len(g.Plan.Actions) == 0 {
		return
	}
	fmt.Fprintf(e.stdout, "\nDo first (of %s)\n", count(len(g.Plan.Actions), "action", "actions"))
	for i, a := range g.Plan.Actions[:min(5, len(g.Plan.Actions))] {
		fmt.Fprintf(e.stdout, "  %d. %s  (%s, %s)\n", i+1, a.Title, a.Effort, a.ID)
	}
	for _, o := range g.Outlooks {
		fmt.Fprintln(e.stdout, wrap("Together most is gained by "+strings.Join(o.Actions, ", ")+". "+o.Says, "  "))
	}
}

func (e *env) printMatrices(m *app.Matrices) {
	if len(m.Findings) == 0 {
		return
	}
	worst := map[string]int{}
	for _, f := range m.Findings {
		worst[string(f.Severity)]++
	}
	var words []string
	for _, s := range []string{"critical", "high", "medium", "low"} {
		if worst[s] > 0 {
			words = append(words, fmt.Sprintf("%d %s", worst[s], s))
		}
	}
	fmt.Fprintf(e.stdout, "\nResponsibility: %s (%s); demarc responsibility check names them.\n", count(len(m.Findings), "finding about matrices", "findings about matrices"), strings.Join(words, ", "))
}

func (e *env) printDrift(d *app.Drift) {
	f := d.Findings
	fmt.Fprintf(e.stdout, "\nSince %s of %s: %s, %s, %s, %s\n", d.Earlier.ID, d.Earlier.At.Format("2 January 2006, 15:04 UTC"),
		count(f.New.Count, "new failure", "new failures"), count(f.Fixed.Count, "fixed", "fixed"), count(f.Open.Count, "still open", "still open"), count(f.Unknown.Count, "no longer known", "no longer known"))
	for _, part := range []struct {
		word string
		app.Changed
	}{{"new", f.New}, {"fixed", f.Fixed}, {"gone", f.Gone}} {
		for i, x := range part.First {
			if i == 10 {
				fmt.Fprintf(e.stdout, "  %-6s and %d more\n", part.word, part.Count-i)
				break
			}
			fmt.Fprintf(e.stdout, "  %-6s %-8s %s  %s\n", part.word, x.Severity, x.Check, or(x.Name, x.Resource))
		}
	}
}

// printAnswers shows the answers for a duty with everything they rest on.
func (e *env) printAnswers(a *assess.Assessment, cat *catalogue.Catalogue, id, service string) error {
	duty, ok := cat.Duty(id)
	if !ok {
		return problem.New(problem.NotFound, "no duty is called "+quote(id), "demarc catalogue search WORDS finds a control, demarc catalogue show lists its duties")
	}
	fmt.Fprintf(e.stdout, "%s, a duty of the %s\n%s\n", duty.ID, duty.Party, wrap(duty.Text, "  "))
	shown := 0
	for _, x := range a.Answers {
		if x.Duty == id && (service == "" || x.Service == service) {
			e.printAnswer(a, x)
			shown++
		}
	}
	if shown == 0 {
		return unanswered(a, duty, service)
	}
	return nil
}

// unanswered says why an assessment has no answer for a duty that exists.
func unanswered(a *assess.Assessment, duty catalogue.Duty, service string) error {
	switch {
	case !duty.In(a.Edition):
		return problem.New(problem.NotFound, fmt.Sprintf("duty %s stands in the edition of %s only, and this assessment is by that of %s", duty.ID, duty.Editions[0], a.Edition), "demarc assess --edition "+string(duty.Editions[0]))
	case !slices.Contains(a.Parties, duty.Party):
		return problem.New(problem.NotFound, fmt.Sprintf("duty %s is one of the %s, whose duties were not assessed", duty.ID, duty.Party), "demarc assess --party both")
	}
	var ids []string
	for _, s := range a.Services {
		ids = append(ids, s.ID)
	}
	return problem.New(problem.NotFound, "this assessment does not speak of service "+quote(service), "it speaks of "+strings.Join(ids, ", "))
}

func (e *env) printAnswer(a *assess.Assessment, x assess.Answer) {
	fmt.Fprintf(e.stdout, "\n%s: %s\n%s\n", x.Service, strings.ToUpper(strings.ReplaceAll(string(x.Status), "-", " ")), wrap(x.Summary, "  "))
	for _, r := range x.Reasons {
		if strings.Contains(x.Summary, r.Says) && r.Check == "" {
			continue // it was just said
		}
		fmt.Fprintln(e.stdout, "  -"+wrap(r.Says, "    ")[3:])
		if r.Check != "" && r.Kind != assess.ReasonPass && r.Kind != assess.ReasonPartPass && r.Kind != assess.ReasonForeignPass {
			e.printExamples(a, x.Service, r.Check)
		}
	}
	if t := x.Attestation; t != nil {
		fmt.Fprintf(e.stdout, "  %s said %s on %s, until %s: %s\n", t.By, t.Answer, t.On.Format("2006-01-02"), t.Expires.Format("2006-01-02"), t.Statement)
		for _, f := range t.Evidence {
			fmt.Fprintf(e.stdout, "      %s  sha256 %s\n", f.Path, f.SHA256)
		}
	}
}

// examplesShown is how many resources stand under a reason.
const examplesShown = 5

func (e *env) printExamples(a *assess.Assessment, service, id string) {
	for _, r := range a.Results {
		if r.Service != service || r.Check != id {
			continue
		}
		for i, ex := range r.Worst {
			if i == examplesShown {
				fmt.Fprintf(e.stdout, "      and more: demarc report findings --format csv\n")
				return
			}
			fmt.Fprintf(e.stdout, "      %s  %s\n%s\n", ex.Outcome, or(ex.Resource, ex.Name), wrap(ex.Message, "        "))
			if !ex.Seen.At.IsZero() {
				fmt.Fprintf(e.stdout, "        seen %s by %s\n", ex.Seen.At.Format("2006-01-02 15:04 UTC"), or(ex.Seen.Call, "an unnamed call"))
			}
		}
	}
}
