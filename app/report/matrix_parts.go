// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/document"
	"demarc.dev/demarc/responsibility"
)

func verdictKinds() []responsibility.VerdictKind {
	return []responsibility.VerdictKind{responsibility.OnCustomer, responsibility.OnProvider, responsibility.OnShared, responsibility.OnBoth, responsibility.OnNobody, responsibility.Unallocated, responsibility.NoMatrix}
}

func verdictOf(k responsibility.VerdictKind) status {
	switch k {
	case responsibility.OnCustomer:
		return status{"Customer", document.Accent, document.MarkDot, "The customer alone performs."}
	case responsibility.OnProvider:
		return status{"Provider", document.Second, document.MarkRing, "The provider alone performs."}
	case responsibility.OnShared:
		return status{"Shared", document.Good, document.MarkOfTone, "Both perform, and it is written who does which part."}
	case responsibility.OnBoth:
		return status{"Overlap", document.Part, document.MarkOfTone, "Both perform, and nobody wrote who does which part."}
	case responsibility.OnNobody:
		return status{"Nobody", document.Bad, document.MarkOfTone, "The matrix says that nobody performs."}
	case responsibility.NoMatrix:
		return status{"No matrix", document.Muted, document.MarkOfTone, "The service has no matrix of this edition."}
	}
	return status{"No line", document.Unknown, document.MarkOfTone, "The matrix has no line for the duty."}
}

func shareChip(s responsibility.Share) document.Chip {
	switch s {
	case responsibility.Performs:
		return document.Chip{Word: "Performs", Tone: document.Accent, Mark: document.MarkDot}
	case responsibility.Accounts:
		return document.Chip{Word: "Accountable", Tone: document.Second, Mark: document.MarkRing}
	case responsibility.SharesBoth:
		return document.Chip{Word: "Performs, accountable", Tone: document.Accent, Mark: document.MarkDot}
	}
	return document.Chip{Word: "None", Tone: document.Muted, Mark: document.MarkDash}
}

func basisWord(k responsibility.BasisKind) string {
	switch k {
	case responsibility.ContractClause:
		return "contract"
	case responsibility.ProviderStatement:
		return "statement of the provider"
	case responsibility.InternalControl:
		return "internal control"
	case responsibility.Assumption:
		return "assumption"
	}
	return "default of the catalogue"
}

// allocations is the matrix itself, control by control.
func (b *matrixBook) allocations() []document.Block {
	out := []document.Block{heading(1, "Who does what", "matrix")}
	if len(b.Matrix.Matrix.Allocations) == 0 {
		out = append(out, document.Callout{Tone: document.Unknown, Title: "The matrix has no line", Text: document.Plain("Nothing was divided between the parties yet. The duties stand here so that they can be.")})
	}
	t := document.Table{Columns: []document.Column{column("Duty", 1.1), column("What it asks", 3.4), column("Customer", 1.5), column("Provider", 1.5), column("On which basis, and who does which part", 3.6), column("Findings", 0.8)},
		Empty: "No duty stands in this edition."}
	for _, c := range b.Controls {
		first := true
		for _, d := range c.Duties {
			if !b.inScope(d) {
				continue
			}
			if first {
				t.Rows = append(t.Rows, document.Row{Group: b.controlTitle(c), ID: controlID(c.Key)})
				first = false
			}
			t.Rows = append(t.Rows, b.line(d))
		}
	}
	return append(out, t)
}

func (b *matrixBook) controlTitle(c catalogue.Control) string {
	if place, ok := c.Place(b.Matrix.Matrix.Edition); ok {
		return place.ID + " " + place.Title
	}
	return c.Title
}

func (b *matrixBook) line(d catalogue.Duty) document.Row {
	id := document.Words(document.Strong(d.ID))
	a, ok := b.lines[d.ID]
	if !ok {
		chip := verdictOf(b.verdict(d.ID)).chip()
		return document.Row{ID: dutyPlace(d.ID), Cells: []document.Cell{id, str(d.Text), {Chip: &chip}, {Chip: &chip}, str("not divided, no basis"), b.rulesCell(d.ID)}}
	}
	customer, provider := shareChip(a.Customer), shareChip(a.Provider)
	return document.Row{ID: dutyPlace(d.ID), Cells: []document.Cell{id, str(d.Text),
		{Chip: &customer, Lines: ownerLine(a.CustomerOwner, a.Customer)}, {Chip: &provider, Lines: ownerLine(a.ProviderContact, a.Provider)}, basisCell(a), b.rulesCell(d.ID)}}
}

// basisCell says what a line rests on, what shows it, who does which part when
// both perform, and what somebody noted.
func basisCell(a responsibility.Allocation) document.Cell {
	words := upper(basisWord(a.Basis.Kind))
	if a.Basis.Reference != "" {
		words += ": " + a.Basis.Reference
	}
	cell := document.Words(document.Say("%s *Evidence:* %s", sentence(words), sentence(list(a.Evidence, "none named"))))
	if who := a.Who(); a.Split != "" || who == responsibility.ByBoth || who == responsibility.ByNobody {
		cell.Lines = append(cell.Lines, document.Say("*Who does which part:* %s", or(a.Split, splitAbsence(a))))
	}
	if a.Rationale != "" {
		cell.Lines = append(cell.Lines, document.Say("*Why it differs from the default:* %s", a.Rationale))
	}
	if a.Note != "" {
		cell.Lines = append(cell.Lines, document.Say("*Note:* %s", a.Note))
	}
	return cell
}

// ownerLine names who answers on a side; a side with no part needs nobody.
func ownerLine(name string, s responsibility.Share) []document.Text {
	if name == "" && s == responsibility.None {
		return nil
	}
	return []document.Text{document.Plain(or(name, "nobody named"))}
}

// splitAbsence says why there is no text of who does which part.
func splitAbsence(a responsibility.Allocation) string {
	if a.Who() == responsibility.ByNobody {
		return "nobody performs"
	}
	return "not written"
}

func (b *matrixBook) rulesCell(duty string) document.Cell {
	v, ok := b.verdicts[duty]
	if !ok || len(v.Rules) == 0 {
		return str("none")
	}
	cell := document.Cell{}
	for _, r := range v.Rules {
		cell.Lines = append(cell.Lines, document.Link(string(r), "#rule-"+string(r)))
	}
	return cell
}

// findings is the annex of what is not settled.
func (b *matrixBook) findings() []document.Block {
	out := []document.Block{heading(1, "Findings", "findings")}
	t := document.Table{Columns: []document.Column{column("Rule", 0.8), column("Severity", 1.1), numbers("Number", 0.7), column("Why", 3.4), column("What to do", 2.6), column("Which duties", 2.4)}, Empty: "No rule found anything."}
	for _, g := range b.findingsAlike() {
		f := g[0]
		why := document.Words(document.Plain(upper(or(withoutDuty(f.Why, f), "no reason was given"))))
		for i, l := range f.Chain {
			why.Lines = append(why.Lines, document.Plain(strings.Repeat("   ", i)+"↳ "+or(l.Name, l.Service)+": "+or(l.Says, "no word on it")))
		}
		t.Rows = append(t.Rows, row(document.Words(document.Link(string(f.Rule), "#rule-"+string(f.Rule))), severityCell(check.Severity(f.Severity)), num(len(g)), why, str(upper(or(withoutDuty(f.Fix, f), "no advice is written"))), b.dutiesCell(g)))
	}
	rules := document.Table{Caption: "The rules", Columns: []document.Column{column("Rule", 0.8), column("What it finds", 5), numbers("Findings", 0.8)}}
	for _, r := range matrixRules() {
		n := 0
		for _, f := range b.Findings {
			if f.Rule == r.rule {
				n++
			}
		}
		rules.Rows = append(rules.Rows, document.Row{ID: "rule-" + string(r.rule), Cells: []document.Cell{str(string(r.rule)), str(r.finds), num(n)}})
	}
	return append(out, t, rules)
}

// findingsAlike gathers the findings that differ in nothing but the duty, the
// worst first: a hundred lines that lack evidence are told once.
func (b *matrixBook) findingsAlike() [][]responsibility.Finding {
	var out [][]responsibility.Finding
	at := map[string]int{}
	for _, f := range b.Findings {
		key := fmt.Sprintf("%s %s %q %q %q", f.Rule, f.Severity, withoutDuty(f.Why, f), withoutDuty(f.Fix, f), f.Chain)
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], f)
	}
	slices.SortStableFunc(out, func(x, y []responsibility.Finding) int {
		return cmp.Compare(rankOf(check.Severity(x[0].Severity)), rankOf(check.Severity(y[0].Severity)))
	})
	return out
}

// withoutDuty gives the words of a finding as they hold for others like it.
func withoutDuty(words string, f responsibility.Finding) string {
	if f.Duty == "" {
		return words
	}
	return strings.ReplaceAll(words, f.Duty, "the duty")
}

func (b *matrixBook) dutiesCell(findings []responsibility.Finding) document.Cell {
	var words document.Text
	for _, f := range findings {
		if len(words) > 0 {
			words = append(words, document.Span{Text: ", "})
		}
		if f.Duty == "" {
			words = append(words, document.Span{Text: "the whole matrix"})
			continue
		}
		words = append(words, b.dutyLink(f.Duty)...)
	}
	return document.Words(words)
}

// dutyLink leads to the duty's line when it stands in this edition.
func (b *matrixBook) dutyLink(id string) document.Text {
	for _, c := range b.Controls {
		for _, d := range c.Duties {
			if d.ID == id && b.inScope(d) {
				return document.Link(id, "#"+dutyPlace(id))
			}
		}
	}
	return document.Plain(id)
}

type matrixRule struct {
	rule  responsibility.Rule
	finds string
}

func matrixRules() []matrixRule {
	return []matrixRule{
		{responsibility.Gap, "Nobody performs the duty."},
		{responsibility.Overlap, "Both perform, and it is not written who does which part."},
		{responsibility.OrphanShared, "The duty is shared and one side names nobody."},
		{responsibility.TwoAccountable, "Both are accountable; in a dispute nobody is."},
		{responsibility.AssumptionOnly, "The other side is relied on without a contract or a statement."},
		{responsibility.ContractMismatch, "A contract is claimed and names no clause, or says otherwise."},
		{responsibility.StatementMismatch, "The provider's own statement says otherwise."},
		{responsibility.ChainBreak, "The organisation promises what the service beneath leaves to it."},
		{responsibility.NoEvidence, "Nothing shows that the duty is performed."},
		{responsibility.ModelAnomaly, "The line differs from what is usual for the service model, without a reason."},
		{responsibility.NotAcknowledged, "The other party has not acknowledged the matrix."},
		{responsibility.StaleSignOff, "The service or the matrix changed after the sign-off."},
		{responsibility.OwnerLeft, "The person who is named has left."},
	}
}

func (b *matrixBook) signatures() []document.Block {
	name := ""
	if s := b.Matrix.Matrix.SignOff; s != nil && b.Standing != responsibility.Stale {
		name = s.By
	}
	signers := make([]document.Signer, 0, 2)
	for _, p := range []catalogue.Party{catalogue.Customer, catalogue.Provider} {
		s := document.Signer{For: b.side(p) + ", as cloud service " + party(p)}
		if p == b.Service.Party() {
			s.Name = name
		}
		signers = append(signers, s)
	}
	return []document.Block{heading(1, "Signatures", "signatures"),
		text("By signing, each party agrees to perform the duties of its column. The signature binds to the data digest of this paper; a later change of the matrix or of the service makes it stale."),
		document.Signatures{Signers: signers}}
}
