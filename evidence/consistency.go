// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// ProveConsistency gives the proof that the log of head new begins with all
// the entries of head old; r reads the log's tiles, see TileHashes. It is
// checked before it is given: the error Is ErrRollback or ErrFork when new is
// no continuation of old, or when the tiles are damaged.
func ProveConsistency(old, new Head, r tlog.HashReader) ([]Hash, error) {
	if old.Origin != new.Origin {
		return nil, fmt.Errorf("heads of two logs: %s and %s", old.Origin, new.Origin)
	}
	var proof []Hash
	if old.Size > 0 && old.Size < new.Size {
		var err error
		if proof, err = tlog.ProveTree(new.Size, old.Size, r); err != nil {
			return nil, fmt.Errorf("proving that %d entries continue %d: %w", new.Size, old.Size, err)
		}
	}
	return proof, continues(new, old, proof)
}

// VerifyConsistency checks that both checkpoints are signed by the key and
// that the log of the new one begins with all the entries of the old one. The
// error Is ErrRollback or ErrFork when both are signed and contradict each
// other: keep them then, for together they prove that the log was changed.
func VerifyConsistency(old, new []byte, proof []Hash, key string) error {
	oldHead, err := OpenCheckpoint(old, key)
	if err != nil {
		return fmt.Errorf("the old head: %w", err)
	}
	newHead, err := OpenCheckpoint(new, key)
	if err != nil {
		return fmt.Errorf("the new head: %w", err)
	}
	return continues(newHead, oldHead, proof)
}
