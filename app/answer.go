// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"slices"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// Answer takes in what a person answers for one duty of one service, in the place
// of earlier answers for just these. The file that supports it is kept and
// hashed; without one, the files that an earlier answer named stay. What a file
// of attestations may not say, an answer may not.
func (a *App) Answer(ctx context.Context, c Caller, said assess.Attestation, file string, evidence io.Reader) (assess.Attestation, error) {
	h, err := a.enter(ctx, c, account.EditAttestation)
	if err != nil {
		return said, err
	}
	if said.Evidence = nil; evidence != nil {
		said.Evidence = []assess.Evidence{{Path: file}}
	}
	if said, err = a.checkAnswer(ctx, h, said); err != nil {
		return said, err
	}
	var blob *store.Blob
	if evidence != nil {
		if blob, err = h.PutBlob(ctx, evidence, ext(file)); err != nil {
			return said, err
		}
		said.Evidence[0].SHA256 = hex.EncodeToString(blob.Digest[:])
	}
	err = h.Update(ctx, func(tx *store.Tx) error {
		all, _, err := get[[]assess.Attestation](ctx, tx, attestations, current)
		if err != nil {
			return err
		}
		all, said = replaced(all, said)
		if blob != nil {
			if _, err := tx.Append(store.Event{Kind: "attestation.evidence", Object: "sha256/" + said.Evidence[0].SHA256, Actor: c.Actor, Blob: blob}); err != nil {
				return err
			}
		}
		return tx.Put(attestations, current, all, store.Event{Kind: "attestation.recorded", Actor: c.Actor})
	})
	return said, err
}

// checkAnswer reads an answer as one in a file is read, against the scope.
func (a *App) checkAnswer(ctx context.Context, h *hall, said assess.Attestation) (assess.Attestation, error) {
	s, err := scopeOf(ctx, h, h.ID())
	if err != nil {
		return said, err
	}
	cat, err := a.Catalogue()
	if err != nil {
		return said, err
	}
	if said.Duty == "" {
		return said, problem.New(problem.Invalid, "the duty is missing", "answer from the page of a duty")
	}
	said.Control, said.Party = "", ""
	data, err := assess.EncodeAttestations([]assess.Attestation{said})
	if err != nil {
		return said, err
	}
	read, err := assess.ParseAttestations("answer", data, cat, h.narrowScope(s))
	if err != nil {
		return said, err
	}
	return read[0], nil
}

// replaced puts an answer in the place of those for the same duty and service,
// under an id that no other one has.
func replaced(all []assess.Attestation, said assess.Attestation) ([]assess.Attestation, assess.Attestation) {
	var out []assess.Attestation
	taken := map[string]bool{}
	for _, x := range all {
		if x.Duty == said.Duty && x.Service == said.Service {
			if len(said.Evidence) == 0 {
				said.Evidence = x.Evidence
			}
			continue
		}
		out, taken[x.ID] = append(out, x), true
	}
	for n := 1; ; n++ {
		if said.ID = fmt.Sprintf("%s/%s#%d", said.Duty, said.Service, n); !taken[said.ID] {
			return append(out, said), said
		}
	}
}

// WithdrawAnswer takes an answer back: its duty is unknown again where nothing
// else speaks for it. The log keeps what was answered.
func (a *App) WithdrawAnswer(ctx context.Context, c Caller, id string) error {
	h, err := a.enter(ctx, c, account.EditAttestation)
	if err != nil {
		return err
	}
	return h.Update(ctx, func(tx *store.Tx) error {
		all, _, err := get[[]assess.Attestation](ctx, tx, attestations, current)
		if err != nil {
			return err
		}
		left := slices.DeleteFunc(slices.Clone(all), func(x assess.Attestation) bool { return x.ID == id })
		if len(left) == len(all) {
			return problem.New(problem.NotFound, "no answer is called "+cutWord(id), "the list names them")
		}
		return tx.Put(attestations, current, left, store.Event{Kind: "attestation.withdrawn", Actor: c.Actor})
	})
}
