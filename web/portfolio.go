// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"

	"demarc.dev/demarc/problem"
)

// portfolio is the way to the caller's organisations: straight to the only one.
func (s *Server) portfolio(v *visit) error {
	ids, err := s.o.App.Orgs(v, v.Caller)
	if err != nil {
		return err
	}
	if len(ids) == 1 && v.get("all") == "" {
		v.Context = within(v.Context, ids[0])
		return v.redirect("/")
	}
	if len(ids) == 0 && !v.Operator() {
		return problem.New(problem.NotFound, "You belong to no organisation yet", "Ask an administrator of yours to let you in.")
	}
	rows, err := s.portfolioRows(v, ids)
	if err != nil {
		return err
	}
	return s.show(v, page{
		Title: "Organisations", Section: "/?all=yes",
		What: "The organisations that you belong to: " + number(int64(len(ids))) + ". Each has its own records, its own log and its own key.",
		Why:  "Who works for several organisations must never mix what is theirs.",
		Next: "Open one.",
	}, portfolioPage(rows, v.Operator()))
}

// verifyAll looks at the whole log of every organisation once.
func (s *Server) verifyAll(ctx context.Context) {
	ids, err := s.o.App.Orgs(ctx, s.o.Caller)
	if err != nil {
		s.o.Log.Warn("listing the organisations", "error", err)
	}
	for _, id := range ids {
		if err := s.verify(ctx, s.o.Caller.In(id)); err != nil && ctx.Err() == nil {
			s.o.Log.Warn("verifying the log", "organisation", id, "error", err)
		}
	}
}
