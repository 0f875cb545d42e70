// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/problem"
)

// Run is the record of one assessment: what it rests on, and where its
// findings and its conclusion lie. Reports are made from it, not from today's
// checks: what was said can be said again.
type Run struct {
	ID         string            `json:"id"` // "r1"
	At         time.Time         `json:"at"`
	Edition    catalogue.Edition `json:"edition"`
	Parties    []catalogue.Party `json:"parties"`
	Job        string            `json:"job,omitempty"`      // that made it
	Services   []string          `json:"services,omitempty"` // that were asked for; empty: all
	Snapshots  []string          `json:"snapshots"`
	Imports    []ImportUse       `json:"imports,omitempty"` // reports of other tools, and what became of them
	Demarc     string            `json:"demarc"`            // version of the program
	Catalogue  string            `json:"catalogue"`         // version of the catalogue
	Checks     int               `json:"checks"`
	Stats      check.Stats       `json:"stats"`
	Ours       assess.Counts     `json:"ours,omitzero"`        // the duties of our own side by status; zero: to be read from what it concluded
	Exceptions []check.Exception `json:"exceptions,omitempty"` // as they stood
	Findings   Body              `json:"findings"`             // JSON lines, zstd
	Asked      Body              `json:"asked"`                // the checks as they stood, JSON, zstd
	Concluded  Body              `json:"concluded"`            // the assessment, JSON
}

const runs = "run"

// Runs gives the assessments that were made, the oldest first.
func (a *App) Runs(ctx context.Context, c Caller) ([]Run, error) {
	o, err := a.enter(ctx, c, account.ReadAssessment)
	if err != nil {
		return nil, err
	}
	all, err := list[Run](ctx, o, runs)
	for i := range all {
		all[i] = o.narrowRun(all[i])
	}
	slices.SortFunc(all, func(x, y Run) int { return cmp.Compare(number(x.ID), number(y.ID)) })
	return all, err
}

// Run gives an assessment by its id, or the newest for an empty id.
func (a *App) Run(ctx context.Context, c Caller, id string) (Run, error) {
	o, err := a.enter(ctx, c, account.ReadAssessment)
	if err != nil {
		return Run{}, err
	}
	if id != "" {
		r, ok, err := get[Run](ctx, o, runs, id)
		if err == nil && !ok {
			err = problem.New(problem.NotFound, fmt.Sprintf("there is no assessment %q", id), "demarc assess list")
		}
		return o.narrowRun(r), err
	}
	all, err := a.Runs(ctx, c)
	if err != nil {
		return Run{}, err
	}
	if len(all) == 0 {
		return Run{}, problem.New(problem.NotFound, "nothing was assessed yet", "demarc assess")
	}
	return all[len(all)-1], nil
}

// Assessment reads what a run concluded.
func (a *App) Assessment(ctx context.Context, c Caller, r Run) (*assess.Assessment, error) {
	o, err := a.enter(ctx, c, account.ReadAssessment)
	if err != nil {
		return nil, err
	}
	whole, err := o.conclusion(r)
	if err != nil || !o.bound() {
		return whole, err
	}
	cat, err := a.Catalogue()
	if err != nil {
		return nil, err
	}
	return assess.Narrow(whole, cat, o.member.Services), nil
}

// conclusion reads what a run concluded, whole.
func (h *hall) conclusion(r Run) (*assess.Assessment, error) {
	f, err := openBody(h.Org, r.Concluded)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := readAll(f, maxBody)
	if err != nil {
		return nil, err
	}
	return assess.Decode(data)
}

// Asked reads the checks of a run as they stood.
func (a *App) Asked(ctx context.Context, c Caller, r Run) ([]check.Check, error) {
	o, err := a.enter(ctx, c, account.ReadAssessment)
	if err != nil {
		return nil, err
	}
	return asked(o, r)
}

func asked(h *hall, r Run) (checks []check.Check, err error) {
	err = unpack(h.Org, r.Asked, "the checks of "+r.ID, func(in io.Reader) error {
		data, err := readAll(in, maxBody)
		if err != nil {
			return err
		}
		return json.Unmarshal(data, &checks)
	})
	return checks, err
}

// Findings goes through the findings of a run, in their order. It ends after
// the first error.
func (a *App) Findings(ctx context.Context, c Caller, r Run) iter.Seq2[check.Finding, error] {
	return func(yield func(check.Finding, error) bool) {
		if err := a.eachFinding(ctx, c, r, func(f check.Finding) bool { return yield(f, nil) }); err != nil {
			yield(check.Finding{}, err)
		}
	}
}

func (a *App) eachFinding(ctx context.Context, c Caller, r Run, do func(check.Finding) bool) error {
	o, err := a.enter(ctx, c, account.ReadFinding)
	if err != nil {
		return err
	}
	seen, err := o.seen(ctx)
	if err != nil {
		return err
	}
	return unpack(o.Org, r.Findings, "the findings of "+r.ID, func(packed io.Reader) error {
		in := json.NewDecoder(bufio.NewReaderSize(packed, 256<<10))
		for {
			var finding check.Finding
			switch err := in.Decode(&finding); {
			case err == io.EOF:
				return nil
			case err != nil:
				return err
			case ctx.Err() != nil:
				return ctx.Err()
			case seen(finding) && !do(finding):
				return nil
			}
		}
	})
}
