// SPDX-License-Identifier: Apache-2.0

//go:build unix

package aws

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// takeLock takes the lock of a run; it is held until Close, which removes its
// file, or until the process ends in any way. A lock that another process holds
// gives a Refusal that names it.
func takeLock(path string) (io.Closer, error) {
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, fmt.Errorf("locking the spool: %w", err)
		}
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			holder, _ := io.ReadAll(io.LimitReader(f, 20))
			f.Close()
			if errors.Is(err, syscall.EWOULDBLOCK) {
				return nil, held(string(holder), err)
			}
			return nil, fmt.Errorf("locking the spool: %w", err)
		}
		// Who held it may have removed the file in the meantime: a lock on what
		// has no name any more keeps nobody out.
		mine, err := f.Stat()
		if there, gone := os.Stat(path); err == nil && gone == nil && os.SameFile(mine, there) {
			return fileLock{f}, sign(f)
		}
		f.Close()
	}
}

// fileLock is a lock that is held.
type fileLock struct{ *os.File }

// Close removes the file before it lets go of the lock.
func (l fileLock) Close() error { return errors.Join(os.Remove(l.Name()), l.File.Close()) }
