// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/problem"
)

// env is what a verb may know of the world around it.
type env struct {
	program        string // how the user calls it: demarc, bin/demarc
	vars           []string
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time
	data           string // folder of the store
	database       string // address of a PostgreSQL database; empty: SQLite, in the folder
	embedded       bool   // SQLite, whatever the user has set
	org            string // organisation; empty: the only one
	bucket         string // address of a bucket for large bodies; empty: as the environment says
	sessions       account.Limits
	actor          string // who stands in the log; empty: the account of the machine
}

// get gives the value of an environment variable, "" when it is not set.
func (e *env) get(name string) string {
	for _, v := range slices.Backward(e.vars) {
		if key, value, ok := strings.Cut(v, "="); ok && key == name {
			return value
		}
	}
	return ""
}

// run is the whole program but for the exit code; args begin with the program's
// name. It touches no global state, so that tests may call it many times in one
// process.
func run(ctx context.Context, args, vars []string, stdin io.Reader, stdout, stderr io.Writer) error {
	e := &env{program: called(args[0]), vars: vars, stdin: stdin, stdout: stdout, stderr: stderr, now: time.Now}
	root := newRoot(e)
	root.SetArgs(args[1:])
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return root.ExecuteContext(ctx)
}

// called gives the name to print in commands to type next.
func called(arg string) string {
	if filepath.IsAbs(arg) || !strings.ContainsRune(arg, filepath.Separator) {
		return "demarc"
	}
	return arg
}

func newRoot(e *env) *cobra.Command {
	root := &cobra.Command{
		Use:   "demarc",
		Short: "Who secures what in the cloud, proved from its real state",
		Long: `Demarc draws the line between what a cloud provider secures and what its
customer secures (ISO/IEC 27017), proves from the real state of the cloud that
each side holds its half, and hands an auditor a file that can be checked
offline.

Exit codes: 0 fine · 1 findings at or above --fail-on · 2 usage or input ·
3 runtime · 4 evidence that does not verify.`,
		Version:       version,
		Args:          noArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.PersistentFlags().StringVar(&e.data, "data", defaultData(e), "folder of the store (environment: DEMARC_DATA)")
	root.PersistentFlags().StringVar(&e.database, "database", "", "PostgreSQL database that holds the records in place of the folder, postgres://user@host/name (environment: DEMARC_DATABASE, better for a password)")
	root.PersistentFlags().StringVar(&e.org, "org", e.get("DEMARC_ORG"), "organisation, where the store holds several (environment: DEMARC_ORG)")
	root.PersistentFlags().StringVar(&e.actor, "actor", e.get("DEMARC_ACTOR"), "who stands in the log; the account of this machine by default (environment: DEMARC_ACTOR)")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return problem.New(problem.Usage, err.Error(), c.CommandPath()+" --help")
	})
	root.CompletionOptions.HiddenDefaultCmd = true
	for _, verb := range verbs() {
		root.AddCommand(verb(e))
	}
	return root
}

func defaultData(e *env) string {
	if d := e.get("DEMARC_DATA"); d != "" {
		return d
	}
	return "demarc-data"
}

// noArgs refuses words that a verb does not take, with the words in the error.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return problem.New(problem.Usage, c.CommandPath()+" does not know "+quote(args[0]), c.CommandPath()+" --help")
}

func quote(s string) string { return `"` + s + `"` }
