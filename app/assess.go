// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/klauspost/compress/zstd"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// Ask says what to assess.
type Ask struct {
	Snapshots []string // ids; empty: the newest of each source
	Edition   catalogue.Edition
	Parties   []catalogue.Party
	Services  []string // ids; empty: all of the scope
	Own       fs.FS    // a folder of the user's own checks; may be nil
	Workers   int      // 0: as many as there are cores
}

// Assessed is what an assessment gave.
type Assessed struct {
	Run           Run
	Assessment    *assess.Assessment
	Snapshots     []Snapshot
	Checks        []check.Check
	Matrices      *Matrices
	ScopeProposed bool // nobody had written a scope: the proposed one was written down

	failing map[check.Severity]int // failures that no exception covers
}

// Assess puts all checks to what was seen, concludes, and writes both down.
func (a *App) Assess(ctx context.Context, c Caller, ask Ask) (*Assessed, error) {
	o, err := a.org(ctx, c)
	if err != nil {
		return nil, err
	}
	all, err := a.Snapshots(ctx, c)
	if err != nil {
		return nil, err
	}
	out := &Assessed{failing: map[check.Severity]int{}}
	if out.Snapshots, err = choose(all, ask.Snapshots); err != nil {
		return nil, err
	}
	if out.Checks, err = Checks(ask.Own); err != nil {
		return nil, err
	}
	set, err := check.Compile(out.Checks)
	if err != nil {
		return nil, err
	}
	s, proposed, err := a.ensureScope(ctx, o, c, out.Snapshots)
	if err != nil {
		return nil, err
	}
	out.ScopeProposed = proposed
	for _, id := range ask.Services {
		if _, err := service(s, id); err != nil {
			return nil, err
		}
	}
	if out.Matrices, err = a.matrices(ctx, o, s, ask.Edition); err != nil {
		return nil, err
	}
	return out, a.conclude(ctx, o, c, ask, set, out)
}

// choose gives the snapshots by their ids, or the newest of each source.
func choose(all []Snapshot, ids []string) ([]Snapshot, error) {
	if len(all) == 0 {
		return nil, problem.New(problem.NotFound, "nothing was collected yet", "demarc collect aws, or demarc collect terraform plan.json; demarc example shows the whole path without an account")
	}
	if len(ids) == 0 {
		return latest(all), nil
	}
	var out []Snapshot
	for _, id := range ids {
		found := false
		for _, s := range all {
			if s.ID == id {
				out, found = append(out, s), true
			}
		}
		if !found {
			return nil, problem.New(problem.NotFound, fmt.Sprintf("there is no snapshot %q", id), "demarc collect list")
		}
	}
	return out, nil
}

func (a *App) conclude(ctx context.Context, o *store.Org, c Caller, ask Ask, set *check.Set, out *Assessed) error {
	cat, err := a.Catalogue()
	if err != nil {
		return err
	}
	excepted, _, err := get[[]check.Exception](ctx, o, exceptions, current)
	if err != nil {
		return err
	}
	if faults := set.CheckExceptions(excepted); len(faults) > 0 {
		return problem.New(problem.Invalid, faults.Error(), "mend the exceptions and import them again: demarc check exceptions import FILE")
	}
	said, _, err := get[[]assess.Attestation](ctx, o, attestations, current)
	if err != nil {
		return err
	}
	now := a.now().UTC()
	conclusion, err := assess.New(assess.Input{
		Catalogue: cat, Scope: out.Matrices.Scope, Matrices: out.Matrices.list(), Attestations: said, Checks: out.Checks, Exceptions: excepted,
		Edition: ask.Edition, Parties: ask.Parties, Services: ask.Services, Now: now, Snapshots: told(out.Snapshots), Unread: unread(out.Snapshots),
	})
	if err != nil {
		return err
	}
	out.Run = Run{At: now, Edition: ask.Edition, Parties: ask.Parties, Services: ask.Services, Demarc: a.version, Catalogue: cat.Version(), Checks: len(out.Checks), Exceptions: excepted}
	for _, s := range out.Snapshots {
		out.Run.Snapshots = append(out.Run.Snapshots, s.ID)
	}
	findings, err := a.findings(ctx, o, set, out, excepted, ask.Workers, conclusion)
	if err != nil {
		return err
	}
	if out.Assessment, err = conclusion.Finish(); err != nil {
		return err
	}
	return a.record(ctx, o, c, out, findings)
}

// findings runs the checks over every snapshot. The findings go two ways at
// once, to the disk and to the conclusion, and are never all in memory.
func (a *App) findings(ctx context.Context, o *store.Org, set *check.Set, out *Assessed, excepted []check.Exception, workers int, conclusion *assess.Run) (*store.Blob, error) {
	return putStream(ctx, o, "jsonl.zst", func(w io.Writer) error {
		z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return fmt.Errorf("opening the compressor: %w", err)
		}
		lines := json.NewEncoder(z)
		lines.SetEscapeHTML(false)
		for _, s := range out.Snapshots {
			stats, err := set.Run(ctx, check.Input{Header: s.Header, Gaps: s.Gaps, Source: s.source(o), Now: out.Run.At, Exceptions: excepted, Workers: workers}, func(f check.Finding) error {
				if err := conclusion.Add(f); err != nil {
					return err
				}
				if f.Outcome == check.Fail && f.Exception == "" {
					out.failing[f.Severity]++
				}
				return lines.Encode(f)
			})
			if err != nil {
				return fmt.Errorf("checking snapshot %s: %w", s.ID, err)
			}
			out.Run.Stats.Join(stats)
		}
		return z.Close()
	})
}

// putStream stores what write writes, as it comes.
func putStream(ctx context.Context, o *store.Org, ext string, write func(io.Writer) error) (*store.Blob, error) {
	r, w := io.Pipe()
	var failed error
	go func() {
		failed = write(w)
		w.CloseWithError(failed)
	}()
	blob, err := o.PutBlob(ctx, r, ext)
	r.CloseWithError(err) // a writer that is still under way ends
	if failed != nil {
		return nil, failed
	}
	return blob, err
}

// record writes the findings, the checks and the conclusion down, together.
func (a *App) record(ctx context.Context, o *store.Org, c Caller, out *Assessed, findings *store.Blob) error {
	concluded, err := assess.Encode(out.Assessment)
	if err != nil {
		return err
	}
	conclusion, err := o.PutBlob(ctx, bytes.NewReader(concluded), "json")
	if err != nil {
		return err
	}
	asked, err := putStream(ctx, o, "json.zst", func(w io.Writer) error {
		z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return fmt.Errorf("opening the compressor: %w", err)
		}
		if err := json.NewEncoder(z).Encode(out.Checks); err != nil {
			return fmt.Errorf("writing the checks: %w", err)
		}
		return z.Close()
	})
	if err != nil {
		return err
	}
	out.Run.Findings, out.Run.Asked, out.Run.Concluded = bodyOf(findings), bodyOf(asked), bodyOf(conclusion)
	return o.Update(ctx, func(tx *store.Tx) error {
		id, err := next(ctx, tx, runs, "r")
		if err != nil {
			return err
		}
		out.Run.ID = id
		for _, part := range []struct {
			kind string
			blob *store.Blob
		}{{"findings.made", findings}, {"checks.used", asked}, {"assessment.concluded", conclusion}} {
			if _, err := tx.Append(store.Event{Kind: part.kind, Object: runs + "/" + id, Actor: c.Actor, Blob: part.blob}); err != nil {
				return err
			}
		}
		return tx.Put(runs, id, out.Run, store.Event{Kind: "assessment.made", Actor: c.Actor})
	})
}

func bodyOf(b *store.Blob) Body { return Body{SHA256: hex.EncodeToString(b.Digest[:]), Bytes: b.Size} }

// told is what an assessment says of its snapshots.
func told(all []Snapshot) []assess.Snapshot {
	out := make([]assess.Snapshot, len(all))
	for i, s := range all {
		h := s.Header
		out[i] = assess.Snapshot{Provider: h.Provider, Source: h.Source, Tool: h.Tool, Regions: h.Regions, Started: h.Started, Ended: h.Ended, Calls: h.Calls, Lost: h.Lost, Unread: len(s.Gaps), Synthetic: h.Synthetic}
		for _, account := range h.Accounts {
			out[i].Accounts = append(out[i].Accounts, account.ID)
		}
	}
	return out
}

func unread(all []Snapshot) (out []cloud.ScopeGap) {
	for _, s := range all {
		out = append(out, s.Gaps...)
	}
	return out
}

// Drift is what changed from an earlier assessment to a later one.
type Drift struct {
	Earlier, Later Run
	Findings       check.Difference
	Duties         assess.Difference
}

// Drift compares two assessments.
func (a *App) Drift(ctx context.Context, c Caller, earlier, later Run) (*Drift, error) {
	before, err := a.Assessment(ctx, c, earlier)
	if err != nil {
		return nil, err
	}
	after, err := a.Assessment(ctx, c, later)
	if err != nil {
		return nil, err
	}
	d := &Drift{Earlier: earlier, Later: later, Duties: assess.Compare(before, after)}
	var failed error
	seq := func(r Run) func(func(check.Finding) bool) {
		return func(yield func(check.Finding) bool) {
			if err := a.eachFinding(ctx, c, r, yield); err != nil && failed == nil {
				failed = err
			}
		}
	}
	d.Findings = check.Compare(seq(earlier), seq(later))
	return d, failed
}

// Rank orders severities: 4 for critical, 1 for low, 0 for another word.
func Rank(s check.Severity) int {
	return 1 + slices.Index([]check.Severity{check.Low, check.Medium, check.High, check.Critical}, s)
}

// Reached counts the failures that no exception covers and that have at least
// the severity.
func (out *Assessed) Reached(at check.Severity) int {
	n := 0
	for finding := range out.failing {
		if Rank(finding) >= Rank(at) {
			n += out.failing[finding]
		}
	}
	return n
}

// Reached counts the failures that the earlier assessment did not have.
func (d *Drift) Reached(at check.Severity) int {
	n := 0
	for _, f := range d.Findings.New {
		if f.Exception == "" && Rank(f.Severity) >= Rank(at) {
			n++
		}
	}
	return n
}
