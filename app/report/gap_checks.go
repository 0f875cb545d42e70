// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"slices"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/document"
)

// failing gathers the results of one check over all services.
type failing struct {
	id       string
	title    string
	severity check.Severity
	tally    assess.Tally
	exposed  int
	worst    []example
}

// example is a finding with the service that it stands under.
type example struct {
	assess.Example
	service string
}

// failingChecks gathers the checks with a failure, the worst first: by
// severity, then by how many resources fail.
func failingChecks(results []assess.Result) []failing {
	var out []failing
	at := map[string]int{}
	for _, r := range results {
		i, ok := at[r.Check]
		if !ok {
			i = len(out)
			at[r.Check] = i
			out = append(out, failing{id: r.Check, title: or(r.Title, r.Check), severity: r.Severity})
		}
		f := &out[i]
		f.tally = add(f.tally, r.Tally)
		f.exposed += r.Exposed
		for _, e := range r.Worst {
			f.worst = append(f.worst, example{e, r.Service})
		}
	}
	out = slices.DeleteFunc(out, func(f failing) bool { return f.tally.Fail == 0 })
	slices.SortStableFunc(out, func(a, b failing) int {
		return cmp.Or(cmp.Compare(rankOf(a.severity), rankOf(b.severity)), cmp.Compare(b.tally.Fail, a.tally.Fail), cmp.Compare(a.id, b.id))
	})
	return out
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
	t := document.Table{Columns: []document.Column{column("Check", 3.4), column("Severity", 1.1), numbers("Fail", 0.7), numbers("Accepted", 0.9), numbers("Unknown", 0.9), numbers("Pass", 0.7), numbers("Exposed", 0.9)}}
	for _, f := range b.failing {
		t.Rows = append(t.Rows, row(document.Words(document.Link(f.title, "#"+checkID(f.id))), severityCell(f.severity), num(f.tally.Fail), num(f.tally.Accepted), num(f.tally.Unknown), num(f.tally.Pass), num(f.exposed)))
	}
	out = append(out, text("%s on at least one resource. “Exposed” counts failing resources that can be reached from the internet.", count(len(b.failing), "check fails", "checks fail")), t)
	for _, f := range b.failing {
		out = append(out, b.failingCheck(f)...)
	}
	return out
}

func (b *book) failingCheck(f failing) []document.Block {
	c, known := b.checks[f.id]
	out := []document.Block{heading(2, f.title, checkID(f.id)),
		text("%s of severity **%s** in check `%s`: %s.", count(f.tally.Fail, "failure", "failures"), severityChip(f.severity).Word, f.id, tallyWords(f.tally))}
	if known && c.Why != "" {
		out = append(out, text("%s", sentence(c.Why)))
	}
	t := document.Table{Columns: []document.Column{column("Resource", 2.6), column("Where", 1.5), column("Answer", 1), column("What was found", 3)}, Empty: "The result holds no example."}
	for _, e := range f.worst[:min(8, len(f.worst))] {
		name := document.Words(document.Mono(or(e.Resource, "no identifier")))
		if e.Name != "" && e.Name != e.Resource {
			name = document.Words(document.Strong(e.Name), document.Mono(e.Resource))
		}
		if e.Exposed {
			name.Lines = append(name.Lines, document.Say("*reachable from the internet*"))
		}
		chip := outcomeChip(e.Outcome)
		if e.Exception != "" {
			chip = statusOf(assess.Accepted).chip()
		}
		t.Rows = append(t.Rows, row(name, document.Words(document.Plain(b.service(e.service)), document.Plain(list(nonEmpty(e.Account, e.Region), "no account named"))),
			document.Cell{Chip: &chip}, str(or(e.Message, "no message"))))
	}
	out = append(out, t)
	if left := f.tally.Fail + f.tally.Accepted + f.tally.Unknown + f.tally.Error - len(t.Rows); left > 0 && len(t.Rows) > 0 {
		out = append(out, note("The %s shown are the worst of %s that do not pass.", thousands(len(t.Rows)), count(left+len(t.Rows), "resource", "resources")))
	}
	return append(out, fixes(c.Fix)...)
}

func tallyWords(t assess.Tally) string {
	words := some(t.Fail, asked(t), "resource", "resources") + " " + map[bool]string{true: "fails", false: "fail"}[t.Fail == 1]
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
