// SPDX-License-Identifier: Apache-2.0

package web

import (
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
)

// historyView is what the page of assessments shows.
type historyView struct {
	Runs []app.Run // the newest first
	From string
	To   string
	Opts []option

	Edition   catalogue.Edition // of the trend: that of the newest
	Trend     trend
	Points    []measured
	TrendSays string
}

// trendMost is how many assessments a trend goes back.
const trendMost = 30

// trendOf gives how the duties of our own side stood in the last assessments of
// an edition, and what the picture of it shows.
func (s *Server) trendOf(v *visit, ed catalogue.Edition) (points []measured, says string, err error) {
	h, err := s.past(v, ed)
	if err != nil {
		return nil, "", err
	}
	past, all := h.last, h.all
	for _, x := range past {
		n := waysOf(x.Ours)
		points = append(points, measured{Name: x.Run.ID, Path: query("/", "run", x.Run.ID), Counts: x.Ours,
			Says: moment(x.Run.At) + ", " + number(n[0]) + " met, " + number(n[1]) + " shown not met, " + number(n[2]) + " unknown"})
	}
	says = "Our own duties by ISO/IEC 27017:" + string(ed) + " in " + plural(all, "assessment", "assessments")
	if len(past) < all {
		says = "Our own duties by ISO/IEC 27017:" + string(ed) + " in the last " + number(len(past)) + " of " + number(all) + " assessments"
	}
	return points, says + ": disc met, square shown not met, triangle unknown. Each step is one assessment and opens it.", nil
}

func (s *Server) history(v *visit) error {
	all, err := s.o.App.Runs(v, v.Caller)
	if err != nil {
		return err
	}
	var view historyView
	for i := len(all) - 1; i >= 0; i-- {
		view.Runs = append(view.Runs, all[i])
		view.Opts = append(view.Opts, option{all[i].ID, all[i].ID + ", " + moment(all[i].At)})
	}
	if len(all) > 0 {
		view.To = all[len(all)-1].ID
		view.From = all[max(0, len(all)-2)].ID
	}
	if len(all) > 0 {
		view.Edition = all[len(all)-1].Edition
		var err error
		if view.Points, view.TrendSays, err = s.trendOf(v, view.Edition); err != nil {
			return err
		}
		view.Trend = drawTrend(view.Points, 1000, 260)
	}
	next := "Choose two and see what changed between them."
	if len(all) < 2 {
		next = "Collect and assess again after the first things are mended: demarc collect aws, demarc assess."
	}
	return s.show(v, page{
		Title: "Assessment history", Section: "/assess",
		What: "Every assessment that was made, the newest first. None is ever changed: each can be opened, reported and compared again.",
		Why:  "Security is to be evaluated at planned intervals, and what was found earlier must be shown to have been followed up.",
		Next: next,
	}, historyPage(view))
}

// driftView is what the page of a drift shows.
type driftView struct {
	*app.Drift
	Parts  []driftPart
	Duties []dutyPart
	Titles map[string]string
}

type driftPart struct {
	Title, Says string
	Run         string // in which the findings stand
	Rows        []check.Finding
	More        int
}

type dutyPart struct {
	Title string
	Rows  []assess.DutyChange
	More  int
}

// driftMost is how many changes of a sort are shown.
const driftMost = 100

func (s *Server) driftBetween(v *visit) error {
	from, err := s.o.App.Run(v, v.Caller, v.get("from"))
	if err != nil {
		return err
	}
	to, err := s.o.App.Run(v, v.Caller, v.get("to"))
	if err != nil {
		return err
	}
	d, err := s.drift(v, from, to)
	if err != nil {
		return err
	}
	g, err := s.gap(v, to)
	if err != nil {
		return err
	}
	view := driftView{Drift: d, Titles: map[string]string{}}
	for _, c := range g.Checks {
		view.Titles[c.ID] = c.Title
	}
	f := d.Findings
	for _, p := range []struct {
		title, says, run string
		changed          app.Changed
	}{
		{"New failures", "fail now and did not before", to.ID, f.New},
		{"Fixed", "failed before, and pass or do not apply now", to.ID, f.Fixed},
		{"No longer known", "were known before and cannot be told now: nobody may call them fixed", to.ID, f.Unknown},
		{"Known again", "were unknown before and pass or do not apply now", to.ID, f.Known},
		{"Gone", "failed before and were not asked now: deleted, or not looked at", from.ID, f.Gone},
		{"Still open", "failed before and fail now", to.ID, f.Open},
	} {
		view.Parts = append(view.Parts, driftPart{p.title, p.says, p.run, p.changed.First[:min(driftMost, p.changed.Count)], max(0, p.changed.Count-driftMost)})
	}
	u := d.Duties.Duties
	for _, p := range []struct {
		title string
		list  []assess.DutyChange
	}{{"Newly open", u.New}, {"Closed", u.Fixed}, {"Worse than before", u.Worsened}, {"Can no longer be told", u.Unseen}, {"Not asked any more", u.Gone}} {
		view.Duties = append(view.Duties, dutyPart{p.title, p.list[:min(driftMost, len(p.list))], max(0, len(p.list)-driftMost)})
	}
	return s.show(v, page{
		Title: "What changed from " + from.ID + " to " + to.ID, Section: "/assess",
		What: "The difference between the assessment of " + moment(from.At) + " and that of " + moment(to.At) + ", in findings and in duties.",
		Why:  "A change must not weaken what was in place, and what was corrected must be shown to stay so.",
		Next: "Look at new failures first, then at what can no longer be told: it is not fixed.",
	}, driftPage(view))
}
