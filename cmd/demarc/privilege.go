// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/privilege"
	"demarc.dev/demarc/problem"
)

// privilegeFlags are the flags of privilege.
type privilegeFlags struct {
	principal, verdict, failOn string
	all, json                  bool
}

func newPrivilege(e *env) *cobra.Command {
	f := &privilegeFlags{}
	c := &cobra.Command{
		Use:   "privilege",
		Short: "Who is an administrator, and who can make himself one, by which path",
		Long: `Computes from what was collected which identities are administrators and which can
become one: from their policies and groups, boundaries, guard-rails of the organisation,
trust, and services that act for others. Each answer has the shortest path, each call
with the statement that allows it. Nothing is tried.

  escalates      it can make itself one: by a policy, a key, a strong role passed on
  administrator  it may do everything, or everything in identity management
  assumes        a role that trusts it makes it one, for a session
  possible       such a path hangs on a condition that cannot be decided
  unknown        a policy on which it depends was not read
  none           no path; what stops one is named

docs/privilege.md lists the methods, and tells what is not weighed.`,
		Example: "  demarc privilege\n  demarc privilege --principal j.okafor\n  demarc privilege --verdict escalates --json\n  demarc privilege --fail-on escalates",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			for _, v := range []string{f.verdict, f.failOn} {
				if v != "" && !slices.Contains(privilege.Verdicts(), privilege.Verdict(v)) {
					return problem.New(problem.Usage, fmt.Sprintf("there is no answer %q", v), "one of: "+strings.Join(verdictWords(), ", "))
				}
			}
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error { return e.privilege(c, a, caller, f) })
		},
	}
	c.Flags().StringVar(&f.principal, "principal", "", "identity, by name or id: its path, step by step")
	c.Flags().StringVar(&f.verdict, "verdict", "", "only these answers: "+strings.Join(verdictWords(), ", "))
	c.Flags().StringVar(&f.failOn, "fail-on", "", "exit with 1 if an answer is this one or a worse one")
	c.Flags().BoolVar(&f.all, "all", false, "list identities without a path too")
	c.Flags().BoolVar(&f.json, "json", false, "print the whole answer as JSON")
	return c
}

func verdictWords() []string {
	var out []string
	for _, v := range privilege.Verdicts() {
		out = append(out, string(v))
	}
	return out
}

func (e *env) privilege(c *cobra.Command, a *app.App, caller app.Caller, f *privilegeFlags) error {
	r, err := a.Privilege(c.Context(), caller)
	if err != nil {
		return err
	}
	answer := *r.Answer
	if f.verdict != "" {
		answer.Principals = slices.DeleteFunc(slices.Clone(answer.Principals), func(p privilege.Principal) bool { return string(p.Verdict) != f.verdict })
	}
	switch {
	case f.principal != "":
		err = e.principal(&answer, f)
	case f.json:
		err = e.reachJSON(answer)
	default:
		err = e.principals(&answer, f)
	}
	if err != nil || f.failOn == "" {
		return err
	}
	return tooStrong(r.Answer, privilege.Verdict(f.failOn))
}

// tooStrong fails a run in which somebody has such an answer or a worse one.
func tooStrong(a *privilege.Answer, limit privilege.Verdict) error {
	order, n := privilege.Verdicts(), 0
	for _, p := range a.Principals {
		if p.Kind != privilege.Root && slices.Index(order, p.Verdict) <= slices.Index(order, limit) {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return problem.New(problem.Findings, count(n, "identity is", "identities are")+" "+string(limit)+" or worse", "demarc privilege --principal NAME tells the path")
}

// principals prints a line for each, the worst first.
func (e *env) principals(a *privilege.Answer, f *privilegeFlags) error {
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ANSWER\tACCOUNT\tIDENTITY\tRIGHTS\tFACTOR\tLAST USED\tWHY")
	tally := map[privilege.Verdict]int{}
	for i := range a.Principals {
		p := &a.Principals[i]
		if tally[p.Verdict]++; p.Verdict == privilege.None && !f.all && f.verdict == "" {
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%s %s\t%s\t%s\t%s\t%s\n", p.Verdict, or(p.Account, "-"), p.Kind, p.Name, held(p), factor(p), lastUsed(p), cut(p.Why, 90))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, u := range a.Unread {
		fmt.Fprintln(e.stdout, "not read: "+u)
	}
	fmt.Fprintf(e.stdout, "\n%s: %d administrators, %d can make themselves one, %d become one by assuming a role, %d possible, %d unknown, %d without a path\n",
		count(len(a.Principals), "identity", "identities"), tally[privilege.Administrator], tally[privilege.Escalates], tally[privilege.Assumes], tally[privilege.Possible], tally[privilege.Unknown], tally[privilege.None])
	_, err := fmt.Fprintln(e.stdout, "next: demarc privilege --principal NAME tells the path and what would stop it")
	return err
}

func held(p *privilege.Principal) string {
	if p.Hold == privilege.Timed {
		return "until " + p.Until.Format(time.DateOnly)
	}
	return string(p.Hold)
}

func factor(p *privilege.Principal) string {
	return map[privilege.Tri]string{privilege.Yes: "yes", privilege.No: "no", privilege.Maybe: "?"}[p.MFA]
}

func lastUsed(p *privilege.Principal) string {
	switch {
	case !p.Used:
		return "?"
	case p.LastUsed.IsZero():
		return "never"
	}
	return p.LastUsed.Format(time.DateOnly)
}

// principal prints what one identity comes to, step by step.
func (e *env) principal(a *privilege.Answer, f *privilegeFlags) error {
	found := false
	for i := range a.Principals {
		p := &a.Principals[i]
		if p.Name != f.principal && p.ID != f.principal {
			continue
		}
		if found {
			fmt.Fprintln(e.stdout)
		}
		found = true
		if f.json {
			if err := e.reachJSON(p); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(e.stdout, "%s %s (%s): %s\n%s\n  rights: %s, second factor: %s, last used: %s\n", p.Kind, p.Name, p.ID, p.Verdict, wrap(p.Why, "  "), held(p), factor(p), lastUsed(p))
		for n, s := range p.Path {
			fmt.Fprintf(e.stdout, "\n%3d  %s\n", n+1, s.Says)
			for _, act := range s.Acts {
				fmt.Fprintf(e.stdout, "       %s on %s\n         allowed by %s, statement %s\n", act.Action, act.Resource, act.Policy, act.Statement)
			}
			for _, condition := range s.If {
				fmt.Fprintf(e.stdout, "       if %s\n", condition)
			}
		}
		if p.Fix != "" {
			fmt.Fprintf(e.stdout, "\nwhat to do: %s\n", strings.TrimSpace(wrap(p.Fix, "")))
		}
		if len(p.Elsewhere) > 0 {
			fmt.Fprintln(e.stdout, "\nin other accounts it can assume these roles of administrators:")
		}
		for _, w := range p.Elsewhere {
			fmt.Fprintf(e.stdout, "  %s%s\n", w.To, map[bool]string{false: " (under a condition of its trust)"}[w.Certain])
		}
		if len(p.Ways) > 1 {
			fmt.Fprintln(e.stdout, "\nways in which such a path can begin:")
			for _, w := range p.Ways {
				fmt.Fprintf(e.stdout, "  %s (%s)\n", w.Title, w.Method)
			}
		}
	}
	if !found {
		return problem.New(problem.NotFound, fmt.Sprintf("no identity is called %q", f.principal), "demarc privilege --all lists every one")
	}
	return nil
}
