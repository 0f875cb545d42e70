// SPDX-License-Identifier: Apache-2.0

package report

import (
	"slices"
	"strings"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/document"
)

// excepted is an exception with what became of it.
type excepted struct {
	check.Exception
	state   document.Chip
	covered int // failures of this assessment
	note    string
}

// risks are the exceptions that were handed in, in their order, then those
// that only the assessment knows of.
func (b *book) risks() []excepted {
	covered := map[string]assess.ExceptionUse{}
	for _, u := range b.a.Exceptions {
		covered[u.ID] = u
	}
	var out []excepted
	seen := map[string]bool{}
	for _, e := range b.Exceptions {
		seen[e.ID] = true
		u, inForce := covered[e.ID]
		r := excepted{Exception: e, covered: u.Findings, state: document.Chip{Word: "Covers nothing here", Tone: document.Muted}}
		if inForce {
			r.state = document.Chip{Word: "In force", Tone: document.Second}
		}
		if i := slices.IndexFunc(b.Uses, func(u check.ExceptionUse) bool { return u.ID == e.ID }); i >= 0 {
			r.note = b.Uses[i].Note
			if b.Uses[i].State == "expired" {
				r.state = document.Chip{Word: "Expired", Tone: document.Bad}
			}
		}
		out = append(out, r)
	}
	for _, u := range b.a.Exceptions {
		if !seen[u.ID] {
			out = append(out, excepted{Exception: check.Exception{ID: u.ID, Checks: u.Checks}, covered: u.Findings, state: document.Chip{Word: "In force", Tone: document.Second}})
		}
	}
	return out
}

func (b *book) exceptions() []document.Block {
	t := document.Table{Columns: []document.Column{column("Exception", 3.2), column("Owner and approval", 1.6), column("Until", 1.3), column("State", 1.3), numbers("Failures covered", 0.9), column("Checks", 2)},
		Empty: "No exception was handed in, and none covers a failure."}
	for _, r := range b.risks() {
		id := document.Words(document.Mono(r.ID), document.Plain(or(r.Reason, "no reason at hand")))
		if r.note != "" {
			id.Lines = append(id.Lines, document.Say("*%s*", sentence(r.note)))
		}
		t.Rows = append(t.Rows, row(id, document.Words(document.Plain(or(r.Owner, "no owner at hand")), document.Plain("approved by "+or(r.ApprovedBy, "nobody named"))), str(day(r.Until, "no day at hand")),
			document.Cell{Chip: &r.state}, num(r.covered), str(list(r.Exception.Checks, "no check"))))
	}
	return []document.Block{heading(1, "Accepted risks", "exceptions"),
		text("An exception is a risk that a person accepted, for a time. What it covers is shown as “Risk accepted”; it is never counted as met."), t}
}

func (b *book) attestations() []document.Block {
	t := document.Table{Dense: true, Columns: []document.Column{column("About", 3), column("Service", 1.4), column("Answer", 1), column("By", 1.2), column("Holds", 1.7), column("State", 1.3), numbers("Answers", 0.8)},
		Empty: "Nobody attested anything: duties that no check can answer are unknown."}
	for _, s := range b.a.Said {
		service := "every service"
		if s.Service != "*" && s.Service != "" {
			service = b.service(s.Service)
		}
		t.Rows = append(t.Rows, row(
			document.Words(document.Plain(or(s.Duty, "control "+s.Control)), document.Plain(or(s.Statement, "no statement"))),
			str(service), str(answerWord(s.Answer)), str(or(s.By, "nobody named")),
			document.Words(document.Plain("from "+day(s.On, "no day was set")), document.Plain("to "+day(s.Expires, "no day was set"))),
			saidCell(s.State), num(s.Answers)))
	}
	return []document.Block{heading(1, "Attestations", "attestations"),
		text("What people answered for what no interface can tell. “Answers” counts the answers of this report that rest on the attestation."), t}
}

func saidCell(s assess.SaidState) document.Cell {
	switch s {
	case assess.InForce:
		return document.Status(document.Good, "In force")
	case assess.Expired:
		return document.Status(document.Bad, "Expired")
	case assess.NotYet:
		return document.Status(document.Unknown, "Not yet in force")
	case assess.Unused:
		return document.Status(document.Muted, "Others speak for it")
	}
	return document.Status(document.Muted, "Not asked")
}

// method says how the answers come about and what they cannot tell.
func (b *book) method() []document.Block {
	return []document.Block{
		heading(1, "Method and limits", "method"),
		document.List{Items: []document.Text{
			document.Say("**Facts.** They come from the sources that [Scope and sources](#scope) names, at the times given there: live accounts were read by calls that change nothing, a plan or a state file was read as it was. What changed later is not seen."),
			document.Say("**Checks.** A check asks one question of one resource. Its answer is pass, fail, unknown or not applicable. A fact that was not read makes the answer unknown."),
			document.Say("**Attestations.** What no interface can tell is answered by people, with a day on which the answer expires. An answer without evidence is told as such."),
			document.Say("**Responsibility.** Who performs a duty is taken from the matrix of the service. A duty of the other side is inherited only with a basis, a contract or a statement, and with evidence."),
			document.Say("**Roll-up.** A control and a theme take the worst status of their duties. Of two defensible readings the less flattering one is printed."),
			document.Say("**Severity** of a gap comes from its worst failing check, from exposure to the internet and from the criticality of the service; each gap says why."),
			document.Say("**Estimates.** Effort and outlooks are estimates and are marked as such."),
		}},
		document.Callout{Tone: document.Muted, Title: "What this report is not", Text: document.Plain("It is no certificate and no audit opinion. It restates the duties in our own words and does not replace the text of the standard. A duty that is satisfied is shown to be met by what is named here, and by nothing else.")},
		text("The digest on the cover is the SHA-256 of the assessment that every number here was taken from. The same assessment gives this document again, byte for byte."),
		document.Code{Text: "sha256:" + strings.TrimPrefix(b.a.Digest, "sha256:")},
	}
}
