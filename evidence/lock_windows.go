// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

const errSharingViolation = syscall.Errno(32)

// LockFile takes the lock that path stands for, creating the file if need
// be, and holds it until Close or the end of the process. A lock that another
// holds gives an error that Is ErrLocked.
func LockFile(path string) (io.Closer, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err == errSharingViolation {
		return nil, fmt.Errorf("%s: %w", path, ErrLocked)
	}
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	return os.NewFile(uintptr(h), path), nil
}

// A directory cannot be synced here, and its names are journalled.
func syncDir(string) error { return nil }

// Who may read a file is not in its mode here.
func openToOthers(os.FileInfo) bool { return false }
