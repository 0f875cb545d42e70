// SPDX-License-Identifier: Apache-2.0

package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/document"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/scope"
)

// Matrix is what the paper of one service's responsibility matrix is made of.
type Matrix struct {
	Paper        Paper
	Organisation scope.Organisation
	Service      scope.Service
	Matrix       responsibility.Matrix
	Standing     responsibility.Status // derived: stale when something changed after the sign-off
	Verdicts     []responsibility.Verdict
	Findings     []responsibility.Finding // of this service
	Controls     []catalogue.Control      // in the order of the catalogue
	Catalogue    string
	At           time.Time
	Notice       string // may be empty
}

// matrixBook is a Matrix with its indexes.
type matrixBook struct {
	Matrix
	lines    map[string]responsibility.Allocation
	verdicts map[string]responsibility.Verdict
}

func newMatrixBook(m Matrix) (*matrixBook, error) {
	b := &matrixBook{Matrix: m, lines: map[string]responsibility.Allocation{}, verdicts: map[string]responsibility.Verdict{}}
	known := map[string]bool{}
	for _, c := range m.Controls {
		for _, d := range c.Duties {
			known[d.ID] = true
		}
	}
	for _, a := range m.Matrix.Allocations {
		if !known[a.Duty] {
			return nil, problem.Newf(problem.Conflict, "the matrix of %s speaks of duty %s, which the catalogue does not hold", m.Service.ID, a.Duty).
				WithHint("use the catalogue that the matrix was written for")
		}
		b.lines[a.Duty] = a
	}
	for _, v := range m.Verdicts {
		b.verdicts[v.Duty] = v
	}
	for _, f := range m.Findings {
		if f.Service != m.Service.ID {
			return nil, problem.Newf(problem.Invalid, "a finding of service %s was handed in with the matrix of %s", f.Service, m.Service.ID)
		}
	}
	return b, nil
}

// digest is the SHA-256 of everything that the paper shows, so that a reader
// can tell two editions apart.
func (b *matrixBook) digest() (string, error) {
	data, err := json.Marshal([]any{b.Organisation, b.Service, b.Matrix.Matrix, b.Standing, b.Verdicts, b.Findings, b.Catalogue})
	if err != nil {
		return "", fmt.Errorf("hashing the matrix of %s: %w", b.Service.ID, err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// side names the organisation that stands on a side of the service.
func (b *matrixBook) side(p catalogue.Party) string {
	name := b.Matrix.Matrix.Customer
	if p == catalogue.Provider {
		name = b.Matrix.Matrix.Provider
	}
	if name == "" && b.Service.Party() == p {
		name = b.Organisation.Name
	}
	if name == "" && p == catalogue.Provider {
		name = b.Service.Provider
	}
	if name == "" && p == catalogue.Customer {
		name = b.Service.Customer
	}
	return or(name, "the cloud service "+party(p))
}

func (b *matrixBook) meta(title string) (document.Meta, error) {
	digest, err := b.digest()
	m := document.Meta{
		Title: title, Subtitle: b.Service.Name, Organisation: b.Organisation.Name, ID: b.Paper.ID, Version: b.Paper.Version, Classification: b.Paper.Classification,
		Date: b.At, Catalogue: "ISO/IEC 27017:" + string(b.Matrix.Matrix.Edition) + ", " + b.Catalogue, Digest: digest, Notice: b.Notice,
		Facts: []document.Fact{{Name: "Cloud service customer", Value: b.side(catalogue.Customer)}, {Name: "Cloud service provider", Value: b.side(catalogue.Provider)},
			{Name: "Service model", Value: model(b.Service.Model)}, {Name: "Agreement", Value: or(b.Matrix.Matrix.Agreement, or(b.Service.Agreement, "none named"))},
			{Name: "Matrix", Value: matrixVersion(b.Matrix.Matrix.Version) + ", " + standing(b.Standing)}},
	}
	return m, err
}

// MatrixDocument is the paper that two parties sign, or annex to a contract:
// for each duty who does what, on which basis, and what is not yet settled.
func MatrixDocument(m Matrix) (document.Document, error) {
	b, err := newMatrixBook(m)
	if err != nil {
		return document.Document{}, err
	}
	meta, err := b.meta("Responsibility matrix")
	if err != nil {
		return document.Document{}, err
	}
	d := document.Document{Meta: meta, Landscape: true}
	for i, section := range [][]document.Block{b.summary(), b.allocations(), b.findings(), b.signatures()} {
		if i > 0 {
			d.Blocks = append(d.Blocks, document.PageBreak{})
		}
		d.Blocks = append(d.Blocks, section...)
	}
	return d, nil
}

// inScope says whether a duty stands in the edition of the matrix.
func (b *matrixBook) inScope(d catalogue.Duty) bool {
	return slices.Contains(d.Editions, b.Matrix.Matrix.Edition)
}

// total counts the duties in scope.
func (b *matrixBook) total() int {
	n := 0
	for _, c := range b.Controls {
		for _, d := range c.Duties {
			if b.inScope(d) {
				n++
			}
		}
	}
	return n
}

func (b *matrixBook) summary() []document.Block {
	critical := 0
	for _, f := range b.Findings {
		if f.Severity == responsibility.Critical || f.Severity == responsibility.High {
			critical++
		}
	}
	counts := b.verdictCounts()
	out := []document.Block{heading(1, "Summary", "summary"),
		document.Paragraph{Lead: true, Text: document.Say("This matrix divides %s of ISO/IEC 27017:%s between **%s** as customer and **%s** as provider of %s.", count(b.total(), "duty", "duties"), string(b.Matrix.Matrix.Edition), b.side(catalogue.Customer), b.side(catalogue.Provider), b.Service.Name)},
		document.Tiles{Items: []document.Tile{
			{Value: thousands(counts[responsibility.OnCustomer]), Label: "performed by the customer alone", Tone: document.Accent},
			{Value: thousands(counts[responsibility.OnProvider]), Label: "performed by the provider alone", Tone: document.Second},
			{Value: thousands(counts[responsibility.OnShared]), Label: "shared, with a written split", Tone: document.Good},
			{Value: thousands(len(b.Findings)), Label: map[bool]string{true: "finding", false: "findings"}[len(b.Findings) == 1], Note: thousands(critical) + " high or critical", Tone: document.Bad},
		}},
	}
	out = append(out, b.standingCallout()...)
	chart := document.Donut{Figure: document.Figure{Title: "Duties by who performs", Says: "Each duty has exactly one verdict."}, Middle: thousands(b.total()), Below: "duties"}
	for _, k := range verdictKinds() {
		v := verdictOf(k)
		chart.Slices = append(chart.Slices, document.Slice{Name: v.word, Count: counts[k], Tone: v.tone})
	}
	return append(out, document.Columns{Left: []document.Block{chart}, Right: b.howToRead()})
}

func (b *matrixBook) howToRead() []document.Block {
	return []document.Block{heading(3, "How to read the matrix", ""),
		document.Definitions{Items: []document.Definition{
			{Term: "C1, P1", Text: document.Plain("what the standard asks of the customer, and of the provider; the columns say who does it")},
			{Term: "Performs", Text: document.Plain("does the work")},
			{Term: "Accountable", Text: document.Plain("answers for the result, whoever does the work")},
			{Term: "Basis", Text: document.Plain("what the line rests on: a contract, a statement of the provider, an internal control; an assumption is none")},
			{Term: "RM-01 …", Text: document.Say("a rule about matrices that found something; see [Findings](#findings)")},
		}}}
}

func (b *matrixBook) standingCallout() []document.Block {
	s := b.Matrix.Matrix.SignOff
	switch {
	case b.Standing == responsibility.Stale:
		return []document.Block{document.Callout{Tone: document.Bad, Title: "The sign-off is stale", Text: document.Plain("The matrix or its service changed after it was signed. It must be signed anew before anybody relies on it.")}}
	case s != nil:
		words := document.Say("Signed by %s on %s.", or(s.By, "nobody named"), or(s.On, "no day"))
		if s.AcknowledgedBy != "" {
			words = append(words, document.Say(" Acknowledged by %s on %s.", s.AcknowledgedBy, or(s.AcknowledgedOn, "no day"))...)
		} else {
			words = append(words, document.Plain(" The other party has not acknowledged it.")...)
		}
		return []document.Block{document.Callout{Tone: document.Accent, Title: "Standing: " + standing(b.Standing), Text: words}}
	}
	return []document.Block{document.Callout{Tone: document.Part, Title: "Standing: " + standing(b.Standing), Text: document.Plain("Nobody has signed this matrix yet.")}}
}

func (b *matrixBook) verdictCounts() map[responsibility.VerdictKind]int {
	out := map[responsibility.VerdictKind]int{}
	for _, c := range b.Controls {
		for _, d := range c.Duties {
			if b.inScope(d) {
				out[b.verdict(d.ID)]++
			}
		}
	}
	return out
}

// verdict gives the verdict that was handed in; without one the duty has no
// line.
func (b *matrixBook) verdict(duty string) responsibility.VerdictKind {
	if v, ok := b.verdicts[duty]; ok {
		return v.Kind
	}
	return responsibility.Unallocated
}
