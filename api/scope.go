// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"io"

	"github.com/danielgtaylor/huma/v2"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/scope"
)

// Place names the organisation. It is exported, like what else is embedded, for
// the framework to set it.
type Place struct {
	Org string `path:"org" maxLength:"64" doc:"id of the organisation" example:"larkspur"`
}

// placed is what most operations take at least.
type placed struct{ Place }

// uploaded is a file for the organisation.
type uploaded struct {
	Place
	Upload
}

const yaml = "application/yaml"

// organisation is what a caller sees first of one.
type organisation struct {
	ID      string       `json:"id" example:"larkspur"`
	Name    string       `json:"name,omitempty" doc:"as the scope has it; empty while there is none"`
	Role    account.Role `json:"role" doc:"of the account of the token"`
	Entries int64        `json:"entries" doc:"of the log"`
	May     []string     `json:"may" nullable:"false" doc:"permissions that the token's scopes and the account's role both hold"`
}

func (s *server) organisationCalls() []call {
	a := s.o.App
	return []call{
		{id: "listOrganisations", method: get, path: "/organisations", tag: "organisation", open: true, says: "The organisations that the token opens",
			more: "The ids of the organisations that the account of the token is a member of and that the token opens. A token is made for one.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *InPage) (Page[string], error) {
				ids, err := a.Orgs(ctx, c)
				if err != nil {
					return Page[string]{}, err
				}
				return paged(ids, *in, func(id string) string { return id })
			})},
		{id: "getOrganisation", method: get, path: "", tag: "organisation", need: account.ReadOrganisation, says: "What the token may do here",
			more:     "The name of the organisation, the role of the account, the size of the log, and every permission that the token holds here: ask this first.",
			register: handle(s, s.organisation)},
		{id: "exportOrganisation", method: post, path: "/export", tag: "organisation", need: account.ExportAll, says: "Everything that the organisation has, as one file", gives: []string{octets},
			more:    "The file holds the records, the log and the blobs, and can be taken in by another installation (demarc organisation import). With a passphrase the key of the log goes along, sealed with it, so that the organisation can go on elsewhere. That it was exported stands in the log.",
			example: map[string]any{"passphrase": "nine violet trams hum at dusk"},
			register: handleFile(s, func(ctx context.Context, c app.Caller, in *exportIn) (file, error) {
				return s.spool(c.Org+".demarc", octets, func(w io.Writer) error { return a.Export(ctx, c, in.Body.Passphrase, w) })
			})},
		{id: "getScope", method: get, path: "/scope", tag: "scope", need: account.ReadOrganisation, ref: scopeRef, says: "The scope: services consumed and provided",
			more:     "Which cloud services the organisation consumes and provides, what each is built on, and the people who own them. An assessment speaks of these.",
			register: handle(s, func(ctx context.Context, c app.Caller, _ *placed) (*scope.Scope, error) { return a.Scope(ctx, c) })},
		{id: "setScope", method: put, path: "/scope", tag: "scope", need: account.EditScope, ref: scopeRef, takes: []string{yaml}, example: exampleScope, says: "Take a scope.yaml in",
			more: "Puts the scope of the file, as docs/format.md describes it, in the place of the one before. Every fault of the file is told with its line and field, and nothing is taken in then.",
			register: handleText(s, func(ctx context.Context, c app.Caller, in *uploaded, data []byte) (*scope.Scope, error) {
				return a.SetScope(ctx, c, "scope.yaml", data)
			})},
		{id: "proposeScope", method: get, path: "/scope/default", tag: "scope", need: account.ReadAssessment, says: "A scope to begin with, from what was seen",
			more: "One consumed service for each provider over all accounts that snapshots tell of. Nothing is stored: edit it and put it.",
			register: handle(s, func(ctx context.Context, c app.Caller, _ *placed) (*scope.Scope, error) {
				return a.DefaultScope(ctx, c)
			})},
		{id: "listGates", method: get, path: "/gate", tag: "organisation", need: account.ReadOrganisation, says: "How ready the organisation is to be audited",
			more:     "Each gate is computed from the records when it is asked for and never ticked by hand. A closed one names what stands in the way, and where to go.",
			register: handle(s, func(ctx context.Context, c app.Caller, _ *placed) ([]app.Gate, error) { return a.Gates(ctx, c) })},
		{id: "listMyWork", method: get, path: "/job/mine", tag: "organisation", need: account.ReadOrganisation, says: "What waits for the caller",
			more: "Matrices to sign off, requests to answer, answers and exceptions that end: by what the account may do, what is late first.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *listIn) (Page[app.Work], error) {
				all, err := a.MyWork(ctx, c)
				if err != nil {
					return Page[app.Work]{}, err
				}
				return paged(all, in.InPage, func(w app.Work) string { return w.What })
			})},
	}
}

// listIn asks for a page of what an organisation has.
type listIn struct {
	Place
	InPage
}

type exportIn struct {
	Place
	Body struct {
		Passphrase string `json:"passphrase,omitempty" minLength:"12" maxLength:"200" doc:"seals the key of the log; without one the key stays here"`
	}
}

func scopeRef(huma.Context) app.Ref { return app.ScopeRef() }

// exampleScope is a scope.yaml that can be sent as it is.
const exampleScope = `organisation: {id: larkspur, name: Larkspur Ledger, role: customer}
services:
  - {id: aws, name: Amazon Web Services, role: consumes, model: iaas, provider: Amazon Web Services, accounts: ["210987654321"]}
`

func (s *server) organisation(ctx context.Context, c app.Caller, _ *placed) (organisation, error) {
	a := s.o.App
	m, err := a.Member(ctx, c)
	if err != nil {
		return organisation{}, err
	}
	out := organisation{ID: c.Org, Role: m.Role, May: []string{}}
	if out.Entries, err = a.LogSize(ctx, c); err != nil {
		return out, err
	}
	if sc, err := a.Scope(ctx, c); err == nil {
		out.Name = sc.Organisation.Name
	} else if !absent(err) {
		return out, err
	}
	for _, p := range account.Permissions() {
		switch err := a.May(ctx, c, p); {
		case err == nil:
			out.May = append(out.May, string(p))
		case !denied(err):
			return out, err
		}
	}
	return out, nil
}
