// SPDX-License-Identifier: Apache-2.0

package web

import (
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
)

// dutiesView is what the list of duties shows.
type dutiesView struct {
	RunWord                            string
	Control, ControlTitle              string // key
	Side, Status, Service, Party, Text string
	Services                           []option
	Rows                               []dutyRow
	Found, First                       int
	Earlier, Later                     string
	Counts                             assess.Counts // of the whole view
}

type dutyRow struct {
	assess.Answer
	Text string
	Name string // of the service
}

// dutyRows is how many duties stand on a page.
const dutyRows = 100

func (s *Server) duties(v *visit) error {
	run, g, cat, err := s.concluded(v)
	if err != nil {
		return err
	}
	view := dutiesView{RunWord: v.get("run"), Side: v.get("side"), Status: v.get("status"), Service: v.get("service"), Party: v.get("party"), Text: strings.ToLower(strings.TrimSpace(v.get("text")))}
	if view.Control = v.get("control"); view.Control != "" {
		c, ok := cat.Control(view.Control)
		if !ok {
			return problem.New(problem.NotFound, "No control is called "+cut(view.Control, 60), "Search the catalogue: it knows wrong numbers too.")
		}
		view.Control, view.ControlTitle = c.Key, c.Title
	}
	view.Services = []option{{"", "all services"}}
	names := map[string]string{}
	for _, x := range g.Assessment.Services {
		view.Services = append(view.Services, option{x.ID, x.Name})
		names[x.ID] = x.Name
	}
	at, err := pageNumber(v)
	if err != nil {
		return err
	}
	view.First = (at - 1) * dutyRows
	for x := range sortedAnswers(g.Assessment) {
		duty, _ := cat.Duty(x.Duty)
		if !view.holds(x, duty.Text) {
			continue
		}
		view.Counts.Add(x.Status)
		if view.Found++; view.Found > view.First && len(view.Rows) < dutyRows {
			view.Rows = append(view.Rows, dutyRow{*x, duty.Text, names[x.Service]})
		}
	}
	if at > 1 {
		view.Earlier = pageAt(v, at-1)
	}
	if view.First+len(view.Rows) < view.Found {
		view.Later = pageAt(v, at+1)
	}
	return s.show(v, page{
		Title: "Duties", Section: "/duty", Run: v.get("run"),
		What: "One answer for each duty of ISO/IEC 27017:" + string(run.Edition) + " and each cloud service, derived from checks, attestations and the matrix.",
		Why:  "These are the duties of the standard, in our own words. An auditor asks for each whether it is met and what shows it.",
		Next: "Open one that is not met or unknown: it names every reason, and what would close it.",
	}, dutiesPage(view))
}

func (d *dutiesView) holds(x *assess.Answer, text string) bool {
	return (d.Control == "" || x.Control == d.Control) && (d.Side == "" || x.Ours == (d.Side == "ours")) && (d.Status == "" || string(x.Status) == d.Status || d.Status == "open" && x.Status.Open() || d.Status == "unmet" && (x.Status == assess.NotSatisfied || x.Status == assess.Partly)) && (d.Service == "" || x.Service == d.Service) &&
		(d.Party == "" || string(x.Party) == d.Party) && (d.Text == "" || strings.Contains(strings.ToLower(x.Duty+" "+text+" "+x.Summary), d.Text))
}

// sortedAnswers gives the answers, the worst first, and the others in the order
// of the assessment. It copies none: there may be thousands.
func sortedAnswers(a *assess.Assessment) iter.Seq[*assess.Answer] {
	return func(yield func(*assess.Answer) bool) {
		for _, status := range assess.Statuses() {
			for i := range a.Answers {
				if a.Answers[i].Status == status && !yield(&a.Answers[i]) {
					return
				}
			}
		}
	}
}

// pageNumber gives the page of a list that the query names, from 1.
func pageNumber(v *visit) (int, error) { return pageNumbered(v, "page") }

// pageNumbered is that of one list among several, by its own word of the query.
func pageNumbered(v *visit, name string) (int, error) {
	p := v.get(name)
	if p == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(p)
	if err != nil || n < 1 || n > 1_000_000 {
		return 0, problem.New(problem.Usage, "There is no page "+cut(p, 20)+" of this list", "Pages are numbers from 1.")
	}
	return n, nil
}

// pageAt gives the address of another page of the list.
func pageAt(v *visit, n int) string { return pageNamed(v, "page", n) }

// part is a page of a list, with the ways to those beside it.
type part[T any] struct {
	Rows           []T
	First, All     int // of Rows, from 0; of the list
	Earlier, Later string
}

// partOf cuts the page that the word of the query names out of a list.
func partOf[T any](v *visit, name string, all []T, rows int) (p part[T], err error) {
	n, err := pageNumbered(v, name)
	if err != nil {
		return p, err
	}
	p.All, p.First = len(all), min((n-1)*rows, len(all))
	p.Rows = all[p.First:min(p.First+rows, len(all))]
	if n > 1 {
		p.Earlier = pageNamed(v, name, n-1)
	}
	if p.First+len(p.Rows) < len(all) {
		p.Later = pageNamed(v, name, n+1)
	}
	return p, nil
}

func pageNamed(v *visit, name string, n int) string {
	q := url.Values{}
	for name, words := range v.query {
		q[name] = words
	}
	q.Set(name, strconv.Itoa(n))
	return address(v.r.URL.Path, q)
}

// dutyView is what the page of one duty shows.
type dutyView struct {
	RunWord string
	Duty    catalogue.Duty
	Control catalogue.Control
	Edition catalogue.Edition
	Answers []dutyAnswer
	Answer  bool // the visitor may answer for it
}

type dutyAnswer struct {
	assess.Answer
	Name     string
	Examples map[string][]assess.Example // of its checks
}

// examplesMost is how many resources stand under a reason.
const examplesMost = 5

func (s *Server) duty(v *visit) error {
	run, g, cat, err := s.concluded(v)
	if err != nil {
		return err
	}
	duty, ok := cat.Duty(v.r.PathValue("duty"))
	if !ok {
		return problem.New(problem.NotFound, "No duty is called "+cut(v.r.PathValue("duty"), 40), "The catalogue lists the duties of each control.")
	}
	view := dutyView{RunWord: v.get("run"), Duty: duty, Edition: run.Edition, Answer: v.may(account.EditAttestation, s.o.Now())}
	view.Control, _ = cat.ControlOf(duty.ID)
	names := map[string]string{}
	for _, x := range g.Assessment.Services {
		names[x.ID] = x.Name
	}
	for _, x := range g.Assessment.Answers {
		if x.Duty == duty.ID && (v.get("service") == "" || x.Service == v.get("service")) {
			view.Answers = append(view.Answers, dutyAnswer{x, names[x.Service], examplesOf(g.Assessment, x)})
		}
	}
	next := "See for each service what holds it back."
	if len(view.Answers) == 0 {
		next = "This assessment left it out: its edition, its party or the service was not asked for. Assess again with --edition 2015 or 2026 and --party both."
	}
	return s.show(v, page{
		Title: "Duty " + duty.ID, Section: "/duty", About: view.Control.Key, Run: v.get("run"),
		What: "A duty of the cloud service " + string(duty.Party) + ", of the control " + view.Control.Title + ": " + duty.Text,
		Why:  or(view.Control.Objective, "See the control.") + " It rests on: " + duty.BasisIn(run.Edition) + ".",
		Next: next,
	}, dutyPage(view))
}

// examplesOf gives resources that do not pass, for each check of the answer.
func examplesOf(a *assess.Assessment, x assess.Answer) map[string][]assess.Example {
	out := map[string][]assess.Example{}
	for _, r := range a.Results {
		if r.Service == x.Service && slices.ContainsFunc(x.Reasons, func(y assess.Reason) bool { return y.Check == r.Check && y.Bears != assess.Satisfied }) {
			out[r.Check] = r.Worst[:min(examplesMost, len(r.Worst))]
		}
	}
	return out
}

// statusOptions are the statuses to choose of.
func statusOptions() []option {
	return slices.Insert(options("all statuses", assess.Statuses()), 1, option{"open", "all that are open"}, option{"unmet", "shown not to be met"})
}

// query makes an address of a path and pairs of names and values.
func query(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return address(path, q)
}

func oursWord(ours bool) string {
	if ours {
		return ", ours"
	}
	return ""
}

func oursLong(ours bool) string {
	if ours {
		return "our own"
	}
	return "of the other side"
}
