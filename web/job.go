// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"strconv"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/job"
	"demarc.dev/demarc/problem"
)

// jobView is what the page of collectors shows.
type jobView struct {
	Collectors []app.Collector
	Schedules  []app.Schedule
	Told       []app.Subscription
	Secret     string // of a webhook, just made
	Jobs       []job.Job
	External   string
	Policy     string
	Manage     bool
	Run        bool
	Busy       bool
}

func (s *Server) jobs(v *visit) error { return s.jobsWith(v, "") }

func (s *Server) jobsWith(v *visit, secret string) error {
	view := jobView{Secret: secret, Manage: v.may(account.ManageWork, s.o.Now()), Run: v.may(account.RunWork, s.o.Now()), Policy: string(s.o.Policy)}
	var err error
	if view.Collectors, err = s.o.App.Collectors(v, v.Caller); err != nil {
		return err
	}
	if view.Schedules, err = s.o.App.Schedules(v, v.Caller); err != nil {
		return err
	}
	if view.Told, err = s.o.App.Subscriptions(v, v.Caller); err != nil {
		return err
	}
	if view.Jobs, err = s.o.App.Jobs(v, v.Caller); err != nil {
		return err
	}
	if view.External, err = s.o.App.ExternalID(v, v.Caller); err != nil {
		return err
	}
	for _, j := range view.Jobs {
		view.Busy = view.Busy || !j.State.Ended()
	}
	if view.Busy {
		v.w.Header().Set("Refresh", "3") // so that progress is seen without a script
	}
	next := "Look at what ran, and at what could not be read."
	switch {
	case view.Manage && len(view.Collectors) == 0:
		next = "Make a role in the cloud account with the policy below, then set a collector up for it."
	case view.Manage && len(view.Schedules) == 0:
		next = "Have a collector run every day: what is not looked at drifts."
	}
	return s.show(v, page{
		Title: "Collectors and schedules", Section: "/job",
		What: "Which cloud accounts are read, when, and what became of each run: " + plural(len(view.Collectors), "collector", "collectors") + ", " + plural(len(view.Schedules), "schedule", "schedules") + ".",
		Why:  "What is claimed of a cloud service must rest on its real state, looked at regularly, and monitored.",
		Next: next,
	}, jobPage(view))
}

func (s *Server) setCollector(v *visit) error {
	form := v.r.PostFormValue
	x := app.Collector{ID: strings.TrimSpace(form("id")), Provider: "aws", RoleARN: strings.TrimSpace(form("role")), Accounts: listed(form("accounts")), Regions: listed(form("regions"))}
	if err := s.o.App.SetCollector(v, v.Caller, x); err != nil {
		return err
	}
	return v.redirect("/job")
}

// listed takes apart what somebody listed, by commas or spaces.
func listed(words string) []string {
	return strings.FieldsFunc(words, func(r rune) bool { return r == ',' || r == ' ' || r == ';' || r == '\n' || r == '\r' || r == '\t' })
}

func (s *Server) removeCollector(v *visit) error {
	if err := s.o.App.RemoveCollector(v, v.Caller, v.r.PathValue("collector")); err != nil {
		return err
	}
	return v.redirect("/job")
}

func (s *Server) setSchedule(v *visit) error {
	form := v.r.PostFormValue
	cron := form("often")
	if words := strings.TrimSpace(form("cron")); words != "" {
		cron = words
	}
	err := s.o.App.SetSchedule(v, v.Caller, app.Schedule{ID: strings.TrimSpace(form("id")), Collector: form("collector"), Cron: cron, Edition: catalogue.Edition(form("edition"))})
	if err != nil {
		return err
	}
	return v.redirect("/job")
}

func (s *Server) removeSchedule(v *visit) error {
	if err := s.o.App.RemoveSchedule(v, v.Caller, v.r.PathValue("schedule")); err != nil {
		return err
	}
	return v.redirect("/job")
}

// runNow orders a run: of a collector, or of an assessment alone.
func (s *Server) runNow(v *visit) error {
	if _, err := s.o.App.Look(v, v.Caller, v.r.PostFormValue("collector"), catalogue.Edition(v.r.PostFormValue("edition"))); err != nil {
		return err
	}
	return v.redirect("/job")
}

func (s *Server) cancelJob(v *visit) error {
	id, err := strconv.ParseInt(v.r.PathValue("job"), 10, 64)
	if err != nil {
		return problem.New(problem.NotFound, "there is no run "+cut(v.r.PathValue("job"), 20), "the list names them")
	}
	if err := s.o.App.CancelJob(v, v.Caller, id); err != nil {
		return err
	}
	return v.redirect("/job")
}

// oftenSaid says a schedule in plain words.
func oftenSaid(cron string) string {
	words, err := job.Describe(cron)
	if err != nil {
		return cron
	}
	return words
}

// jobCause says what had a job begin.
func jobCause(j job.Job) string {
	if j.Kind == app.TellJob {
		return "a notice, of what a run found"
	}
	return or(j.Schedule, "by hand")
}

// jobSaid says how far a run is, or how it ended.
func jobSaid(j job.Job) string {
	switch {
	case j.Cancelling && j.State == job.Running:
		return "it is being stopped"
	case j.State == job.Running && j.Progress.Total > 0:
		return fmt.Sprintf("%s of %s · %s", number(j.Progress.Done), number(j.Progress.Total), j.Progress.Text)
	case j.State == job.Running:
		return or(j.Progress.Text, "it has begun")
	case j.Error != "":
		return j.Error
	}
	return ""
}

// jobOutcome gives the class of a run's chip.
func jobOutcome(j job.Job) string {
	switch j.State {
	case job.Done:
		return "o-pass"
	case job.Failed:
		return "o-fail"
	case job.Running:
		return "s-accepted"
	}
	return "o-unknown"
}

// subscribe has somebody told of what happens; the secret of a webhook is shown
// this once.
func (s *Server) subscribe(v *visit) error {
	form := func(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }
	x := app.Subscription{ID: form("id"), Mail: form("mail"), Hook: form("hook")}
	for _, k := range clean(v.r.PostForm["kind"]) {
		x.Kinds = append(x.Kinds, app.NoticeKind(k))
	}
	secret, err := s.o.App.Subscribe(v, v.Caller, x)
	if err != nil {
		return err
	}
	if x.Hook == "" {
		return v.redirect("/job")
	}
	return s.jobsWith(v, secret)
}

func (s *Server) unsubscribe(v *visit) error {
	if err := s.o.App.Unsubscribe(v, v.Caller, v.r.PathValue("subscription")); err != nil {
		return err
	}
	return v.redirect("/job")
}

// noticeSaid says what a notice tells of.
func noticeSaid(k app.NoticeKind) string {
	switch k {
	case app.GapNew:
		return "new gaps"
	case app.GapFixed:
		return "gaps that are mended"
	case app.RunFailed:
		return "runs that fail"
	}
	return string(k)
}

func noticesSaid(all []app.NoticeKind) string {
	var out []string
	for _, k := range all {
		out = append(out, noticeSaid(k))
	}
	return strings.Join(out, ", ")
}
