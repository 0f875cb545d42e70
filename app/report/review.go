// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"

	"demarc.dev/demarc/audit"
	"demarc.dev/demarc/document"
)

// Review is what the minutes of a management review are made of.
type Review struct {
	Names
	Minutes audit.Review
}

// ReviewReport is the minutes of a management review (ISO/IEC 27001:2022, 9.3):
// each input that the clause demands by its letter, as it was frozen, what was
// said of it, and what was decided.
func ReviewReport(r Review) document.Document {
	m := r.meta("Management review", "Minutes, ISO/IEC 27001:2022, clause 9.3", document.Fact{Name: "Held on", Value: string(r.Minutes.Day)}, document.Fact{Name: "Led by", Value: r.who(r.Minutes.Chair)}, document.Fact{Name: "Present", Value: list(r.Minutes.Present, "nobody besides")}, document.Fact{Name: "Inputs frozen", Value: day(r.Minutes.At, "no day") + ", " + strings.TrimPrefix(r.Minutes.Frozen, "sha256:")[:16]})
	m.Catalogue = "ISO/IEC 27001:2022"
	switch {
	case r.Minutes.Signed == nil:
		m.Notice = "This is a draft: the minutes are not signed."
	case !r.Minutes.Valid():
		m.Notice = "What stands here is not what was signed."
	}
	d := document.Document{Meta: m, Blocks: []document.Block{heading(1, "Inputs", "inputs"), lead("What clause 9.3.2 asks a review to look at, as the records had it when the review began.")}}
	for _, in := range r.Minutes.Inputs {
		d.Blocks = append(d.Blocks, heading(2, in.Letter+") "+in.Title, "input-"+in.Letter))
		var items []document.Text
		for _, f := range in.Facts {
			items = append(items, document.Plain(f.Says))
		}
		if len(items) > 0 {
			d.Blocks = append(d.Blocks, document.List{Items: items})
		} else {
			d.Blocks = append(d.Blocks, note("The records say nothing of it."))
		}
		d.Blocks = append(d.Blocks, text("Said: %s", or(in.Said, "nothing besides")))
	}
	t := document.Table{Columns: []document.Column{column("Decision", 5), column("By", 2), column("Due", 1.3), column("Carried out", 1.3)}, Empty: "Nothing was decided yet."}
	for _, x := range r.Minutes.Decisions {
		t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{document.Str(x.What), document.Str(r.who(x.Owner)), document.Str(or(string(x.Due), "no day")), document.Str(or(string(x.Done), "open"))}})
	}
	d.Blocks = append(d.Blocks, heading(1, "Decisions and actions", "decisions"), t)
	if r.Minutes.Signed != nil {
		d.Blocks = append(d.Blocks, note("Signed by %s on %s. It binds to the digest %s of the inputs, of what was said and of what was decided.", r.Minutes.Signed.By, day(r.Minutes.Signed.At, "no day"), r.Minutes.Signed.Digest))
	}
	d.Blocks = append(d.Blocks, heading(1, "Signatures", "signatures"), document.Signatures{Signers: []document.Signer{{For: r.Organisation + ", who led the review", Name: r.who(r.Minutes.Chair)}}})
	return d
}
