// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"demarc.dev/demarc/problem"
)

// fault turns what the database or the disk reports into a problem; what is
// one already, or is no such report, is given back unchanged.
func (s *Store) fault(doing string, err error) error {
	var p *problem.Problem
	if err == nil || errors.As(err, &p) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if s.db != nil {
		if p := s.db.explain(doing, err); p != nil {
			return p
		}
	}
	return s.explain(doing, diskTrouble(err, noTrouble), err)
}

// diskTrouble sorts what the disk reports; met when it reports nothing.
func diskTrouble(err error, met trouble) trouble {
	switch {
	case isFull(err):
		return full
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return notAllowed
	case errors.Is(err, syscall.EIO):
		return diskFault
	}
	return met
}

// isFull tells of a disk, or a share of it, that holds no more.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EFBIG) || errors.Is(err, syscall.EDQUOT)
}

// explain says what stands in the way. The database does not tell why it could
// not open or write a file, so the disk is asked.
func (s *Store) explain(doing string, met trouble, err error) error {
	cause := error(nil)
	if met == notAllowed || met == diskFault {
		cause = s.probe()
	}
	switch {
	case met == full || isFull(cause):
		return problem.Newf(problem.Unavailable, "%s: no space left on the disk of %s; nothing was changed", doing, s.dir).Wrap(err).
			WithHint("free space there, then do it again")
	case met == busy:
		return problem.Newf(problem.Unavailable, "%s: %s is in use by another process", doing, filepath.Join(s.dir, databaseName)).Wrap(err).
			WithHint("wait until the other process has ended, then do it again")
	case met == notAllowed && errors.Is(cause, syscall.EROFS):
		return problem.Newf(problem.Unavailable, "%s: %s lies on a disk that can only be read", doing, s.dir).Wrap(err).
			WithHint("commands that only read work there; copy the folder to where it can be written for the others")
	case met == notAllowed:
		return problem.Newf(problem.Unavailable, "%s: no permission to open or to change files in %s", doing, s.dir).Wrap(err).
			WithHint("check the owner and the mode of %s and of the files in it", s.dir)
	case met == diskFault:
		return problem.Newf(problem.Unavailable, "%s: the disk of %s reports an error; nothing was acknowledged", doing, s.dir).Wrap(err).
			WithHint("check the disk and its free space, then do it again")
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// probed is how much a probe writes: as much as SQLite's index of the
// write-ahead log has at least.
const probed = 32 << 10

// probe tries to write a file in the store's folder and removes it again.
func (s *Store) probe() error {
	f, err := os.CreateTemp(s.dir, "probe-*")
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, probed))
	return errors.Join(err, f.Close(), os.Remove(f.Name()))
}
