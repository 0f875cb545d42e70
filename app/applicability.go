// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/applicability"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/risk"
	"demarc.dev/demarc/store"
)

const (
	applicabilities = "applicability" // a decision a line
	statementsOf    = "soa"           // approved statements of applicability, by edition
)

// Applicability is the Statement of Applicability as it stands, beside the one
// that was approved last.
type Applicability struct {
	applicability.Statement
	Digest   string                  `json:"digest"`
	Approved *applicability.Approval `json:"approved,omitempty"`
	Changes  []applicability.Change  `json:"changes,omitempty"` // since the approval
	Run      string                  `json:"run,omitempty"`     // that the statuses rest on
	At       time.Time               `json:"-"`                 // when it was put together
}

// Valid tells whether what stands is what was approved.
func (s *Applicability) Valid() bool { return s.Approved != nil && s.Approved.Digest == s.Digest }

// Applicability puts the statement of an edition of ISO/IEC 27017 together, of
// that of the newest assessment for an empty one.
func (a *App) Applicability(ctx context.Context, c Caller, ed catalogue.Edition) (*Applicability, error) {
	h, err := a.enter(ctx, c, account.ReadApplicability)
	if err != nil {
		return nil, err
	}
	return a.applicability(ctx, h, h, ed)
}

// applicability makes the statement from records as they stand, say those of a
// change under way.
func (a *App) applicability(ctx context.Context, h *hall, from records, ed catalogue.Edition) (*Applicability, error) {
	w, _, err := a.riskWorld(ctx, from)
	if err != nil {
		return nil, err
	}
	in := applicability.Input{Catalogue: w.Catalogue, Edition: ed, Scope: h.narrowScope(w.Scope)}
	out := &Applicability{At: a.now().UTC()}
	if in.Assessment, out.Run, err = a.newest(ctx, h); err != nil {
		return nil, err
	}
	if in.Edition == "" {
		in.Edition = catalogue.Edition2026
		if in.Assessment != nil {
			in.Edition = in.Assessment.Edition
		}
	}
	if in.Assessment != nil && in.Assessment.Edition != in.Edition {
		in.Assessment, out.Run = nil, "" // it answers for the duties of another edition
	}
	if in.Decisions, err = list[applicability.Decision](ctx, from, applicabilities); err != nil {
		return nil, err
	}
	if in.Risks, err = h.treated(ctx, from, w.Catalogue); err != nil {
		return nil, err
	}
	if !h.bound() { // a policy is of no service
		if in.Policies, err = a.rulesInForce(ctx, from); err != nil {
			return nil, err
		}
	}
	out.Statement = applicability.Make(in)
	out.Digest = out.Statement.Digest()
	approved, ok, err := get[applicability.Approval](ctx, from, statementsOf, string(in.Edition))
	if ok {
		out.Approved, out.Changes = &approved, out.Since(approved)
	}
	return out, err
}

// concluded is an assessment that was read, kept for who asks next. Its values
// are shared: they are read only.
type concluded struct{ *assess.Assessment }

func (c concluded) bytes() int64 {
	return 1<<20 + 2000*int64(len(c.Answers)) + 500*int64(len(c.Results))
}

// concludedMost is how much the assessments of all organisations that registers
// read from may hold together, in bytes.
const concludedMost = 64 << 20

// newest gives the newest assessment and the id of its run; nil while nothing
// was assessed. It is shared, and read only.
func (a *App) newest(ctx context.Context, h *hall) (*assess.Assessment, string, error) {
	run, err := a.Run(ctx, h.caller, "")
	if isNotFound(err) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	if h.bound() { // what he sees is a part, made for him
		x, err := a.Assessment(ctx, h.caller, run)
		return x, run.ID, err
	}
	x, err := a.read.get(ctx, h.ID()+"/"+run.Concluded.SHA256, func(ctx context.Context) (concluded, error) {
		x, err := a.Assessment(ctx, h.caller, run)
		return concluded{x}, err
	})
	return x.Assessment, run.ID, err
}

// treated gives the risks that are none of the closed, by the controls that
// treat their threats.
func (h *hall) treated(ctx context.Context, from records, cat *catalogue.Catalogue) (map[string][]string, error) {
	all, err := list[risk.Risk](ctx, from, risks)
	if err != nil {
		return nil, err
	}
	controls := map[string][]string{}
	for _, t := range cat.Threats() {
		controls[t.ID] = t.Controls
	}
	out := map[string][]string{}
	for _, r := range all {
		if r.Closed != "" || !h.sees(r.Service) {
			continue
		}
		for _, key := range controls[r.Threat] {
			out[key] = append(out[key], r.ID)
		}
	}
	return out, nil
}

// DecideApplicability writes down whether a line applies and why. seen is the
// version of the decision that the caller saw, 0 when nobody had decided.
func (a *App) DecideApplicability(ctx context.Context, c Caller, ed catalogue.Edition, d applicability.Decision, seen int) (applicability.Decision, error) {
	h, err := a.enter(ctx, c, account.EditApplicability)
	if err != nil {
		return d, err
	}
	err = h.Update(ctx, func(tx *store.Tx) error {
		s, err := a.applicability(ctx, h, tx, ed)
		if err != nil {
			return err
		}
		w, _, err := a.riskWorld(ctx, tx)
		if err != nil {
			return err
		}
		if err := d.Validate(s.Statement, w.Scope); err != nil {
			return err
		}
		if l, _ := s.Line(d.Line); l.Version != seen {
			return problem.Newf(problem.Conflict, "the line %s was decided meanwhile: you saw version %d, it is at version %d", d.Line, seen, l.Version).WithHint("open it again, look at what was decided, and repeat yours")
		}
		_, err = h.putDecision(tx, &d, s.Statement)
		return err
	})
	return d, err
}

// putDecision writes a decision down, and tells whether it is another one.
func (h *hall) putDecision(tx *store.Tx, d *applicability.Decision, s applicability.Statement) (bool, error) {
	was, _ := s.Line(d.Line)
	if was.Standing == applicability.Decided && was.Applicable == d.Applicable && was.Justification == d.Justification && was.Responsible == d.Responsible {
		return false, nil
	}
	d.By, d.At, d.Version = string(h.caller.Actor), h.now().UTC(), was.Version+1
	return true, tx.Put(applicabilities, d.Line, *d, store.Event{Kind: "applicability.decided", Actor: h.caller.Actor})
}

// ImportApplicability takes decisions in that people keep as a file, YAML or the
// edited workbook: all of it or nothing. Lines that it does not name stay.
func (a *App) ImportApplicability(ctx context.Context, c Caller, ed catalogue.Edition, file string, data []byte) (changed int, err error) {
	h, err := a.enter(ctx, c, account.EditApplicability)
	if err != nil {
		return 0, err
	}
	err = h.Update(ctx, func(tx *store.Tx) error {
		changed = 0
		s, err := a.applicability(ctx, h, tx, ed)
		if err != nil {
			return err
		}
		w, _, err := a.riskWorld(ctx, tx)
		if err != nil {
			return err
		}
		read := applicability.Parse
		if strings.HasPrefix(string(data), "PK") {
			read = report.ReadApplicability
		}
		all, err := read(file, data, s.Statement, w.Scope)
		if err != nil {
			return err
		}
		for _, d := range all {
			moved, err := h.putDecision(tx, &d, s.Statement)
			if err != nil {
				return err
			}
			if moved {
				changed++
			}
		}
		return nil
	})
	return changed, err
}

// ApproveApplicability approves the statement as it stands: seen is the digest
// that was looked at. Lines that are only proposed are approved as proposed; a
// line without a justification stands in the way.
func (a *App) ApproveApplicability(ctx context.Context, c Caller, ed catalogue.Edition, seen string) (applicability.Approval, error) {
	h, err := a.enter(ctx, c, account.ApproveApplicability)
	if err != nil {
		return applicability.Approval{}, err
	}
	by, err := a.Signer(ctx, c)
	if err != nil {
		return applicability.Approval{}, err
	}
	var out applicability.Approval
	err = h.Update(ctx, func(tx *store.Tx) error {
		s, err := a.applicability(ctx, h, tx, ed)
		if err != nil {
			return err
		}
		if s.Digest != seen {
			return problem.New(problem.Conflict, "the statement is not any more as you saw it", "look at what changed, then approve")
		}
		if n := s.Summary.Standings[applicability.Blank]; n > 0 {
			return problem.New(problem.Invalid, fmt.Sprintf("%d lines have no justification yet, such as %s", n, firstBlank(s.Statement)), "say why each applies, or why it does not")
		}
		out = applicability.Approval{Version: 1, By: by, At: s.At, Edition: s.Edition, Digest: s.Digest, Lines: s.Freeze()}
		if s.Approved != nil {
			out.Version = s.Approved.Version + 1
		}
		return tx.Put(statementsOf, string(s.Edition), out, store.Event{Kind: "applicability.approved", Actor: c.Actor})
	})
	return out, err
}

func firstBlank(s applicability.Statement) string {
	i := slices.IndexFunc(s.Lines, func(l applicability.Line) bool { return l.Standing == applicability.Blank })
	return s.Lines[i].ID
}

// ApplicabilityFormats gives the formats of the statement: papers, and the files
// that people and programs read back.
func ApplicabilityFormats() []string { return []string{"docx", "pdf", "html", "xlsx", "yaml", "json"} }

// ApplicabilityPaper writes the statement to w. What is issued leaves an entry
// with its SHA-256; yaml and json are the statement itself and leave none. It is
// dated by the day: on one day the same statement gives the same bytes.
func (a *App) ApplicabilityPaper(ctx context.Context, c Caller, ed catalogue.Edition, format string, words report.Paper, w io.Writer) error {
	if err := named("statement of applicability", format, ApplicabilityFormats()); err != nil {
		return err
	}
	s, err := a.Applicability(ctx, c, ed)
	if err != nil {
		return err
	}
	switch format {
	case "yaml":
		data, err := applicability.Encode(s.Statement, true)
		return write(w, data, err)
	case "json":
		return writeRecord(w, s)
	}
	if err := a.May(ctx, c, account.IssueReport); err != nil {
		return err
	}
	sc, err := a.Scope(ctx, c)
	if err != nil {
		return err
	}
	cat, err := a.Catalogue()
	if err != nil {
		return err
	}
	d := report.Applicability{Paper: a.words(Paper{Words: words}, "SOA-"+s.At.Format(time.DateOnly)), Organisation: sc.Organisation.Name, Catalogue: cat.Version(), Digest: s.Digest,
		At: s.At.Truncate(24 * time.Hour), Run: s.Run, Statement: s.Statement, Approved: s.Approved, Changes: s.Changes, People: map[string]string{}}
	for _, p := range sc.People {
		d.People[p.ID] = p.Name
	}
	return issue(ctx, a, c, statementsOf, format, map[string]any{"report": "applicability", "statement": s.Digest}, d, report.ApplicabilityReport, report.ApplicabilityWorkbook, w)
}
