// SPDX-License-Identifier: Apache-2.0

// Package replay gives the snapshot of a file, for runs without an account: air
// gapped sites, tests, the shipped example.
//
//	f, err := replay.Open("prod.snapshot")
//	…
//	for r, err := range f.Source()() { … }
//
// Each walk opens the file again and reads it as a stream, so memory stays flat
// however large the file is, and a file that was replaced between two walks is
// an error. The package writes nothing and asks no provider; the format is that
// of the room cloud.
package replay

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"demarc.dev/demarc/cloud"
)

// ErrChanged says that the file is another one than when it was opened.
var ErrChanged = errors.New("the file changed since it was opened")

// File is a snapshot on disk. It is safe for concurrent use.
type File struct {
	path   string
	info   fs.FileInfo
	header cloud.Header
	gaps   []cloud.ScopeGap
}

// Open reads header and gaps. Its errors are whole sentences for people and name
// the file; compare with fs.ErrNotExist, cloud.ErrNotSnapshot, cloud.ErrNewer and
// cloud.ErrTruncated. That the file is whole is known after a first walk, or
// Verify.
func Open(path string) (*File, error) {
	f := &File{path: path}
	in, r, err := f.open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	defer r.Close()
	if f.info, err = in.Stat(); err != nil {
		return nil, f.wrap(err)
	}
	f.header, f.gaps = r.Header(), r.Gaps()
	return f, nil
}

func (f *File) open() (*os.File, *cloud.Reader, error) {
	in, err := os.Open(f.path)
	if err != nil {
		return nil, nil, f.wrap(err)
	}
	if info, err := in.Stat(); err == nil && info.IsDir() {
		in.Close()
		return nil, nil, f.wrap(fmt.Errorf("%w: it is a folder", cloud.ErrNotSnapshot))
	}
	r, err := cloud.NewReader(in)
	if err != nil {
		in.Close()
		return nil, nil, f.wrap(err)
	}
	return in, r, nil
}

// wrap names the file once.
func (f *File) wrap(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("the snapshot %s cannot be read: %w", filepath.Base(f.path), path.Err)
	}
	return fmt.Errorf("%s: %w", filepath.Base(f.path), err)
}

// Path gives the path that was opened.
func (f *File) Path() string { return f.path }

// Header gives the header.
func (f *File) Header() cloud.Header { return f.header }

// Gaps gives the gaps of scope. The slice is shared: read it only.
func (f *File) Gaps() []cloud.ScopeGap { return f.gaps }

// Source gives the resources in canonical order, from the file each time.
func (f *File) Source() cloud.Source {
	return func() iter.Seq2[*cloud.Resource, error] { return f.walk }
}

func (f *File) walk(yield func(*cloud.Resource, error) bool) {
	in, r, err := f.open()
	if err != nil {
		yield(nil, err)
		return
	}
	defer in.Close()
	defer r.Close()
	if info, err := in.Stat(); err != nil || !os.SameFile(info, f.info) || info.Size() != f.info.Size() || !info.ModTime().Equal(f.info.ModTime()) {
		yield(nil, f.wrap(errors.Join(ErrChanged, err)))
		return
	}
	for {
		res, err := r.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			yield(nil, f.wrap(err))
			return
		}
		if !yield(res, nil) {
			return
		}
	}
}

// Verify walks the file to its end and counts the resources.
func (f *File) Verify() (resources int64, err error) {
	for _, err := range f.walk {
		if err != nil {
			return resources, err
		}
		resources++
	}
	return resources, nil
}
