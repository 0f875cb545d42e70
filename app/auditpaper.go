// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"io"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/audit"
)

// AuditFormats gives the formats of the report of an audit.
func AuditFormats() []string { return []string{"docx", "pdf", "html", "json"} }

// ProgrammeFormats gives the formats of the programme; yaml is the plans, to be
// edited and taken in again.
func ProgrammeFormats() []string { return []string{"docx", "pdf", "html", "xlsx", "yaml", "json"} }

// AuditPaper writes the report of an audit to w. What is issued leaves an entry
// with its SHA-256; json is the record itself and leaves none. It is dated by the
// day: on one day the same audit gives the same bytes.
func (a *App) AuditPaper(ctx context.Context, c Caller, id, format string, words report.Paper, w io.Writer) error {
	if err := named("report of an audit", format, AuditFormats()); err != nil {
		return err
	}
	x, err := a.Audit(ctx, c, id)
	if err != nil {
		return err
	}
	if format == "json" {
		return writeRecord(w, x)
	}
	if err := a.May(ctx, c, account.IssueReport); err != nil {
		return err
	}
	d := report.Audit{Audit: x.Audit, State: x.State, Conflicts: x.Conflicts, Valid: x.Valid}
	if d.Names, err = a.paperNames(ctx, c, words, "AUDIT-"+strings.ToUpper(id), x); err != nil {
		return err
	}
	if d.Edition, err = a.editionNow(ctx, c); err != nil {
		return err
	}
	for _, q := range x.Questions {
		d.Questions = append(d.Questions, report.AuditQuestion{Question: q.Question, Answer: q.Answer})
	}
	for _, n := range x.Findings {
		d.Findings = append(d.Findings, n.Nonconformity)
	}
	return issue(ctx, a, c, audits+"/"+id, format, map[string]any{"report": "audit", "audit": id, "data": d.Digest}, d, report.AuditReport, nil, w)
}

// editionNow gives the edition of the newest assessment.
func (a *App) editionNow(ctx context.Context, c Caller) (string, error) {
	h, err := a.enter(ctx, c, account.ReadAudit)
	if err != nil {
		return "", err
	}
	g, err := a.auditGround(ctx, h)
	return string(g.world.Edition), err
}

// ProgrammePaper writes the programme of audits with the register of
// nonconformities to w. yaml and json leave no entry.
func (a *App) ProgrammePaper(ctx context.Context, c Caller, format string, words report.Paper, w io.Writer) error {
	if err := named("audit programme", format, ProgrammeFormats()); err != nil {
		return err
	}
	p, err := a.Programme(ctx, c)
	if err != nil {
		return err
	}
	found, err := a.Nonconformities(ctx, c)
	if err != nil {
		return err
	}
	d := report.AuditProgramme{Programme: p.Programme, Usual: p.Usual, Coverage: p.Coverage}
	for _, x := range p.Audits {
		d.Audits = append(d.Audits, x.Audit)
	}
	for _, n := range found {
		d.Findings = append(d.Findings, n.Nonconformity)
	}
	about := struct {
		Programme       *AuditProgramme     `json:"programme"`
		Nonconformities []NonconformityLine `json:"nonconformities"`
	}{p, found}
	switch format {
	case "yaml":
		data, err := audit.EncodePlan(audit.Plan{Programme: &p.Programme, Audits: d.Audits})
		return write(w, data, err)
	case "json":
		return writeRecord(w, about)
	}
	if err := a.May(ctx, c, account.IssueReport); err != nil {
		return err
	}
	if d.Names, err = a.paperNames(ctx, c, words, "AUDITS", about); err != nil {
		return err
	}
	d.Edition = string(p.Edition)
	return issue(ctx, a, c, programmes, format, map[string]any{"report": "audits", "data": d.Digest}, d, report.AuditProgrammeReport, report.AuditWorkbook, w)
}
