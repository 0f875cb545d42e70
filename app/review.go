// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/audit"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

const reviews = "review"

// ReviewLine is a management review with what is derived at a moment.
type ReviewLine struct {
	audit.Review
	Valid bool `json:"valid"` // the minutes are signed and stand as they were
	Open  int  `json:"open"`  // decisions that are not carried out
	Late  int  `json:"late"`
}

func reviewLine(r audit.Review, now time.Time) ReviewLine {
	l := ReviewLine{Review: r, Valid: r.Valid()}
	l.Open, l.Late = r.Open(now)
	return l
}

// Reviews gives the management reviews, the newest first.
func (a *App) Reviews(ctx context.Context, c Caller) ([]ReviewLine, error) {
	all, err := listed[audit.Review](ctx, a, c, account.ReadReview, reviews)
	if err != nil {
		return nil, err
	}
	out := []ReviewLine{}
	for _, r := range all {
		out = append(out, reviewLine(r, a.now().UTC()))
	}
	slices.SortFunc(out, func(x, y ReviewLine) int { return cmp.Compare(number(y.ID), number(x.ID)) })
	return out, nil
}

// Review gives one.
func (a *App) Review(ctx context.Context, c Caller, id string) (ReviewLine, error) {
	r, err := oneOf[audit.Review](ctx, a, c, account.ReadReview, reviews, id)
	return reviewLine(r, a.now().UTC()), err
}

// ReviewInputs computes the inputs of a management review from the records as
// they stand.
func (a *App) ReviewInputs(ctx context.Context, c Caller) ([]audit.Input, error) {
	h, err := a.enter(ctx, c, account.ReadReview)
	if err != nil {
		return nil, err
	}
	return a.reviewInputs(ctx, h)
}

// BeginReview freezes the inputs as the records have them now. Of r, Day, Chair
// and Present count.
func (a *App) BeginReview(ctx context.Context, c Caller, r audit.Review) (audit.Review, error) {
	h, err := a.enter(ctx, c, account.HoldReview)
	if err != nil {
		return r, err
	}
	r = audit.Review{Day: r.Day, Chair: strings.TrimSpace(r.Chair), Present: r.Present, At: a.now().UTC(), Version: 1}
	if err := r.Validate(nil, r.At); err != nil {
		return r, err
	}
	if r.Inputs, err = a.reviewInputs(ctx, h); err != nil {
		return r, err
	}
	r.Frozen = audit.Frozen(r.Inputs)
	err = h.Update(ctx, func(tx *store.Tx) (err error) {
		if r.ID, err = next(ctx, tx, reviews, "m"); err != nil {
			return err
		}
		return tx.Put(reviews, r.ID, r, store.Event{Kind: "review.begun", Actor: c.Actor})
	})
	return r, err
}

// WriteReview writes down what was said of the inputs and what was decided. Of a
// review whose minutes are signed only the days count on which decisions were
// carried out. seen is the version that the caller saw.
func (a *App) WriteReview(ctx context.Context, c Caller, id string, said map[string]string, decisions []audit.Decision, seen int) (ReviewLine, error) {
	return a.turnReview(ctx, c, id, seen, "review.written", func(_ *hall, tx *store.Tx, r *audit.Review) error {
		if r.Signed != nil {
			if len(decisions) != len(r.Decisions) {
				return problem.New(problem.Conflict, "the minutes are signed: what was decided stands", "note only the days on which decisions were carried out")
			}
			for i, d := range decisions {
				r.Decisions[i].Done = d.Done
			}
		} else {
			for i := range r.Inputs {
				if words, ok := said[r.Inputs[i].Letter]; ok {
					r.Inputs[i].Said = strings.TrimSpace(words)
				}
			}
			r.Decisions = decisions
		}
		people, err := activePeople(ctx, tx)
		if err != nil {
			return err
		}
		return r.Validate(people, a.now().UTC())
	})
}

// SignReview signs the minutes. They bind to the inputs, to what was said and to
// what was decided.
func (a *App) SignReview(ctx context.Context, c Caller, id string, seen int) (ReviewLine, error) {
	by, err := a.Signer(ctx, c)
	if err != nil {
		return ReviewLine{}, err
	}
	return a.turnReview(ctx, c, id, seen, "review.signed", func(_ *hall, _ *store.Tx, r *audit.Review) error {
		if r.Signed != nil {
			return problem.New(problem.Conflict, "the minutes are signed by "+r.Signed.By, "hold another review")
		}
		if err := r.Signable(); err != nil {
			return err
		}
		r.Signed = &audit.Signature{Mark: audit.Mark{By: by, At: a.now().UTC()}, Digest: r.Digest()}
		return nil
	})
}

func (a *App) turnReview(ctx context.Context, c Caller, id string, seen int, kind string, change func(*hall, *store.Tx, *audit.Review) error) (ReviewLine, error) {
	var r audit.Review
	h, err := a.enter(ctx, c, account.HoldReview)
	if err != nil {
		return ReviewLine{}, err
	}
	err = h.Update(ctx, func(tx *store.Tx) (err error) {
		var ok bool
		if r, ok, err = get[audit.Review](ctx, tx, reviews, id); err == nil && !ok {
			err = problem.New(problem.NotFound, "there is no management review "+cutWord(id), "demarc review list names them")
		}
		if err != nil {
			return err
		}
		if err := meanwhile("the review "+id, r.Version, seen); err != nil {
			return err
		}
		if err := change(h, tx, &r); err != nil {
			return err
		}
		r.Version++
		return tx.Put(reviews, id, r, store.Event{Kind: kind, Actor: c.Actor})
	})
	return reviewLine(r, a.now().UTC()), err
}

// ReviewFormats gives the formats of the minutes.
func ReviewFormats() []string { return []string{"docx", "pdf", "html", "json"} }

// ReviewPaper writes the minutes of a review to w. json is the record itself and
// leaves no entry. The inputs are those that were frozen.
func (a *App) ReviewPaper(ctx context.Context, c Caller, id, format string, words report.Paper, w io.Writer) error {
	if err := named("minutes of a management review", format, ReviewFormats()); err != nil {
		return err
	}
	r, err := a.Review(ctx, c, id)
	if err != nil {
		return err
	}
	if format == "json" {
		return writeRecord(w, r)
	}
	if err := a.May(ctx, c, account.IssueReport); err != nil {
		return err
	}
	d := report.Review{Minutes: r.Review}
	if d.Names, err = a.paperNames(ctx, c, words, "REVIEW-"+strings.ToUpper(id), r.Review); err != nil {
		return err
	}
	d.Digest = strings.TrimPrefix(r.Review.Digest(), "sha256:")
	return issue(ctx, a, c, reviews+"/"+id, format, map[string]any{"report": "review", "review": id, "data": d.Digest}, d, report.ReviewReport, nil, w)
}

// reviewWork gives the decisions that wait for the caller.
func (a *App) reviewWork(ctx context.Context, c Caller, m account.Member) ([]Work, error) {
	if !m.Role.May(account.HoldReview) {
		return nil, nil
	}
	all, err := a.Reviews(ctx, c)
	var out []Work
	for _, r := range all {
		if r.Signed == nil {
			out = append(out, Work{What: fmt.Sprintf("Sign the minutes of the management review of %s", r.Day), Where: "/review/" + r.ID})
		}
		for _, d := range r.Decisions {
			if d.Done == "" && d.Due != "" && r.Signed != nil {
				due := d.Due.Time()
				out = append(out, Work{What: "Decided in the management review: " + cutWord(d.What), Where: "/review/" + r.ID, Due: &due, Late: d.Due.Before(a.now())})
			}
		}
	}
	return out, err
}
