// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/url"
	"strconv"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
)

// matrixMay says what the visitor may do with a matrix.
type matrixMay struct {
	Edit, Sign bool
}

func (s *Server) matrixMay(v *visit) matrixMay {
	now := s.o.Now()
	return matrixMay{Edit: v.may(account.EditMatrix, now), Sign: v.may(account.SignMatrix, now)}
}

// matrixForm is what a form about a matrix names.
func matrixForm(v *visit) (service string, ed catalogue.Edition, from int, err error) {
	ed = catalogue.Edition(v.r.PostFormValue("edition"))
	if ed != catalogue.Edition2015 && ed != catalogue.Edition2026 {
		return "", "", 0, problem.New(problem.Invalid, "edition: "+cut(string(ed), 20)+" is none", "2015 or 2026")
	}
	from, err = strconv.Atoi(v.r.PostFormValue("version"))
	if err != nil || from < 0 {
		return "", "", 0, problem.New(problem.Invalid, "version: "+cut(v.r.PostFormValue("version"), 20)+" is none", "open the page again and send its form")
	}
	return v.r.PathValue("service"), ed, from, nil
}

// editMatrix takes the form of one duty.
func (s *Server) editMatrix(v *visit) error {
	service, ed, from, err := matrixForm(v)
	if err != nil {
		return err
	}
	form := func(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }
	line := responsibility.Allocation{Duty: form("duty"), Customer: responsibility.Share(form("customer")), Provider: responsibility.Share(form("provider")), Split: form("split"),
		CustomerOwner: form("owner"), ProviderContact: form("contact"), Basis: responsibility.Basis{Kind: responsibility.BasisKind(form("basis")), Reference: form("reference")},
		Rationale: form("rationale"), Note: form("note"), Evidence: lined(form("evidence"))}
	if _, _, err := s.o.App.EditMatrix(v, v.Caller, service, ed, from, []responsibility.Allocation{line}); err != nil {
		return err
	}
	return v.redirect(matrixAt(service, ed) + "&duty=" + url.QueryEscape(line.Duty) + "#panel")
}

// lined gives the lines of a text that say something.
func lined(text string) []string { return clean(strings.Split(text, "\n")) }

func matrixAt(service string, ed catalogue.Edition) string {
	return "/responsibility/" + url.PathEscape(service) + "?edition=" + string(ed)
}

// stepMatrix takes a matrix one step on in its life: the usual division is taken
// over, or the matrix is signed off, sent, or acknowledged.
func (s *Server) stepMatrix(v *visit) error {
	service, ed, from, err := matrixForm(v)
	if err != nil {
		return err
	}
	switch step := v.r.PathValue("step"); step {
	case "adopt":
		_, _, err = s.o.App.EditMatrix(v, v.Caller, service, ed, from, nil)
	case "sign":
		var by string
		if by, err = s.o.App.Signer(v, v.Caller); err == nil {
			_, err = s.o.App.SignMatrix(v, v.Caller, service, ed, from, by)
		}
	case "send":
		_, err = s.o.App.SendMatrix(v, v.Caller, service, ed, from)
	case "acknowledge":
		_, err = s.o.App.AcknowledgeMatrix(v, v.Caller, service, ed, from, strings.TrimSpace(v.r.PostFormValue("by")))
	default:
		err = problem.New(problem.NotFound, "A matrix has no step "+cut(step, 20), "Go on from its page.")
	}
	if err != nil {
		return err
	}
	return v.redirect(matrixAt(service, ed))
}

func shareOptions() []option {
	return []option{{string(responsibility.SharesBoth), "performs and answers"}, {string(responsibility.Performs), "performs"}, {string(responsibility.Accounts), "answers for it"}, {string(responsibility.None), "nothing"}}
}

func basisOptions() []option {
	return []option{{string(responsibility.ContractClause), "a clause of the contract"}, {string(responsibility.ProviderStatement), "a statement of the provider"}, {string(responsibility.InternalControl), "a control of our own"},
		{string(responsibility.Assumption), "an assumption"}, {string(responsibility.DefaultBasis), "the usual division"}}
}
