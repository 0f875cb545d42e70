// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/document"
	"demarc.dev/demarc/scope"
)

// failing gathers the results of one check over all services.
type failing struct {
	id       string
	title    string
	severity check.Severity
	tally    assess.Tally // each resource once, though several services rest on it
	exposed  int
	worst    []assess.Example
}

// failingChecks gathers the checks with a failure, the worst first: by
// severity, then by how many resources are exposed, then by how many fail.
func failingChecks(results []assess.Result, services map[string]assess.Service) []failing {
	var order []string
	by := map[string][]assess.Result{}
	for _, r := range results {
		if by[r.Check] == nil {
			order = append(order, r.Check)
		}
		by[r.Check] = append(by[r.Check], r)
	}
	var out []failing
	for _, id := range order {
		if f := gather(by[id], services); f.tally.Fail > 0 {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b failing) int {
		return cmp.Or(cmp.Compare(rankOf(a.severity), rankOf(b.severity)), cmp.Compare(b.exposed, a.exposed), cmp.Compare(b.tally.Fail, a.tally.Fail), cmp.Compare(a.id, b.id))
	})
	return out
}

// gather adds the results of one check. Services that share an account share
// its resources: of those the one with the most failures counts, as in the
// remediation plan, so that no resource is counted twice.
func gather(results []assess.Result, services map[string]assess.Service) failing {
	results = slices.Clone(results)
	slices.SortStableFunc(results, func(a, b assess.Result) int { return cmp.Compare(b.Tally.Fail, a.Tally.Fail) })
	f := failing{id: results[0].Check, title: or(results[0].Title, results[0].Check), severity: results[0].Severity}
	accounts, seen := map[string]bool{}, map[string]bool{}
	for _, r := range results {
		for _, e := range r.Worst {
			if key := e.Fingerprint + " " + e.Resource; !seen[key] {
				seen[key] = true
				f.worst = append(f.worst, e)
			}
		}
		own := services[r.Service].Accounts
		if len(accounts) > 0 && slices.ContainsFunc(own, func(a string) bool { return a == scope.AnyAccount || accounts[scope.AnyAccount] || accounts[a] }) {
			continue
		}
		for _, a := range own {
			accounts[a] = true
		}
		f.tally = add(f.tally, r.Tally)
		f.exposed += r.Exposed
	}
	return f
}

func add(a, b assess.Tally) assess.Tally {
	return assess.Tally{Pass: a.Pass + b.Pass, Fail: a.Fail + b.Fail, Accepted: a.Accepted + b.Accepted, Unknown: a.Unknown + b.Unknown, Error: a.Error + b.Error, NotApplicable: a.NotApplicable + b.NotApplicable}
}

// asked is how many resources a check was put to and could have failed.
func asked(t assess.Tally) int { return t.Pass + t.Fail + t.Accepted + t.Unknown + t.Error }

func (b *book) isFailing(id string) bool {
	return slices.ContainsFunc(b.failing, func(f failing) bool { return f.id == id })
}

// failingSection tells of each failing check what was found and how to mend
// it.
func (b *book) failingSection() []document.Block {
	out := []document.Block{heading(1, "Failing checks and how to mend them", "checks")}
	if len(b.failing) == 0 {
		return append(out, text("No check fails on any resource of a service in scope."))
	}
	t := document.Table{Dense: true, Columns: []document.Column{column("Check", 3.4), column("Severity", 1.1), numbers("Fail", 0.7), numbers("Accepted", 0.9), numbers("Unknown", 0.9), numbers("Pass", 0.7), numbers("Exposed", 0.9)}}
	for _, f := range b.failing {
		t.Rows = append(t.Rows, row(document.Words(document.Link(f.title, "#"+checkID(f.id))), severityCell(f.severity), num(f.tally.Fail), num(f.tally.Accepted), num(f.tally.Unknown), num(f.tally.Pass), num(f.exposed)))
	}
	out = append(out, text("%s on at least one resource. A resource counts once, though several services rest on it. “Exposed” counts failing resources that can be reached from the internet.", count(len(b.failing), "check fails", "checks fail")), t)
	for _, severity := range severities() {
		of := slices.DeleteFunc(slices.Clone(b.failing), func(f failing) bool { return f.severity != severity })
		if len(of) == 0 {
			continue
		}
		out = append(out, heading(2, "Checks of "+strings.ToLower(severityChip(severity).Word)+" severity", ""))
		if severity != check.Critical {
			out = append(out, b.failingTable(of)...)
			continue
		}
		for _, f := range of {
			out = append(out, b.failingCheck(f)...)
		}
	}
	return out
}

// failingTable tells of checks below critical severity in a row each: what
// fails, the worst of it, why that matters, and the way through the console.
func (b *book) failingTable(of []failing) []document.Block {
	t := document.Table{Dense: true, Columns: []document.Column{column("Check", 2.7), column("The worst that was found", 3.6), column("How to mend", 2.7)}}
	for _, f := range of {
		c := b.checks[f.id]
		title := document.Words(document.Strong(f.title), document.Plain(upper(tallyWords(f.tally))+"."))
		if c.Why != "" {
			title.Lines = append(title.Lines, document.Say("*%s*", sentence(c.Why)))
		}
		var found document.Cell
		for _, e := range f.worst[:min(2, len(f.worst))] {
			found.Lines = append(found.Lines, append(document.Plain(upper(sentence(or(e.Message, "No message")))+" "), document.Mono(or(e.Resource, "no identifier"))...))
		}
		if len(found.Lines) == 0 {
			found = str("the result holds no example")
		}
		t.Rows = append(t.Rows, document.Row{ID: checkID(f.id), Cells: []document.Cell{title, found, str(or(c.Fix.Console, or(c.Fix.CLI, "no way is written down")))}})
	}
	return []document.Block{lead("At most two resources of each check are named here. The workbook holds them all in the sheet Resources, and commands and Terraform in the sheet Checks."), t}
}

// examplesShown is how many resources a failing check prints; the workbooks
// hold all.
const examplesShown = 3

func (b *book) failingCheck(f failing) []document.Block {
	c := b.checks[f.id]
	words := document.Say("**%s** in check `%s`.", upper(tallyWords(f.tally)), f.id)
	if c.Why != "" {
		words = append(words, document.Say(" %s", sentence(c.Why))...)
	}
	t := document.Table{Columns: []document.Column{column("Resource", 3), column("Account and region", 1.3), column("What was found", 3)}, Empty: "The result holds no example."}
	for _, e := range f.worst[:min(examplesShown, len(f.worst))] {
		t.Rows = append(t.Rows, row(resourceCell(e), str(list(nonEmpty(e.Account, e.Region), "no account named")), foundCell(e)))
	}
	out := []document.Block{heading(3, f.title, checkID(f.id)), document.Paragraph{Keep: true, Text: words}, t}
	if left := f.tally.Fail + f.tally.Accepted + f.tally.Unknown + f.tally.Error - len(t.Rows); left > 0 && len(t.Rows) > 0 {
		out = append(out, note("The %s shown are the worst of %s that do not pass; the workbook of findings holds all.", thousands(len(t.Rows)), count(left+len(t.Rows), "resource", "resources")))
	}
	return append(out, fixes(c.Fix)...)
}

// resourceCell names a resource: its name first, and its identifier only when
// it says more.
func resourceCell(e assess.Example) document.Cell {
	cell := document.Words(document.Mono(or(e.Resource, "no identifier")))
	if e.Name != "" && e.Name != e.Resource {
		cell = document.Words(document.Strong(e.Name), document.Mono(or(e.Resource, "no identifier")))
	}
	if e.Exposed {
		cell.Lines = append(cell.Lines, document.Say("*reachable from the internet*"))
	}
	return cell
}

// foundCell says what was found; an answer that is no failure shows its word.
func foundCell(e assess.Example) document.Cell {
	cell := str(upper(or(e.Message, "no message")))
	chip := outcomeChip(e.Outcome)
	switch {
	case e.Exception != "":
		chip = statusOf(assess.Accepted).chip()
	case e.Outcome == check.Fail:
		return cell
	}
	cell.Chip = &chip
	return cell
}

func tallyWords(t assess.Tally) string {
	of := some(t.Fail, asked(t), "resource", "resources")
	if t.Fail == 2 && asked(t) == 2 {
		of = "both resources"
	}
	words := of + " " + map[bool]string{true: "fails", false: "fail"}[t.Fail == 1]
	for _, p := range []struct {
		n   int
		say string
	}{{t.Accepted, "%s under an accepted risk"}, {t.Unknown, "%s unknown"}, {t.Error, "%s not answered, because the check is faulty"}} {
		if p.n > 0 {
			words += fmt.Sprintf(", "+p.say, thousands(p.n))
		}
	}
	return words
}

// fixes tells how to mend, in the ways that people work.
func fixes(f check.Fix) []document.Block {
	var out []document.Block
	if f.Console != "" {
		out = append(out, text("**In the console.** %s", sentence(f.Console)))
	}
	if f.CLI != "" {
		out = append(out, lead("**On the command line**"), document.Code{Text: f.CLI})
	}
	if f.Terraform != "" {
		out = append(out, lead("**In Terraform**"), document.Code{Text: f.Terraform})
	}
	return out
}
