// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"
	"time"

	"demarc.dev/demarc/document"
	"demarc.dev/demarc/policy"
)

// Policy is what the paper of a policy is made of.
type Policy struct {
	Paper        Paper
	Organisation string
	Catalogue    string // version of the catalogue that its duties stand in
	Policy       policy.Policy
	Issue        *policy.Issue // that is written; nil: the text that is being worked on
	Text         string
	State        policy.State
	At           time.Time
	Owner        string            // name; empty: nobody
	Says         map[string]string // what a duty asks, by its id
}

// PolicyReport is a policy as a paper: its text, the duties that each paragraph
// satisfies, and who approved it when (ISO/IEC 27001:2022, 5.2 and 7.5).
func PolicyReport(p Policy) document.Document {
	d := document.Document{Meta: p.meta()}
	for _, b := range policy.Blocks(p.Text) {
		d.Blocks = append(d.Blocks, policyBlocks(b)...)
	}
	d.Blocks = append(d.Blocks, heading(1, policy.Control, "control"))
	d.Blocks = append(d.Blocks, text("It concerns %s.", list(p.roles(), "everybody who works for the organisation")))
	d.Blocks = append(d.Blocks, p.approvals()...)
	d.Blocks = append(d.Blocks, p.open()...)
	d.Blocks = append(d.Blocks, p.history(), p.duties())
	return d
}

func (p Policy) meta() document.Meta {
	m := document.Meta{Title: p.Policy.Title, Subtitle: "Policy of " + or(p.Organisation, "the organisation"), Organisation: or(p.Organisation, "no name yet"), ID: p.Paper.ID, Version: p.Paper.Version,
		Classification: p.Paper.Classification, Date: p.At, Catalogue: p.Catalogue, Digest: strings.TrimPrefix(p.Policy.Digest(), "sha256:"),
		Facts: []document.Fact{{Name: "State", Value: string(p.State)}, {Name: "Owner", Value: or(p.Owner, "nobody yet")}, {Name: "Reviewed every", Value: policy.Months(p.Policy.Every)}, {Name: "For", Value: p.audience()}}}
	if i := p.Issue; i != nil {
		m.Title, m.Digest = i.Title, strings.TrimPrefix(i.Digest, "sha256:")
		m.Facts = append(m.Facts, document.Fact{Name: "In force since", Value: day(i.At, "no day")}, document.Fact{Name: "To be reviewed by", Value: day(i.Review, "no day")})
	} else {
		m.Notice = "This is a draft: it is not in force."
		if n := len(policy.Questions(p.Text)); n > 0 {
			m.Notice += " It leaves " + count(n, "question", "questions") + " open."
		}
	}
	m.Facts = append(m.Facts, p.Paper.sender()...)
	return m
}

func (p Policy) roles() []string {
	if p.Issue != nil {
		return p.Issue.Audience
	}
	return p.Policy.Audience
}

func (p Policy) audience() string {
	if n := len(p.roles()); n > 0 {
		return count(n, "role", "roles") + ", under " + policy.Control
	}
	return "everybody"
}

// policyBlocks gives a block of a policy as blocks of a paper.
func policyBlocks(b policy.Block) []document.Block {
	var out []document.Block
	switch b.Kind {
	case policy.Heading:
		out = append(out, document.Heading{Level: b.Level, Text: b.Lines[0], ID: fmt.Sprintf("line-%d", b.Line)})
	case policy.List, policy.Numbered:
		l := document.List{Numbered: b.Kind == policy.Numbered}
		for _, line := range b.Lines {
			l.Items = append(l.Items, policyWords(line))
		}
		out = append(out, l)
	default:
		out = append(out, document.Paragraph{Text: policyWords(b.Lines[0])})
	}
	if len(b.Satisfies) > 0 {
		out = append(out, note("%s", "Satisfies: "+strings.Join(b.Satisfies, ", ")))
	}
	return out
}

func policyWords(line string) document.Text {
	var out document.Text
	for _, s := range policy.Spans(line) {
		span := document.Span{Text: s.Text, Strong: s.Strong, Em: s.Em, Code: s.Code}
		switch s.Open {
		case "":
		case "open":
			span = document.Span{Text: "[open question: " + s.Text + "]", Strong: true}
		default:
			span = document.Span{Text: policy.Question(s.Open, s.Text), Strong: true}
		}
		out = append(out, span)
	}
	return out
}

func (p Policy) approvals() []document.Block {
	given := p.Policy.Valid()
	if p.Issue != nil {
		given = p.Issue.Approvals
	}
	t := document.Table{Caption: "Approvals", Columns: []document.Column{column("Approved by", 3), column("On", 2), column("Digest of what was approved", 5)}, Empty: "Nobody has approved this text."}
	for _, a := range given {
		t.Rows = append(t.Rows, row(str(a.By), str(moment(a.At, "no day")), document.Words(document.Mono(a.Digest))))
	}
	out := []document.Block{t}
	if p.Issue == nil && len(given) < p.Policy.Quorum {
		s := document.Signatures{}
		for range p.Policy.Quorum - len(given) {
			s.Signers = append(s.Signers, document.Signer{For: or(p.Organisation, "the organisation") + ", who approves"})
		}
		out = append(out, s)
	}
	return out
}

func (p Policy) open() []document.Block {
	all := policy.Questions(p.Text)
	if len(all) == 0 {
		return nil
	}
	l := document.List{}
	for _, q := range all {
		l.Items = append(l.Items, document.Plain(q.Ask))
	}
	return []document.Block{text("These questions are open. The policy is not approved before they are answered."), l}
}

func (p Policy) history() document.Block {
	t := document.Table{Caption: "Versions", Columns: []document.Column{numbers("Version", 1), column("Published", 2), column("By", 3), column("What changed", 4)}, Empty: "No version was published yet."}
	for _, i := range p.Policy.Issues {
		if p.Issue == nil || i.Number <= p.Issue.Number {
			t.Rows = append(t.Rows, row(num(i.Number), str(day(i.At, "no day")), str(i.By), str(or(i.Note, "nothing was noted"))))
		}
	}
	return t
}

func (p Policy) duties() document.Block {
	t := document.Table{Caption: "Duties that the policy satisfies, in our own words", Columns: []document.Column{column("Duty", 1.4), column("What it asks", 8)}, Empty: "No paragraph names a duty.", Dense: true}
	for _, d := range policy.Duties(p.Text) {
		t.Rows = append(t.Rows, row(str(d), str(or(p.Says[d], "no duty of this catalogue"))))
	}
	return t
}
