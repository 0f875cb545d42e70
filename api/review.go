// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"io"

	"github.com/danielgtaylor/huma/v2"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/audit"
)

type (
	reviewIn struct {
		Place
		Review string `path:"review" maxLength:"12" doc:"id of a management review" example:"m1"`
	}
	reviewsIn struct {
		Place
		InPage
	}
	beginReviewIn struct {
		Place
		Body struct {
			Day     string   `json:"day" format:"date" doc:"on which it is held"`
			Chair   string   `json:"chair" minLength:"1" maxLength:"200" doc:"who leads it: id of a person of the scope, or a name"`
			Present []string `json:"present,omitempty" maxItems:"50" nullable:"false" doc:"others, by name"`
		}
	}
	writeReviewIn struct {
		Place
		Review string `path:"review" maxLength:"12" doc:"id of a management review" example:"m1"`
		Body   struct {
			Version   int               `json:"version" minimum:"1" doc:"that was seen"`
			Said      map[string]string `json:"said,omitempty" doc:"what was said of an input, by its letter"`
			Decisions []audit.Decision  `json:"decisions,omitempty" maxItems:"100" nullable:"false" doc:"all of them"`
		}
	}
	signReviewIn struct {
		Place
		Review string `path:"review" maxLength:"12" doc:"id of a management review" example:"m1"`
		Body   struct {
			Version int `json:"version" minimum:"1" doc:"that was looked at"`
		}
	}
	reviewPaperIn struct {
		Place
		Review string `path:"review" maxLength:"12" doc:"id of a management review" example:"m1"`
		Body   struct {
			Format string `json:"format" enum:"docx,pdf,html,json"`
		}
	}
)

func reviewRef(ctx huma.Context) app.Ref { return app.ReviewRef(ctx.Param("review")) }

func (s *server) reviewCalls() []call {
	a := s.o.App
	const tag = "review"
	return []call{
		{id: "listReviews", method: get, path: "/review", tag: tag, need: account.ReadReview, says: "The management reviews", more: "The newest first, with how many decisions are open and late.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *reviewsIn) (Page[app.ReviewLine], error) {
				all, err := a.Reviews(ctx, c)
				if err != nil {
					return Page[app.ReviewLine]{}, err
				}
				return paged(all, in.InPage, func(r app.ReviewLine) string { return r.ID })
			})},
		{id: "beginReview", method: post, path: "/review", tag: tag, need: account.HoldReview, says: "Begin a management review", more: "Freezes the inputs of ISO/IEC 27001:2022, 9.3.2 as the records have them now.", example: map[string]any{"day": "2026-11-02", "chair": "Ada Example"},
			register: handle(s, func(ctx context.Context, c app.Caller, in *beginReviewIn) (audit.Review, error) {
				return a.BeginReview(ctx, c, audit.Review{Day: audit.Day(in.Body.Day), Chair: in.Body.Chair, Present: in.Body.Present})
			})},
		{id: "getReviewInputs", method: get, path: "/review/input", tag: tag, need: account.ReadReview, says: "The inputs of a management review, as the records have them now", more: "Each item of clause 9.3.2 by its letter. One without facts has to be said by people.",
			register: handle(s, func(ctx context.Context, c app.Caller, _ *placed) ([]audit.Input, error) {
				return a.ReviewInputs(ctx, c)
			})},
		{id: "getReview", method: get, path: "/review/{review}", tag: tag, need: account.ReadReview, ref: reviewRef, says: "One management review", more: "With its frozen inputs, what was said and decided, and whether the minutes stand as they were signed.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *reviewIn) (app.ReviewLine, error) {
				return a.Review(ctx, c, in.Review)
			})},
		{id: "writeReview", method: put, path: "/review/{review}", tag: tag, need: account.HoldReview, ref: reviewRef, says: "Write down what was said and decided", more: "Of signed minutes only the days count on which decisions were carried out.",
			example: map[string]any{"version": 1, "said": map[string]string{"b": "no change"}, "decisions": []map[string]string{{"what": "a second auditor is trained", "owner": "security", "due": "2027-03-31"}}},
			register: handle(s, func(ctx context.Context, c app.Caller, in *writeReviewIn) (app.ReviewLine, error) {
				return a.WriteReview(ctx, c, in.Review, in.Body.Said, in.Body.Decisions, in.Body.Version)
			})},
		{id: "signReview", method: post, path: "/review/{review}/sign", tag: tag, need: account.HoldReview, ref: reviewRef, says: "Sign the minutes", more: "They bind to a digest of the inputs, of what was said and of what was decided. An input that neither the records nor anybody speaks of stands in the way.", example: map[string]any{"version": 2},
			register: handle(s, func(ctx context.Context, c app.Caller, in *signReviewIn) (app.ReviewLine, error) {
				return a.SignReview(ctx, c, in.Review, in.Body.Version)
			})},
		{id: "writeReviewMinutes", method: post, path: "/review/{review}/paper", tag: tag, need: account.IssueReport, says: "The minutes as a paper", gives: []string{octets}, example: map[string]any{"format": "docx"}, more: "What is issued leaves an entry with its SHA-256 in the log; json is the record itself and leaves none.",
			register: handleFile(s, func(ctx context.Context, c app.Caller, in *reviewPaperIn) (file, error) {
				return s.spool(c.Org+"-review-"+in.Review+"."+in.Body.Format, octets, func(w io.Writer) error { return a.ReviewPaper(ctx, c, in.Review, in.Body.Format, report.Paper{}, w) })
			})},
	}
}
