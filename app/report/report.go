// SPDX-License-Identifier: Apache-2.0

// Package report turns values of the domain into documents: the gap report,
// the gap workbook, the responsibility matrix of a service, the workbook in
// which people edit it, and the workbook of findings.
//
// It knows both the domain and the paper, which neither may know of the other.
// It decides nothing: every status, number and order is the one that the
// domain gave, so that a count in a document is the count on the screen. Where
// something is absent it writes the word for the absence: not expected, no
// test defined, never run.
//
// Every function is pure. Time, ids and versions come in with the values, and
// the same values give the same document.
package report

import (
	"strings"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/document"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/remediation"
)

// Paper is what only the sender of a document can say about it.
type Paper struct {
	ID             string // "GAP-2026-11"
	Version        string // "1.0"
	Classification string // "Confidential"
	PreparedFor    string // may be empty
	PreparedBy     string // may be empty
}

// Gap is what a gap report is made of.
type Gap struct {
	Paper      Paper
	Assessment *assess.Assessment
	Plan       remediation.Plan
	Outlooks   []remediation.Outlook // what-if: may be empty
	Controls   []catalogue.Control   // of the catalogue that was assessed, in its order
	Catalogue  string                // version of that catalogue
	Checks     []check.Check         // that ran; their words and fixes
	Exceptions []check.Exception     // that were handed in: may be empty
	Uses       []check.ExceptionUse  // what became of them in the runs: may be empty
}

// book is a Gap with its indexes.
type book struct {
	Gap
	a        *assess.Assessment
	dutyByID map[string]catalogue.Duty
	controls map[string]catalogue.Control
	checks   map[string]check.Check
	services map[string]assess.Service
	rolls    map[rollKey]assess.Roll // of controls
	failing  []failing               // checks that do not pass, the worst first
	causes   []cause                 // of the gaps that were found, the worst first
}

type rollKey struct {
	control string
	party   catalogue.Party
	service string
}

func newBook(g Gap) (*book, error) {
	if g.Assessment == nil {
		return nil, problem.New(problem.Invalid, "the gap report has no assessment", "")
	}
	if g.Plan.Assessment != g.Assessment.Digest {
		return nil, problem.New(problem.Conflict, "the remediation plan was made from another assessment than the report", "make the plan anew from this assessment")
	}
	b := &book{Gap: g, a: g.Assessment, dutyByID: map[string]catalogue.Duty{}, controls: map[string]catalogue.Control{},
		checks: map[string]check.Check{}, services: map[string]assess.Service{}, rolls: map[rollKey]assess.Roll{}}
	for _, c := range g.Controls {
		b.controls[c.Key] = c
		for _, d := range c.Duties {
			b.dutyByID[d.ID] = d
		}
	}
	for _, a := range b.a.Answers {
		if _, ok := b.dutyByID[a.Duty]; !ok {
			return nil, problem.Newf(problem.Conflict, "the assessment speaks of duty %s, which the catalogue does not hold", a.Duty).
				WithHint("use the catalogue that the assessment was made with")
		}
	}
	for _, c := range g.Checks {
		b.checks[c.ID] = c
	}
	for _, s := range b.a.Services {
		b.services[s.ID] = s
	}
	for _, r := range b.a.Controls {
		b.rolls[rollKey{r.Key, r.Party, r.Service}] = r
	}
	b.failing = failingChecks(b.a.Results, b.services)
	b.causes = b.findCauses()
	return b, nil
}

// meta is what every paper of an assessment carries.
func (b *book) meta(title, subtitle string) document.Meta {
	m := document.Meta{
		Title: title, Subtitle: subtitle, Organisation: b.a.Organisation.Name,
		ID: b.Paper.ID, Version: b.Paper.Version, Classification: b.Paper.Classification,
		Date: b.a.At, Catalogue: "ISO/IEC 27017:" + string(b.a.Edition) + ", " + b.Catalogue,
		Digest: strings.TrimPrefix(b.a.Digest, "sha256:"),
		Facts:  []document.Fact{{Name: "Cloud services", Value: itoa(len(b.a.Services))}, {Name: "Duties of", Value: parties(b.a.Parties)}},
		Notice: synthetic(b.a.Snapshots),
	}
	m.Facts = append(m.Facts, b.Paper.sender()...)
	return m
}

// sender gives the lines of the cover that say for whom and by whom.
func (p Paper) sender() []document.Fact {
	var out []document.Fact
	for _, f := range []document.Fact{{Name: "Prepared for", Value: p.PreparedFor}, {Name: "Prepared by", Value: p.PreparedBy}} {
		if f.Value != "" {
			out = append(out, f)
		}
	}
	return out
}

// synthetic tells when a source was no real account.
func synthetic(snapshots []assess.Snapshot) string {
	var of []string
	for _, s := range snapshots {
		if s.Synthetic != "" {
			of = append(of, s.Synthetic)
		}
	}
	if len(of) == 0 {
		return ""
	}
	return upper(some(len(of), len(snapshots), "source", "sources")) + " of this assessment " + is(len(of)) + " no real cloud account: " + strings.Join(unique(of), ", ") + ". The report shows what it would say, not the state of an organisation."
}

// service gives the name of a service, or its id when the scope lost it.
func (b *book) service(id string) string {
	if s, ok := b.services[id]; ok && s.Name != "" {
		return s.Name
	}
	return id
}

func (b *book) serviceNames(ids []string) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = b.service(id)
	}
	if len(names) == 0 {
		return "no service"
	}
	return strings.Join(names, ", ")
}

// clause gives the place of a control in the edition that was assessed.
func (b *book) clause(c catalogue.Control) catalogue.Clause {
	if place, ok := c.Place(b.a.Edition); ok {
		return place
	}
	return catalogue.Clause{ID: c.Key, Title: c.Title}
}

// heading names a control as a reader of the standard knows it.
func (b *book) heading(c catalogue.Control) string {
	cl := b.clause(c)
	return cl.ID + " " + cl.Title
}
