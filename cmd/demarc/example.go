// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/cloud/terraform"
	"demarc.dev/demarc/example"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/risk"
)

// exampleMark stands in the folder that the example wrote, so that it never
// writes over another one.
const exampleMark = ".demarc-example"

func newExample(e *env) *cobra.Command {
	var out string
	var customer bool
	c := &cobra.Command{
		Use:   "example",
		Short: "The whole path on the shipped example estate: no account, no network, no question",
		Long: `Assesses the estate of Larkspur Ledger, a firm that does not exist, on an embedded
store, and leaves every report and an evidence pack in one folder. The snapshot was
taken by Demarc's own collector from an emulator of the AWS API; the plan was made
by Terraform. The files that went in lie beside the reports, to begin your own from.`,
		Example: "  demarc example --out demarc-out",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := prepare(out); err != nil {
				return err
			}
			e.data, e.org, e.embedded = filepath.Join(out, "store"), "", true
			return e.begin(c.Context(), func(a *app.App, caller app.Caller) error {
				if err := e.example(c.Context(), a, caller, out); err != nil || !customer {
					return err
				}
				return exampleCustomer(c.Context(), a, caller)
			})
		},
	}
	c.Flags().StringVar(&out, "out", "demarc-out", "folder to leave everything in; what an earlier example left there is replaced")
	c.Flags().BoolVar(&customer, "customer", false, "make a customer of the firm too, an organisation of its own in the same store")
	return c
}

// prepare makes the folder, or empties the one of an earlier example.
func prepare(dir string) error {
	mark := filepath.Join(dir, exampleMark)
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fileProblem(dir, err)
	case len(entries) > 0:
		if _, err := os.Stat(mark); err != nil {
			return problem.New(problem.Conflict, dir+" holds files that the example did not write", "demarc example --out another-folder")
		}
		for _, part := range []string{"store", "input", "report"} { // what an earlier example wrote
			if err := os.RemoveAll(filepath.Join(dir, part)); err != nil {
				return fileProblem(dir, err)
			}
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fileProblem(dir, err)
	}
	return fileProblem(mark, os.WriteFile(mark, []byte("Written by demarc example, which replaces what it finds here.\n"), 0o644))
}

func (e *env) example(ctx context.Context, a *app.App, c app.Caller, out string) error {
	began := e.now()
	if err := os.CopyFS(filepath.Join(out, "input"), example.Files()); err != nil {
		return fileProblem(out, err)
	}
	if err := e.exampleInput(ctx, a, c); err != nil {
		return err
	}
	assessed, err := a.Assess(ctx, c, app.Ask{Edition: catalogue.Edition2026, Parties: []catalogue.Party{catalogue.Customer, catalogue.Provider}})
	if err != nil {
		return err
	}
	if err := e.examplePolicies(ctx, a, c); err != nil {
		return err
	}
	if err := e.exampleAudit(ctx, a, c); err != nil {
		return err
	}
	if err := e.exampleCalendar(ctx, a, c); err != nil {
		return err
	}
	if err := e.exampleReview(ctx, a, c); err != nil {
		return err
	}
	gap, err := a.GapData(ctx, c, assessed.Run)
	if err != nil {
		return err
	}
	reports := filepath.Join(out, "report")
	files, err := e.reportAll(ctx, a, c, assessed.Run, reports, report.Paper{PreparedFor: "the board of Larkspur Ledger"})
	if err != nil {
		return err
	}
	e.printAssessment(assessed, gap)
	e.printWhere(out, reports, files, e.now().Sub(began))
	return nil
}

// exampleInput takes everything in, as a user would with the commands.
func (e *env) exampleInput(ctx context.Context, a *app.App, c app.Caller) error {
	files := example.Files()
	read := func(name string, take func(file string, data []byte) error) error {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return fmt.Errorf("reading the example's %s: %w", name, err)
		}
		return take(path.Base(name), data)
	}
	steps := []struct {
		name string
		take func(file string, data []byte) error
	}{
		{"scope.yaml", func(f string, d []byte) error { _, err := a.SetScope(ctx, c, f, d); return err }},
		{"estate/larkspur.snapshot", func(f string, d []byte) error {
			_, _, err := a.TakeSnapshot(ctx, c, f, bytes.NewReader(d))
			return err
		}},
		{"estate/plan.json", func(f string, d []byte) error { return e.examplePlan(ctx, a, c, f, d) }},
		{"statement/postrider.yaml", func(f string, d []byte) error {
			_, err := a.FileStatement(ctx, c, f, d, responsibility.StatementOptions{})
			return err
		}},
		{"attestations.yaml", func(f string, d []byte) error {
			_, err := a.SetAttestations(ctx, c, f, d, files)
			return err
		}},
		{"exceptions.yaml", func(f string, d []byte) error { _, err := a.SetExceptions(ctx, c, f, d); return err }},
		{"risks.yaml", func(f string, d []byte) error { return e.exampleRisks(ctx, a, c, f, d) }},
	}
	matrices, err := fs.Glob(files, "matrix/*.yaml")
	if err != nil {
		return err
	}
	for _, name := range matrices {
		steps = append(steps, struct {
			name string
			take func(file string, data []byte) error
		}{name, func(f string, d []byte) error {
			m, err := a.ParseMatrix(ctx, c, f, d)
			if err == nil {
				_, _, err = a.ImportMatrix(ctx, c, m)
			}
			return err
		}})
	}
	for _, s := range steps {
		if err := read(s.name, s.take); err != nil {
			return err
		}
	}
	return exampleSignatures(ctx, a, c)
}

// exampleSignatures signs two matrices for our side. One of them changes
// afterwards, as they do: its sign-off is stale, and rule RM-12 says so.
func exampleSignatures(ctx context.Context, a *app.App, c app.Caller) error {
	if _, err := a.SignMatrix(ctx, c, "aws", catalogue.Edition2026, 0, "Ruth Calder"); err != nil {
		return err
	}
	m, err := a.SignMatrix(ctx, c, "ledger", catalogue.Edition2026, 0, "Tom Varga")
	if err != nil {
		return err
	}
	for i, l := range m.Allocations {
		if l.Duty == "16.1.2-P2" { // to tell customers of incidents
			m.Allocations[i].Basis = responsibility.Basis{Kind: responsibility.ContractClause, Reference: "Ledger terms of service 2026-02, 14.3 (24 hours)"}
		}
	}
	_, _, err = a.ImportMatrix(ctx, c, m)
	return err
}

// exampleRisks takes the decided risks in and seeds the others. Four are accepted
// for a year; one of these is rated otherwise afterwards, and is stale.
func (e *env) exampleRisks(ctx context.Context, a *app.App, c app.Caller, file string, data []byte) error {
	if _, _, err := a.ImportRisks(ctx, c, file, data); err != nil {
		return err
	}
	if _, err := a.SeedRisks(ctx, c, ""); err != nil {
		return err
	}
	until := risk.Day(e.now().AddDate(1, 0, 0).Format(time.DateOnly))
	var last risk.Risk
	for _, x := range [][2]string{{"aws-ct-28", ""}, {"mailer-ct-27", ""}, {"aws-ct-10", "the provider signs no matrix of a single customer; its page is dated and kept"}, {"ledger-ct-17", ""}} {
		r, err := a.DecideRisk(ctx, c, x[0], 1, until, x[1])
		if err != nil {
			return err
		}
		last = r
	}
	last.Current.Likelihood++
	last.Inherent.Likelihood++
	_, err := a.SetRisk(ctx, c, last, last.Version)
	return err
}

func (e *env) examplePlan(ctx context.Context, a *app.App, c app.Caller, file string, data []byte) error {
	var b bytes.Buffer
	o := terraform.Options{Account: example.PlanAccount, Now: e.now().UTC(), Tool: "demarc " + version}
	if _, _, err := terraform.Write(bytes.NewReader(data), o, &b); err != nil {
		return terraformProblem(file, err)
	}
	_, _, err := a.TakeSnapshot(ctx, c, file, &b)
	return err
}

func (e *env) printWhere(out, reports string, files []string, took time.Duration) {
	fmt.Fprintf(e.stdout, "\n%s in %s, made in %.1f s. Begin with:\n", count(len(files), "file", "files"), reports, took.Seconds())
	for _, f := range []struct{ name, what string }{
		{"gap-report.html", "the gap report, in a browser (also PDF, DOCX, XLSX)"},
		{"responsibility-matrix.xlsx", "who answers for what, to be edited"},
		{"findings.csv", "every finding (also JSON, OCSF, SARIF, XLSX, JUnit)"},
	} {
		fmt.Fprintf(e.stdout, "  %-46s %s\n", filepath.Join(reports, f.name), f.what)
	}
	fmt.Fprintf(e.stdout, `
Verify the evidence, offline, on any machine:
  %[4]s evidence verify %[1]s --key %[2]s
or with a second verifier that needs no Demarc; it lies in the pack:
  unzip -p %[1]s verify_pack.py > verify_pack.py
  python3 verify_pack.py %[1]s --key "$(cat %[2]s)"

Assess your own account:
  %[4]s collect aws --policy          prints the smallest IAM policy that this needs
  %[4]s collect aws --profile PROFILE --regions eu-central-1 && %[4]s assess
or a Terraform plan:
  terraform show -json PLAN > plan.json
  %[4]s collect terraform plan.json && %[4]s assess --fail-on high

Look around in the example, down to the resource and the field:
  %[4]s --data %[3]s --org larkspur assess show 9.4.1-C2
or in a browser:
  %[4]s --data %[3]s serve
`, filepath.Join(reports, "evidence-pack.zip"), filepath.Join(reports, "evidence-pack.key"), filepath.Join(out, "store"), e.program)
}
