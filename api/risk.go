// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"io"

	"github.com/danielgtaylor/huma/v2"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/risk"
)

type (
	riskIn struct {
		Place
		Risk string `path:"risk" maxLength:"80" doc:"id of a risk" example:"ledger-ct-17"`
	}
	listRiskIn struct {
		Place
		InPage
		Service string `query:"service" maxLength:"64" doc:"risks to this service only"`
		State   string `query:"state" enum:"identified,assessed,proposed,stale,treating,accepted,closed" doc:"in this state only"`
	}
	setRiskIn struct {
		Place
		Risk string `path:"risk" maxLength:"80" doc:"id of the risk; letters, digits, - and ." example:"ledger-ct-17"`
		Body struct {
			Version   int            `json:"version" minimum:"0" doc:"that was seen; 0 for a new risk"`
			Service   string         `json:"service,omitempty" maxLength:"64" doc:"id in the scope; empty: the organisation as a whole"`
			Threat    string         `json:"threat,omitempty" maxLength:"20" doc:"id in the catalogue; empty: one of the firm's own"`
			Title     string         `json:"title" minLength:"1" maxLength:"400"`
			Event     string         `json:"event,omitempty" maxLength:"4000" doc:"what may happen, from which cause, to what"`
			Owner     string         `json:"owner,omitempty" maxLength:"64" doc:"id of a person of the scope"`
			Inherent  risk.Rating    `json:"inherent,omitempty" doc:"without any control"`
			Current   risk.Rating    `json:"current,omitempty" doc:"with the controls as they are"`
			Because   string         `json:"because,omitempty" maxLength:"4000" doc:"why so"`
			Treatment risk.Treatment `json:"treatment,omitempty"`
			Closed    string         `json:"closed,omitempty" maxLength:"4000" doc:"why it is no risk any more"`
		}
	}
	decideRiskIn struct {
		Place
		Risk string `path:"risk" maxLength:"80" doc:"id of a risk" example:"ledger-ct-17"`
		Body struct {
			Version int    `json:"version" minimum:"1" doc:"that was looked at"`
			Until   string `json:"until" format:"date" doc:"last day on which the decision holds"`
			Note    string `json:"note,omitempty" maxLength:"4000" doc:"why; needed to keep a risk above the appetite"`
		}
	}
	seedRiskIn struct {
		Place
		Body struct {
			Service string `json:"service,omitempty" maxLength:"64" doc:"id of a service; empty: all of the scope"`
		}
	}
	riskPaperIn struct {
		Place
		Body struct {
			Format string `json:"format" enum:"docx,pdf,html,xlsx,yaml,json"`
		}
	}
)

// imported counts what a file brought.
type imported struct {
	Added   int `json:"added"`
	Changed int `json:"changed"`
}

// exampleRisks is a register that can be sent as it is.
const exampleRisks = `risks:
  - id: own-bookkeeper
    title: A bookkeeper's account is taken over
    inherent: {likelihood: 4, consequence: 4}
    current: {likelihood: 3, consequence: 4}
`

// exampleMethod is a method that can be sent as it is.
const exampleMethod = `likelihood: [{name: rare, words: once in ten years}, {name: possible, words: once a year}, {name: frequent, words: every month}]
consequence: [{name: slight, words: one team notices}, {name: serious, words: customers notice}, {name: severe, words: the firm is at stake}]
bands: [{name: low, from: 1}, {name: high, from: 4}]
appetite: 2
`

func riskRef(ctx huma.Context) app.Ref   { return app.RiskRef(ctx.Param("risk")) }
func riskMethodRef(huma.Context) app.Ref { return app.RiskMethodRef() }

func (s *server) riskCalls() []call {
	a := s.o.App
	const tag = "risk"
	return []call{
		{id: "listRisks", method: get, path: "/risk", tag: tag, need: account.ReadRisk, says: "The risk register",
			more: "Each risk with its state, its band and what the state of the controls suggests now, the highest first; those that nobody rated stand before all.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *listRiskIn) (Page[risk.Line], error) {
				g, err := a.Register(ctx, c)
				if err != nil {
					return Page[risk.Line]{}, err
				}
				var kept []risk.Line
				for _, l := range g.Risks {
					if (in.Service == "" || l.Service == in.Service) && (in.State == "" || string(l.State) == in.State) {
						kept = append(kept, l)
					}
				}
				return paged(kept, in.InPage, func(l risk.Line) string { return l.ID })
			})},
		{id: "importRisks", method: put, path: "/risk", tag: tag, need: account.EditRisk, takes: []string{yaml}, example: exampleRisks, says: "Take a register in",
			more: "All of the file or nothing, and every fault with its line. Risks that it does not name stay; decisions do not come from a file.",
			register: handleText(s, func(ctx context.Context, c app.Caller, in *uploaded, data []byte) (imported, error) {
				added, changed, err := a.ImportRisks(ctx, c, "risks.yaml", data)
				return imported{added, changed}, err
			})},
		{id: "seedRisks", method: post, path: "/risk/seed", tag: tag, need: account.EditRisk, says: "Write the threats of the catalogue into the register", example: map[string]any{"service": "aws"},
			more: "As risks that nobody rated yet; what is in the register already stays as it is.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *seedRiskIn) (imported, error) {
				n, err := a.SeedRisks(ctx, c, in.Body.Service)
				return imported{Added: n}, err
			})},
		{id: "writeRiskPaper", method: post, path: "/risk/paper", tag: tag, need: account.IssueReport, says: "The register as a paper", gives: []string{octets}, example: map[string]any{"format": "docx"},
			more: "The register, the plan of treatment, the acceptances and the method. What is issued leaves an entry with its SHA-256 in the log; yaml and json are the register itself and leave none.",
			register: handleFile(s, func(ctx context.Context, c app.Caller, in *riskPaperIn) (file, error) {
				return s.spool(c.Org+"-risks."+in.Body.Format, octets, func(w io.Writer) error { return a.RiskPaper(ctx, c, in.Body.Format, report.Paper{}, w) })
			})},
		{id: "getRisk", method: get, path: "/risk/{risk}", tag: tag, need: account.ReadRisk, ref: riskRef, says: "One risk", more: "With how its rating is suggested, sentence by sentence, and what changed since it was accepted.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *riskIn) (risk.Line, error) {
				g, err := a.Register(ctx, c)
				if err != nil {
					return risk.Line{}, err
				}
				return g.Of(in.Risk)
			})},
		{id: "setRisk", method: put, path: "/risk/{risk}", tag: tag, need: account.EditRisk, ref: riskRef, says: "Write a risk down, or change it",
			more:    "Version is the one that was seen; when it is another meanwhile, nothing is changed.",
			example: map[string]any{"version": 0, "title": "A bookkeeper's account is taken over", "inherent": map[string]int{"likelihood": 4, "consequence": 4}},
			register: handle(s, func(ctx context.Context, c app.Caller, in *setRiskIn) (risk.Risk, error) {
				b := in.Body
				return a.SetRisk(ctx, c, risk.Risk{ID: in.Risk, Service: b.Service, Threat: b.Threat, Title: b.Title, Event: b.Event, Owner: b.Owner, Inherent: b.Inherent, Current: b.Current, Because: b.Because, Treatment: b.Treatment, Closed: b.Closed}, b.Version)
			})},
		{id: "decideRisk", method: post, path: "/risk/{risk}/decide", tag: tag, need: account.DecideRisk, ref: riskRef, says: "Approve a treatment and accept what is left",
			more:    "By who answers for it (ISO/IEC 27001:2022, 6.1.3 f). The decision binds to the risk as it was looked at, and is stale after a change.",
			example: map[string]any{"version": 1, "until": "2099-12-31"},
			register: handle(s, func(ctx context.Context, c app.Caller, in *decideRiskIn) (risk.Risk, error) {
				return a.DecideRisk(ctx, c, in.Risk, in.Body.Version, risk.Day(in.Body.Until), in.Body.Note)
			})},
		{id: "getRiskMethod", method: get, path: "/riskmethod", tag: tag, need: account.ReadRisk, says: "How the organisation rates risks", more: "The scales, the bands and the appetite; those to begin with while nobody set others.",
			register: handle(s, func(ctx context.Context, c app.Caller, _ *placed) (risk.Method, error) {
				m, _, err := a.RiskMethod(ctx, c)
				return m, err
			})},
		{id: "setRiskMethod", method: put, path: "/riskmethod", tag: tag, need: account.DecideRisk, ref: riskMethodRef, takes: []string{yaml}, example: exampleMethod, says: "Set the method",
			more: "Ratings beyond new scales stay as they were decided, and count as none until somebody decides them anew.",
			register: handleText(s, func(ctx context.Context, c app.Caller, in *uploaded, data []byte) (risk.Method, error) {
				return a.SetRiskMethod(ctx, c, "method.yaml", data)
			})},
	}
}
