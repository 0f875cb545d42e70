// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/reach"
)

// reachFlags are the flags of reach.
type reachFlags struct {
	tenants, from, to, node string
	save, json              bool
}

func newReach(e *env) *cobra.Command {
	f := &reachFlags{}
	c := &cobra.Command{
		Use:   "reach",
		Short: "Who can reach whom: tenants, the internet, the administration network",
		Long: `Computes from what was collected whether any packet can go from one tenant's machines
to another's, from tenants to the administration network, and from the internet to a
machine: through security groups, network ACLs, routes, peerings, transit gateways,
endpoints and load balancers. Each answer is open, one-way (a packet arrives and no
answer comes back), closed, or unknown with what was not read. No packet is sent.

Whose machines are whose say the tags "tenant", or a file:

  administration: {tags: {zone: admin}}
  tenants:
    - {id: alder, accounts: ["111122223333"]}
    - {id: birch, networks: [vpc-0a1b2c3d]}
    - {id: cedar, tags: {tenant: cedar}}

docs/reach.md tells what is weighed and what is not.`,
		Example: "  demarc reach\n  demarc reach --from alder --to birch\n  demarc reach --internet i-0a1b2c3d\n  demarc reach --tenant tenants.yaml --save",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if (f.from == "") != (f.to == "") {
				return problem.New(problem.Usage, "--from and --to stand together", "demarc reach --from alder --to birch; --internet NODE asks for the internet")
			}
			if f.save && f.tenants == "" {
				return problem.New(problem.Usage, "--save needs a file of tenants", "demarc reach --tenant tenants.yaml --save")
			}
			return e.with(c.Context(), !f.save, func(a *app.App, caller app.Caller) error { return e.reach(c, a, caller, f) })
		},
	}
	c.Flags().StringVar(&f.tenants, "tenant", "", "file that says whose machines are whose")
	c.Flags().BoolVar(&f.save, "save", false, "keep the file: pages and assessments follow it from now on")
	c.Flags().StringVar(&f.from, "from", "", "tenant that sends")
	c.Flags().StringVar(&f.to, "to", "", "tenant that is reached, or administration")
	c.Flags().StringVar(&f.node, "internet", "", "machine, by id or name: how the internet reaches it")
	c.Flags().BoolVar(&f.json, "json", false, "print the whole answer as JSON")
	return c
}

func (e *env) reach(c *cobra.Command, a *app.App, caller app.Caller, f *reachFlags) error {
	var t *reach.Tenants
	if f.tenants != "" {
		data, err := e.readFile(f.tenants)
		if err != nil {
			return err
		}
		name := filepath.Base(f.tenants)
		if f.save {
			t, err = a.SetTenants(c.Context(), caller, name, data)
		} else {
			t, err = reach.Parse(name, data)
		}
		if err != nil {
			return err
		}
	}
	r, err := a.Reach(c.Context(), caller, t)
	if err != nil {
		return err
	}
	switch {
	case f.from != "":
		return e.reachPair(r, f)
	case f.node != "":
		return e.reachNode(r, f)
	case f.json:
		return e.reachJSON(r.Answer)
	}
	return e.reachAll(r)
}

func (e *env) reachJSON(v any) error {
	out := json.NewEncoder(e.stdout)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(v)
}

func (e *env) reachPair(r *app.Reached, f *reachFlags) error {
	var known []string
	for _, t := range r.Tenants {
		known = append(known, t.ID)
	}
	for _, p := range r.Pairs {
		if p.From != f.from || p.To != f.to {
			continue
		}
		if f.json {
			return e.reachJSON(p)
		}
		fmt.Fprintf(e.stdout, "%s to %s: %s\n%s\n", p.From, p.To, p.Verdict, wrap(p.Why, "  "))
		e.steps(p.Path)
		if p.Fix != "" {
			fmt.Fprintf(e.stdout, "\nto stop it: %s\n", strings.TrimSpace(wrap(p.Fix, "")))
		}
		return nil
	}
	return problem.New(problem.NotFound, fmt.Sprintf("there is no pair of tenants %q and %q", f.from, f.to), "the tenants are: "+or(strings.Join(known, ", "), "none"))
}

func (e *env) reachNode(r *app.Reached, f *reachFlags) error {
	for _, x := range r.Internet {
		if x.Node != f.node && x.Name != f.node {
			continue
		}
		if f.json {
			return e.reachJSON(x)
		}
		fmt.Fprintf(e.stdout, "internet to %s: %s\n%s\n", x.Name, x.Verdict, wrap(x.Why, "  "))
		for _, o := range x.Openings {
			fmt.Fprintf(e.stdout, "  %s from %s\n", o.Ports, strings.Join(o.From, ", "))
		}
		e.steps(x.Path)
		return nil
	}
	return problem.New(problem.NotFound, fmt.Sprintf("no machine is called %q", f.node), "demarc reach --json lists every one")
}

func (e *env) steps(path []reach.Step) {
	if len(path) == 0 {
		return
	}
	fmt.Fprintln(e.stdout)
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	for i, s := range path {
		id := s.ID
		if s.Name != "" && s.Name != s.ID {
			id = s.Name + " (" + s.ID + ")"
		}
		fmt.Fprintf(table, "%3d\t%s\t%s\t%s\n", i+1, s.What, id, s.Says)
	}
	table.Flush()
}

// reachAll prints the matrix of tenants and what is not closed.
func (e *env) reachAll(r *app.Reached) error {
	if r.Nodes == 0 {
		fmt.Fprintln(e.stdout, "nothing that was collected has a network interface")
		return nil
	}
	if len(r.Tenants) < 2 {
		fmt.Fprintf(e.stdout, "%s, fewer than two tenants: a tag \"tenant\" or --tenant FILE says whose they are\n", count(r.Nodes, "machine", "machines"))
	} else if len(r.Tenants) <= 20 {
		e.matrix(r)
	}
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	tally := map[reach.Verdict]int{}
	for _, p := range r.Pairs {
		tally[p.Verdict]++
		if p.Verdict != reach.Closed {
			fmt.Fprintf(table, "%s\t%s\t%s\n", p.Verdict, p.From+" → "+p.To, cut(p.Why, 100))
		}
	}
	exposed := map[reach.Verdict]int{}
	for _, x := range r.Internet {
		exposed[x.Verdict]++
		if x.Verdict != reach.Closed {
			fmt.Fprintf(table, "%s\t%s\t%s\n", x.Verdict, "internet → "+x.Name, cut(x.Why, 100))
		}
	}
	fmt.Fprintln(e.stdout)
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(e.stdout, "\n%s of tenants: %d open, %d one-way, %d unknown, %d closed\n%s: the internet reaches %d, %d one-way, %d unknown, %d closed; %d of no tenant\nnext: demarc reach --from TENANT --to TENANT tells the path; docs/reach.md what is not weighed\n",
		count(len(r.Pairs), "pair", "pairs"), tally[reach.Open], tally[reach.OneWay], tally[reach.Unknown], tally[reach.Closed],
		count(r.Nodes, "machine", "machines"), exposed[reach.Open], exposed[reach.OneWay], exposed[reach.Unknown], exposed[reach.Closed], r.Nobody)
	return err
}

func (e *env) matrix(r *app.Reached) {
	verdicts := map[[2]string]reach.Verdict{}
	for _, p := range r.Pairs {
		verdicts[[2]string{p.From, p.To}] = p.Verdict
	}
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "FROM \\ TO")
	for _, t := range r.Tenants {
		fmt.Fprint(table, "\t"+t.ID)
	}
	fmt.Fprintln(table)
	for _, from := range r.Tenants {
		fmt.Fprint(table, from.ID)
		for _, to := range r.Tenants {
			mark := string(verdicts[[2]string{from.ID, to.ID}])
			switch {
			case from.ID == to.ID:
				mark = "-"
			case mark == string(reach.Closed):
				mark = "·" // what stands out is what is not closed
			}
			fmt.Fprint(table, "\t"+mark)
		}
		fmt.Fprintln(table)
	}
	table.Flush()
}
