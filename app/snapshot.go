// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// Snapshot is the record of what was seen.
type Snapshot struct {
	ID        string           `json:"id"`     // "s1"
	SHA256    string           `json:"sha256"` // of the snapshot file, in hex
	Bytes     int64            `json:"bytes"`
	File      string           `json:"file"`           // what the file was called
	Name      string           `json:"name,omitempty"` // of what was looked at, where one account has several plans
	Taken     time.Time        `json:"taken"`
	Resources int64            `json:"resources"`
	Header    cloud.Header     `json:"header"`
	Gaps      []cloud.ScopeGap `json:"gaps"`

	past map[string]bool // accounts of which a newer snapshot tells
}

const (
	snapshots   = "snapshot"
	snapshotExt = "jsonl.zst"
)

// TakeSnapshot takes a snapshot file in, whole or not at all. file is what it is
// called in messages. A snapshot that was taken before is not taken again: known
// is true then.
func (a *App) TakeSnapshot(ctx context.Context, c Caller, file string, r io.Reader) (s Snapshot, known bool, err error) {
	return a.TakeNamed(ctx, c, file, "", r)
}

// TakeNamed is TakeSnapshot for a plan or state of an account that has several:
// a newer one of the same name takes its place, one of another name stands
// beside it.
func (a *App) TakeNamed(ctx context.Context, c Caller, file, name string, r io.Reader) (s Snapshot, known bool, err error) {
	o, err := a.enterOrNew(ctx, c, account.TakeSnapshot, defaultOrg)
	if err != nil {
		return s, false, err
	}
	s = Snapshot{File: file, Name: name, Taken: a.now().UTC()}
	blob, err := s.take(ctx, o.Org, r)
	if err != nil {
		return s, false, err
	}
	err = o.Update(ctx, func(tx *store.Tx) error {
		for rec, err := range tx.List(ctx, snapshots) {
			if err != nil {
				return err
			}
			var other Snapshot
			if err := rec.Decode(&other); err != nil {
				return err
			}
			if other.SHA256 == s.SHA256 {
				s, known = other, true
				return nil
			}
		}
		if s.ID, err = next(ctx, tx, snapshots, "s"); err != nil {
			return err
		}
		object := snapshots + "/" + s.ID
		if _, err := tx.Append(store.Event{Kind: "snapshot.blob", Object: object, Actor: c.Actor, Blob: blob}); err != nil {
			return err
		}
		return tx.Put(snapshots, s.ID, s, store.Event{Kind: "snapshot.taken", Actor: c.Actor})
	})
	return s, known, err
}

// take stores a snapshot file that is whole. One that can be read again is looked
// at before anything is written, so that nothing is left of one that is not.
func (s *Snapshot) take(ctx context.Context, o *store.Org, r io.Reader) (*store.Blob, error) {
	again, ok := r.(io.ReadSeeker)
	if !ok {
		return s.takeStream(ctx, o, r)
	}
	begin, err := again.Seek(0, io.SeekCurrent)
	if err != nil { // a pipe
		return s.takeStream(ctx, o, r)
	}
	sum := sha256.New()
	in := io.TeeReader(again, sum)
	if err := s.read(ctx, in); err != nil {
		return nil, snapshotProblem(s.File, err)
	}
	if _, err := io.Copy(io.Discard, in); err != nil {
		return nil, err
	}
	if _, err := again.Seek(begin, io.SeekStart); err != nil {
		return nil, err
	}
	blob, err := o.PutBlob(ctx, again, snapshotExt)
	if err != nil {
		return nil, err
	}
	if s.SHA256, s.Bytes = hex.EncodeToString(blob.Digest[:]), blob.Size; s.SHA256 != hex.EncodeToString(sum.Sum(nil)) {
		return nil, problem.New(problem.Conflict, "the file changed while it was read", "take it in again when nothing writes to it any more")
	}
	return blob, nil
}

// takeStream stores what can be read once, and looks at it there.
func (s *Snapshot) takeStream(ctx context.Context, o *store.Org, r io.Reader) (*store.Blob, error) {
	blob, err := o.PutBlob(ctx, r, snapshotExt)
	if err != nil {
		return nil, err
	}
	s.SHA256, s.Bytes = hex.EncodeToString(blob.Digest[:]), blob.Size
	f, err := o.OpenBlob(blob.Digest)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := s.read(ctx, f); err != nil {
		return nil, snapshotProblem(s.File, err)
	}
	return blob, nil
}

// read goes through the whole file, so that nothing that is damaged is taken in.
func (s *Snapshot) read(ctx context.Context, f io.Reader) error {
	r, err := cloud.NewReader(f)
	if err != nil {
		return err
	}
	defer r.Close()
	s.Header, s.Gaps = r.Header(), r.Gaps()
	if h := s.Header; s.Name == "" && (h.Provider == "host" || h.Provider == "kubernetes") && len(h.Accounts) == 1 {
		s.Name = h.Accounts[0].Name // machines and clusters of one account stand beside each other
	}
	for {
		switch _, err := r.Next(); {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
		s.Resources++
	}
}

func snapshotProblem(name string, err error) error {
	var p *problem.Problem
	switch {
	case errors.As(err, &p):
		return err
	case errors.Is(err, cloud.ErrNewer):
		return problem.Newf(problem.Invalid, "%s: %w", name, err).WithHint("read it with the newer Demarc that wrote it")
	case errors.Is(err, cloud.ErrTruncated):
		return problem.Newf(problem.Invalid, "%s: %w", name, err).WithHint("copy the file again, or collect again: demarc collect aws")
	case errors.Is(err, cloud.ErrNotSnapshot):
		return problem.Newf(problem.Invalid, "%s: %w", name, err).WithHint("a snapshot is made by demarc collect; a Terraform plan goes through demarc collect terraform")
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return problem.Newf(problem.Invalid, "%s: %w", name, err).WithHint("collect again with demarc collect; a file that is edited by hand is no evidence")
}

// Snapshots gives the snapshots that were taken, the oldest first.
func (a *App) Snapshots(ctx context.Context, c Caller) ([]Snapshot, error) {
	o, err := a.enter(ctx, c, account.ReadAssessment)
	if err != nil {
		return nil, err
	}
	if o.bound() {
		return nil, nil // a snapshot tells of everything in an account
	}
	all, err := list[Snapshot](ctx, o, snapshots)
	slices.SortFunc(all, func(x, y Snapshot) int { return cmp.Compare(number(x.ID), number(y.ID)) })
	return all, err
}

// source gives the snapshot's resources, again each time it is walked, but for
// those of accounts of which a newer snapshot tells.
func (s Snapshot) source(o *store.Org) cloud.Source {
	return func() iter.Seq2[*cloud.Resource, error] {
		return func(yield func(*cloud.Resource, error) bool) {
			if err := s.walk(o, func(r *cloud.Resource) bool { return yield(r, nil) }); err != nil {
				yield(nil, fmt.Errorf("reading snapshot %s: %w", s.ID, err))
			}
		}
	}
}

func (s Snapshot) walk(o *store.Org, do func(*cloud.Resource) bool) error {
	f, err := openBody(o, Body{SHA256: s.SHA256})
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := cloud.NewReader(f)
	if err != nil {
		return damage(f, err)
	}
	for {
		res, err := r.Next()
		if err != nil && err != io.EOF {
			r.Close() // before another reads from the file
			return damage(f, err)
		}
		if err == io.EOF || !s.past[res.Account] && !do(res) {
			r.Close()
			return nil
		}
	}
}

func digestOf(text string) (d evidence.Digest, err error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(d) {
		return d, fmt.Errorf("%q is no SHA-256 in hex", text)
	}
	copy(d[:], b)
	return d, nil
}
