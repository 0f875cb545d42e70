// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// Body is where a run keeps something large.
type Body struct {
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

func bodyOf(b *store.Blob) Body { return Body{SHA256: hex.EncodeToString(b.Digest[:]), Bytes: b.Size} }

// maxBody bounds what is read into memory at once.
const maxBody = 1 << 30

// putPacked stores what write writes, compressed, as it comes. write has ended
// when it returns, so what write changes may be read then.
func putPacked(ctx context.Context, o *store.Org, ext string, write func(io.Writer) error) (*store.Blob, error) {
	return piped(ctx, o, ext, func(w io.Writer) error { return pack(w, write) })
}

// piped stores what write writes as it comes.
func piped(ctx context.Context, o *store.Org, ext string, write func(io.Writer) error) (*store.Blob, error) {
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := write(w)
		w.CloseWithError(err)
		done <- err
	}()
	blob, err := o.PutBlob(ctx, r, ext)
	r.CloseWithError(err) // a write that is still under way ends
	if failed := <-done; failed != nil && !errors.Is(failed, err) {
		return nil, failed // why there was nothing to store, in its own words
	}
	return blob, err
}

func pack(w io.Writer, write func(io.Writer) error) error {
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1)) // more would make the bytes differ
	if err != nil {
		return fmt.Errorf("opening the compressor: %w", err)
	}
	if err := write(z); err != nil {
		return err
	}
	return z.Close()
}

func openBody(o *store.Org, b Body) (io.ReadCloser, error) {
	digest, err := digestOf(b.SHA256)
	if err != nil {
		return nil, err
	}
	return o.OpenBlob(digest)
}

// unpack lets read read a body that putPacked stored. what names it.
func unpack(o *store.Org, b Body, what string, read func(io.Reader) error) error {
	f, err := openBody(o, b)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		return fmt.Errorf("reading %s: %w", what, damage(f, err))
	}
	err = read(z)
	z.Close() // before another reads from the file
	if err != nil {
		return fmt.Errorf("reading %s: %w", what, damage(f, err))
	}
	return nil
}

// damage gives why the content of a stored file made no sense: that the file
// was changed, when it was, which its digest tells at its end; otherwise err.
func damage(f io.Reader, err error) error {
	if problem.Of(err) != problem.Internal || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if _, whole := io.Copy(io.Discard, f); problem.Of(whole) == problem.Integrity {
		return whole
	}
	return err
}

// readAll reads a body whole. One that is too large is told, never cut.
func readAll(in io.Reader, most int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(in, most+1))
	if err == nil && int64(len(data)) > most {
		return nil, problem.Newf(problem.Invalid, "a body is larger than %d MiB, and is not read into memory", most>>20).WithHint("assess fewer services at a time: demarc assess --service ID")
	}
	return data, err
}
