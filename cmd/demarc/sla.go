// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/agreement"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/internal/strict"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/sla"
)

func newSLA(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "sla",
		Short: "Service levels: what was promised, measured, missed, and is to be claimed",
		Long: `A service level is read from an agreement or written as a file; what was measured comes
as CSV. Reckoned exactly, it says for each window whether the target was met, which
credit is due and until when it must be claimed. What nobody measured is unknown: it
meets nothing and misses nothing.

read, compute and compose work on files alone; the other commands keep levels in the
store, with their measurements and the minutes of their reviews.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newSLARead(e), newSLACompute(e), newSLACompose(e), newSLAList(e), newSLAShow(e), newSLAAdd(e), newSLATake(e), newSLARecord(e), newSLAReview(e), newSLARemove(e))
	return c
}

func newSLARead(e *env) *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:     "read FILE…",
		Short:   "Read the service levels out of an agreement, with the words they rest on",
		Long:    "Finds the targets of availability in the files of an agreement, with the credits,\nclaims and exclusions that belong to them. What is printed as text is a metric in YAML,\nto be looked through and used with demarc sla compute or add. It is no legal advice.",
		Example: "  demarc sla read sla.pdf > metric.yaml\n  demarc sla read --format json terms.md sla.md",
		Args:    cobra.MinimumNArgs(1),
	}
	c.Flags().StringVar(&format, "format", "text", "text or json")
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := textOrJSON(format); err != nil {
			return err
		}
		docs, err := readAgreement(c.Context(), args)
		if err != nil {
			return err
		}
		found := append([]agreement.Level{}, agreement.Levels(docs)...)
		if format == "json" {
			return e.printJSON(found)
		}
		if len(found) == 0 {
			fmt.Fprintln(e.stdout, "# no promise of availability was found")
		}
		for i, l := range found {
			if i > 0 {
				fmt.Fprintln(e.stdout, "\n# another level: keep it in a file of its own\n---")
			}
			for _, n := range l.Notes {
				fmt.Fprintf(e.stdout, "# note: %s\n", n)
			}
			for _, q := range l.Quotes {
				fmt.Fprintf(e.stdout, "# %s, %s: “%s”\n", q.Of, q.Quote.Where(), q.Quote.Line(300))
			}
			fmt.Fprintf(e.stdout, "%s", l.Metric.Encode())
		}
		return nil
	}
	return c
}

// slaFlags is what a calculation may be told.
type slaFlags struct {
	metric, fee, currency, since, format, failOn string
}

func newSLACompute(e *env) *cobra.Command {
	var f slaFlags
	c := &cobra.Command{
		Use:   "compute --metric FILE MEASUREMENTS.csv…",
		Short: "Reckon windows, credits and claims from files",
		Long: `Reads a metric in YAML and measurements in CSV. The first line of a CSV says what it
holds:

  time,result           probes: up or down at a time
  time,good,bad         probes: how many of an interval went well, and not
  start,end,what,kind   incidents; the kind excluded is for maintenance
  window,percent        what somebody else measured

Nothing is stored. A window is met, missed, running, or unknown where what was not
measured could decide it.`,
		Example: "  demarc sla compute --metric metric.yaml incidents.csv\n  demarc sla compute --metric metric.yaml --fee 400 --currency EUR probes.csv maintenance.csv",
		Args:    cobra.MinimumNArgs(1),
	}
	c.Flags().StringVar(&f.metric, "metric", "", "file with the metric, in YAML")
	c.Flags().StringVar(&f.fee, "fee", "", "that is paid for a window, such as 400.00")
	c.Flags().StringVar(&f.currency, "currency", "", "of the fee")
	c.Flags().StringVar(&f.since, "since", "", "first day on which the service was used")
	c.Flags().StringVar(&f.format, "format", "text", "text or json")
	c.Flags().StringVar(&f.failOn, "fail-on", "", "exit with 1 when a window is in this state: missed or unknown")
	c.RunE = func(c *cobra.Command, args []string) error { return e.computeSLA(f, args) }
	return c
}

func (e *env) computeSLA(f slaFlags, names []string) error {
	if err := textOrJSON(f.format); err != nil {
		return err
	}
	if f.metric == "" {
		return problem.New(problem.Usage, "say what was promised", "--metric metric.yaml; demarc sla read makes one of an agreement")
	}
	if f.failOn != "" && f.failOn != string(sla.Missed) && f.failOn != string(sla.Unknown) {
		return problem.New(problem.Usage, "--fail-on knows no "+quote(f.failOn), "--fail-on missed or unknown")
	}
	l, err := e.levelOf(f)
	if err != nil {
		return err
	}
	all, err := e.seriesOf(l, names)
	if err != nil {
		return err
	}
	out := app.LevelReading{ServiceLevel: l, Results: []sla.Result{}}
	for _, s := range all {
		if len(s.Probes)+len(s.Downs)+len(s.Stated) > 0 || l.Since != nil {
			out.Results = append(out.Results, sla.Judge(l.Metric, s, l.Fee, e.now())...)
		}
	}
	if f.format == "json" {
		if err := e.printJSON(out.Results); err != nil {
			return err
		}
	} else {
		e.printWindows(out)
	}
	bad := 0
	for _, r := range out.Results {
		if string(r.State) == f.failOn {
			bad++
		}
	}
	if bad > 0 {
		return problem.New(problem.Findings, count(bad, "window is", "windows are")+" "+f.failOn, "")
	}
	return nil
}

// levelOf makes a service level of the flags.
func (e *env) levelOf(f slaFlags) (l app.ServiceLevel, err error) {
	data, err := e.readFile(f.metric)
	if err != nil {
		return l, err
	}
	if l.Metric, err = sla.ParseMetric(filepath.Base(f.metric), data); err != nil {
		return l, err
	}
	if f.fee != "" {
		if l.Fee, err = sla.ParseDecimal(f.fee); err != nil {
			return l, problem.New(problem.Usage, "--fee: "+err.Error(), "--fee 400.00")
		}
	}
	if f.since != "" {
		day, err := time.ParseInLocation(time.DateOnly, f.since, l.Metric.Location())
		if err != nil {
			return l, problem.New(problem.Usage, "--since "+quote(f.since)+" is no day", "--since 2026-01-31")
		}
		l.Since = &day
	}
	l.Currency = f.currency
	return l, nil
}

// seriesOf reads files of measurements, one series a means, each with the
// exclusions of all.
func (e *env) seriesOf(l app.ServiceLevel, names []string) ([]sla.Series, error) {
	var out []sla.Series
	var excluded []sla.Span
	for _, name := range names {
		data, err := e.readFile(name)
		if err != nil {
			return nil, err
		}
		s, err := sla.ReadCSV(filepath.Base(name), data, l.Metric)
		if err != nil {
			return nil, err
		}
		excluded = append(excluded, s.Excluded...)
		joined := false
		for i := range out {
			if out[i].Kind == s.Kind {
				out[i].Join(s)
				joined = true
			}
		}
		if !joined {
			out = append(out, s)
		}
	}
	for i := range out {
		if out[i].Excluded = excluded; l.Since != nil {
			out[i].Since = *l.Since
		}
	}
	return out, nil
}

// printWindows writes what was reckoned as a table.
func (e *env) printWindows(l app.LevelReading) {
	fmt.Fprintf(e.stdout, "%s: at least %s %% in each %s (%s)\nclaim %s\n\n", l.Metric.Name, l.Metric.Target, l.Metric.Window, l.Metric.Zone, l.Metric.Claim.Words())
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "WINDOW\tSTATE\tMEASURED\tDOWN\tCREDIT\tCLAIM BY\tMEANS")
	for _, r := range append(append([]sla.Result{}, l.Results...), l.Others...) {
		measured, down, credit, by := r.Low.String()+" %", sla.Spell(int(r.Down)), "-", "-"
		switch {
		case r.State == sla.Running:
			measured = r.High.String() + " % at best"
			down += ", " + sla.Spell(int(r.Left)) + " left"
		case r.Low != r.High:
			measured = r.Low.String() + " to " + r.High.String() + " %"
		}
		if l.Metric.Method != sla.ByTime && r.Kind == sla.Probes {
			down = fmt.Sprintf("%d of %d", r.Down, r.Of)
		}
		if r.Kind == sla.Stateds {
			down = "-"
		}
		if r.Credit > 0 || r.Most > 0 {
			credit = r.Credit.String() + " %"
			if r.Amount != nil {
				credit += " = " + strings.TrimSpace(r.Amount.String()+" "+l.Currency)
			}
			if r.Most > 0 {
				credit += " to " + r.Most.String() + " %"
			}
			if by = or(r.ClaimBy, "no day"); r.Late {
				by += " (late)"
			}
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Window, r.State, measured, down, credit, by, r.Kind)
	}
	_ = table.Flush() // to the same stdout as all else
	if len(l.Results) == 0 {
		fmt.Fprintln(e.stdout, "nothing was measured")
	}
}

func newSLACompose(e *env) *cobra.Command {
	return &cobra.Command{
		Use:     "compose EXPRESSION",
		Short:   "Reckon the availability of services that need each other",
		Long:    "* stands between services that are all needed, | between those that stand in for each\nother. " + sla.Independence,
		Example: "  demarc sla compose '99.95 * (99.5 | 99.5)'",
		Args:    oneArg("an expression", "demarc sla compose '99.95 * 99.9'"),
		RunE: func(_ *cobra.Command, args []string) error {
			v, err := sla.Compose(args[0], nil)
			if err == nil {
				fmt.Fprintf(e.stdout, "%s %%, which is %s of downtime in 30 days\nfrom %s\n%s\n", v.Availability, sla.Spell(v.Down), strings.Join(v.Parts, ", "), wrap(sla.Independence, ""))
			}
			return err
		},
	}
}

func slaArg() cobra.PositionalArgs {
	return oneArg("the id of a service level", "demarc sla list")
}

func newSLAList(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the service levels that are kept", Args: noArgs, Example: "  demarc sla list",
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				all, err := a.Levels(c.Context(), caller)
				if err != nil {
					return err
				}
				table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(table, "LEVEL\tSERVICE\tTARGET\tLAST\tSTATE\tTO CLAIM\tNEXT REVIEW\tNAME")
				for _, l := range all {
					window, state := "-", "nothing measured"
					if r, ended := l.Last(); ended {
						window, state = r.Window, string(r.State)
					}
					late := ""
					if l.Late {
						late = " (late)"
					}
					fmt.Fprintf(table, "%s\t%s\t%s %% a %s\t%s\t%s\t%d\t%s%s\t%s\n", l.ID, or(l.Service, "-"), l.Metric.Target, l.Metric.Window, window, state, len(l.Claims()), l.Next, late, cut(l.Metric.Name, 40))
				}
				return table.Flush()
			})
		},
	}
}

func newSLAShow(e *env) *cobra.Command {
	var format string
	c := &cobra.Command{Use: "show LEVEL", Short: "Show a service level with its windows and reviews", Args: slaArg(), Example: "  demarc sla show l1"}
	c.Flags().StringVar(&format, "format", "text", "text or json")
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := textOrJSON(format); err != nil {
			return err
		}
		return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
			l, err := a.Level(c.Context(), caller, args[0])
			if err != nil {
				return err
			}
			if format == "json" {
				return e.printJSON(l)
			}
			e.printLevel(l)
			return nil
		})
	}
	return c
}

func (e *env) printLevel(l app.LevelReading) {
	e.printWindows(l)
	for _, r := range l.Records {
		fmt.Fprintf(e.stdout, "\n%s  %s, %s, by %s", r.ID, r.File, count(r.Rows, "row", "rows"), r.By)
	}
	for _, q := range l.Quotes {
		fmt.Fprintf(e.stdout, "\n%s, %s: “%s”", q.Of, q.Where, cut(q.Text, 160))
	}
	fmt.Fprintln(e.stdout)
	for _, v := range l.Reviews {
		fmt.Fprintf(e.stdout, "\nreviewed %s by %s (kept by %s)\n%s", v.On, strings.Join(v.People, ", "), v.By, wrap(or(v.Minutes, "no minutes"), "  "))
		for _, d := range v.Decisions {
			fmt.Fprintf(e.stdout, "\n  decided: %s; %s; %s", d.What, or(d.Who, "nobody named"), or(d.Due, "no day"))
		}
		fmt.Fprintln(e.stdout)
	}
	fmt.Fprintf(e.stdout, "\nnext review: %s\n", l.Next)
}

func newSLAAdd(e *env) *cobra.Command {
	var f slaFlags
	var id, service, of string
	var every int
	c := &cobra.Command{
		Use:     "add METRIC.yaml",
		Short:   "Write a service level down, or change one",
		Example: "  demarc sla add metric.yaml --service mailer --fee 400 --currency EUR\n  demarc sla add metric.yaml --id l1",
		Args:    oneArg("a metric in YAML", "demarc sla read makes one of an agreement"),
	}
	c.Flags().StringVar(&id, "id", "", "service level to change; a new one when empty")
	c.Flags().StringVar(&service, "service", "", "of the scope")
	c.Flags().StringVar(&of, "agreement", "", "id of the agreement that promises it")
	c.Flags().StringVar(&f.fee, "fee", "", "that is paid for a window")
	c.Flags().StringVar(&f.currency, "currency", "", "of the fee")
	c.Flags().StringVar(&f.since, "since", "", "first day on which the service was used")
	c.Flags().IntVar(&every, "every", 0, "months from review to review; 3 when 0")
	c.RunE = func(c *cobra.Command, args []string) error {
		f.metric = args[0]
		l, err := e.levelOf(f)
		if err != nil {
			return err
		}
		l.ID, l.Service, l.Agreement, l.Every = id, service, of, every
		return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
			l, err := a.SetLevel(c.Context(), caller, l)
			if err == nil {
				fmt.Fprintf(e.stdout, "%s: at least %s %% in each %s\nnext: demarc sla record %s FILE.csv\n", l.ID, l.Metric.Target, l.Metric.Window, l.ID)
			}
			return err
		})
	}
	return c
}

func newSLATake(e *env) *cobra.Command {
	var at int
	c := &cobra.Command{
		Use: "take AGREEMENT", Short: "Write a service level down as an agreement that is kept names it", Example: "  demarc sla take g1\n  demarc sla take g1 --at 1",
		Args: oneArg("the id of an agreement", "the page of agreements names them"),
	}
	c.Flags().IntVar(&at, "at", 0, "which of the levels that it names, from 0")
	c.RunE = func(c *cobra.Command, args []string) error {
		return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
			l, err := a.TakeLevel(c.Context(), caller, args[0], at)
			if err == nil {
				fmt.Fprintf(e.stdout, "%s: at least %s %% in each %s\nnext: demarc sla show %s, and compare it with the words\n", l.ID, l.Metric.Target, l.Metric.Window, l.ID)
			}
			return err
		})
	}
	return c
}

func newSLARecord(e *env) *cobra.Command {
	var remove string
	c := &cobra.Command{
		Use: "record LEVEL [FILE.csv]", Short: "Take measurements in, or remove a file of them", Example: "  demarc sla record l1 incidents.csv\n  demarc sla record l1 --remove m1",
		Args: cobra.RangeArgs(1, 2),
	}
	c.Flags().StringVar(&remove, "remove", "", "id of the file of measurements to remove")
	c.RunE = func(c *cobra.Command, args []string) error {
		if (remove == "") == (len(args) == 1) {
			return problem.New(problem.Usage, "name a file of measurements, or one to remove", "demarc sla record "+args[0]+" incidents.csv")
		}
		var f app.Upload
		if remove == "" {
			data, err := e.readFile(args[1])
			if err != nil {
				return err
			}
			f = app.Upload{Name: filepath.Base(args[1]), Data: data}
		}
		return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
			if remove != "" {
				_, err := a.RemoveMeasurement(c.Context(), caller, args[0], remove)
				return err
			}
			if _, err := a.AddMeasurement(c.Context(), caller, args[0], f); err != nil {
				return err
			}
			l, err := a.Level(c.Context(), caller, args[0])
			if err == nil {
				e.printWindows(l)
			}
			return err
		})
	}
	return c
}

// minutes is a review as people write it.
type minutes struct {
	On        string   `yaml:"on"`
	People    []string `yaml:"people"`
	Minutes   string   `yaml:"minutes"`
	Decisions []struct {
		What string `yaml:"what"`
		Who  string `yaml:"who"`
		Due  string `yaml:"due"`
	} `yaml:"decisions"`
}

func newSLAReview(e *env) *cobra.Command {
	return &cobra.Command{
		Use:     "review LEVEL MINUTES.yaml",
		Short:   "Keep the minutes of a review",
		Long:    "Keeps who was there, what was said and what was decided, with the windows as they are\nreckoned now. The file:\n\n  on: 2026-10-19\n  people: [Ines Adler, Postrider support]\n  minutes: The queue stood for two hours.\n  decisions:\n    - {what: Claim the credit, who: Ines Adler, due: 2026-10-28}",
		Example: "  demarc sla review l1 minutes.yaml",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			data, err := e.readFile(args[1])
			if err != nil {
				return err
			}
			var m minutes
			if err := strict.Read(filepath.Base(args[1]), data, &m).Err(); err != nil {
				return err
			}
			r := app.LevelReview{On: m.On, People: m.People, Minutes: m.Minutes}
			for _, d := range m.Decisions {
				r.Decisions = append(r.Decisions, app.LevelDecision{What: d.What, Who: d.Who, Due: d.Due})
			}
			return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
				l, err := a.ReviewLevel(c.Context(), caller, args[0], r)
				if err == nil {
					fmt.Fprintf(e.stdout, "kept the minutes of %s, with %s\n", m.On, count(len(l.Reviews[len(l.Reviews)-1].Seen), "window", "windows"))
				}
				return err
			})
		},
	}
}

func newSLARemove(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "remove LEVEL", Short: "Take a service level off the list", Args: slaArg(), Example: "  demarc sla remove l1",
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
				return a.RemoveLevel(c.Context(), caller, args[0])
			})
		},
	}
}
