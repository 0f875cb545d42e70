// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"io"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/calendar"
	"demarc.dev/demarc/internal/day"
)

// CalendarFormats gives the formats of the control calendar: papers, the routines
// to edit (yaml), and the days for other calendars (ics).
func CalendarFormats() []string {
	return []string{"docx", "pdf", "html", "xlsx", "yaml", "ics", "json"}
}

// CalendarPaper writes the control calendar to w. yaml, ics and json are the
// calendar itself and leave no entry.
func (a *App) CalendarPaper(ctx context.Context, c Caller, format string, words report.Paper, w io.Writer) error {
	if err := named("control calendar", format, CalendarFormats()); err != nil {
		return err
	}
	x, err := a.Calendar(ctx, c)
	if err != nil {
		return err
	}
	all := make([]calendar.Routine, len(x.Routines))
	for i, l := range x.Routines {
		all[i] = l.Routine
	}
	switch format {
	case "yaml":
		data, err := calendar.Encode(all)
		return write(w, data, err)
	case "json":
		return writeRecord(w, x)
	case "ics":
		return a.calendarFile(ctx, c, x, w)
	}
	if err := a.May(ctx, c, account.IssueReport); err != nil {
		return err
	}
	d := report.Calendar{Routines: all, Occurrences: x.Occurrences, Counts: x.Counts}
	if d.Names, err = a.paperNames(ctx, c, words, "CALENDAR", x); err != nil {
		return err
	}
	return issue(ctx, a, c, routines, format, map[string]any{"report": "calendar", "data": d.Digest}, d, report.CalendarReport, report.CalendarWorkbook, w)
}

// calendarFile writes what is open and to come for other calendars. Its stamp is
// the day: on one day the same calendar gives the same bytes.
func (a *App) calendarFile(ctx context.Context, c Caller, x *Calendar, w io.Writer) error {
	h, err := a.enter(ctx, c, account.ReadCalendar)
	if err != nil {
		return err
	}
	does := map[string]string{}
	for _, l := range x.Routines {
		does[l.ID] = strings.TrimSpace(l.Does + "\n" + l.Says)
	}
	var open []calendar.Occurrence
	for _, o := range x.Occurrences {
		if o.State == calendar.ToCome || o.State == calendar.DueNow || o.State == calendar.Overdue {
			open = append(open, o)
		}
	}
	return write(w, calendar.ICS(h.ID(), "Controls of "+h.ID(), open, func(id string) string { return does[id] }, day.Of(x.At).Time()), nil)
}
