// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"io"

	"github.com/danielgtaylor/huma/v2"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/calendar"
)

type (
	routineIn struct {
		Place
		Routine string `path:"routine" maxLength:"40" doc:"id of a routine" example:"restore-test"`
	}
	setRoutineIn struct {
		Place
		Routine string `path:"routine" maxLength:"40" doc:"id of the routine; small letters, digits and hyphens" example:"restore-test"`
		Body    struct {
			Version  int      `json:"version" minimum:"0" doc:"that was seen; 0 for a new one"`
			Title    string   `json:"title" minLength:"1" maxLength:"4000"`
			Does     string   `json:"does,omitempty" maxLength:"4000" doc:"what is done, and how"`
			Controls []string `json:"controls,omitempty" nullable:"false" doc:"keys of the catalogue that it keeps working"`
			Clauses  []string `json:"clauses,omitempty" nullable:"false" doc:"of ISO/IEC 27001:2022"`
			Service  string   `json:"service,omitempty" maxLength:"64"`
			Owner    string   `json:"owner,omitempty" maxLength:"64" doc:"id of a person of the scope"`
			Rule     string   `json:"rule" maxLength:"200" doc:"a part of RFC 5545: FREQ, INTERVAL, BYDAY, BYMONTHDAY"`
			From     string   `json:"from" format:"date" doc:"the first day on which it is due"`
			Until    string   `json:"until,omitempty" format:"date" doc:"the last day of all"`
			Grace    int      `json:"grace,omitempty" minimum:"0" maximum:"366" doc:"days after which it is missed"`
			Evidence bool     `json:"evidence,omitempty" doc:"it counts only with a file"`
		}
	}
	performIn struct {
		Place
		Routine string `path:"routine" maxLength:"40" doc:"id of a routine" example:"restore-test"`
		Body    struct {
			Due     string `json:"due" format:"date" doc:"the occurrence"`
			On      string `json:"on" format:"date" doc:"the day on which it was done"`
			Outcome string `json:"outcome" enum:"nothing found,something found"`
			Words   string `json:"words" minLength:"1" maxLength:"4000" doc:"what was looked at, and what came of it"`
		}
	}
	routineBodyIn struct {
		Place
		Routine string `path:"routine" maxLength:"40" doc:"id of a routine" example:"restore-test"`
		Day     string `path:"day" maxLength:"10" doc:"on which it was due" example:"2026-11-30"`
		File    int    `query:"file" minimum:"0" maximum:"49" doc:"which of its files, from 0"`
	}
	attachIn struct {
		Place
		Routine string `path:"routine" maxLength:"40" doc:"id of a routine" example:"restore-test"`
		Day     string `path:"day" maxLength:"10" doc:"on which it was due" example:"2026-11-30"`
		Name    string `query:"name" minLength:"1" maxLength:"200" doc:"how the file is called" example:"protocol.txt" required:"true"`
		Upload
	}
	calendarPaperIn struct {
		Place
		Body struct {
			Format string `json:"format" enum:"docx,pdf,html,xlsx,yaml,ics,json"`
		}
	}
	// RoutineView is a routine with its days.
	RoutineView struct {
		app.RoutineLine
		Occurrences []calendar.Occurrence `json:"occurrences" nullable:"false" doc:"the newest first"`
	}
)

// exampleRoutines are routines that can be sent as they are.
const exampleRoutines = `routines:
  - id: door-log
    title: Look at the log of the door
    rule: FREQ=WEEKLY
    from: "2026-01-05"
`

func routineRef(ctx huma.Context) app.Ref { return app.RoutineRef(ctx.Param("routine")) }

func (s *server) calendarCalls() []call {
	a := s.o.App
	const tag = "calendar"
	return []call{
		{id: "getCalendar", method: get, path: "/calendar", tag: tag, need: account.ReadCalendar, says: "The control calendar",
			more:     "Each routine, and what was, is and will be due within a year of today. How an occurrence stands is derived from the rule, from what was done and from the day.",
			register: handle(s, func(ctx context.Context, c app.Caller, _ *placed) (*app.Calendar, error) { return a.Calendar(ctx, c) })},
		{id: "importCalendar", method: put, path: "/calendar", tag: tag, need: account.EditCalendar, takes: []string{yaml}, example: exampleRoutines, says: "Take routines in", more: "All of the file or nothing, and every fault with its line. Routines that it does not name stay; what was due by an earlier rule stays due.",
			register: handleText(s, func(ctx context.Context, c app.Caller, in *uploaded, data []byte) (imported, error) {
				n, err := a.ImportCalendar(ctx, c, "calendar.yaml", data)
				return imported{Changed: n}, err
			})},
		{id: "seedCalendar", method: post, path: "/calendar/seed", tag: tag, need: account.EditCalendar, says: "Write the usual routines into the calendar", more: "Those that are in it already stay as they are. Nobody owns the new ones yet.",
			register: handle(s, func(ctx context.Context, c app.Caller, _ *placed) (imported, error) {
				n, err := a.SeedCalendar(ctx, c)
				return imported{Added: n}, err
			})},
		{id: "writeCalendarPaper", method: post, path: "/calendar/paper", tag: tag, need: account.IssueReport, says: "The calendar as a paper", gives: []string{octets}, example: map[string]any{"format": "xlsx"}, more: "What is issued leaves an entry with its SHA-256 in the log; yaml, ics and json leave none.",
			register: handleFile(s, func(ctx context.Context, c app.Caller, in *calendarPaperIn) (file, error) {
				return s.spool(c.Org+"-calendar."+in.Body.Format, octets, func(w io.Writer) error { return a.CalendarPaper(ctx, c, in.Body.Format, report.Paper{}, w) })
			})},
		{id: "getCalendarFile", method: get, path: "/calendar.ics", tag: tag, need: account.ReadCalendar, says: "The days for other calendars", gives: []string{octets}, more: "An iCalendar file (RFC 5545), one all-day event for each occurrence that is open or to come.",
			register: handleFile(s, func(ctx context.Context, c app.Caller, _ *placed) (file, error) {
				return s.spool(c.Org+"-controls.ics", octets, func(w io.Writer) error { return a.CalendarPaper(ctx, c, "ics", report.Paper{}, w) })
			})},
		{id: "getRoutine", method: get, path: "/calendar/{routine}", tag: tag, need: account.ReadCalendar, ref: routineRef, says: "One routine", more: "With its days from a year ago to a year from now, the newest first.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *routineIn) (RoutineView, error) {
				l, all, err := a.Routine(ctx, c, in.Routine)
				return RoutineView{l, all}, err
			})},
		{id: "setRoutine", method: put, path: "/calendar/{routine}", tag: tag, need: account.EditCalendar, ref: routineRef, says: "Write a routine down, or change it", more: "A new rule holds from today on; what was due by the old one stays.",
			example: map[string]any{"version": 0, "title": "Look at the log of the door", "rule": "FREQ=WEEKLY", "from": "2026-01-05"},
			register: handle(s, func(ctx context.Context, c app.Caller, in *setRoutineIn) (calendar.Routine, error) {
				b := in.Body
				return a.SetRoutine(ctx, c, calendar.Routine{ID: in.Routine, Title: b.Title, Does: b.Does, Controls: b.Controls, Clauses: b.Clauses, Service: b.Service, Owner: b.Owner, Rule: b.Rule, From: calendar.Day(b.From), Until: calendar.Day(b.Until), Grace: b.Grace, Evidence: b.Evidence}, b.Version)
			})},
		{id: "performRoutine", method: post, path: "/calendar/{routine}/perform", tag: tag, need: account.PerformControl, says: "Write down that an occurrence was done", more: "What was missed cannot be done any more. The files that show it follow with attachEvidence.",
			example: map[string]any{"due": "2026-11-30", "on": "2026-11-25", "outcome": "nothing found", "words": "all sources deliver"},
			register: handle(s, func(ctx context.Context, c app.Caller, in *performIn) (calendar.Occurrence, error) {
				b := in.Body
				return a.PerformRoutine(ctx, c, in.Routine, calendar.Day(b.Due), calendar.Done{On: calendar.Day(b.On), Outcome: calendar.Outcome(b.Outcome), Words: b.Words}, "", nil)
			})},
		{id: "attachEvidence", method: post, path: "/calendar/{routine}/{day}/body", tag: tag, need: account.PerformControl, takes: []string{octets}, most: 64 << 20, says: "Attach a file to what was done", more: "The body is the file. It is kept under its SHA-256, and the log names it.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *attachIn) (calendar.Occurrence, error) {
				return a.AttachEvidence(ctx, c, in.Routine, calendar.Day(in.Day), in.Name, in.from)
			})},
		{id: "getRoutineEvidence", method: get, path: "/calendar/{routine}/{day}/body", tag: tag, need: account.ReadCalendar, says: "A file that shows what was done", gives: []string{octets}, more: "As it was attached.",
			register: handleFile(s, func(ctx context.Context, c app.Caller, in *routineBodyIn) (file, error) {
				f, body, err := a.RoutineEvidence(ctx, c, in.Routine, calendar.Day(in.Day), in.File)
				return file{f.Name, octets, body}, err
			})},
	}
}
