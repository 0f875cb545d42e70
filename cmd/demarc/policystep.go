// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
)

func newPolicyDiff(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "diff POLICY FROM [TO]", Short: "Compare two versions of a policy; 0, or no second one, is the text that is being worked on", Example: "  demarc policy diff access 1\n  demarc policy diff access 1 2", Args: cobra.RangeArgs(2, 3),
		RunE: func(c *cobra.Command, args []string) error {
			var at [2]int
			for i, word := range args[1:] {
				n, err := strconv.Atoi(word)
				if err != nil || n < 0 {
					return problem.New(problem.Usage, quote(word)+" is no number of a version", "demarc policy show "+args[0]+" names them")
				}
				at[i] = n
			}
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				pieces, err := a.PolicyDiff(c.Context(), caller, args[0], at[0], at[1])
				if err != nil {
					return err
				}
				changed := 0
				for _, p := range pieces {
					if p.Was && p.Now {
						continue
					}
					changed++
					mark := map[bool]string{true: "- ", false: "+ "}[p.Was]
					fmt.Fprintln(e.stdout, mark+strings.ReplaceAll(p.Text, "\n", "\n"+mark))
				}
				fmt.Fprintln(e.stdout, count(changed, "piece differs", "pieces differ"))
				return nil
			})
		},
	}
}

// signedPolicy is a command about a policy whose digest was looked at.
func signedPolicy(e *env, use, short, example string, do func(*app.App, context.Context, app.Caller, string, string) (string, error)) *cobra.Command {
	var digest string
	c := &cobra.Command{Use: use + " POLICY", Short: short, Example: example, Args: policyArg()}
	c.Flags().StringVar(&digest, "digest", "", "digest of what you looked at, as demarc policy show says")
	c.RunE = func(c *cobra.Command, args []string) error {
		if digest == "" {
			return problem.New(problem.Usage, "say which text you looked at", "demarc policy show "+args[0]+", then --digest")
		}
		return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
			says, err := do(a, c.Context(), caller, args[0], digest)
			if err == nil {
				fmt.Fprintln(e.stdout, says)
			}
			return err
		})
	}
	return c
}

func newPolicyFill(e *env) *cobra.Command {
	var version int
	c := &cobra.Command{Use: "fill [POLICY]", Short: "Take the facts of today into a text, or into every text that is being written", Example: "  demarc policy fill\n  demarc policy fill access --version 1", Args: cobra.MaximumNArgs(1)}
	c.Flags().IntVar(&version, "version", 0, "version of the record that you looked at, as demarc policy show says")
	c.RunE = func(c *cobra.Command, args []string) error {
		return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
			if len(args) == 1 {
				x, err := a.FillPolicy(c.Context(), caller, args[0], version)
				return e.toldPolicy(x, err)
			}
			n, err := a.FillPolicies(c.Context(), caller)
			if err == nil {
				fmt.Fprintf(e.stdout, "%s filled\n", count(n, "text was", "texts were"))
			}
			return err
		})
	}
	return c
}

func newPolicySubmit(e *env) *cobra.Command {
	var version int
	c := &cobra.Command{Use: "submit POLICY", Short: "Hand a text in for approval", Example: "  demarc policy submit access --version 3", Args: policyArg()}
	c.Flags().IntVar(&version, "version", 0, "version of the record that you looked at, as demarc policy show says")
	c.RunE = func(c *cobra.Command, args []string) error {
		return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
			x, err := a.SubmitPolicy(c.Context(), caller, args[0], version)
			return e.toldPolicy(x, err)
		})
	}
	return c
}

func newPolicyApprove(e *env) *cobra.Command {
	return signedPolicy(e, "approve", "Approve a policy as you looked at it", "  demarc policy approve access --digest sha256:…", func(a *app.App, ctx context.Context, c app.Caller, id, digest string) (string, error) {
		p, err := a.ApprovePolicy(ctx, c, id, digest)
		return fmt.Sprintf("%d of %d have approved %s", len(p.Valid()), p.Quorum, id), err
	})
}

func newPolicyPublish(e *env) *cobra.Command {
	return signedPolicy(e, "publish", "Put an approved policy in force", "  demarc policy publish access --digest sha256:…", func(a *app.App, ctx context.Context, c app.Caller, id, digest string) (string, error) {
		p, err := a.PublishPolicy(ctx, c, id, digest)
		return fmt.Sprintf("%s is in force as version %d", id, len(p.Issues)), err
	})
}

func newPolicyAcknowledge(e *env) *cobra.Command {
	return signedPolicy(e, "acknowledge", "Say that you have read what is in force", "  demarc policy acknowledge access --digest sha256:…", func(a *app.App, ctx context.Context, c app.Caller, id, digest string) (string, error) {
		k, err := a.AcknowledgePolicy(ctx, c, id, digest)
		return fmt.Sprintf("%s has acknowledged version %d of %s", k.By, k.Number, id), err
	})
}

func newPolicyRetire(e *env) *cobra.Command {
	var why string
	var version int
	c := &cobra.Command{Use: "retire POLICY", Short: "End a policy; it stays to be read", Example: "  demarc policy retire access --version 5 --why 'its rules moved'", Args: policyArg()}
	c.Flags().StringVar(&why, "why", "", "why it holds no more")
	c.Flags().IntVar(&version, "version", 0, "version of the record that you looked at, as demarc policy show says")
	c.RunE = func(c *cobra.Command, args []string) error {
		return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
			x, err := a.RetirePolicy(c.Context(), caller, args[0], version, why)
			return e.toldPolicy(x, err)
		})
	}
	return c
}

func newPolicyCoverage(e *env) *cobra.Command {
	var edition string
	var all bool
	c := &cobra.Command{
		Use: "coverage", Short: "What speaks of each duty: a policy, a check, or somebody's answer", Example: "  demarc policy coverage\n  demarc policy coverage --all", Args: noArgs,
		Long: "Lists the duties of the organisation's side that nothing speaks of, and those that only\na policy speaks of: no check looks at them and nobody answered.",
	}
	c.Flags().StringVar(&edition, "edition", "", "edition of ISO/IEC 27017: 2015 or 2026; that of the newest assessment when empty")
	c.Flags().BoolVar(&all, "all", false, "the others too")
	c.RunE = func(c *cobra.Command, _ []string) error {
		ed, err := soaEdition(edition)
		if err != nil {
			return err
		}
		return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
			x, err := a.PolicyCoverage(c.Context(), caller, ed)
			if err != nil {
				return err
			}
			table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
			yes := map[bool]string{true: "yes", false: "no"}
			fmt.Fprintln(table, "DUTY\tPOLICIES\tCHECK\tANSWER\tASKS")
			for _, d := range x.Duties {
				if !all && !d.Untouched() && !d.WordsOnly() {
					continue
				}
				var in []string
				for _, p := range d.Promised {
					in = append(in, p.Policy)
				}
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", d.Duty, or(strings.Join(in, " "), "-"), yes[d.Checked], yes[d.Answered], cut(d.Text, 70))
			}
			if err := table.Flush(); err != nil {
				return err
			}
			fmt.Fprintf(e.stdout, "\n%s of ISO/IEC 27017:%s · policies speak of %d · only words: %d · nothing speaks of: %d\n", count(len(x.Duties), "duty", "duties"), x.Edition, x.Promised, x.WordsOnly, x.Untouched)
			return nil
		})
	}
	return c
}
