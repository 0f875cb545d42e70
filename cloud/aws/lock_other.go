// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package aws

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// takeLock takes the lock of a run; it is held until Close, which removes its
// file. A lock that another process holds gives a Refusal that names it.
func takeLock(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		holder, _ := os.ReadFile(path)
		refusal := held(string(holder), err)
		refusal.Hint += "; if that process has ended, remove " + path
		return nil, refusal
	}
	if err != nil {
		return nil, fmt.Errorf("locking the spool: %w", err)
	}
	return fileLock{f}, sign(f)
}

// fileLock is a lock that is held.
type fileLock struct{ *os.File }

// Close lets go of the lock; an open file cannot be removed everywhere.
func (l fileLock) Close() error { return errors.Join(l.File.Close(), os.Remove(l.Name())) }
