// SPDX-License-Identifier: Apache-2.0

package web

import (
	"cmp"
	"errors"
	"io"
	"mime/multipart"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/agreement"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

// agreementsView is what the page of agreements shows.
type agreementsView struct {
	Rows     []app.Agreement
	Packs    []*agreement.Pack
	Services []scope.Service
	Edit     bool
}

func (s *Server) agreements(v *visit) error {
	all, err := s.o.App.Agreements(v, v.Caller)
	if err != nil {
		return err
	}
	view := agreementsView{Rows: all, Edit: v.may(account.EditAgreement, s.o.Now())}
	if view.Packs, err = app.AgreementPacks(); err != nil {
		return err
	}
	sc, err := s.o.App.Scope(v, v.Caller)
	if err != nil && problem.Of(err) != problem.NotFound {
		return err
	}
	if sc != nil {
		view.Services = sc.Services
	}
	return s.show(v, page{
		Title: "Agreements", Section: "/agreement",
		What: "The agreements with cloud providers and customers, each read against what ISO/IEC 27017 and the law ask of it: " + plural(len(all), "agreement", "agreements") + ".",
		Why:  "Who does what, by when and at what price of failure stands in the agreement; what it leaves out, nobody owes.",
		Next: map[bool]string{true: "Hand in the files of an agreement, the master terms first; then read what is adverse or missing.", false: "Open one and read what is adverse or missing."}[view.Edit],
	}, agreementsPage(view))
}

// handedIn reads the files and the fields of a form.
func handedIn(v *visit) ([]app.Upload, url.Values, error) {
	parts, err := v.parts(app.AgreementBytes)
	if err != nil {
		return nil, nil, err
	}
	var files []app.Upload
	fields := url.Values{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return files, fields, nil
		}
		if err == nil {
			files, err = takePart(part, files, fields)
		}
		if err != nil {
			return nil, nil, uploadProblem(err, app.AgreementBytes)
		}
	}
}

func takePart(part *multipart.Part, files []app.Upload, fields url.Values) ([]app.Upload, error) {
	data, err := io.ReadAll(part)
	switch {
	case err != nil:
		return nil, err
	case part.FormName() != "file":
		if len(data) > fieldMost || len(fields) >= fieldsMost {
			return nil, problem.New(problem.Usage, "The field "+cut(part.FormName(), 20)+" is too long, or one too many", "Send the form of the page.")
		}
		fields.Add(part.FormName(), string(data))
	case part.FileName() != "" && len(data) > 0:
		files = append(files, app.Upload{Name: baseName(part.FileName()), Data: data})
	}
	return files, nil
}

// putAgreement takes a new agreement in.
func (s *Server) putAgreement(v *visit) error {
	files, fields, err := handedIn(v)
	if err != nil {
		return err
	}
	g, err := s.o.App.PutAgreement(v, v.Caller, app.AgreementAsk{Name: fields.Get("name"), Service: fields.Get("service"), Packs: fields["pack"], Files: files})
	if err != nil {
		return err
	}
	return v.redirect("/agreement/" + g.ID)
}

// putVersion takes a new version of an agreement in.
func (s *Server) putVersion(v *visit) error {
	files, _, err := handedIn(v)
	if err != nil {
		return err
	}
	g, err := s.o.App.PutAgreement(v, v.Caller, app.AgreementAsk{ID: v.r.PathValue("agreement"), Files: files})
	if err != nil {
		return err
	}
	return v.redirect("/agreement/" + g.ID)
}

// decideAgreement writes a reviewer's word down.
func (s *Server) decideAgreement(v *visit) error {
	id, key := v.r.PathValue("agreement"), v.r.PostFormValue("key")
	d := agreement.Decision{Key: key, Verdict: agreement.Verdict(v.r.PostFormValue("verdict")), Reason: v.r.PostFormValue("reason")}
	if d.Verdict == agreement.Overridden {
		d.State = agreement.State(v.r.PostFormValue("state"))
	}
	if _, err := s.o.App.DecideAgreement(v, v.Caller, id, d); err != nil {
		return err
	}
	back := url.Values{}
	for _, name := range []string{"only", "pack"} {
		if w := v.r.PostFormValue("view-" + name); w != "" {
			back.Set(name, w)
		}
	}
	return v.redirect(address("/agreement/"+url.PathEscape(id), back) + "#" + rowID(key))
}

func (s *Server) removeAgreement(v *visit) error {
	if err := s.o.App.RemoveAgreement(v, v.Caller, v.r.PathValue("agreement")); err != nil {
		return err
	}
	return v.redirect("/agreement")
}

// reportAgreement hands out the report of a review.
func (s *Server) reportAgreement(v *visit) error {
	id, format := v.r.PathValue("agreement"), v.r.PostFormValue("format")
	if !slices.Contains(app.AgreementFormats(), format) {
		return problem.New(problem.Usage, "There is no such report of an agreement", "Choose a format of the list.")
	}
	version, err := versionOf(v.r.PostFormValue("version"))
	if err != nil {
		return err
	}
	return s.download(v, "agreement-review-"+id+ending(format), paperKind(format), func(w io.Writer) error {
		return s.o.App.AgreementReport(v, v.Caller, id, version, format, w)
	})
}

func versionOf(word string) (int, error) {
	if word == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(word)
	if err != nil || n < 0 {
		return 0, problem.New(problem.Invalid, "version: "+cut(word, 20)+" is none", "Go on from the agreement.")
	}
	return n, nil
}

// agreementView is what the page of one agreement shows.
type agreementView struct {
	R                    app.AgreementReading
	Rows                 []agreementRow
	All                  int // findings of the packs that are shown
	States               []stateCount
	Pack, Only           string // what is shown: empty is all
	Documents            []readDocument
	Edit, Review, Report bool
	Newest               bool
}

// stateCount is how many findings are in a state, with the address of them.
type stateCount struct {
	State agreement.State
	Count int
	Path  string
	Here  bool
}

// agreementRow is a finding with what reviewers said.
type agreementRow struct {
	agreement.Finding
	State    agreement.State
	Decision *agreement.Decision
	Mark     string // id of its passage in the document; empty: it quotes none
}

func rowID(key string) string { return "r-" + url.PathEscape(key) }

func (s *Server) agreement(v *visit) error {
	version, err := versionOf(v.get("version"))
	if err != nil {
		return err
	}
	r, err := s.o.App.Agreement(v, v.Caller, v.r.PathValue("agreement"), version)
	if err != nil {
		return err
	}
	now := s.o.Now()
	view := agreementView{R: r, Pack: v.get("pack"), Only: v.get("only"), Newest: r.Version == r.Agreement.Latest(), Edit: v.may(account.EditAgreement, now), Report: v.may(account.IssueReport, now)}
	view.Review = view.Newest && v.may(account.ReviewAgreement, now)
	view.choose(v)
	view.Documents = lay(r.Documents, view.Rows)
	bad := 0
	for _, c := range view.States {
		if c.State == agreement.Adverse || c.State == agreement.Missing {
			bad += c.Count
		}
	}
	return s.show(v, page{
		Title: r.Agreement.Name, Section: "/agreement",
		What: "Version " + number(r.Version) + ", handed in by " + r.Agreement.Versions[r.Version-1].By + " on " + moment(r.Agreement.Versions[r.Version-1].At) + ". " + agreement.Disclaimer,
		Why:  "What an agreement does not promise, nobody owes; what it agrees to the contrary, the other party may do.",
		Next: map[bool]string{true: "Read the " + plural(bad, "requirement", "requirements") + " that the agreement leaves out or turns around; accept, override or send to counsel.", false: "Look through what is weak, and accept what is right."}[bad > 0],
	}, agreementPage(view))
}

// choose leaves the findings that the visitor asked to see, the worst first.
func (a *agreementView) choose(v *visit) {
	counts := map[agreement.State]int{}
	for _, f := range a.R.Review.Findings {
		if a.Pack != "" && f.Pack != a.Pack {
			continue
		}
		state, d := f.Settled(a.R.Agreement.Decisions)
		counts[state]++
		a.All++
		if a.Only == "" || a.Only == string(state) {
			a.Rows = append(a.Rows, agreementRow{Finding: f, State: state, Decision: d})
		}
	}
	order := agreement.States()
	slices.SortStableFunc(a.Rows, func(x, y agreementRow) int {
		return cmp.Or(cmp.Compare(slices.Index(order, x.State), slices.Index(order, y.State)), cmp.Compare(y.Weight, x.Weight))
	})
	for _, s := range order {
		if counts[s] > 0 || a.Only == string(s) {
			a.States = append(a.States, stateCount{s, counts[s], v.with("only", string(s)), a.Only == string(s)})
		}
	}
}

// agreementTone is the class of a state: how it is coloured; a sign stands beside it.
func agreementTone(s agreement.State) string {
	switch s {
	case agreement.Met:
		return "good"
	case agreement.Weak, agreement.ByReference:
		return "warn"
	case agreement.Unreadable:
		return "dim"
	}
	return "bad"
}

func agreementSign(s agreement.State) string {
	switch s {
	case agreement.Met:
		return "✓"
	case agreement.Weak:
		return "◐"
	case agreement.ByReference:
		return "○"
	case agreement.Adverse:
		return "✕"
	case agreement.Missing:
		return "–"
	}
	return "?"
}

// packTitle names a pack.
func packTitle(packs []*agreement.Pack, id string) string {
	for _, p := range packs {
		if p.ID == id {
			return p.Title
		}
	}
	return id
}

// agreementPath is the address of the findings of a version in a state and a pack.
func agreementPath(a agreementView, only, pack string) string {
	q := url.Values{}
	for name, value := range map[string]string{"only": only, "pack": pack} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if !a.Newest {
		q.Set("version", number(a.R.Version))
	}
	return address("/agreement/"+url.PathEscape(a.R.Agreement.ID), q)
}

// agreementKind is the word for what a document is.
func agreementKind(k agreement.Kind) string {
	return map[agreement.Kind]string{agreement.DPA: "Data processing agreement", agreement.SLA: "Service level agreement", agreement.Security: "Security document", agreement.Privacy: "Privacy policy",
		agreement.Support: "Support terms", agreement.Use: "Acceptable use policy"}[k]
}

// agreementPaper names a paper of a review on its button.
func agreementPaper(format string) string {
	switch format {
	case "redline":
		return "Redline with tracked changes"
	case "letter":
		return "Letter, DOCX"
	case "letterpdf":
		return "Letter, PDF"
	}
	return strings.ToUpper(format)
}
