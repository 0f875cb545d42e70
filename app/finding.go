// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/check/export"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

// FindingAsk asks for a page of a view. After and Before are cursors of pages
// before; at most one is given.
type FindingAsk struct {
	FindingFilter
	Sort          string // one of FindingSorts(); empty: worst first
	After, Before string
	Most          int // findings on the page, from 1 to FindingMost
}

// FindingMost is how many findings a page holds at most.
const FindingMost = 1000

// FindingPage is a page of a view.
type FindingPage struct {
	Findings []check.Finding
	Found    int    // in the view
	First    int    // number of the first, from 0
	Earlier  string // cursor to give as Before; empty on the first page
	Later    string // cursor to give as After; empty on the last
}

// FindingPage gives a page of a view of a run's findings. A cursor is a place
// in an order that does not change, so that pages neither skip nor repeat.
func (a *App) FindingPage(ctx context.Context, c Caller, run Run, ask FindingAsk) (FindingPage, error) {
	if ask.Most < 1 || ask.Most > FindingMost {
		return FindingPage{}, problem.Newf(problem.Usage, "a page holds 1 to %d findings", FindingMost)
	}
	if ask.Sort != "" && !slices.Contains(FindingSorts(), ask.Sort) {
		return FindingPage{}, problem.New(problem.Usage, "findings are not sorted by "+cutWord(ask.Sort), "one of: "+strings.Join(FindingSorts(), ", "))
	}
	view, err := a.findingView(ctx, c, run, ask.FindingFilter)
	if err != nil {
		return FindingPage{}, err
	}
	v := view.x.sight(view.s, view.ok, ask.Sort)
	page := FindingPage{Findings: []check.Finding{}, Found: v.found()}
	most := ask.Most
	switch {
	case ask.After != "":
		at, err := position(run, ask.After)
		if err != nil {
			return FindingPage{}, err
		}
		page.First = v.before(at)
	case ask.Before != "":
		at, err := position(run, ask.Before)
		if err != nil {
			return FindingPage{}, err
		}
		end := v.before(at)
		page.First = max(0, end-most)
	}
	places, first, after := v.take(page.First, most)
	read := view.x.lines.reader()
	for _, place := range places {
		f, err := read.read(place)
		if err != nil {
			return FindingPage{}, err
		}
		page.Findings = append(page.Findings, f)
	}
	if page.First > 0 && len(places) > 0 {
		page.Earlier = cursor(run, first)
	}
	if page.First+len(places) < page.Found {
		page.Later = cursor(run, after)
	}
	return page, nil
}

func cursor(run Run, position int) string { return run.ID + "." + strconv.Itoa(position) }

func position(run Run, cursor string) (int, error) {
	id, number, _ := strings.Cut(cursor, ".")
	n, err := strconv.ParseInt(number, 10, 32)
	if err != nil || n < 0 {
		return 0, problem.New(problem.Usage, "this is no cursor: "+cutWord(cursor), "send the one of the page before, unchanged")
	}
	if id != run.ID {
		return 0, problem.New(problem.Usage, "this cursor is of another assessment, "+cutWord(id), "name that assessment, or begin again without a cursor")
	}
	return int(n), nil
}

// CursorRun gives the id of the assessment that a cursor is of, so that a
// reader of the newest stays with the one he began with; empty for no cursor.
func CursorRun(cursor string) string {
	id, _, _ := strings.Cut(cursor, ".")
	return id
}

// FindingGroups counts a view of a run's findings by a word of FindingGroupings.
func (a *App) FindingGroups(ctx context.Context, c Caller, run Run, f FindingFilter, by string) ([]FindingGroup, error) {
	if !slices.Contains(FindingGroupings(), by) {
		return nil, problem.New(problem.Usage, "findings are not grouped by "+cutWord(by), "one of: "+strings.Join(FindingGroupings(), ", "))
	}
	v, err := a.findingView(ctx, c, run, f)
	if err != nil {
		return nil, err
	}
	out := v.x.groups(v.s, v.ok, by, v.a)
	if by == GroupControl {
		cat, err := a.Catalogue()
		if err != nil {
			return nil, err
		}
		for i := range out {
			control, _ := cat.Control(out[i].Key)
			out[i].Title = control.Title
		}
	}
	return out, nil
}

// FindingChoices gives the words that a view of a run's findings can be chosen of.
func (a *App) FindingChoices(ctx context.Context, c Caller, run Run) (FindingChoices, error) {
	h, err := a.enter(ctx, c, account.ReadFinding)
	if err != nil {
		return FindingChoices{}, err
	}
	s, r, err := h.span(ctx, "")
	if err != nil {
		return FindingChoices{}, err
	}
	x, err := a.index(ctx, h, run)
	if err != nil {
		return FindingChoices{}, err
	}
	out := x.choices(r)
	if s != nil {
		out.Services = s.ServiceIDs()
	}
	return out, nil
}

// FindingsIn goes through a view of a run's findings, in the order in which
// they were made. It ends after the first error.
func (a *App) FindingsIn(ctx context.Context, c Caller, run Run, f FindingFilter) iter.Seq2[check.Finding, error] {
	return func(yield func(check.Finding, error) bool) {
		v, err := a.findingView(ctx, c, run, f)
		if err != nil {
			yield(check.Finding{}, err)
			return
		}
		v.each(ctx)(yield)
	}
}

// each goes through the view in the order in which its findings were made.
func (v foundView) each(ctx context.Context) iter.Seq2[check.Finding, error] {
	return func(yield func(check.Finding, error) bool) {
		read, among := v.x.lines.reader(), bitset(nil)
		if v.s != v.x.whole {
			among = newBitset(int32(len(v.x.class)))
			for _, place := range v.s.places {
				among[place/64] |= 1 << (place % 64)
			}
		}
		for place, class := range v.x.class {
			if !v.ok[class] || among != nil && !among.has(int32(place)) {
				continue
			}
			f, err := read.read(int32(place))
			if err == nil {
				err = ctx.Err()
			}
			if !yield(f, err) || err != nil {
				return
			}
		}
	}
}

// FindingFormats lists what a view of findings is written as.
func FindingFormats() []string { return append(export.Formats(), "xlsx") }

// ExportFindings writes a view of a run's findings as they come, in a format of
// FindingFormats; a workbook holds at most 100,000. Nothing was written when it
// fails before the first finding.
func (a *App) ExportFindings(ctx context.Context, c Caller, run Run, f FindingFilter, format string, w io.Writer) error {
	if !slices.Contains(FindingFormats(), format) {
		return problem.New(problem.Usage, "findings are not written as "+cutWord(format), "one of: "+strings.Join(FindingFormats(), ", "))
	}
	v, err := a.findingView(ctx, c, run, f)
	if err != nil {
		return err
	}
	checks, err := a.Asked(ctx, c, run)
	if err != nil {
		return err
	}
	if format == "xlsx" {
		if n := v.x.sight(v.s, v.ok, "").found(); n > viewSheet {
			return problem.New(problem.Invalid, fmt.Sprintf("%d findings are too many for a workbook of a view, which holds %d", n, viewSheet), "narrow the filter, or take CSV")
		}
		return a.findingsWorkbook(ctx, c, run, a.words(Paper{}, "FIN-"+strings.ToUpper(run.ID)), checks, v.each(ctx), w)
	}
	out, err := export.New(format, w, export.Options{Version: a.version, Time: run.At, Checks: checks, Exceptions: run.Exceptions})
	if err != nil {
		return err
	}
	return exportAll(out, v.each(ctx))
}

// Finding gives the finding of a run that has the fingerprint.
func (a *App) Finding(ctx context.Context, c Caller, run Run, fingerprint string) (check.Finding, error) {
	none := problem.New(problem.NotFound, fmt.Sprintf("assessment %s has no finding %s", run.ID, cutWord(fingerprint)), "the list of findings has them; an older assessment has its own")
	v, err := a.findingView(ctx, c, run, FindingFilter{})
	if err != nil {
		return check.Finding{}, err
	}
	place, ok := v.x.find(printOf(fingerprint))
	if !ok || !v.ok[v.x.class[place]] {
		return check.Finding{}, none
	}
	f, err := v.x.lines.reader().read(place)
	if err == nil && f.Fingerprint != fingerprint {
		err = none
	}
	return f, err
}

// foundView is the index of a run as its reader may see it, filtered.
type foundView struct {
	x  *findingIndex
	s  *subset
	ok []bool
	a  span
}

func (a *App) findingView(ctx context.Context, c Caller, run Run, f FindingFilter) (foundView, error) {
	h, err := a.enter(ctx, c, account.ReadFinding)
	if err != nil {
		return foundView{}, err
	}
	v := foundView{}
	if _, v.a, err = h.span(ctx, f.Service); err != nil {
		return v, err
	}
	if v.x, err = a.index(ctx, h, run); err != nil {
		return v, err
	}
	if v.s, err = v.x.saying(string(small([]byte(strings.TrimSpace(f.Text))))); err != nil {
		return v, err
	}
	v.ok = v.x.matching(f, v.a)
	return v, nil
}

// regions gives the regions in which the view sees something, by account.
func (v foundView) regions() map[string][]string {
	type place struct{ account, region int32 }
	seen, out := map[place]bool{}, map[string][]string{}
	for i := range v.x.classes {
		at := place{v.x.classes[i].account, v.x.classes[i].region}
		if !v.ok[i] || seen[at] {
			continue
		}
		seen[at] = true
		out[v.x.names[at.account]] = append(out[v.x.names[at.account]], v.x.names[at.region])
	}
	return out
}

// span gives the scope as the caller may see it, nil when nobody wrote one, and
// the accounts of its services that he may look at: of one service, or of all.
func (h *hall) span(ctx context.Context, only string) (*scope.Scope, span, error) {
	r := span{in: func(string) bool { return true }, of: func(string) []string { return nil }}
	s, err := scopeOf(ctx, h, h.ID())
	if isNotFound(err) && !h.bound() && only == "" {
		return nil, r, nil
	}
	if err != nil {
		return nil, r, err
	}
	s = h.narrowScope(s)
	r.of = func(account string) (ids []string) {
		for _, v := range s.ServicesOf(account) {
			ids = append(ids, v.ID)
		}
		return ids
	}
	if only != "" {
		one, err := service(s, only)
		if err != nil {
			return s, r, err
		}
		r.in = one.Holds
	} else if h.bound() {
		r.in = func(account string) bool { return len(s.ServicesOf(account)) > 0 }
	}
	return s, r, nil
}
