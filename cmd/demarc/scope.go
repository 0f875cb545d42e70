// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

func newScope(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "scope",
		Short: "The organisation and the cloud services that it consumes and provides",
		Long: `The scope says which services an assessment speaks of, on which side of each the
organisation stands, and which accounts belong to it. It is a YAML file:
export it, edit it, import it.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newScopeShow(e), newScopeImport(e), newScopeExport(e), newScopeContext(e))
	return c
}

func newScopeShow(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "show",
		Short: "Show the scope",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				s, err := a.Scope(c.Context(), caller)
				if err != nil {
					return err
				}
				e.printScope(s)
				return nil
			})
		},
	}
}

func (e *env) printScope(s *scope.Scope) {
	fmt.Fprintf(e.stdout, "%s (%s), %s\n", s.Organisation.Name, s.Organisation.ID, roleWords(s.Organisation.Role))
	for _, v := range s.Services {
		verb := "consumes"
		if v.Role == scope.Provides {
			verb = "provides"
		}
		fmt.Fprintf(e.stdout, "\n%s %s  (%s, %s)\n", verb, v.Name, v.ID, v.Model)
		for _, fact := range []struct{ name, value string }{
			{"purpose", v.Purpose}, {"provider", v.Provider}, {"customers", v.Customer}, {"built on", strings.Join(v.BuiltOn, ", ")}, {"accounts", strings.Join(v.Accounts, ", ")},
			{"regions", strings.Join(v.Regions, ", ")}, {"data", strings.Join(v.DataClasses, ", ")}, {"criticality", string(v.Criticality)}, {"agreement", v.Agreement}, {"owner", v.Owner},
		} {
			if fact.value != "" {
				fmt.Fprintf(e.stdout, "  %-12s %s\n", fact.name, fact.value)
			}
		}
	}
}

func roleWords(r scope.Role) string {
	switch r {
	case scope.RoleBoth:
		return "cloud service customer and provider"
	case scope.RoleProvider:
		return "cloud service provider"
	}
	return "cloud service customer"
}

func newScopeImport(e *env) *cobra.Command {
	var rename bool
	c := &cobra.Command{
		Use:     "import FILE",
		Short:   "Take in a scope.yaml",
		Example: "  demarc scope import scope.yaml",
		Args:    oneArg("a scope file", "demarc scope export --default > scope.yaml proposes one"),
		RunE: func(c *cobra.Command, args []string) error {
			data, err := e.readFile(args[0])
			if err != nil {
				return err
			}
			return e.begin(c.Context(), func(a *app.App, caller app.Caller) error {
				if err := sameOrganisation(c, a, caller, filepath.Base(args[0]), data, rename); err != nil {
					return err
				}
				s, err := a.SetScope(c.Context(), caller, filepath.Base(args[0]), data)
				if err != nil {
					return err
				}
				fmt.Fprintf(e.stdout, "took the scope of %s: %s\nnext: demarc responsibility check, or demarc assess\n", s.Organisation.Name, count(len(s.Services), "service", "services"))
				return nil
			})
		},
	}
	c.Flags().BoolVar(&rename, "rename", false, "the organisation has a new id: take the scope though the stored one names another")
	return c
}

// sameOrganisation keeps the scope of one organisation from taking another over.
func sameOrganisation(c *cobra.Command, a *app.App, caller app.Caller, file string, data []byte, rename bool) error {
	was, err := a.Scope(c.Context(), caller)
	if problem.Of(err) == problem.NotFound && err != nil {
		return nil // the first scope
	}
	if err != nil {
		return err
	}
	next, err := scope.Parse(file, data)
	if err != nil {
		return err
	}
	proposed := was.Organisation.Name == was.Organisation.ID
	if !rename && !proposed && next.Organisation.ID != was.Organisation.ID {
		return problem.New(problem.Conflict, fmt.Sprintf("%s is the scope of %q, and this is the store of %q", file, next.Organisation.ID, was.Organisation.ID),
			"demarc organisation create "+next.Organisation.ID+", then --org "+next.Organisation.ID+"; or --rename, if it is the same organisation under a new id")
	}
	return nil
}

func newScopeExport(e *env) *cobra.Command {
	var proposed bool
	c := &cobra.Command{
		Use:     "export",
		Short:   "Print the scope as YAML, to be edited",
		Example: "  demarc scope export > scope.yaml",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				get := a.Scope
				if proposed {
					get = a.DefaultScope
				}
				s, err := get(c.Context(), caller)
				if err != nil {
					return err
				}
				data, err := scope.Encode(s)
				if err != nil {
					return err
				}
				_, err = e.stdout.Write(data)
				return err
			})
		},
	}
	c.Flags().BoolVar(&proposed, "default", false, "propose a scope from what was collected")
	return c
}
