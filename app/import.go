// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/check/foreign"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// Import is the record of a report of another tool that was taken in.
type Import struct {
	ID       string                    `json:"id"`             // "f1"
	File     string                    `json:"file"`           // what the report was called
	Name     string                    `json:"name,omitempty"` // of what was looked at, where a tool looks at several things of one account
	Taken    time.Time                 `json:"taken"`
	Format   foreign.Format            `json:"format"`
	Tools    map[string]string         `json:"tools"` // names for people → versions
	Account  string                    `json:"account,omitempty"`
	SHA256   string                    `json:"sha256"` // of the report as it was given
	Bytes    int64                     `json:"bytes"`
	Kept     Body                      `json:"kept"`    // the report, zstd
	Rows     Body                      `json:"rows"`    // its results, JSON lines, zstd
	Results  int64                     `json:"results"` // the sum of Outcomes
	Outcomes map[foreign.Outcome]int64 `json:"outcomes"`
	Muted    int64                     `json:"muted,omitempty"` // of Results
	First    time.Time                 `json:"first,omitzero"`  // when the tool looked
	Last     time.Time                 `json:"last,omitzero"`
	Places   []string                  `json:"places"` // of which it tells: tool, name, and account or target
	Accounts []string                  `json:"accounts,omitempty"`
	Clouds   []CloudAccount            `json:"clouds,omitempty"`   // the same with their providers
	Unmapped []Unmapped                `json:"unmapped,omitempty"` // the tool's checks of which nobody has said on what they bear
	Unknown  int64                     `json:"unknown"`            // results of these

	past map[string]bool // places of which a newer import tells
}

// CloudAccount is an account of a provider.
type CloudAccount struct {
	Provider string `json:"provider"`
	Account  string `json:"account"`
}

// Unmapped counts the results of a tool's check that bears on nothing.
type Unmapped struct {
	Tool    string `json:"tool"`
	Check   string `json:"check"`
	Title   string `json:"title,omitempty"`
	Results int64  `json:"results"`
	Failing int64  `json:"failing"`
}

// Report is a report that is given to TakeReports.
type Report struct {
	File     string // what it is called in messages
	Name     string // a newer report of a tool, an account and a name takes the older one's place
	Account  string // of resources for which the report names none
	Provider string // likewise
	In       io.Reader
}

// Imported is what became of a report.
type Imported struct {
	Import
	Known    bool               `json:"known,omitempty"`    // it was taken in before
	Against  string             `json:"against,omitempty"`  // the assessment that it was compared with; empty: nothing was assessed yet
	Counts   foreign.JoinCounts `json:"counts"`             // what became of its results beside that assessment
	Disputes []Dispute          `json:"disputes,omitempty"` // the first of Counts.Against and Counts.Contradict
}

// Dispute is a question about one resource that a tool answers otherwise than
// our own check.
type Dispute struct {
	Finding  string        `json:"finding"` // fingerprint of ours
	Check    string        `json:"check"`   // ours
	Resource string        `json:"resource"`
	Own      check.Outcome `json:"own"`
	Other    check.Other   `json:"other"`
}

const (
	imports      = "import"
	maxUnmapped  = 5_000  // checks that are listed by name
	maxPlaces    = 10_000 // accounts or targets of one report
	disputesKept = 200
)

// TakeReports takes reports of other tools in, all of them or none. A report that was
// taken in before, to the last byte, is not taken in again. dry reads, compares
// and writes nothing down.
func (a *App) TakeReports(ctx context.Context, c Caller, reports []Report, dry bool) ([]Imported, error) {
	o, err := a.enterOrNew(ctx, c, account.TakeSnapshot, defaultOrg)
	if err != nil {
		return nil, err
	}
	mappings, err := a.mappings()
	if err != nil {
		return nil, err
	}
	checks, err := Checks(nil)
	if err != nil {
		return nil, err
	}
	out := make([]Imported, len(reports))
	blobs := make([][2]*store.Blob, len(reports))
	for i, r := range reports {
		in := &intake{Imported: &out[i], mappings: mappings, join: foreign.NewJoin(mappings, checks), unmapped: map[string]*Unmapped{}, places: map[string]bool{}, accounts: map[string]bool{}}
		out[i].Import = Import{File: r.File, Name: r.Name, Taken: a.now().UTC(), Account: r.Account, Tools: map[string]string{}, Outcomes: map[foreign.Outcome]int64{}}
		if blobs[i], err = in.take(ctx, o.Org, r, dry); err != nil {
			return nil, err
		}
		if err := a.compare(ctx, c, in); err != nil {
			return nil, err
		}
	}
	if dry {
		return out, nil
	}
	return out, o.Update(ctx, func(tx *store.Tx) error {
		for i := range out {
			if err := out[i].put(ctx, tx, c, blobs[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// put writes the record of a report down, with its file and its results.
func (i *Imported) put(ctx context.Context, tx *store.Tx, c Caller, blobs [2]*store.Blob) error {
	for rec, err := range tx.List(ctx, imports) {
		if err != nil {
			return err
		}
		var other Import
		if err := rec.Decode(&other); err != nil {
			return err
		}
		if other.SHA256 == i.SHA256 && other.Name == i.Name && other.Account == i.Account {
			i.Import, i.Known = other, true
			return nil
		}
	}
	id, err := next(ctx, tx, imports, "f")
	if err != nil {
		return err
	}
	i.ID = id
	for at, kind := range []string{"import.file", "import.results"} {
		if _, err := tx.Append(store.Event{Kind: kind, Object: imports + "/" + i.ID, Actor: c.Actor, Blob: blobs[at]}); err != nil {
			return err
		}
	}
	return tx.Put(imports, i.ID, i.Import, store.Event{Kind: "import.taken", Actor: c.Actor})
}

// intake is one report on its way in.
type intake struct {
	*Imported
	mappings *foreign.Mappings
	join     *foreign.Join
	unmapped map[string]*Unmapped
	places   map[string]bool
	accounts map[string]bool
}

// take reads a report once, and keeps it and its results on the way.
func (in *intake) take(ctx context.Context, o *store.Org, r Report, dry bool) (blobs [2]*store.Blob, err error) {
	sum := sha256.New()
	read := func(file io.Reader, rows io.Writer) error {
		lines := json.NewEncoder(rows)
		lines.SetEscapeHTML(false)
		counted := &counter{r: file}
		head, err := foreign.Read(r.File, counted, foreign.Options{Account: r.Account, Provider: r.Provider, Recognised: func(f foreign.Format) { in.Format = f }}, func(res *foreign.Result) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := in.add(res); err != nil {
				return err
			}
			return lines.Encode(res)
		})
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, counted); err != nil { // what a packer put behind the end
			return err
		}
		in.Bytes = counted.n
		return in.close(head)
	}
	if dry {
		err = read(io.TeeReader(r.In, sum), io.Discard)
	} else {
		blobs[0], err = putPacked(ctx, o, "zst", func(kept io.Writer) (err error) {
			blobs[1], err = putPacked(ctx, o, "jsonl.zst", func(rows io.Writer) error {
				return read(io.TeeReader(r.In, io.MultiWriter(sum, kept)), rows)
			})
			return err
		})
	}
	if err != nil {
		return blobs, err
	}
	in.SHA256 = hex.EncodeToString(sum.Sum(nil))
	if !dry {
		in.Kept, in.Rows = bodyOf(blobs[0]), bodyOf(blobs[1])
	}
	return blobs, nil
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// add counts a result.
func (in *intake) add(r *foreign.Result) error {
	in.Results++
	in.Outcomes[r.Outcome]++
	if r.Muted {
		in.Muted++
	}
	in.join.Add("", r)
	if place := in.placeOf(r); !in.places[place] {
		if len(in.places) == maxPlaces {
			return problem.Newf(problem.Invalid, "%s tells of more than %d accounts", in.File, maxPlaces).WithHint("give it in parts, such as one account each")
		}
		in.places[place] = true
		if id := r.Resource.Account; id != "" && !in.accounts[id] {
			in.accounts[id] = true
			if r.Resource.Provider != "" {
				in.Clouds = append(in.Clouds, CloudAccount{r.Resource.Provider, id})
			}
		}
	}
	if _, ok := in.mappings.Of(r.Tool, r.Check); ok {
		return nil
	}
	in.Unknown++
	key := r.Tool + "\x00" + r.Check
	u := in.unmapped[key]
	if u == nil {
		if len(in.unmapped) == maxUnmapped {
			key, u = "", in.unmapped[""]
			if u == nil {
				u = &Unmapped{Check: "further checks"}
			}
		} else {
			u = &Unmapped{Tool: r.Tool, Check: r.Check, Title: r.Title}
		}
		in.unmapped[key] = u
	}
	u.Results++
	if r.Outcome == foreign.Fail {
		u.Failing++
	}
	return nil
}

// placeOf says of what a result tells: a tool, by a name, about an account, or
// about a target where the report names no account.
func (i Import) placeOf(r *foreign.Result) string {
	tool, about := r.Tool, r.Resource.Account
	if i.Format == foreign.ASFF {
		tool = "asff " + tool // what comes through Security Hub is a part of what the tool saw
	}
	if about == "" {
		about = "target " + r.Target
	}
	return tool + "|" + i.Name + "|" + about
}

// close completes the record when the report has been read.
func (in *intake) close(h foreign.Head) error {
	in.First, in.Last = h.First, h.Last
	for tool, version := range h.Tools {
		in.Tools[in.mappings.Name(tool)] = version
	}
	in.Places, in.Accounts = slices.Sorted(maps.Keys(in.places)), slices.Sorted(maps.Keys(in.accounts))
	for _, u := range in.unmapped {
		in.Unmapped = append(in.Unmapped, *u)
	}
	slices.SortFunc(in.Unmapped, func(a, b Unmapped) int {
		return cmp.Or(cmp.Compare(b.Failing, a.Failing), cmp.Compare(b.Results, a.Results), cmp.Compare(a.Tool, b.Tool), cmp.Compare(a.Check, b.Check))
	})
	return nil
}

// compare puts a report beside the findings of the newest assessment.
func (a *App) compare(ctx context.Context, c Caller, in *intake) error {
	run, err := a.Run(ctx, c, "")
	if err == nil {
		err = a.eachFinding(ctx, c, run, func(f check.Finding) bool {
			if e := f.Elsewhere; e != nil && e.Decides {
				if e.Own == "" {
					return true // no finding of ours
				}
				f.Outcome = e.Own
			}
			f.Elsewhere = nil
			own := f.Outcome
			if in.join.Own(&f); f.Elsewhere != nil {
				in.dispute(&f, own)
			}
			return true
		})
		in.Against = run.ID
	}
	if isNotFound(err) || problem.Of(err) == problem.Denied {
		err = nil // nothing to compare with, or not for this caller
	}
	in.Counts = in.join.Counts("")
	in.Counts.Alone = in.Results - in.Counts.Unmapped - in.Counts.Aside - in.Counts.Joined
	return err
}

func (in *intake) dispute(f *check.Finding, own check.Outcome) {
	for _, o := range f.Elsewhere.Others {
		if against := o.Outcome == check.Fail && own != check.Fail || o.Outcome == check.Pass && own == check.Fail; against && len(in.Disputes) < disputesKept {
			in.Disputes = append(in.Disputes, Dispute{Finding: f.Fingerprint, Check: f.Check, Resource: f.Resource, Own: own, Other: o})
		}
	}
}

// Imports gives the reports of other tools that were taken in, the oldest first.
func (a *App) Imports(ctx context.Context, c Caller) ([]Import, error) {
	o, err := a.enter(ctx, c, account.ReadAssessment)
	if err != nil {
		return nil, err
	}
	if o.bound() {
		return nil, nil // a report tells of everything in an account
	}
	all, err := list[Import](ctx, o, imports)
	slices.SortFunc(all, func(x, y Import) int { return cmp.Compare(number(x.ID), number(y.ID)) })
	return all, err
}

// Imported gives one report, beside the findings of the newest assessment.
func (a *App) Imported(ctx context.Context, c Caller, id string) (*Imported, error) {
	o, err := a.enter(ctx, c, account.ReadSnapshot)
	if err != nil {
		return nil, err
	}
	i, ok, err := get[Import](ctx, o, imports, id)
	if err != nil {
		return nil, err
	}
	if !ok || o.bound() {
		return nil, noImport(id)
	}
	mappings, err := a.mappings()
	if err != nil {
		return nil, err
	}
	checks, err := Checks(nil)
	if err != nil {
		return nil, err
	}
	out := &Imported{Import: i}
	in := &intake{Imported: out, mappings: mappings, join: foreign.NewJoin(mappings, checks)}
	if err := i.walk(o.Org, func(r *foreign.Result) error { in.join.Add("", r); return ctx.Err() }); err != nil {
		return nil, err
	}
	return out, a.compare(ctx, c, in)
}

func noImport(id string) error {
	return problem.New(problem.NotFound, fmt.Sprintf("there is no import %q", id), "demarc import list")
}

// RemoveImport takes a report out: no later assessment rests on it. The file and
// the entries that tell of it stay in the log.
func (a *App) RemoveImport(ctx context.Context, c Caller, id string) error {
	return a.remove(ctx, c, account.TakeSnapshot, imports, id, func(h *hall, tx *store.Tx) error {
		if _, ok, err := get[Import](ctx, tx, imports, id); err != nil || !ok {
			return cmp.Or(err, noImport(id))
		}
		return nil
	})
}

// walk goes through the results of a report, but for those of places of which a
// newer one tells.
func (i Import) walk(o *store.Org, do func(*foreign.Result) error) error {
	return unpack(o, i.Rows, "the results of "+i.ID, func(packed io.Reader) error {
		in := json.NewDecoder(bufio.NewReaderSize(packed, 256<<10))
		for {
			var r foreign.Result
			switch err := in.Decode(&r); {
			case err == io.EOF:
				return nil
			case err != nil:
				return err
			}
			if i.past[i.placeOf(&r)] {
				continue
			}
			if err := do(&r); err != nil {
				return err
			}
		}
	})
}

// inForce gives the reports that an assessment of today rests on: of each place
// only the newest tells.
func inForce(all []Import) []Import {
	chosen := slices.Clone(all)
	slices.SortFunc(chosen, func(x, y Import) int {
		return cmp.Or(y.told().Compare(x.told()), cmp.Compare(number(y.ID), number(x.ID)))
	})
	seen := map[string]bool{}
	var out []Import
	for _, i := range chosen {
		i.past = map[string]bool{}
		for _, place := range i.Places {
			if seen[place] {
				i.past[place] = true
			}
			seen[place] = true
		}
		if len(i.past) < len(i.Places) || len(i.Places) == 0 && len(i.Tools) > 0 {
			out = append(out, i)
		}
	}
	slices.SortFunc(out, func(x, y Import) int { return cmp.Compare(number(x.ID), number(y.ID)) })
	return out
}

// told says when the tool looked, or else when its report was taken in.
func (i Import) told() time.Time {
	if i.Last.IsZero() {
		return i.Taken
	}
	return i.Last
}

// Tool gives the tools of a report in words.
func (i Import) Tool() string {
	words := ""
	for _, name := range slices.Sorted(maps.Keys(i.Tools)) {
		if words != "" {
			words += ", "
		}
		words += name
		if v := i.Tools[name]; v != "" {
			words += " " + v
		}
	}
	return words
}

// ImportUse says what an assessment took from a report.
type ImportUse struct {
	ID string `json:"id"`
	foreign.JoinCounts
}

// toldImports is what an assessment says of its reports.
func toldImports(all []Import, uses []ImportUse) []assess.Import {
	var out []assess.Import
	for at, i := range all {
		tools := slices.Sorted(maps.Keys(i.Tools))
		x := assess.Import{ID: i.ID, Accounts: i.Accounts, From: i.First, Until: i.Last, Results: i.Results, Unmapped: uses[at].Unmapped, Against: uses[at].Against}
		for n, tool := range tools {
			if n > 0 {
				x.Tool += ", "
			}
			x.Tool += tool
			x.Version = cmp.Or(x.Version, i.Tools[tool])
		}
		out = append(out, x)
	}
	return out
}
