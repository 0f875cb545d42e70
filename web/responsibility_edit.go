// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
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

// editMatrix takes the form of one duty, or shows it again with what was wrong.
func (s *Server) editMatrix(v *visit) error {
	service, ed, from, err := matrixForm(v)
	if err != nil {
		return err
	}
	typed := typedLine(v.r.PostForm)
	_, _, err = s.o.App.EditMatrix(v, v.Caller, service, ed, from, []responsibility.Allocation{lineOf(typed)})
	v.back("/responsibility/" + url.PathEscape(service))
	if err == nil {
		return v.redirect(v.with("line", typed["duty"]) + "#line-" + url.PathEscape(typed["duty"]))
	}
	no, err := s.refuse1(v, service, ed, from, err)
	if err != nil {
		return err
	}
	no.Line.Duty, no.Line.Typed = typed["duty"], typed
	if no.Conflict {
		if err := s.mergeLine(v, service, ed, from, &no.Line); err != nil {
			return err
		}
	}
	return s.matrixWith(v, no)
}

// lineFields are the fields of a line that a form holds, by their names in the
// files of matrices, and what they are called.
func lineFields() []option {
	return []option{{"customer", "The customer"}, {"provider", "The provider"}, {"split", "Who does which part (when both perform)"},
		{"customer_owner", "Owner at the customer (of our own people: the id of the scope)"}, {"provider_contact", "Contact at the provider (likewise)"},
		{"basis", "It rests on"}, {"reference", "Which clause, statement or control"}, {"rationale", "Why it differs from the usual"},
		{"evidence", "Evidence, one a line"}, {"note", "Note"}}
}

// typedLine gives what a form says of a line.
func typedLine(form url.Values) map[string]string {
	out := map[string]string{"duty": strings.TrimSpace(form.Get("duty"))}
	for _, f := range lineFields() {
		out[f.Value] = strings.TrimSpace(strings.ReplaceAll(form.Get(f.Value), "\r\n", "\n"))
	}
	return out
}

// lineOf makes a line of what was typed, and fieldsOf the other way.
func lineOf(t map[string]string) responsibility.Allocation {
	return responsibility.Allocation{Duty: t["duty"], Customer: responsibility.Share(t["customer"]), Provider: responsibility.Share(t["provider"]), Split: t["split"],
		CustomerOwner: t["customer_owner"], ProviderContact: t["provider_contact"], Basis: responsibility.Basis{Kind: responsibility.BasisKind(t["basis"]), Reference: t["reference"]},
		Rationale: t["rationale"], Note: t["note"], Evidence: lined(t["evidence"])}
}

func fieldsOf(l responsibility.Allocation) map[string]string {
	return map[string]string{"duty": l.Duty, "customer": string(l.Customer), "provider": string(l.Provider), "split": l.Split, "customer_owner": l.CustomerOwner,
		"provider_contact": l.ProviderContact, "basis": string(l.Basis.Kind), "reference": l.Basis.Reference, "rationale": l.Rationale, "note": l.Note, "evidence": strings.Join(l.Evidence, "\n")}
}

// lined gives the lines of a text that say something.
func lined(text string) []string { return clean(strings.Split(text, "\n")) }

// editLines sets the same in several lines, or shows the form again.
func (s *Server) editLines(v *visit) error {
	service, ed, from, err := matrixForm(v)
	if err != nil {
		return err
	}
	typed := typedLine(v.r.PostForm)
	many := manyLines{Open: true, Typed: typed, Which: v.r.PostFormValue("which"), Chosen: map[string]bool{}}
	for _, d := range v.r.PostForm["duty"] {
		many.Chosen[d] = true
	}
	duties := clean(v.r.PostForm["duty"])
	if many.Which == "shown" {
		duties = strings.FieldsFunc(v.r.PostFormValue("shown"), func(r rune) bool { return r == ',' })
	}
	patch, faults := patchOf(typed)
	if len(faults) > 0 {
		err = problem.New(problem.Invalid, faults[0].Says, "mend it and save again").Wrap(faults)
	} else {
		_, _, err = s.o.App.PatchMatrix(v, v.Caller, service, ed, from, duties, patch)
	}
	v.back("/responsibility/" + url.PathEscape(service))
	if err == nil {
		return v.redirect(v.with("line", "") + "#grid")
	}
	no, err := s.refuse1(v, service, ed, from, err)
	if err != nil {
		return err
	}
	many.Faults = no.Line.Faults
	no.Line, no.Many = oneLine{}, many
	return s.matrixWith(v, no)
}

// patchOf gives what a form for many lines sets: what is left empty stays.
func patchOf(t map[string]string) (p app.Patch, faults responsibility.LineFaults) {
	text := func(name string) *string {
		if t[name] == "" {
			return nil
		}
		w := t[name]
		return &w
	}
	if w := responsibility.Share(t["customer"]); w != "" {
		p.Customer = &w
	}
	if w := responsibility.Share(t["provider"]); w != "" {
		p.Provider = &w
	}
	if kind := responsibility.BasisKind(t["basis"]); kind != "" {
		p.Basis = &responsibility.Basis{Kind: kind, Reference: t["reference"]}
	} else if t["reference"] != "" {
		faults = append(faults, responsibility.LineFault{Field: "basis", Says: "choose what the lines rest on, for the reference says where it stands"})
	}
	p.Split, p.CustomerOwner, p.ProviderContact, p.Rationale, p.Note = text("split"), text("customer_owner"), text("provider_contact"), text("rationale"), text("note")
	p.Evidence = lined(t["evidence"])
	return p, faults
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
	v.back("/responsibility/" + url.PathEscape(service))
	if err == nil {
		return v.redirect(v.with("line", ""))
	}
	no, err := s.refuse1(v, service, ed, from, err)
	if err != nil {
		return err
	}
	return s.matrixWith(v, no)
}

func shareOptions() []option {
	return []option{{string(responsibility.SharesBoth), "performs and answers"}, {string(responsibility.Performs), "performs"}, {string(responsibility.Accounts), "answers for it"}, {string(responsibility.None), "nothing"}}
}

func basisOptions() []option {
	return []option{{string(responsibility.ContractClause), "a clause of the contract"}, {string(responsibility.ProviderStatement), "a statement of the provider"}, {string(responsibility.InternalControl), "a control of our own"},
		{string(responsibility.Assumption), "an assumption"}, {string(responsibility.DefaultBasis), "the usual division"}}
}

// known puts a word that a list does not offer in front of it, so that what was
// typed is shown as it was.
func known(value string, options []option) []option {
	if slices.ContainsFunc(options, func(o option) bool { return o.Value == value }) {
		return options
	}
	return append([]option{{value, or(value, "not said")}}, options...)
}

// lineFaults gives the faults of an error at their fields; nil when it tells of
// none.
func lineFaults(err error) responsibility.LineFaults {
	var out responsibility.LineFaults
	errors.As(err, &out)
	return out
}
