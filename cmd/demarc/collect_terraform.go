// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/cloud/terraform"
	"demarc.dev/demarc/problem"
)

func newCollectTerraform(e *env) *cobra.Command {
	var account, region, name, out string
	c := &cobra.Command{
		Use:   "terraform FILE",
		Short: "Read a Terraform plan or state, as terraform show -json prints it",
		Long: `Reads what a plan would build, or what a state says was built. A value that is
known only after apply becomes a gap, and so does a fact that no plan can tell.`,
		Example: "  terraform plan -out p && terraform show -json p > plan.json\n  demarc collect terraform plan.json\n  demarc assess --fail-on high",
		Args:    oneArg("a plan or state in JSON", "terraform show -json PLAN > plan.json"),
		RunE: func(c *cobra.Command, args []string) error {
			o := terraform.Options{Account: account, Region: region, Now: e.now().UTC(), Tool: "demarc " + version}
			write := func(w io.Writer) error { return e.terraform(args[0], o, w) }
			if out != "" {
				return e.writeFile(out, write)
			}
			return e.takeMade(c, filepath.Base(args[0]), name, write)
		},
	}
	c.Flags().StringVar(&account, "account", "", "account that the plan is for, where it does not say so itself")
	c.Flags().StringVar(&region, "region", "", "region that the plan is for, where it does not say so itself")
	c.Flags().StringVar(&name, "name", "", "name of what is planned, where one account has several plans: a newer plan of the same name takes the place of the older")
	c.Flags().StringVar(&out, "out", "", "write the snapshot to this file and not into the store")
	return c
}

// terraform reads a plan or state and writes its snapshot, as a stream.
func (e *env) terraform(name string, o terraform.Options, w io.Writer) error {
	in := e.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return fileProblem(name, err)
		}
		defer f.Close()
		in = f
	}
	_, _, err := terraform.Write(in, o, w)
	return terraformProblem(name, err)
}

// readPlan makes a snapshot of a plan or state that somebody sent.
func (e *env) readPlan(name string, in io.Reader, account, region string, out io.Writer) error {
	_, _, err := terraform.Write(in, terraform.Options{Account: account, Region: region, Now: e.now().UTC(), Tool: "demarc " + version}, out)
	if err == nil {
		return nil
	}
	return terraformProblem(name, err)
}

// terraformProblem says what is wrong with a file that is no plan or state.
func terraformProblem(name string, err error) error {
	switch {
	case errors.Is(err, terraform.ErrVersion):
		return problem.New(problem.Invalid, name+": "+err.Error(), "make the JSON with a current Terraform: terraform show -json PLAN > plan.json").Wrap(err)
	case errors.Is(err, terraform.ErrInput):
		return problem.New(problem.Invalid, name+": "+err.Error(), "terraform show -json PLAN > plan.json, then demarc collect terraform plan.json").Wrap(err)
	}
	return fileProblem(name, err)
}

// takeMade takes a snapshot in that write makes. The store is not opened before
// the snapshot is whole.
func (e *env) takeMade(c *cobra.Command, file, name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp("", "demarc-*.snapshot")
	if err != nil {
		return fileProblem("the temporary folder", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := write(f); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fileProblem(f.Name(), err)
	}
	return e.begin(c.Context(), func(a *app.App, caller app.Caller) error {
		return e.report(a.TakeNamed(c.Context(), caller, file, name, f))
	})
}
