// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/policy"
)

// PolicyFormats gives the formats of a policy: papers, the text that people edit
// and hand back, and all of it for programs.
func PolicyFormats() []string { return []string{"docx", "pdf", "html", "md", "json"} }

// PolicyPaper writes a version of a policy to w: 0 is the text that is being
// worked on. What is issued leaves an entry with its SHA-256; md and json are the
// policy itself and leave none. It is dated by its own last change: the same
// version gives the same bytes.
func (a *App) PolicyPaper(ctx context.Context, c Caller, id string, number int, format string, words report.Paper, w io.Writer) error {
	if err := named("policy", format, PolicyFormats()); err != nil {
		return err
	}
	h, err := a.enter(ctx, c, account.ReadPolicy)
	if err != nil {
		return err
	}
	p, g, err := a.onePolicy(ctx, h, id)
	if err != nil {
		return err
	}
	d, err := a.policyData(ctx, h, g, p, number)
	if err != nil {
		return err
	}
	switch format {
	case "md":
		return write(w, []byte("# "+d.title()+"\n\n"+d.Text), nil)
	case "json":
		return writeRecord(w, g.line(p, ""))
	}
	if err := a.May(ctx, c, account.IssueReport); err != nil {
		return err
	}
	version := "draft"
	if number > 0 {
		version = fmt.Sprint(number)
	}
	if words.Version == "" {
		words.Version = version
	}
	if words.Classification == "" {
		words.Classification = "Internal"
	}
	d.Paper = a.words(Paper{Words: words}, "POL-"+strings.ToUpper(id))
	return issue(ctx, a, c, policies+"/"+id, format, map[string]any{"report": "policy", "policy": id, "version": version, "digest": "sha256:" + d.digest()}, d.Policy, report.PolicyReport, nil, w)
}

// policyPaper is what a paper of a policy is made of.
type policyPaper struct{ report.Policy }

func (d policyPaper) title() string {
	if d.Issue != nil {
		return d.Issue.Title
	}
	return d.Policy.Policy.Title
}

func (d policyPaper) digest() string {
	if d.Issue != nil {
		return strings.TrimPrefix(d.Issue.Digest, "sha256:")
	}
	return strings.TrimPrefix(d.Policy.Policy.Digest(), "sha256:")
}

// policyData gathers what a paper of a version is made of.
func (a *App) policyData(ctx context.Context, from records, g *policyGround, p policy.Policy, number int) (policyPaper, error) {
	d := report.Policy{Organisation: g.scope.Organisation.Name, Catalogue: g.cat.Version(), Policy: p, Text: p.Text, State: p.State(g.now, g.of(p)), At: p.At.Truncate(24 * time.Hour), Says: map[string]string{}}
	owner := p.Owner
	if number > 0 {
		var err error
		if d.Text, err = policyText(ctx, from, p.ID, number); err != nil {
			return policyPaper{}, err
		}
		i := p.Issues[number-1]
		d.Issue, d.At, owner = &i, i.At.Truncate(24*time.Hour), i.Owner
		if number < len(p.Issues) {
			d.State = "superseded"
		}
	} else if p.Retired == nil && len(p.Issues) > 0 {
		d.State = policy.Draft
	}
	if x, ok := g.scope.Person(owner); ok {
		d.Owner = x.Name
	}
	for _, id := range policy.Duties(d.Text) {
		duty, _ := g.cat.Duty(id)
		d.Says[id] = duty.Text
	}
	return policyPaper{d}, nil
}
