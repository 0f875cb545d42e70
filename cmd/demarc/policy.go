// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/policy"
	"demarc.dev/demarc/problem"
)

func newPolicy(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "policy",
		Short: "Policies: drafted from templates, approved by several, published, acknowledged",
		Long: `Policies begin as templates that are filled with what the scope and the firm say; what
nobody knows stands as an open question. A text is edited as Markdown or DOCX, approved
by as many people as must, published as a version, and acknowledged by everybody whom it
concerns. An approval binds to the digest of what was approved. Each paragraph says which
duties of ISO/IEC 27017 it satisfies (ISO/IEC 27001:2022, 5.2 and 7.5).`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newPolicyTemplate(e), newPolicyDraft(e), newPolicyFact(e), newPolicyList(e), newPolicyShow(e), newPolicySet(e), newPolicyFill(e), newPolicyImport(e), newPolicyExport(e), newPolicyDiff(e),
		newPolicySubmit(e), newPolicyApprove(e), newPolicyPublish(e), newPolicyAcknowledge(e), newPolicyRetire(e), newPolicyCoverage(e))
	return c
}

func policyArg() cobra.PositionalArgs { return oneArg("the id of a policy", "demarc policy list") }

func newPolicyTemplate(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "template", Short: "List the templates that policies are drafted from", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			b, err := policy.Load()
			if err != nil {
				return err
			}
			table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "TEMPLATE\tDUTIES\tANNEX A\tFOR")
			for _, t := range b.Templates {
				fmt.Fprintf(table, "%s\t%d\t%s\t%s\n", t.ID, len(policy.Duties(t.Text)), strings.Join(t.Annex, " "), t.For)
			}
			return table.Flush()
		},
	}
}

func newPolicyDraft(e *env) *cobra.Command {
	var owner string
	c := &cobra.Command{
		Use: "draft [TEMPLATE…]", Short: "Draft policies from templates, or from all", Example: "  demarc policy draft\n  demarc policy draft backup access --owner ines",
		Long: "Drafts policies from the templates that are named, or from all of which there is no\npolicy yet, filled with what the scope and the facts say. What exists stays as it is.",
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
				n, err := a.DraftPolicies(c.Context(), caller, args, owner)
				if err == nil {
					fmt.Fprintf(e.stdout, "drafted %s\nnext: demarc policy fact show, then demarc policy list\n", count(n, "policy", "policies"))
				}
				return err
			})
		},
	}
	c.Flags().StringVar(&owner, "owner", "", "id of a person of the scope that owns them")
	return c
}

func newPolicyFact(e *env) *cobra.Command {
	c := &cobra.Command{Use: "fact", Short: "The facts that policies are filled with", Args: noArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	var usual bool
	set := &cobra.Command{
		Use: "set [FACT=WORDS…]", Short: "Say facts; no words take back what was said", Example: "  demarc policy fact set key.rotation='6 months' 'role.security=Ines Adler'\n  demarc policy fact set --usual",
	}
	set.Flags().BoolVar(&usual, "usual", false, "take the usual value for every fact that nobody said and that has one")
	set.RunE = func(c *cobra.Command, args []string) error {
		said := policy.Known{}
		for _, x := range args {
			id, words, ok := strings.Cut(x, "=")
			if !ok {
				return problem.New(problem.Usage, quote(x)+" is no fact with its words", "key.rotation='6 months'")
			}
			said[id] = words
		}
		return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
			all, err := a.PolicyFacts(c.Context(), caller)
			if err != nil {
				return err
			}
			for _, f := range all {
				if _, named := said[f.ID]; usual && !named && f.Value == "" && f.Usual != "" {
					said[f.ID] = f.Usual
				}
			}
			now, err := a.SetPolicyFacts(c.Context(), caller, said)
			if err == nil {
				fmt.Fprintf(e.stdout, "%s said\nnext: demarc policy fill\n", count(len(now), "fact is", "facts are"))
			}
			return err
		})
	}
	show := &cobra.Command{
		Use: "show", Short: "Show what is known, and what is asked", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				all, err := a.PolicyFacts(c.Context(), caller)
				if err != nil {
					return err
				}
				table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(table, "FACT\tKNOWN\tUSUAL\tQUESTION")
				for _, f := range all {
					fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", f.ID, or(f.Value, "?"), or(f.Usual, map[bool]string{true: "of the scope", false: "-"}[f.Derived]), f.Ask)
				}
				return table.Flush()
			})
		},
	}
	c.AddCommand(show, set)
	return c
}

func newPolicyList(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the policies and where each stands", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				all, err := a.Policies(c.Context(), caller)
				if err != nil {
					return err
				}
				table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(table, "POLICY\tSTATE\tIN FORCE\tREVIEW\tOPEN\tREAD\tOWNER\tTITLE")
				for _, p := range all.Rows {
					force, review := "-", "-"
					if i := p.InForce(); i != nil {
						force, review = fmt.Sprintf("version %d", i.Number), i.Review.Format(time.DateOnly)
					}
					fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%d of %d\t%s\t%s\n", p.ID, p.State, force, review, len(p.Open), p.Acknowledged, p.Concerned, or(p.Owner, "-"), cut(p.Title, 50))
				}
				if err := table.Flush(); err != nil {
					return err
				}
				fmt.Fprintf(e.stdout, "\n%s · %s without a policy · %d of %d facts are not said\n", count(len(all.Rows), "policy", "policies"), count(len(all.Templates), "template", "templates"), all.Unsaid, all.Facts)
				return nil
			})
		},
	}
}

func newPolicyShow(e *env) *cobra.Command {
	var version int
	c := &cobra.Command{Use: "show POLICY", Short: "Show a policy: where it stands, and its text", Example: "  demarc policy show access\n  demarc policy show access --version 1", Args: policyArg()}
	c.Flags().IntVar(&version, "version", 0, "of the text; 0 is the one that is being worked on")
	c.RunE = func(c *cobra.Command, args []string) error {
		return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
			p, err := a.Policy(c.Context(), caller, args[0])
			if err != nil {
				return err
			}
			text, err := a.PolicyText(c.Context(), caller, args[0], version)
			if err != nil {
				return err
			}
			e.printPolicy(p)
			fmt.Fprintf(e.stdout, "\n%s", text)
			return nil
		})
	}
	return c
}

func (e *env) printPolicy(p *app.PolicyView) {
	fmt.Fprintf(e.stdout, "%s  %s\n", p.ID, p.Title)
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	for _, f := range [][2]string{{"state", string(p.State)}, {"owner", or(p.Owner, "nobody")}, {"reviewed every", policy.Months(p.Every)}, {"for", or(strings.Join(p.Audience, ", "), "everybody")},
		{"approved by", fmt.Sprintf("%d of %d", p.Approved, p.Quorum)}, {"record", fmt.Sprintf("version %d, by %s", p.Version, p.By)}, {"digest", p.Digest}} {
		fmt.Fprintf(table, "  %s\t%s\n", f[0], f[1])
	}
	if i := p.Policy.InForce(); i != nil {
		fmt.Fprintf(table, "  in force\tversion %d since %s, to be reviewed by %s, read by %d of %d\n  its digest\t%s\n", i.Number, i.At.Format(time.DateOnly), i.Review.Format(time.DateOnly), p.Acknowledged, p.Concerned, i.Digest)
	}
	_ = table.Flush() // to the same stdout as all else
	for _, d := range p.Due {
		fmt.Fprintf(e.stdout, "  to be looked at: %s\n", d)
	}
	for _, q := range p.Open {
		fmt.Fprintf(e.stdout, "  open: %s\n", strings.TrimSpace(q.Fact+" "+q.Ask))
	}
}

func newPolicySet(e *env) *cobra.Command {
	var p policy.Policy
	var file string
	var version int
	c := &cobra.Command{
		Use: "set POLICY", Short: "Write a policy of one's own, or change who owns, reads and approves one", Args: policyArg(),
		Example: "  demarc policy set access --version 1 --owner ines --quorum 2\n  demarc policy set remote-work --title 'Remote work' --file remote.md",
	}
	c.Flags().StringVar(&p.Title, "title", "", "title")
	c.Flags().StringVar(&p.Owner, "owner", "", "id of a person of the scope")
	c.Flags().StringSliceVar(&p.Audience, "audience", nil, "roles of the members concerned; none is everybody")
	c.Flags().IntVar(&p.Every, "every", 12, "months between reviews")
	c.Flags().IntVar(&p.Quorum, "quorum", 1, "how many people approve it")
	c.Flags().StringVar(&p.Note, "note", "", "what changed, and why")
	c.Flags().StringVar(&file, "file", "", "the text, in Markdown")
	c.Flags().IntVar(&version, "version", 0, "version of the record that you looked at; 0 for a new policy")
	c.RunE = func(c *cobra.Command, args []string) error {
		return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
			now := policy.Policy{ID: args[0], Every: p.Every, Quorum: p.Quorum}
			if version > 0 {
				was, err := a.Policy(c.Context(), caller, args[0])
				if err != nil {
					return err
				}
				now = was.Policy
			}
			for name, take := range map[string]func(){"title": func() { now.Title = p.Title }, "owner": func() { now.Owner = p.Owner }, "audience": func() { now.Audience = p.Audience }, "every": func() { now.Every = p.Every },
				"quorum": func() { now.Quorum = p.Quorum }, "note": func() { now.Note = p.Note }} {
				if c.Flags().Changed(name) {
					take()
				}
			}
			if file != "" {
				data, err := e.readFile(file)
				if err != nil {
					return err
				}
				now.Text = string(data)
			}
			x, err := a.SetPolicy(c.Context(), caller, now, version)
			return e.toldPolicy(x, err)
		})
	}
	return c
}

// toldPolicy says where a change left a policy.
func (e *env) toldPolicy(p policy.Policy, err error) error {
	if err == nil {
		fmt.Fprintf(e.stdout, "%s is at version %d, digest %s\n", p.ID, p.Version, p.Digest())
	}
	return err
}

func newPolicyImport(e *env) *cobra.Command {
	var version int
	c := &cobra.Command{
		Use: "import POLICY FILE", Short: "Take the text from an edited file: Markdown, or the paper in DOCX", Example: "  demarc policy import access access.docx --version 3", Args: cobra.ExactArgs(2),
	}
	c.Flags().IntVar(&version, "version", 0, "version of the record that you looked at, as demarc policy show says")
	c.RunE = func(c *cobra.Command, args []string) error {
		return e.withFile(c, args[1], func(a *app.App, caller app.Caller, name string, data []byte) error {
			x, err := a.ImportPolicy(c.Context(), caller, args[0], version, name, data)
			return e.toldPolicy(x, err)
		})
	}
	return c
}

func newPolicyExport(e *env) *cobra.Command {
	var format string
	var version int
	c := &cobra.Command{
		Use: "export POLICY [FILE]", Short: "Write a policy: a paper to sign, or the text to edit and import", Example: "  demarc policy export access access.docx\n  demarc policy export access --version 1 access.pdf", Args: cobra.RangeArgs(1, 2),
	}
	c.Flags().StringVar(&format, "format", "", "one of "+strings.Join(app.PolicyFormats(), ", ")+"; by the ending of FILE when empty, and md without one")
	c.Flags().IntVar(&version, "version", 0, "published version; 0 is the text that is being worked on")
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 1 && format == "" {
			format = "md"
		}
		return e.exportRegister(c, args[1:], format, args[0], func(a *app.App, caller app.Caller, how string, w io.Writer) error {
			return a.PolicyPaper(c.Context(), caller, args[0], version, how, report.Paper{}, w)
		})
	}
	return c
}
