// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"slices"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/problem"
)

type (
	controlIn struct {
		Place
		Control string `path:"control" maxLength:"64" doc:"key of a control" example:"cloud-policy"`
	}
	checksIn struct {
		Place
		InPage
		Severity string `query:"severity" enum:"critical,high,medium,low" doc:"only of this severity"`
		Text     string `query:"text" maxLength:"200" doc:"only those whose id or title holds it, in whatever case"`
	}
	checkIn struct {
		Place
		Check string `path:"check" maxLength:"100" doc:"id of a check" example:"object-store-public"`
	}
)

func (s *server) catalogueCalls() []call {
	a := s.o.App
	const tag = "catalogue"
	return []call{
		{id: "listControls", method: get, path: "/catalogue", tag: tag, need: account.ReadOrganisation, says: "The controls with the duties of both parties",
			more: "What ISO/IEC 27017 asks in its editions of 2015 and 2026, in our own words: each control with its clauses and the duties of customer and provider.",
			register: handle(s, func(_ context.Context, _ app.Caller, in *listIn) (Page[catalogue.Control], error) {
				cat, err := a.Catalogue()
				if err != nil {
					return Page[catalogue.Control]{}, err
				}
				return paged(cat.Controls(), in.InPage, func(c catalogue.Control) string { return c.Key })
			})},
		{id: "getControl", method: get, path: "/catalogue/{control}", tag: tag, need: account.ReadOrganisation, says: "One control",
			more: "A control by its key, with the duties of both parties.",
			register: handle(s, func(_ context.Context, _ app.Caller, in *controlIn) (catalogue.Control, error) {
				cat, err := a.Catalogue()
				if err != nil {
					return catalogue.Control{}, err
				}
				i := slices.IndexFunc(cat.Controls(), func(c catalogue.Control) bool { return c.Key == in.Control })
				if i < 0 {
					return catalogue.Control{}, problem.New(problem.NotFound, "the catalogue has no such control", "the catalogue lists them by key")
				}
				return cat.Controls()[i], nil
			})},
		{id: "listChecks", method: get, path: "/check", tag: tag, need: account.ReadOrganisation, says: "The checks that Demarc ships",
			more: "Each check asks one question of one resource: its words, its test, the duties that it proves, how to mend what fails, and the examples that it answers.",
			register: handle(s, func(_ context.Context, _ app.Caller, in *checksIn) (Page[check.Check], error) {
				all, err := s.shipped()
				if err != nil {
					return Page[check.Check]{}, err
				}
				text := strings.ToLower(in.Text)
				all = slices.DeleteFunc(slices.Clone(all), func(x check.Check) bool {
					return in.Severity != "" && string(x.Severity) != in.Severity || text != "" && !strings.Contains(strings.ToLower(x.ID+" "+x.Title), text)
				})
				return paged(all, in.InPage, func(x check.Check) string { return x.ID })
			})},
		{id: "getCheck", method: get, path: "/check/{check}", tag: tag, need: account.ReadOrganisation, says: "One check",
			more: "A check by its id, as Demarc ships it today; an assessment keeps those that it used.",
			register: handle(s, func(_ context.Context, _ app.Caller, in *checkIn) (check.Check, error) {
				all, err := s.shipped()
				if err != nil {
					return check.Check{}, err
				}
				i := slices.IndexFunc(all, func(x check.Check) bool { return x.ID == in.Check })
				if i < 0 {
					return check.Check{}, problem.New(problem.NotFound, "there is no such check", "the list of checks names them")
				}
				return all[i], nil
			})},
	}
}
