// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"demarc.dev/demarc/evidence"
)

// Blobs keeps the bodies that are too large for the database, each below its
// organisation and named by its SHA-256. Safe for concurrent use. The store
// decides what is kept and when it may go; a driver obeys. The drivers are the
// folder blobs/ of the store and package store/s3.
type Blobs interface {
	// Put makes the file durable under the digest, which its content has, and
	// may take the file away. What is there already is as good. It returns
	// when the blob would survive a crash.
	Put(ctx context.Context, org string, digest evidence.Digest, file string) error

	// Open gives a blob and its size; an error that Is fs.ErrNotExist when
	// there is none. The content is the caller's to check, who closes it.
	Open(ctx context.Context, org string, digest evidence.Digest) (io.ReadCloser, int64, error)

	// Remove removes a blob and what an interrupted Put of it left; that there
	// is none is no error.
	Remove(ctx context.Context, org string, digest evidence.Digest) error

	// List calls do with the name of each thing below the organisation, in any
	// order, and ends with do's error: the digest in hexadecimal of a blob, and
	// the path of what is none.
	List(ctx context.Context, org string, do func(name string) error) error

	// Place tells people where a blob lies.
	Place(org string, digest evidence.Digest) string
}

// folderBlobs keeps blobs in files: <org>/<first two digits>/<digest>.
type folderBlobs struct{ dir string }

func (b folderBlobs) Place(org string, d evidence.Digest) string {
	name := hex.EncodeToString(d[:])
	return filepath.Join(b.dir, org, name[:2], name)
}

func (b folderBlobs) Put(_ context.Context, org string, d evidence.Digest, file string) error {
	path := b.Place(org, d)
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); err != nil {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		for _, d := range []string{filepath.Dir(dir), b.dir, filepath.Dir(b.dir)} {
			if err := evidence.SyncDir(d); err != nil {
				return err
			}
		}
	}
	if err := os.Rename(file, path); err != nil {
		return err
	}
	return evidence.SyncDir(dir)
}

func (b folderBlobs) Open(_ context.Context, org string, d evidence.Digest) (io.ReadCloser, int64, error) {
	f, err := os.Open(b.Place(org, d))
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

func (b folderBlobs) Remove(_ context.Context, org string, d evidence.Digest) error {
	if err := os.Remove(b.Place(org, d)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (b folderBlobs) List(_ context.Context, org string, do func(name string) error) error {
	root := filepath.Join(b.dir, org)
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // none yet, or removed while we looked
		}
		if err != nil || d.IsDir() {
			return err
		}
		name := d.Name()
		if digest, ok := parseDigest(name); !ok || path != b.Place(org, digest) {
			name = path
		}
		return do(name)
	})
}

// parseDigest reads a digest as a file's name has it.
func parseDigest(name string) (d evidence.Digest, ok bool) {
	b, err := hex.DecodeString(name)
	if err != nil || len(b) != len(d) || hex.EncodeToString(b) != name {
		return d, false
	}
	return evidence.Digest(b), true
}
