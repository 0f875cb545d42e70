// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

const attestations = "attestation"

// SetAttestations takes in what people answer, in place of what was answered
// before, with the files that support it: files is the folder that their paths
// begin at. Every file is hashed and kept. Nothing is taken in when one is
// missing.
func (a *App) SetAttestations(ctx context.Context, c Caller, file string, data []byte, files fs.FS) ([]assess.Attestation, error) {
	o, err := a.enter(ctx, c, account.EditAttestation)
	if err != nil {
		return nil, err
	}
	s, err := scopeOf(ctx, o, o.ID())
	if err != nil {
		return nil, err
	}
	cat, err := a.Catalogue()
	if err != nil {
		return nil, err
	}
	said, err := assess.ParseAttestations(file, data, cat, s)
	if err != nil {
		return nil, err
	}
	blobs, err := putEvidence(ctx, o.Org, file, said, files)
	if err != nil {
		return nil, err
	}
	err = o.Update(ctx, func(tx *store.Tx) error {
		for _, b := range blobs {
			if _, err := tx.Append(store.Event{Kind: "attestation.evidence", Object: "sha256/" + b.sha256, Actor: c.Actor, Blob: b.blob}); err != nil {
				return err
			}
		}
		return tx.Put(attestations, current, said, store.Event{Kind: "attestation.recorded", Actor: c.Actor})
	})
	return said, err
}

type evidenceBlob struct {
	sha256 string
	blob   *store.Blob
}

// putEvidence stores the files that attestations name, and fills in their
// digests. It tells every file that cannot be read, not the first.
func putEvidence(ctx context.Context, o *store.Org, file string, said []assess.Attestation, files fs.FS) ([]evidenceBlob, error) {
	var out []evidenceBlob
	var faults []string
	done := map[string]string{}
	for i := range said {
		for j := range said[i].Evidence {
			e := &said[i].Evidence[j]
			sum, ok := done[e.Path]
			if !ok {
				b, err := putFile(ctx, o, e.Path, files)
				if problem.Of(err) == problem.Invalid && err != nil {
					faults = append(faults, fmt.Sprintf("%s:%d: evidence %s", file, said[i].Line, err))
					continue
				}
				if err != nil {
					return nil, err
				}
				sum = hex.EncodeToString(b.Digest[:])
				done[e.Path] = sum
				out = append(out, evidenceBlob{sum, b})
			}
			if e.SHA256 != "" && e.SHA256 != sum {
				faults = append(faults, fmt.Sprintf("%s:%d: evidence %s: its SHA-256 is %s, the attestation was written for %s", file, said[i].Line, e.Path, sum, e.SHA256))
			}
			e.SHA256 = sum
		}
	}
	if len(faults) > 0 {
		return nil, problem.New(problem.Invalid, strings.Join(faults, "\n"), "paths begin at the folder of "+file)
	}
	return out, nil
}

func putFile(ctx context.Context, o *store.Org, name string, files fs.FS) (*store.Blob, error) {
	if files == nil || !fs.ValidPath(name) {
		return nil, problem.Newf(problem.Invalid, "%s: the path leaves the folder or is not written with '/' and without '..'", name)
	}
	f, err := files.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, problem.Newf(problem.Invalid, "%s: there is no such file", name)
	}
	if err != nil {
		return nil, problem.Newf(problem.Invalid, "%s: it cannot be read", name).Wrap(err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, problem.Newf(problem.Invalid, "%s: it is no file", name).Wrap(err)
	}
	return o.PutBlob(ctx, f, ext(path.Base(name)))
}

// Attestations gives what people answered.
func (a *App) Attestations(ctx context.Context, c Caller) ([]assess.Attestation, error) {
	o, err := a.enter(ctx, c, account.ReadAttestation)
	if err != nil {
		return nil, err
	}
	said, _, err := get[[]assess.Attestation](ctx, o, attestations, current)
	return said, err
}
