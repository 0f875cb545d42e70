// SPDX-License-Identifier: Apache-2.0

package web

import (
	"io"
	"net/url"
	"strings"

	"demarc.dev/demarc/app"
)

// findingView is what the list of findings shows.
type findingView struct {
	Run     app.Run
	RunWord string // the assessment as the URL names it
	Filter  app.FindingFilter
	Sort    string
	Group   string // what the findings are grouped by; empty: they are listed
	Groups  []findingGroup
	Page    app.FindingPage
	Earlier string
	Later   string
	Titles  map[string]string // of checks
	Files   []option          // the view as a file: address and name of the format

	Checks, Controls, Accounts, Services, Regions, Kinds []option
}

// findingGroup is a group with the address of the view that shows it alone.
type findingGroup struct {
	app.FindingGroup
	Name string
	At   string
}

// findingRows is how many findings stand on a page.
const findingRows = 50

// findingFilter reads a view out of the URL.
func findingFilter(v *visit) app.FindingFilter {
	return app.FindingFilter{Outcome: v.get("outcome"), Severity: v.get("severity"), Check: v.get("check"), Control: v.get("control"), Service: v.get("service"),
		Account: v.get("account"), Region: v.get("region"), Kind: v.get("kind"), Text: strings.TrimSpace(v.get("text"))}
}

// viewRun gives the run that a view is of: a cursor of a page before stays with
// the run that it began with, although a newer one was made meanwhile.
func (s *Server) viewRun(v *visit) (app.Run, error) {
	id := v.get("run")
	for _, cursor := range []string{v.get("after"), v.get("before")} {
		if id == "" {
			id = app.CursorRun(cursor)
		}
	}
	return s.o.App.Run(v, v.Caller, id)
}

func (s *Server) findings(v *visit) error {
	run, err := s.viewRun(v)
	if err != nil {
		return err
	}
	view := findingView{Run: run, RunWord: v.get("run"), Filter: findingFilter(v), Sort: v.get("sort"), Group: v.get("group")}
	if view.Group != "" {
		err = s.findingGroups(v, &view)
	} else {
		err = s.findingList(v, &view)
	}
	if err != nil {
		return err
	}
	if err := s.findingChoices(v, run, &view); err != nil {
		return err
	}
	for _, format := range findingFiles() {
		view.Files = append(view.Files, option{address("/finding."+format, viewQuery(v)), strings.ToUpper(format)})
	}
	return s.show(v, page{
		Title: "Findings", Section: "/finding", Run: v.get("run"),
		What: "Every answer that a check gave about a resource in assessment " + run.ID + ": what passes, what fails, and what nobody could read.",
		Why:  "A duty is shown to be met by the real state of the cloud, not by a statement. An auditor takes samples from this list.",
		Next: "Open a failing one: it says which field fails and how to mend it. Unknown is no pass: see what was not read.",
	}, findingsPage(view))
}

// viewQuery gives the words of the URL that make the view, without its page.
func viewQuery(v *visit) url.Values {
	q := url.Values{}
	for name, words := range v.query {
		if len(words) > 0 && words[0] != "" && name != "after" && name != "before" {
			q.Set(name, words[0])
		}
	}
	return q
}

func (s *Server) findingList(v *visit, view *findingView) (err error) {
	view.Page, err = s.o.App.FindingPage(v, v.Caller, view.Run, app.FindingAsk{FindingFilter: view.Filter, Sort: view.Sort, After: v.get("after"), Before: v.get("before"), Most: findingRows})
	if err != nil {
		return err
	}
	turn := func(name, cursor string) string {
		if cursor == "" {
			return ""
		}
		q := viewQuery(v)
		q.Set(name, cursor)
		return address("/finding", q)
	}
	view.Earlier, view.Later = turn("before", view.Page.Earlier), turn("after", view.Page.Later)
	return nil
}

func (s *Server) findingGroups(v *visit, view *findingView) error {
	groups, err := s.o.App.FindingGroups(v, v.Caller, view.Run, view.Filter, view.Group)
	if err != nil {
		return err
	}
	for _, g := range groups {
		one := findingGroup{FindingGroup: g, Name: or(g.Title, words(g.Key))}
		if one.Name == "" {
			one.Name = "no " + groupWord(view.Group)
		}
		if g.Key != "" {
			q := viewQuery(v)
			q.Del("group")
			q.Set(view.Group, g.Key)
			one.At = address("/finding", q)
		}
		view.Groups = append(view.Groups, one)
	}
	return nil
}

// groupWord says what findings are grouped by.
func groupWord(by string) string {
	if by == app.GroupKind {
		return "kind of resource"
	}
	return by
}

func groupOptions() []option {
	out := []option{{"", "one by one"}}
	for _, by := range app.FindingGroupings() {
		out = append(out, option{by, "by " + groupWord(by)})
	}
	return out
}

// findingChoices fills the lists of the filter with what the run has.
func (s *Server) findingChoices(v *visit, run app.Run, view *findingView) error {
	all, err := s.o.App.FindingChoices(v, v.Caller, run)
	if err != nil {
		return err
	}
	view.Checks, view.Titles = []option{{"", "all checks"}}, map[string]string{}
	for _, c := range all.Checks {
		view.Checks = append(view.Checks, option{c.ID, c.ID})
		view.Titles[c.ID] = c.Title
	}
	for _, one := range []struct {
		title string
		words []string
		into  *[]option
	}{{"all controls", all.Controls, &view.Controls}, {"all services", all.Services, &view.Services}, {"all accounts", all.Accounts, &view.Accounts}, {"all regions", all.Regions, &view.Regions}, {"all kinds", all.Kinds, &view.Kinds}} {
		*one.into = []option{{"", one.title}}
		for _, w := range one.words {
			*one.into = append(*one.into, option{w, w})
		}
	}
	return nil
}

// findingFiles are the formats of a view as a file.
func findingFiles() []string { return []string{"csv", "xlsx", "json"} }

// findingsFile streams the whole view.
func (s *Server) findingsFile(format string) handler {
	return func(v *visit) error {
		run, err := s.viewRun(v)
		if err != nil {
			return err
		}
		return s.download(v, "findings-"+run.ID+"."+format, paperKind(format), func(w io.Writer) error {
			return s.o.App.ExportFindings(v, v.Caller, run, findingFilter(v), format, w)
		})
	}
}

// attach makes the answer a file to keep.
func (v *visit) attach(name, kind string) {
	v.w.Header().Set("Content-Type", kind)
	v.w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
}
