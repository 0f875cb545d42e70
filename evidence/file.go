// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"errors"
	"os"
	"path/filepath"
)

// ErrLocked says that another process, or another part of this one, holds
// the lock.
var ErrLocked = errors.New("in use by another process")

// WriteFile puts data at path so that after a crash at any moment either the
// old or the new content stands there, and returns when it is durable.
func WriteFile(path string, data []byte, perm os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	if err := f.Chmod(perm); err != nil {
		f.Close()
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// SyncDir makes the names in a directory durable.
func SyncDir(dir string) error { return syncDir(dir) }
