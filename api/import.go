// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"slices"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
)

type (
	importIn struct {
		Place
		Import string `path:"import" maxLength:"20" doc:"id of a report of another tool" example:"f1"`
	}
	takeReportIn struct {
		Place
		Upload
		Name     string `query:"name" maxLength:"100" doc:"of what was looked at, where a tool looks at several things; a newer report of the same tool, name and account takes the place of an older one"`
		Account  string `query:"account" maxLength:"100" doc:"of resources for which the report names none"`
		Provider string `query:"provider" maxLength:"40" doc:"likewise"`
		File     string `query:"file" maxLength:"200" doc:"what the report is called in messages" example:"prowler.ocsf.json"`
		Dry      bool   `query:"dry" doc:"read and compare, and write nothing down"`
	}
)

// report and taken are the records of a report of another tool, under short
// names for the document.
type (
	toolReport = app.Import
	toolTaken  = app.Imported
)

func (s *server) importCalls() []call {
	const tag = "collect"
	a := s.o.App
	return []call{
		{id: "listImports", method: get, path: "/import", tag: tag, need: account.ReadAssessment, says: "Reports of other tools, the newest first",
			more: "What Prowler, Security Hub, Trivy, Checkov and others saw, with the checks of theirs that are mapped to nothing.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *listIn) (Page[toolReport], error) {
				all, err := a.Imports(ctx, c)
				if err != nil {
					return Page[toolReport]{}, err
				}
				slices.Reverse(all)
				return paged(all, in.InPage, func(x toolReport) string { return x.ID })
			})},
		{id: "getImport", method: get, path: "/import/{import}", tag: tag, need: account.ReadSnapshot, says: "One report of another tool",
			more: "Beside the findings of the newest assessment: how many of its results are joined with ours, and where the answers differ.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *importIn) (*toolTaken, error) {
				return a.Imported(ctx, c, in.Import)
			})},
		{id: "takeImport", method: post, path: "/import", tag: tag, need: account.TakeSnapshot, says: "Take in a report of another tool", most: uploadMost, takes: []string{octets, "application/gzip", "application/xml", "text/csv"},
			more: "As the tool wrote it, or packed with gzip, streamed, at most 4 GiB; JSON too is sent as application/octet-stream. What it is, is known by what stands in it. It is taken in whole or not at all; one that was taken before is not taken again.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *takeReportIn) (toolTaken, error) {
				name := in.File
				if name == "" {
					name = "the report"
				}
				taken, err := a.TakeReports(ctx, c, []app.Report{{File: name, Name: in.Name, Account: in.Account, Provider: in.Provider, In: in.from}}, in.Dry)
				if err != nil {
					return toolTaken{}, err
				}
				return taken[0], nil
			})},
		{id: "removeImport", method: del, path: "/import/{import}", tag: tag, need: account.TakeSnapshot, says: "Take a report of another tool out",
			more: "No later assessment rests on it. The log keeps what it said.",
			register: handleNone(s, func(ctx context.Context, c app.Caller, in *importIn) error {
				return a.RemoveImport(ctx, c, in.Import)
			})},
	}
}
