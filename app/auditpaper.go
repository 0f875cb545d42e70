// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/audit"
	"demarc.dev/demarc/problem"
)

// AuditFormats gives the formats of the report of an audit.
func AuditFormats() []string { return []string{"docx", "pdf", "html", "json"} }

// ProgrammeFormats gives the formats of the programme; yaml is the plans, to be
// edited and taken in again.
func ProgrammeFormats() []string { return []string{"docx", "pdf", "html", "xlsx", "yaml", "json"} }

// named tells that there is no paper in a format.
func named(paper, format string, formats []string) error {
	if slices.Contains(formats, format) {
		return nil
	}
	return problem.New(problem.Usage, fmt.Sprintf("there is no %s in the format %q", paper, format), "one of: "+strings.Join(formats, ", "))
}

// paperNames gives the words that papers of the programme carry.
func (a *App) paperNames(ctx context.Context, c Caller, words report.Paper, id string, about any) (report.Names, error) {
	data, err := json.Marshal(about)
	if err != nil {
		return report.Names{}, fmt.Errorf("reading what a paper is about: %w", err)
	}
	digest := sha256.Sum256(data)
	now := a.now().UTC()
	n := report.Names{Paper: a.words(Paper{Words: words}, id+"-"+now.Format(time.DateOnly)), Digest: hex.EncodeToString(digest[:]), At: now.Truncate(24 * time.Hour), People: map[string]string{}, Services: map[string]string{}}
	s, err := a.Scope(ctx, c)
	if err != nil {
		return n, err
	}
	n.Organisation = s.Organisation.Name
	for _, p := range s.People {
		n.People[p.ID] = p.Name
	}
	for _, v := range s.Services {
		n.Services[v.ID] = v.Name
	}
	return n, nil
}

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
		data, err := json.MarshalIndent(x, "", "  ")
		return write(w, append(data, '\n'), err)
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
	sum := &summing{w: w, sum: sha256.New()}
	if err := writeDocument(sum, format, report.AuditReport(d)); err != nil {
		return err
	}
	return a.issuedOf(ctx, c, audits+"/"+id, map[string]any{"report": "audit", "format": format, "audit": id, "data": d.Digest}, sum)
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
		data, err := json.MarshalIndent(about, "", "  ")
		return write(w, append(data, '\n'), err)
	}
	if err := a.May(ctx, c, account.IssueReport); err != nil {
		return err
	}
	if d.Names, err = a.paperNames(ctx, c, words, "AUDITS", about); err != nil {
		return err
	}
	d.Edition = string(p.Edition)
	sum := &summing{w: w, sum: sha256.New()}
	if format == "xlsx" {
		err = writeWorkbook(sum, report.AuditWorkbook(d))
	} else {
		err = writeDocument(sum, format, report.AuditProgrammeReport(d))
	}
	if err != nil {
		return err
	}
	return a.issuedOf(ctx, c, programmes, map[string]any{"report": "audits", "format": format, "data": d.Digest}, sum)
}
