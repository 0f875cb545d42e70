// SPDX-License-Identifier: Apache-2.0

//go:build unix

package evidence

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

// LockFile takes the lock that path stands for, creating the file if need
// be, and holds it until Close or the end of the process. A lock that another
// holds gives an error that Is ErrLocked.
func LockFile(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if err == syscall.EWOULDBLOCK {
			return nil, fmt.Errorf("%s: %w", path, ErrLocked)
		}
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	return f, nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// openToOthers tells of a file that group or world may read.
func openToOthers(info os.FileInfo) bool { return info.Mode().Perm()&0o077 != 0 }
