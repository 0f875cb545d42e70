// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/audit"
	"demarc.dev/demarc/internal/day"
	"demarc.dev/demarc/problem"
)

func newReview(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "review",
		Short: "Management reviews: inputs from the records, decisions, signed minutes",
		Long: `A review begins by freezing the inputs that ISO/IEC 27001:2022, 9.3.2 names, as the
records have them. What people say of each and what they decide is written down beside;
the minutes are signed and bind to all of it. What no record tells, somebody has to say.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newReviewInput(e), newReviewList(e), newReviewBegin(e), newReviewShow(e), newReviewWrite(e), newReviewSign(e), newReviewReport(e))
	return c
}

func (e *env) printInputs(all []audit.Input) {
	for _, in := range all {
		fmt.Fprintf(e.stdout, "%s) %s\n", in.Letter, in.Title)
		for _, f := range in.Facts {
			fmt.Fprintln(e.stdout, wrap(f.Says, "   "))
		}
		switch {
		case in.Said != "":
			fmt.Fprintln(e.stdout, wrap("said: "+in.Said, "   "))
		case len(in.Facts) == 0:
			fmt.Fprintln(e.stdout, "   the records say nothing of it: people have to")
		}
	}
}

func newReviewInput(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "input", Short: "Show the inputs as the records have them now", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				all, err := a.ReviewInputs(c.Context(), caller)
				e.printInputs(all)
				return err
			})
		},
	}
}

func newReviewList(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the reviews, the newest first", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				all, err := a.Reviews(c.Context(), caller)
				if err != nil {
					return err
				}
				table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(table, "REVIEW\tDAY\tLED BY\tMINUTES\tDECISIONS\tOPEN\tLATE")
				for _, r := range all {
					fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%d\t%d\n", r.ID, r.Day, r.Chair, minutesOf(r), len(r.Decisions), r.Open, r.Late)
				}
				return table.Flush()
			})
		},
	}
}

func minutesOf(r app.ReviewLine) string {
	switch {
	case r.Signed == nil:
		return "not signed"
	case !r.Valid:
		return "changed since"
	}
	return "signed by " + r.Signed.By
}

func newReviewBegin(e *env) *cobra.Command {
	var on, chair string
	var present []string
	c := &cobra.Command{Use: "begin", Short: "Freeze the inputs, and begin a review", Args: noArgs, Example: "  demarc review begin --chair 'Mara Lind' --present 'Ivo Brandt'"}
	c.Flags().StringVar(&on, "day", "", "day on which it is held; today when empty")
	c.Flags().StringVar(&chair, "chair", "", "who leads it")
	c.Flags().StringArrayVar(&present, "present", nil, "somebody else who is present")
	c.RunE = func(c *cobra.Command, _ []string) error {
		return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
			r, err := a.BeginReview(c.Context(), caller, audit.Review{Day: audit.Day(cmp.Or(on, string(day.Of(e.now())))), Chair: chair, Present: present})
			if err == nil {
				fmt.Fprintf(e.stdout, "%s is begun; its inputs are frozen at %s\n", r.ID, r.Frozen)
			}
			return err
		})
	}
	return c
}

func reviewArg() cobra.PositionalArgs { return oneArg("the id of a review", "demarc review list") }

func newReviewShow(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "show REVIEW", Short: "Show a review", Example: "  demarc review show m1", Args: reviewArg(),
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				r, err := a.Review(c.Context(), caller, args[0])
				if err != nil {
					return err
				}
				fmt.Fprintf(e.stdout, "%s  %s, led by %s, %s, version %d\n", r.ID, r.Day, r.Chair, minutesOf(r), r.Version)
				e.printInputs(r.Inputs)
				for i, d := range r.Decisions {
					fmt.Fprintf(e.stdout, "%d. %s  by %s, due %s, %s\n", i+1, d.What, or(d.Owner, "nobody named"), or(string(d.Due), "no day"), or(string(d.Done), "open"))
				}
				return nil
			})
		},
	}
}

func newReviewWrite(e *env) *cobra.Command {
	var said, decided, done []string
	c := &cobra.Command{
		Use: "write REVIEW", Short: "Write down what was said of an input, and what was decided",
		Long:    "Writes down what was said, as letter=words, and adds what was decided, as\nwhat;person;due; person and due may be empty. --done notes the day on which a decision\nwas carried out, as number=day, also once the minutes are signed.",
		Example: "  demarc review write m1 --said 'b=no change' --decision 'a second auditor is trained;security;2027-03-31'\n  demarc review write m1 --done 1=2027-02-01",
		Args:    reviewArg(),
	}
	c.Flags().StringArrayVar(&said, "said", nil, "letter=words")
	c.Flags().StringArrayVar(&decided, "decision", nil, "what;person;due")
	c.Flags().StringArrayVar(&done, "done", nil, "number=day")
	c.RunE = func(c *cobra.Command, args []string) error {
		return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
			was, err := a.Review(c.Context(), caller, args[0])
			if err != nil {
				return err
			}
			letters := map[string]string{}
			for _, text := range said {
				letter, words, ok := strings.Cut(text, "=")
				if !ok {
					return problem.New(problem.Usage, "--said "+quote(text)+" is none", "letter=words, such as 'b=no change'")
				}
				letters[letter] = words
			}
			var steps []audit.Action
			for _, d := range was.Decisions {
				steps = append(steps, audit.Action(d))
			}
			if steps, err = typedActions(steps, decided, done); err != nil {
				return err
			}
			all := make([]audit.Decision, len(steps))
			for i, s := range steps {
				all[i] = audit.Decision(s)
			}
			r, err := a.WriteReview(c.Context(), caller, args[0], letters, all, was.Version)
			if err == nil {
				fmt.Fprintf(e.stdout, "%s is at version %d\n", r.ID, r.Version)
			}
			return err
		})
	}
	return c
}

func newReviewSign(e *env) *cobra.Command {
	var version int
	c := &cobra.Command{Use: "sign REVIEW", Short: "Sign the minutes", Example: "  demarc review sign m1 --version 4", Args: reviewArg()}
	c.Flags().IntVar(&version, "version", 0, "version that you looked at, as demarc review show says")
	c.RunE = func(c *cobra.Command, args []string) error {
		if version == 0 {
			return problem.New(problem.Usage, "say which version of the minutes you looked at", "demarc review show "+args[0]+", then --version")
		}
		return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
			r, err := a.SignReview(c.Context(), caller, args[0], version)
			if err == nil {
				fmt.Fprintf(e.stdout, "the minutes of %s are signed by %s\n%s\n", r.ID, r.Signed.By, r.Signed.Digest)
			}
			return err
		})
	}
	return c
}

func newReviewReport(e *env) *cobra.Command {
	var format string
	c := &cobra.Command{Use: "report REVIEW [FILE]", Short: "Write the minutes", Example: "  demarc review report m1 minutes.docx", Args: cobra.RangeArgs(1, 2)}
	c.Flags().StringVar(&format, "format", "", "one of "+strings.Join(app.ReviewFormats(), ", ")+"; by the ending of FILE when empty")
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 1 {
			format = cmp.Or(format, "json")
		}
		return e.exportRegister(c, args[1:], format, args[0]+" minutes", func(a *app.App, caller app.Caller, how string, w io.Writer) error {
			return a.ReviewPaper(c.Context(), caller, args[0], how, report.Paper{}, w)
		})
	}
	return c
}
