// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
)

// attestView is what the page of answers shows.
type attestView struct {
	Rows     []assess.Attestation // those that end soonest first
	Now      time.Time
	May      bool
	Form     url.Values // of the form, as it was typed or begins
	Duty     catalogue.Duty
	Services []option
	Fault    string
	Hint     string
}

// supportMost is the most that a file may have that supports an answer.
const supportMost = 64 << 20

func (s *Server) attestations(v *visit) error {
	form := url.Values{"duty": {v.get("duty")}, "service": {v.get("service")}}
	all, err := s.o.App.Attestations(v, v.Caller)
	if err != nil {
		return err
	}
	// A form about a duty that is answered already begins with that answer.
	if i := slices.IndexFunc(all, func(x assess.Attestation) bool {
		return x.Duty != "" && x.Duty == v.get("duty") && x.Service == v.get("service")
	}); i >= 0 {
		form.Set("answer", string(all[i].Answer))
		form.Set("statement", all[i].Statement)
		form.Set("source", all[i].Source)
	}
	form.Set("expires", s.o.Now().UTC().AddDate(1, 0, 0).Format(time.DateOnly))
	return s.showAttest(v, http.StatusOK, attestView{Rows: all, Form: form})
}

func (s *Server) showAttest(v *visit, status int, view attestView) error {
	sc, err := s.o.App.Scope(v, v.Caller)
	if err != nil {
		return err
	}
	cat, err := s.o.App.Catalogue()
	if err != nil {
		return err
	}
	view.Rows = slices.Clone(view.Rows)
	slices.SortStableFunc(view.Rows, func(x, y assess.Attestation) int { return x.Expires.Compare(y.Expires) })
	view.Now, view.May = s.o.Now().UTC(), v.may(account.EditAttestation, s.o.Now())
	view.Services = append(serviceOptions(sc)[1:], option{"*", "every service"})
	view.Duty, _ = cat.Duty(view.Form.Get("duty"))
	next := "See which answers end soon, and answer those duties again."
	if view.Fault != "" {
		next = "Nothing was saved. What you typed stands below, with what was wrong with it; choose the file again."
	}
	return s.write(v, status, s.dress(v, page{
		Title: "Answers of people", Section: "/attest",
		What: "What people answer for duties that no interface can tell of: who answered, until when it holds, and the files that support it.",
		Why:  "Much of what the standard asks is done by people. An answer counts with its evidence and for a time; a check that fails beats a person’s yes.",
		Next: next,
	}), layout, attestPage(view))
}

// attest takes an answer in, with the file that supports it.
func (s *Server) attest(v *visit) error {
	u, err := v.receiveForm(supportMost, func([]byte) error { return nil })
	if err != nil {
		return s.faultyAnswer(v, url.Values{}, err)
	}
	defer u.Close()
	word := func(name string) string {
		return strings.TrimSpace(strings.ReplaceAll(u.Fields.Get(name), "\r\n", "\n"))
	}
	said := assess.Attestation{Duty: word("duty"), Service: word("service"), Answer: assess.AttestedAnswer(word("answer")), Statement: word("statement"), Source: word("source"), On: today(s.o.Now())}
	if said.Expires, err = time.Parse(time.DateOnly, word("expires")); err != nil {
		return s.faultyAnswer(v, u.Fields, problem.New(problem.Invalid, "the last day on which it holds is missing, or no day", "choose one"))
	}
	if said.By, err = s.o.App.Signer(v, v.Caller); err != nil {
		return err
	}
	var in io.Reader
	if u.File != nil {
		in = u
	}
	if _, err := s.o.App.Answer(v, v.Caller, said, supportName(u.Name), in); err != nil {
		return s.faultyAnswer(v, u.Fields, err)
	}
	return v.redirect("/attest")
}

// supportName is how a file that supports an answer is called in it.
func supportName(name string) string {
	name = strings.ReplaceAll(name, ":", "-")
	if strings.Trim(name, ".") == "" {
		return "file" + path.Ext(name)
	}
	return name
}

func today(now time.Time) time.Time {
	y, m, d := now.UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// faultyAnswer shows the form again with what was wrong; an error that is not the
// sender's is given back.
func (s *Server) faultyAnswer(v *visit, form url.Values, err error) error {
	var p *problem.Problem
	if !errors.As(err, &p) || p.Kind != problem.Invalid && p.Kind != problem.Usage {
		return err
	}
	all, lost := s.o.App.Attestations(v, v.Caller)
	if lost != nil {
		return lost
	}
	return s.showAttest(v, p.Kind.Status(), attestView{Rows: all, Form: form, Fault: p.Sentence, Hint: p.Hint})
}

// withdrawAnswer takes an answer back.
func (s *Server) withdrawAnswer(v *visit) error {
	if err := s.o.App.WithdrawAnswer(v, v.Caller, v.r.PostFormValue("id")); err != nil {
		return err
	}
	return v.redirect("/attest")
}

func answerOptions() []option {
	return []option{{"", "choose"}, {string(assess.AnswerYes), "yes, it is done"}, {string(assess.AnswerPartly), "in part"}, {string(assess.AnswerNo), "no"},
		{string(assess.AnswerInherited), "the other party does it"}, {string(assess.AnswerNotApplicable), "it does not apply"}}
}

// answerSaid writes an answer for people.
func answerSaid(a assess.AttestedAnswer) string {
	for _, o := range answerOptions() {
		if o.Value == string(a) {
			return o.Name
		}
	}
	return string(a)
}
