// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"demarc.dev/demarc/api"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/check/rule"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/cloud/aws"
	"demarc.dev/demarc/cloud/host"
	"demarc.dev/demarc/cloud/kube"
	"demarc.dev/demarc/operate"
	"demarc.dev/demarc/policy"
	"demarc.dev/demarc/problem"
)

// newInternal holds what only those who work on Demarc need.
func newInternal(e *env) *cobra.Command {
	c := &cobra.Command{Use: "internal", Short: "For those who work on Demarc", Hidden: true, Args: noArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(newLint(e), newReference(e), newInternalAgreement(e))
	return c
}

// newLint asks every data linter, and tells all their faults.
func newLint(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "lint", Short: "Lint the catalogue and the checks", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			cat, err := catalogue.Load()
			if err != nil {
				return err
			}
			all, err := rule.Parse()
			if err != nil {
				return err
			}
			n := 0
			for _, f := range catalogue.Lint() {
				fmt.Fprintln(e.stdout, f)
				n++
			}
			policies, err := policy.Load()
			if err != nil {
				return err
			}
			for _, f := range policies.Lint(cat) {
				fmt.Fprintln(e.stdout, "policies: "+f)
				n++
			}
			known := func(id string) bool { _, ok := cat.Duty(id); return ok }
			computed := []cloud.Kind{cloud.Tenant, cloud.Principal} // by rooms reach and privilege, from what was collected
			collected := slices.Concat(aws.Kinds(), host.Kinds(), kube.Kinds(), computed)
			for _, f := range check.Lint(all, known, func(k cloud.Kind) bool { return slices.Contains(collected, k) }) {
				fmt.Fprintln(e.stdout, f.String())
				n++
			}
			if n > 0 {
				return problem.New(problem.Invalid, count(n, "fault", "faults")+" in the data", "")
			}
			fmt.Fprintf(e.stdout, "the catalogue and %s are in order\n", count(len(all), "check", "checks"))
			return nil
		},
	}
}

// newReference writes the pages that are made from the values that run.
func newReference(e *env) *cobra.Command {
	var only bool
	c := &cobra.Command{
		Use: "reference FOLDER", Short: "Write the reference pages, or check that they are up to date", Args: oneArg("the folder of the pages", "docs/reference"),
		RunE: func(c *cobra.Command, args []string) error {
			pages, err := referencePages(c.Root())
			if err != nil {
				return err
			}
			for name, page := range pages {
				path := filepath.Join(args[0], name)
				if only {
					if was, err := os.ReadFile(path); err != nil || !bytes.Equal(was, page) {
						return problem.New(problem.Invalid, path+" is not what the program says today", "make golden")
					}
					continue
				}
				if err := os.MkdirAll(args[0], 0o755); err != nil {
					return fileProblem(args[0], err)
				}
				if err := os.WriteFile(path, page, 0o644); err != nil {
					return fileProblem(path, err)
				}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&only, "check", false, "write nothing; fail when a page is out of date")
	return c
}

func referencePages(root *cobra.Command) (map[string][]byte, error) {
	all, err := app.Checks(nil)
	if err != nil {
		return nil, err
	}
	var commands, checks, kinds bytes.Buffer
	fmt.Fprintf(&commands, "# Commands\n\nWritten from the program's own help by `make golden`.\n\n%s\n", root.Long)
	commandPage(&commands, root)
	fmt.Fprintf(&checks, "# Checks\n\nWritten from the checks by `make golden`. There are %d.\n\n| check | severity | about | proves | title |\n|---|---|---|---|---|\n", len(all))
	for _, x := range all {
		fmt.Fprintf(&checks, "| `%s` | %s | %s | %s | %s |\n", x.ID, x.Severity, strings.ReplaceAll(kindsOf(x), ",", ", "), strings.ReplaceAll(dutyIDs(x), ",", ", "), strings.ReplaceAll(x.Title, "|", "\\|"))
	}
	fmt.Fprintf(&kinds, "# Kinds of resource\n\nWritten from the resource model by `make golden`. An attribute that was not read is a gap with its reason.\n")
	for _, k := range cloud.Kinds() {
		fmt.Fprintf(&kinds, "\n## %s\n\n%s.\n\n| attribute | type | meaning |\n|---|---|---|\n", k.Kind, strings.ToUpper(k.Doc[:1])+k.Doc[1:])
		for _, a := range k.Attributes {
			fmt.Fprintf(&kinds, "| `%s` | %s | %s |\n", a.Name, a.Type, strings.ReplaceAll(a.Doc, "|", "\\|"))
		}
	}
	fmt.Fprintf(&kinds, "\n## Functions of the language of checks\n\n| function | meaning |\n|---|---|\n")
	for _, f := range check.Functions() {
		fmt.Fprintf(&kinds, "| `%s` | %s |\n", strings.ReplaceAll(f.Usage, "|", "\\|"), strings.ReplaceAll(f.Meaning, "|", "\\|"))
	}
	programs, err := api.Document()
	if err != nil {
		return nil, err
	}
	return map[string][]byte{"commands.md": commands.Bytes(), "checks.md": checks.Bytes(), "kinds.md": kinds.Bytes(), "configuration.md": configurationPage(), "openapi.yaml": programs}, nil
}

// configurationPage tells every setting of the server.
func configurationPage() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Configuration of `demarc serve`\n\nWritten from the struct `operate.Config` by `make golden`. A flag overrides the environment, which overrides the file of `--config`. `demarc serve --sample` prints that file with every setting. A secret stands in a file of its own or in the environment: `DEMARC_DATABASE_PASSWORD`, `DEMARC_SMTP_PASSWORD`, `DEMARC_OIDC_SECRET`.\n\n| setting | flag | environment | default | meaning |\n|---|---|---|---|---|\n")
	for _, f := range operate.Fields() {
		if f.Kind == "table" {
			continue
		}
		flag := " "
		if f.Flag != "" {
			flag = "`--" + f.Flag + "`"
		}
		words := f.Doc
		if f.OneOf != nil {
			words += " One of " + strings.Join(f.OneOf, ", ") + "."
		}
		fmt.Fprintf(&b, "| `%s` | %s | `%s` | %s | %s |\n", f.Path, flag, f.Env, or(f.Default, " "), strings.ReplaceAll(words, "|", "\\|"))
	}
	return b.Bytes()
}

func commandPage(b *bytes.Buffer, c *cobra.Command) {
	for _, sub := range c.Commands() {
		if sub.Hidden || sub.Name() == "help" || sub.Name() == "completion" {
			continue
		}
		fmt.Fprintf(b, "\n## %s\n\n%s\n", sub.CommandPath(), or(sub.Long, sub.Short+"."))
		if sub.Runnable() && !sub.HasSubCommands() || sub.Name() == "assess" {
			fmt.Fprintf(b, "\n```\n%s\n```\n", sub.UseLine())
		}
		if sub.Example != "" {
			fmt.Fprintf(b, "\n```\n%s\n```\n", sub.Example)
		}
		flagTable(b, sub)
		commandPage(b, sub)
	}
}

func flagTable(b *bytes.Buffer, c *cobra.Command) {
	first := true
	c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" || f.Name == "version" {
			return
		}
		if first {
			fmt.Fprintf(b, "\n| flag | default | meaning |\n|---|---|---|\n")
			first = false
		}
		fmt.Fprintf(b, "| `--%s` | %s | %s |\n", f.Name, or(strings.Trim(f.DefValue, "[]"), " "), strings.ReplaceAll(f.Usage, "|", "\\|"))
	})
}
