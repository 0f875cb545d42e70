// SPDX-License-Identifier: Apache-2.0

package web

import (
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

// begin is the first page of an organisation of which nothing was assessed yet.
func (s *Server) begin(v *visit) error {
	view, err := s.ready(v, v.Caller, v.member)
	if err != nil {
		return err
	}
	return s.show(v, page{
		Title: v.Org, Section: "/",
		What: "What is to be done before an auditor is asked in. Nothing was assessed yet.",
		Why:  "Customer and provider each have duties for the security of a cloud service. An auditor asks each side to show its half.",
		Next: "Write the scope, set a collector up, divide the duties, and assess: each gate below says what is missing.",
	}, gates(view))
}

// firstScope is what an organisation begins with that has collected nothing.
const firstScope = `organisation:
  id: ORG
  name: ORG
  role: customer            # customer, provider, or both
people:
  - {id: security, name: The security lead, active: true}
services:
  - id: aws
    name: Amazon Web Services
    role: consumes          # or provides
    model: iaas             # iaas, paas or saas
    provider: Amazon Web Services
    owner: security
    accounts: ["*"]         # the accounts whose state is evidence for it
    criticality: high
`

// scopeFile is the scope as it can be edited.
type scopeFile struct {
	Text  string
	Fault string // what was wrong with it
	Hint  string
}

// editScope shows the scope as a file to edit: the one in force, or a proposal.
func (s *Server) editScope(v *visit) error {
	sc, err := s.o.App.Scope(v, v.Caller)
	if problem.Of(err) == problem.NotFound {
		sc, err = s.o.App.DefaultScope(v, v.Caller)
	}
	if err != nil {
		return err
	}
	data, err := scope.Encode(sc)
	if problem.Of(err) == problem.Invalid && err != nil { // a proposal from nothing names no service
		data, err = []byte(strings.ReplaceAll(firstScope, "ORG", v.Org)), nil
	}
	if err != nil {
		return err
	}
	return s.scopeForm(v, scopeFile{Text: string(data)})
}

func (s *Server) scopeForm(v *visit, f scopeFile) error {
	return s.show(v, page{
		Title: "Edit the scope", Section: "/scope",
		What: "The scope as a file: the organisation, its people, and the cloud services that it consumes and provides.",
		Why:  "Nobody can show a half of something whose borders are not drawn.",
		Next: "Change it and save it. Everything that is wrong with it is told at once, and nothing is saved until it is right.",
	}, scopeFormPage(f))
}

// setScope takes the edited scope in, or shows it again with its faults.
func (s *Server) setScope(v *visit) error {
	text := v.r.PostFormValue("scope")
	_, err := s.o.App.SetScope(v, v.Caller, "scope", []byte(text))
	if err == nil {
		return v.redirect("/scope")
	}
	if kind := problem.Of(err); kind != problem.Invalid && kind != problem.Usage {
		return err
	}
	return s.scopeForm(v, scopeFile{Text: text, Fault: err.Error()})
}

// createOrg makes an organisation; only the operator may, and app sees to that.
func (s *Server) createOrg(v *visit) error {
	id := v.r.PostFormValue("id")
	if err := s.o.App.CreateOrg(v, v.Caller.In(id)); err != nil {
		return err
	}
	v.Context = within(v.Context, id)
	return v.redirect("/")
}

// portfolioRow is one organisation of the caller's.
type portfolioRow struct {
	ID, Name string
	Role     account.Role
	Open     int // gates
	Of       int
	Work     int
}

// portfolioRows gathers how each organisation stands. What cannot be read of one
// is left out of its row, so that it does not hide the others.
func (s *Server) portfolioRows(v *visit, ids []string) ([]portfolioRow, error) {
	var out []portfolioRow
	for _, id := range ids {
		c := v.Caller.In(id)
		m, err := s.o.App.Member(v, c)
		if err != nil {
			return nil, err
		}
		row := portfolioRow{ID: id, Name: id, Role: m.Role}
		if sc, err := s.o.App.Scope(v, c); err == nil {
			row.Name = sc.Organisation.Name
		}
		if now, err := s.ready(v, c, m); err == nil {
			row.Of, row.Work = len(now.Gates), len(now.Work)
			for _, g := range now.Gates {
				if g.Open {
					row.Open++
				}
			}
		}
		out = append(out, row)
	}
	return out, nil
}
