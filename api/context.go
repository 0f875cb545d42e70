// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"io"

	"github.com/danielgtaylor/huma/v2"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/scope"
)

type (
	setContextIn struct {
		Place
		Version int64 `query:"version" minimum:"0" doc:"that was looked at; 0 when nobody had written one"`
		Upload
	}
	confirmContextIn struct {
		Place
		Body struct {
			Service string `json:"service" minLength:"1" maxLength:"64" doc:"id of a service of the scope"`
			Region  string `json:"region" minLength:"1" maxLength:"64" doc:"in which resources of it were seen"`
		}
	}
	approveContextIn struct {
		Place
		Body struct {
			Digest string `json:"digest" minLength:"8" maxLength:"80" doc:"of what was looked at"`
		}
	}
	contextPaperIn struct {
		Place
		Body struct {
			Format string `json:"format" enum:"docx,pdf,html,yaml,json"`
		}
	}
)

func contextRef(huma.Context) app.Ref { return app.ContextRef() }

// exampleContext is a context that can be sent as it is.
const exampleContext = `statement: The design and running of our services.
issues:
  - {id: climate, side: external, title: Climate change, climate: true, relevant: "no", effect: Our regions stand far apart.}
`

func (s *server) contextCalls() []call {
	a := s.o.App
	const tag = "scope"
	return []call{
		{id: "getContext", method: get, path: "/context", tag: tag, need: account.ReadOrganisation, says: "The context of the scope", more: "Issues, interested parties, the legal register, borders and exclusions, what they leave open, the regions that were seen, and what changed since the approval. While nobody wrote one, it is what the scope proposes to begin with.",
			register: handle(s, func(ctx context.Context, c app.Caller, _ *placed) (*app.Context, error) { return a.Context(ctx, c) })},
		{id: "setContext", method: put, path: "/context", tag: tag, need: account.EditScope, ref: contextRef, takes: []string{yaml}, example: exampleContext, says: "Take a context in",
			more: "In place of the one before. Every fault of the file is told with its line and field, and nothing is taken in then.",
			register: handleText(s, func(ctx context.Context, c app.Caller, in *setContextIn, data []byte) (*app.Context, error) {
				return a.SetContext(ctx, c, "context.yaml", data, in.Version)
			})},
		{id: "confirmRegion", method: post, path: "/context/confirm", tag: tag, need: account.EditScope, says: "Confirm a region that was seen", more: "Writes it into the scope of the service. What was not seen is not confirmed.", example: map[string]any{"service": "aws", "region": "eu-central-1"},
			register: handle(s, func(ctx context.Context, c app.Caller, in *confirmContextIn) (*scope.Scope, error) {
				return a.ConfirmRegion(ctx, c, in.Body.Service, in.Body.Region)
			})},
		{id: "approveContext", method: post, path: "/context/approve", tag: tag, need: account.ApproveScope, says: "Approve the scope with its context", more: "As it was looked at. What it leaves open stands in the way.", example: map[string]any{"digest": exampleDigest},
			register: handle(s, func(ctx context.Context, c app.Caller, in *approveContextIn) (scope.Approval, error) {
				return a.ApproveContext(ctx, c, in.Body.Digest)
			})},
		{id: "writeScopeStatement", method: post, path: "/context/paper", tag: tag, need: account.IssueReport, says: "The scope statement as a paper", gives: []string{octets}, example: map[string]any{"format": "docx"},
			more: "With the registers of its context. What is issued leaves an entry with its SHA-256 in the log; yaml and json are the context itself and leave none.",
			register: handleFile(s, func(ctx context.Context, c app.Caller, in *contextPaperIn) (file, error) {
				return s.spool(c.Org+"-scope."+in.Body.Format, octets, func(w io.Writer) error {
					return a.ContextPaper(ctx, c, in.Body.Format, report.Paper{}, w)
				})
			})},
	}
}
