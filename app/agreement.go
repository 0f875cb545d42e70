// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/agreement"
	"demarc.dev/demarc/agreement/text"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// agreements is the collection of the agreements of an organisation.
const agreements = "agreement"

// The bounds of an agreement.
const (
	AgreementFiles = 20       // documents of one version
	AgreementBytes = 48 << 20 // of them together
	agreementName  = 120      // letters
)

// Agreement is an agreement of the organisation: its versions, each the files
// as they were received and what was read in them, and what reviewers decided.
type Agreement struct {
	ID        string               `json:"id"` // "g1"
	Name      string               `json:"name"`
	Service   string               `json:"service,omitempty"` // of the scope, that it is about; empty: none is named
	Packs     []string             `json:"packs"`             // that it is read against
	Versions  []AgreementVersion   `json:"versions"`          // the oldest first
	Decisions []agreement.Decision `json:"decisions,omitempty"`
}

// AgreementVersion is the files of an agreement as they stood once.
type AgreementVersion struct {
	At     time.Time               `json:"at"`
	By     string                  `json:"by"`
	Files  []AgreementFile         `json:"files"` // in their order of precedence
	Words  Body                    `json:"words"` // what was read in the files
	Review Body                    `json:"review"`
	Counts map[agreement.State]int `json:"counts"` // of the judge, without decisions
}

// AgreementFile is one file as it was received.
type AgreementFile struct {
	Name string `json:"name"`
	Body Body   `json:"body"`
}

// Latest gives the number of the newest version, from 1.
func (g Agreement) Latest() int { return len(g.Versions) }

// AgreementReading is a version of an agreement, read and judged.
type AgreementReading struct {
	Agreement Agreement          `json:"agreement"`
	Version   int                `json:"version"`
	Review    *agreement.Review  `json:"review"`
	Documents []*text.Document   `json:"-"`
	Packs     []*agreement.Pack  `json:"-"`
	Changes   []agreement.Change `json:"changes,omitempty"` // since the version before
	Moved     []AgreementMove    `json:"moved,omitempty"`   // findings whose state changed with it
}

// AgreementMove is a finding whose state changed from one version to the next.
type AgreementMove struct {
	Key   string          `json:"key"`
	Title string          `json:"title"`
	From  agreement.State `json:"from"`
	To    agreement.State `json:"to"`
}

// Upload is a file that somebody hands in.
type Upload struct {
	Name string `json:"name"`
	Data []byte `json:"data"`
}

// AgreementAsk is what is handed in of an agreement.
type AgreementAsk struct {
	ID      string // of the agreement that gets a new version; empty: a new one
	Name    string // of a new one
	Service string
	Packs   []string // empty: all that are shipped, or those of the version before
	Files   []Upload // in their order of precedence
}

// AgreementPacks gives the packs that agreements can be read against.
func AgreementPacks() ([]*agreement.Pack, error) {
	l, err := agreement.Shipped()
	if err != nil {
		return nil, err
	}
	return l.Packs, nil
}

// Agreements gives the agreements that the caller may look at, by name.
func (a *App) Agreements(ctx context.Context, c Caller) ([]Agreement, error) {
	h, err := a.enter(ctx, c, account.ReadAgreement)
	if err != nil {
		return nil, err
	}
	all, err := list[Agreement](ctx, h, agreements)
	all = slices.DeleteFunc(all, func(g Agreement) bool { return !h.seesAgreement(g) })
	slices.SortFunc(all, func(x, y Agreement) int {
		return cmp.Or(strings.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name)), strings.Compare(x.ID, y.ID))
	})
	return all, err
}

// seesAgreement tells whether the caller may look at an agreement: who is let
// in for some services sees theirs.
func (h *hall) seesAgreement(g Agreement) bool {
	return !h.bound() || g.Service != "" && h.sees(g.Service)
}

func (h *hall) agreement(ctx context.Context, from records, id string) (Agreement, error) {
	g, ok, err := get[Agreement](ctx, from, agreements, id)
	if err == nil && (!ok || !h.seesAgreement(g)) {
		err = problem.New(problem.NotFound, fmt.Sprintf("there is no agreement %q", cutWord(id)), "the list of agreements names them")
	}
	return g, err
}

// PutAgreement takes the files of an agreement in, reads and judges them. Files
// that cannot be opened are told, and nothing is kept.
func (a *App) PutAgreement(ctx context.Context, c Caller, ask AgreementAsk) (Agreement, error) {
	h, err := a.enter(ctx, c, account.EditAgreement)
	if err != nil {
		return Agreement{}, err
	}
	g := Agreement{Name: strings.Join(strings.Fields(ask.Name), " "), Service: ask.Service, Packs: ask.Packs}
	if ask.ID != "" {
		if g, err = h.agreement(ctx, h, ask.ID); err != nil {
			return g, err
		}
		if len(ask.Packs) > 0 {
			g.Packs = ask.Packs
		}
	}
	packs, err := h.checkAgreement(ctx, &g, ask)
	if err != nil {
		return g, err
	}
	docs, err := a.readAgreement(ctx, ask.Files)
	if err != nil {
		return g, err
	}
	review := agreement.Judge(docs, packs)
	v, blobs, err := h.keepAgreement(ctx, ask.Files, docs, review)
	if err != nil {
		return g, err
	}
	v.At, v.By = a.now().UTC(), string(c.Actor)
	err = h.Update(ctx, func(tx *store.Tx) error {
		if ask.ID == "" {
			if g.ID, err = next(ctx, tx, agreements, "g"); err != nil {
				return err
			}
		} else if g, err = h.agreement(ctx, tx, ask.ID); err != nil {
			return err
		} else if len(ask.Packs) > 0 {
			g.Packs = ask.Packs
		}
		object := agreements + "/" + g.ID
		for _, b := range blobs {
			if _, err := tx.Append(store.Event{Kind: b.kind, Object: object, Actor: c.Actor, Blob: b.blob}); err != nil {
				return err
			}
		}
		g.Versions = append(g.Versions, v)
		return tx.Put(agreements, g.ID, g, store.Event{Kind: "agreement.taken", Actor: c.Actor})
	})
	return g, err
}

// checkAgreement tells what is wrong with what is handed in, and gives the packs.
func (h *hall) checkAgreement(ctx context.Context, g *Agreement, ask AgreementAsk) ([]*agreement.Pack, error) {
	size := 0
	for _, f := range ask.Files {
		size += len(f.Data)
	}
	switch {
	case g.Name == "":
		return nil, problem.New(problem.Invalid, "name: the agreement has none", "call it by who it is with, such as “Postrider: terms of 2026”")
	case utf8.RuneCountInString(g.Name) > agreementName:
		return nil, problem.New(problem.Invalid, fmt.Sprintf("name: it is longer than %d letters", agreementName), "use a shorter one")
	case len(ask.Files) == 0:
		return nil, problem.New(problem.Invalid, "files: there are none", "hand in the master terms first, then the data processing agreement, service levels and order form")
	case len(ask.Files) > AgreementFiles:
		return nil, problem.New(problem.Invalid, fmt.Sprintf("files: there are more than %d", AgreementFiles), "hand in the documents of one agreement")
	case size > AgreementBytes:
		return nil, problem.New(problem.Invalid, fmt.Sprintf("files: together they are larger than %d MB", AgreementBytes>>20), "leave scans and pictures away")
	}
	if g.Service != "" {
		s, err := scopeOf(ctx, h, h.ID())
		if err != nil {
			return nil, err
		}
		if _, err := service(h.narrowScope(s), g.Service); err != nil {
			return nil, err
		}
	}
	l, err := agreement.Shipped()
	if err != nil {
		return nil, err
	}
	packs, err := l.Select(g.Packs)
	if len(g.Packs) == 0 {
		g.Packs = l.Names()
	}
	return packs, err
}

func (a *App) readAgreement(ctx context.Context, files []Upload) ([]*text.Document, error) {
	var docs []*text.Document
	names := map[string]int{}
	for i := range files {
		name := path.Base(strings.ReplaceAll(files[i].Name, `\`, "/"))
		if names[name]++; names[name] > 1 { // findings name a document by its name
			name = fmt.Sprintf("%d-%s", names[name], name)
		}
		files[i].Name = name
		d, err := a.papers.Read(ctx, name, files[i].Data)
		if err != nil {
			return nil, err
		}
		docs = append(docs, d)
	}
	return docs, nil
}

// kept is a blob of an agreement, with the kind of the entry that names it.
type kept struct {
	kind string
	blob *store.Blob
}

// keepAgreement stores the files, the words and the review.
func (h *hall) keepAgreement(ctx context.Context, files []Upload, docs []*text.Document, review *agreement.Review) (AgreementVersion, []kept, error) {
	v := AgreementVersion{Counts: map[agreement.State]int{}}
	var blobs []kept
	for _, f := range files {
		b, err := h.PutBlob(ctx, bytes.NewReader(f.Data), ext(f.Name))
		if err != nil {
			return v, nil, err
		}
		blobs = append(blobs, kept{"agreement.file", b})
		v.Files = append(v.Files, AgreementFile{f.Name, bodyOf(b)})
	}
	for _, part := range []struct {
		kind  string
		value any
		into  *Body
	}{{"agreement.words", docs, &v.Words}, {"agreement.review", review, &v.Review}} {
		b, err := putPacked(ctx, h.Org, "zst", func(w io.Writer) error { return json.NewEncoder(w).Encode(part.value) })
		if err != nil {
			return v, nil, err
		}
		blobs = append(blobs, kept{part.kind, b})
		*part.into = bodyOf(b)
	}
	for _, f := range review.Findings {
		v.Counts[f.State]++
	}
	return v, blobs, nil
}

// Agreement gives a version of an agreement, read and judged; 0 is the newest.
func (a *App) Agreement(ctx context.Context, c Caller, id string, version int) (AgreementReading, error) {
	h, err := a.enter(ctx, c, account.ReadAgreement)
	if err != nil {
		return AgreementReading{}, err
	}
	return h.reading(ctx, id, version)
}

func (h *hall) reading(ctx context.Context, id string, version int) (AgreementReading, error) {
	g, err := h.agreement(ctx, h, id)
	if err != nil {
		return AgreementReading{}, err
	}
	if version == 0 {
		version = g.Latest()
	}
	if version < 1 || version > g.Latest() {
		return AgreementReading{}, problem.New(problem.NotFound, fmt.Sprintf("the agreement has no version %d", version), fmt.Sprintf("it has versions 1 to %d", g.Latest()))
	}
	r := AgreementReading{Agreement: g, Version: version}
	if r.Packs, err = packsOf(g); err != nil {
		return r, err
	}
	if r.Documents, r.Review, err = h.unpackAgreement(g.Versions[version-1]); err != nil || version == 1 {
		return r, err
	}
	docs, before, err := h.unpackAgreement(g.Versions[version-2])
	if err != nil {
		return r, err
	}
	r.Changes, r.Moved = agreement.Compare(docs, r.Documents), moves(before, r.Review)
	return r, nil
}

func packsOf(g Agreement) ([]*agreement.Pack, error) {
	l, err := agreement.Shipped()
	if err != nil {
		return nil, err
	}
	return l.Select(g.Packs)
}

func (h *hall) unpackAgreement(v AgreementVersion) (docs []*text.Document, review *agreement.Review, err error) {
	err = unpack(h.Org, v.Words, "the words of an agreement", func(r io.Reader) error { return json.NewDecoder(r).Decode(&docs) })
	if err != nil {
		return nil, nil, err
	}
	err = unpack(h.Org, v.Review, "the review of an agreement", func(r io.Reader) error { return json.NewDecoder(r).Decode(&review) })
	return docs, review, err
}

// moves gives the findings whose state changed.
func moves(before, now *agreement.Review) []AgreementMove {
	was := map[string]agreement.State{}
	for _, f := range before.Findings {
		was[f.Key()] = f.State
	}
	var out []AgreementMove
	for _, f := range now.Findings {
		if old, ok := was[f.Key()]; ok && old != f.State {
			out = append(out, AgreementMove{f.Key(), f.Title, old, f.State})
		}
	}
	return out
}

// DecideAgreement writes down what a reviewer makes of a finding of the newest
// version. Of d, Key, Verdict, State and Reason are the caller's.
func (a *App) DecideAgreement(ctx context.Context, c Caller, id string, d agreement.Decision) (Agreement, error) {
	h, err := a.enter(ctx, c, account.ReviewAgreement)
	if err != nil {
		return Agreement{}, err
	}
	r, err := h.reading(ctx, id, 0)
	if err != nil {
		return Agreement{}, err
	}
	i := slices.IndexFunc(r.Review.Findings, func(f agreement.Finding) bool { return f.Key() == d.Key })
	if i < 0 {
		return r.Agreement, problem.New(problem.NotFound, fmt.Sprintf("the review has no finding %q", cutWord(d.Key)), "a finding is named pack/requirement")
	}
	d.Reason = strings.TrimSpace(d.Reason)
	if err := d.Check(r.Review.Findings[i]); err != nil {
		return r.Agreement, err
	}
	d.On, d.By, d.At = r.Review.Findings[i].Basis(), string(c.Actor), a.now().UTC().Format(time.RFC3339)
	g := r.Agreement
	err = h.Update(ctx, func(tx *store.Tx) error {
		if g, err = h.agreement(ctx, tx, id); err != nil {
			return err
		}
		if g.Latest() != r.Version {
			return problem.New(problem.Conflict, "a new version of the agreement was handed in meanwhile", "look at it and decide again")
		}
		g.Decisions = append(slices.DeleteFunc(slices.Clone(g.Decisions), func(x agreement.Decision) bool { return x.Key == d.Key }), d)
		return tx.Put(agreements, g.ID, g, store.Event{Kind: "agreement.decided", Actor: c.Actor})
	})
	return g, err
}

// RemoveAgreement takes an agreement off the list. The log keeps that it was
// there, and its files.
func (a *App) RemoveAgreement(ctx context.Context, c Caller, id string) error {
	return a.remove(ctx, c, account.EditAgreement, agreements, id, func(h *hall, tx *store.Tx) error {
		_, err := h.agreement(ctx, tx, id)
		return err
	})
}

// AgreementFormats are those of the report of a review; redline is the agreement
// with tracked changes, as DOCX, letter and letterpdf what to ask the other party for.
func AgreementFormats() []string {
	return []string{"pdf", "docx", "xlsx", "html", "json", "redline", "letter", "letterpdf"}
}

// AgreementReport writes the report of a version to w, and an entry that says
// so; 0 is the newest.
func (a *App) AgreementReport(ctx context.Context, c Caller, id string, version int, format string, w io.Writer) error {
	if !slices.Contains(AgreementFormats(), format) {
		return problem.New(problem.Usage, fmt.Sprintf("there is no report of an agreement in the format %q", cutWord(format)), "one of: "+strings.Join(AgreementFormats(), ", "))
	}
	h, err := a.enter(ctx, c, account.ReadAgreement)
	if err != nil {
		return err
	}
	if err := a.May(ctx, c, account.IssueReport); err != nil {
		return err
	}
	r, err := h.reading(ctx, id, version)
	if err != nil {
		return err
	}
	data, err := a.agreementPaper(ctx, h, r, format)
	if err != nil {
		return err
	}
	return a.issuedBytes(ctx, c, agreements+"/"+id, map[string]any{"report": "agreement", "format": format, "version": r.Version}, data, w)
}

func (a *App) agreementPaper(ctx context.Context, h *hall, r AgreementReading, format string) ([]byte, error) {
	if format == "json" {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetIndent("", "  ")
		err := e.Encode(r)
		return b.Bytes(), err
	}
	name := h.ID()
	if s, err := scopeOf(ctx, h, h.ID()); err == nil && s.Organisation.Name != "" {
		name = s.Organisation.Name
	}
	v := r.Agreement.Versions[r.Version-1]
	words := a.words(Paper{}, fmt.Sprintf("AGR-%s-%d", strings.ToUpper(r.Agreement.ID), r.Version))
	words.Version = fmt.Sprint(r.Version)
	return report.AgreementFile(report.Agreement{Paper: words, Organisation: name, Name: r.Agreement.Name, At: v.At, Review: r.Review, Packs: r.Packs, Documents: r.Documents, Decisions: r.Agreement.Decisions}, format)
}
