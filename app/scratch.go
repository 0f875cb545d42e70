// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Scratch is a file for what is too large for memory on its way in or out. It
// has no name that others could open, and is gone when it is closed.
type Scratch struct{ *os.File }

// NewScratch makes one beside the store, where there is room. The caller closes
// it.
func (a *App) NewScratch() (*Scratch, error) {
	f, err := os.CreateTemp(a.dir, "scratch-*")
	if err != nil {
		return nil, fmt.Errorf("making room for a file: %w", err)
	}
	// Where an open file can be unlinked it is gone with the process too.
	if err := os.Remove(f.Name()); err != nil && !errors.Is(err, fs.ErrPermission) {
		f.Close()
		return nil, fmt.Errorf("making room for a file: %w", err)
	}
	return &Scratch{f}, nil
}

// Size gives how much was written, and goes back to the beginning.
func (s *Scratch) Size() (int64, error) {
	n, err := s.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = s.Seek(0, io.SeekStart)
	}
	if err != nil {
		return 0, fmt.Errorf("reading a file of our own: %w", err)
	}
	return n, nil
}

// Close ends it; what was in it is gone.
func (s *Scratch) Close() error {
	err := s.File.Close()
	if gone := os.Remove(s.Name()); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}
