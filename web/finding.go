// SPDX-License-Identifier: Apache-2.0

package web

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

// findingView is what the list of findings shows.
type findingView struct {
	Run              app.Run
	RunWord          string // the assessment as the URL names it
	Filter           findingFilter
	Rows             []check.Finding
	Found            int // by the filter
	First            int // number of the first row that is shown
	Earlier, Later   string
	Checks, Accounts []option
	Services         []option
	Titles           map[string]string
	CSV              string
}

// findingFilter is a view of the findings, as the URL holds it.
type findingFilter struct {
	Check, Severity, Outcome, Account, Service, Text, Sort string
	Page                                                   int // from 1
	scope                                                  *scope.Scope
}

// findingRows is how many findings stand on a page.
const findingRows = 50

func (s *Server) filter(v *visit) (findingFilter, error) {
	f := findingFilter{Check: v.get("check"), Severity: v.get("severity"), Outcome: v.get("outcome"), Account: v.get("account"), Service: v.get("service"),
		Text: strings.ToLower(strings.TrimSpace(v.get("text"))), Sort: v.get("sort"), Page: 1}
	var err error
	if f.Page, err = pageNumber(v); err != nil {
		return f, err
	}
	if f.Service != "" {
		if f.scope, err = s.o.App.Scope(v, v.Caller); err != nil {
			return f, err
		}
		if _, ok := f.scope.Service(f.Service); !ok {
			return f, problem.New(problem.NotFound, "No service is called "+cut(f.Service, 40), "Choose one of the list.")
		}
	}
	return f, nil
}

// holds tells whether a finding is in the view.
func (f findingFilter) holds(x *check.Finding) bool {
	return (f.Check == "" || x.Check == f.Check) && (f.Severity == "" || string(x.Severity) == f.Severity) && (f.Outcome == "" || string(x.Outcome) == f.Outcome) &&
		(f.Account == "" || x.Account == f.Account) && (f.Service == "" || f.ofService(x.Account)) && (f.Text == "" || strings.Contains(searched(x), f.Text))
}

func (f findingFilter) ofService(account string) bool {
	service, _ := f.scope.Service(f.Service)
	return service.Holds(account)
}

// searched gives the words of a finding that the text of a filter is sought in,
// in one line.
func searched(x *check.Finding) string {
	all := strings.Join([]string{x.Name, x.Resource, x.Message, x.Check, x.Region, x.Tenant, x.Native}, "\x00")
	return strings.ToLower(strings.ReplaceAll(all, "\n", " "))
}

func rankOf(s check.Severity) int { return app.Rank(s) }

func (s *Server) findings(v *visit) error {
	run, err := s.run(v)
	if err != nil {
		return err
	}
	f, err := s.filter(v)
	if err != nil {
		return err
	}
	view := findingView{Run: run, RunWord: v.get("run"), Filter: f, First: (f.Page - 1) * findingRows}
	x, err := s.index(v, run)
	if err != nil {
		return err
	}
	if view.Rows, view.Found, err = x.page(f, view.First, findingRows); err != nil {
		return err
	}
	if f.Page > 1 {
		view.Earlier = pageAt(v, f.Page-1)
	}
	if view.First+len(view.Rows) < view.Found {
		view.Later = pageAt(v, f.Page+1)
	}
	view.CSV = strings.Replace(v.with("", ""), "/finding", "/finding.csv", 1)
	if err := s.findingChoices(v, run, &view); err != nil {
		return err
	}
	return s.show(v, page{
		Title: "Findings", Section: "/finding", Run: v.get("run"),
		What: "Every answer that a check gave about a resource in assessment " + run.ID + ": what passes, what fails, and what nobody could read.",
		Why:  "A duty is shown to be met by the real state of the cloud, not by a statement. An auditor takes samples from this list.",
		Next: "Open a failing one: it says which field fails and how to mend it. Unknown is no pass: see what was not read.",
	}, findingsPage(view))
}

func pageAt(v *visit, n int) string {
	at, err := url.Parse(v.with("", ""))
	if err != nil {
		return v.r.URL.Path
	}
	q := at.Query()
	q.Set("page", strconv.Itoa(n))
	return address(v.r.URL.Path, q)
}

// findingChoices fills the lists of the filter.
func (s *Server) findingChoices(v *visit, run app.Run, view *findingView) error {
	g, err := s.gap(v, run)
	if err != nil {
		return err
	}
	view.Checks, view.Titles = []option{{"", "all checks"}}, map[string]string{}
	for _, c := range g.Checks {
		view.Checks = append(view.Checks, option{c.ID, c.ID})
		view.Titles[c.ID] = c.Title
	}
	view.Services, view.Accounts = []option{{"", "all services"}}, []option{{"", "all accounts"}}
	for _, x := range g.Assessment.Services {
		view.Services = append(view.Services, option{x.ID, x.Name})
	}
	var accounts []string
	for _, x := range g.Assessment.Snapshots {
		accounts = append(accounts, x.Accounts...)
	}
	slices.Sort(accounts)
	for _, id := range slices.Compact(accounts) {
		view.Accounts = append(view.Accounts, option{id, id})
	}
	return nil
}

// findingsCSV streams the whole view.
func (s *Server) findingsCSV(v *visit) error {
	run, err := s.run(v)
	if err != nil {
		return err
	}
	f, err := s.filter(v)
	if err != nil {
		return err
	}
	v.attach("findings-"+run.ID+".csv", "text/csv; charset=utf-8")
	out := csv.NewWriter(v.w)
	row := []string{"outcome", "severity", "check", "name", "resource", "kind", "account", "region", "tenant", "message", "fields", "exposed", "exception", "seen", "call", "fingerprint"}
	if err := out.Write(row); err != nil {
		return nil // the reader left
	}
	for x, err := range s.o.App.Findings(v, v.Caller, run) {
		if err != nil {
			// The head is on its way already: break off, so that nobody takes a part for the whole.
			s.o.Log.Error("writing findings", "error", err)
			panic(http.ErrAbortHandler)
		}
		if !f.holds(&x) {
			continue
		}
		row := []string{string(x.Outcome), string(x.Severity), x.Check, x.Name, x.Resource, string(x.Kind), x.Account, x.Region, x.Tenant, x.Message, strings.Join(x.Fields, " "), strconv.FormatBool(x.Exposed), x.Exception, x.Seen.At.UTC().Format(time.RFC3339), x.Seen.Call, x.Fingerprint}
		for i := range row {
			row[i] = plain(row[i])
		}
		if err := out.Write(row); err != nil {
			return nil // the reader left
		}
	}
	out.Flush()
	return nil
}

// plain keeps a spreadsheet from taking a name for a formula.
func plain(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

// attach makes the answer a file to keep.
func (v *visit) attach(name, kind string) {
	v.w.Header().Set("Content-Type", kind)
	v.w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
}
