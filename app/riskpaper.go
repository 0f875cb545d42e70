// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/risk"
)

// RiskFormats gives the formats of the risk register: papers, and the files
// that programs and people read back.
func RiskFormats() []string { return []string{"docx", "pdf", "html", "xlsx", "yaml", "json"} }

// RiskPaper writes the risk register to w. What is issued to be read and signed
// leaves an entry with its SHA-256; yaml and json are the register itself and
// leave none. It is dated by the day: on one day the same register gives the
// same bytes.
func (a *App) RiskPaper(ctx context.Context, c Caller, format string, words report.Paper, w io.Writer) error {
	if err := named("risk register", format, RiskFormats()); err != nil {
		return err
	}
	g, err := a.Register(ctx, c)
	if err != nil {
		return err
	}
	switch format {
	case "yaml":
		all := make([]risk.Risk, len(g.Risks))
		for i, l := range g.Risks {
			all[i] = l.Risk
		}
		data, err := risk.Encode(all)
		return write(w, data, err)
	case "json":
		return writeRecord(w, g)
	}
	if err := a.May(ctx, c, account.IssueReport); err != nil {
		return err
	}
	d, err := a.riskData(ctx, c, g, words)
	if err != nil {
		return err
	}
	return issue(ctx, a, c, risks, format, map[string]any{"report": "risk", "register": d.Digest}, d, report.RiskReport, report.RiskWorkbook, w)
}

// riskData gathers what a paper of the register is made of.
func (a *App) riskData(ctx context.Context, c Caller, g *Register, words report.Paper) (report.Risk, error) {
	s, err := a.Scope(ctx, c)
	if err != nil {
		return report.Risk{}, err
	}
	cat, err := a.Catalogue()
	if err != nil {
		return report.Risk{}, err
	}
	data, err := json.Marshal(g.Risks)
	if err != nil {
		return report.Risk{}, fmt.Errorf("reading the register: %w", err)
	}
	digest := sha256.Sum256(data)
	d := report.Risk{Paper: a.words(Paper{Words: words}, "RISK-"+g.At.Format("2006-01-02")), Organisation: s.Organisation.Name, Catalogue: cat.Version(), Digest: hex.EncodeToString(digest[:]),
		At: g.At.Truncate(24 * time.Hour), Run: g.Run, Method: g.Method, Usual: g.Usual, Lines: g.Risks, Summary: g.Summary, Services: map[string]string{}, People: map[string]string{}}
	for _, v := range s.Services {
		d.Services[v.ID] = v.Name
	}
	for _, p := range s.People {
		d.People[p.ID] = p.Name
	}
	return d, nil
}
