// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/supplier"
)

type (
	supplierIn struct {
		Place
		Supplier string `path:"supplier" maxLength:"64" doc:"id of a supplier: its name in small letters" example:"postrider-mail-ltd"`
	}
	setSupplierIn struct {
		uploaded
		Supplier string `path:"supplier" maxLength:"64" doc:"id of a supplier: its name in small letters" example:"postrider-mail-ltd"`
	}
	answerSupplierIn struct {
		supplierIn
		Body struct {
			Answers []supplier.Answer `json:"answers" minItems:"1" maxItems:"200" nullable:"false" doc:"answers to other questions stay"`
		}
	}
	decideSupplierIn struct {
		supplierIn
		Body struct {
			Verdict    supplier.Verdict     `json:"verdict" enum:"accept,conditions,reject"`
			Until      string               `json:"until" format:"date" doc:"day on which the supplier is looked at again"`
			Note       string               `json:"note,omitempty" maxLength:"4000"`
			Conditions []supplier.Condition `json:"conditions,omitempty" maxItems:"40" nullable:"false"`
		}
	}
)

func supplierRef(ctx huma.Context) app.Ref { return app.SupplierRef(ctx.Param("supplier")) }

func (s *server) supplierCalls() []call {
	a := s.o.App
	const tag = "supplier"
	return []call{
		{id: "listSuppliers", method: get, path: "/supplier", tag: tag, need: account.ReadAgreement, says: "The suppliers of the services that are consumed",
			more: "Those on which most rests first: the tier with its reasons, the score with its range, assurances with what they do not cover, and how far the assessment is.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *listIn) (Page[app.SupplierReading], error) {
				all, err := a.Suppliers(ctx, c)
				if err != nil {
					return Page[app.SupplierReading]{}, err
				}
				return paged(all, in.InPage, func(r app.SupplierReading) string { return r.ID })
			})},
		{id: "getQuestionnaire", method: get, path: "/supplierquestions", tag: tag, need: account.ReadAgreement, says: "What suppliers are asked", more: "Each question with its weight and the topic of agreements on which the answer should be promised.",
			register: handle(s, func(context.Context, app.Caller, *placed) (supplier.Questionnaire, error) { return supplier.Shipped() })},
		{id: "getSupplier", method: get, path: "/supplier/{supplier}", tag: tag, need: account.ReadAgreement, says: "One supplier", more: "With what each answer counts and why, and the clauses of its agreements on the same topics.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *supplierIn) (app.SupplierReading, error) {
				return a.Supplier(ctx, c, in.Supplier)
			})},
		{id: "setSupplier", method: put, path: "/supplier/{supplier}", tag: tag, need: account.EditAgreement, ref: supplierRef, takes: []string{yaml}, says: "Take what is known of a supplier in", example: exampleSupplier,
			more: "All of the file or nothing, and every fault with its line. A decision stays, and is stale when something material changed.",
			register: handleText(s, func(ctx context.Context, c app.Caller, in *setSupplierIn, data []byte) (app.SupplierReading, error) {
				return a.SetSupplier(ctx, c, in.Supplier, "supplier.yaml", data)
			})},
		{id: "answerSupplier", method: post, path: "/supplier/{supplier}/answer", tag: tag, need: account.EditAgreement, ref: supplierRef, says: "Write answers of a supplier down", more: "Those to other questions stay.",
			example: map[string]any{"answers": []map[string]any{{"question": "exit-1", "answer": "yes", "evidence": "document"}}},
			register: handle(s, func(ctx context.Context, c app.Caller, in *answerSupplierIn) (app.SupplierReading, error) {
				return a.AnswerSupplier(ctx, c, in.Supplier, in.Body.Answers)
			})},
		{id: "decideSupplier", method: post, path: "/supplier/{supplier}/decide", tag: tag, need: account.ReviewAgreement, ref: supplierRef, says: "Accept a supplier, on conditions or without, or reject it", more: "The decision binds to what was looked at, and ends on a day.",
			example: map[string]any{"verdict": "accept", "until": "2027-01-31"},
			register: handle(s, func(ctx context.Context, c app.Caller, in *decideSupplierIn) (app.SupplierReading, error) {
				return a.DecideSupplier(ctx, c, in.Supplier, supplier.Decision{Verdict: in.Body.Verdict, Until: in.Body.Until, Note: in.Body.Note, Conditions: in.Body.Conditions})
			})},
	}
}

// exampleSupplier is what is known of a supplier, as it can be sent.
const exampleSupplier = `privileged: false
answers:
  - {question: exit-1, answer: "yes", evidence: document}
`
