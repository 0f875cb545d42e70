// SPDX-License-Identifier: Apache-2.0

package cloud

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/klauspost/compress/zstd"
)

// MaxLine is the longest line of a snapshot in bytes, and so the largest
// resource with its Raw.
const MaxLine = 16 << 20

// Writer writes a snapshot. It is not safe for concurrent use.
type Writer struct {
	zip       *zstd.Encoder
	line      bytes.Buffer
	kind      Kind
	id        string
	gaps      int
	resources int64
	closed    bool
	err       error
}

// NewWriter begins a snapshot on w with the header, whose Format it sets, and
// the gaps, which it sorts. The caller writes the resources and must Close; w
// stays open.
func NewWriter(w io.Writer, h Header, gaps []ScopeGap) (*Writer, error) {
	// Small windows keep the reader small; the order of kinds makes them enough.
	zip, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(1<<20))
	if err != nil {
		return nil, fmt.Errorf("opening the compressor: %w", err)
	}
	out := &Writer{zip: zip, gaps: len(gaps)}
	h.Format = Format
	h.Started, h.Ended = h.Started.UTC(), h.Ended.UTC()
	if err := out.envelope("header", h); err != nil {
		return nil, errors.Join(err, out.abort())
	}
	lines, err := sortedGaps(gaps)
	if err != nil {
		return nil, errors.Join(err, out.abort())
	}
	for _, line := range lines {
		if err := out.envelope("gap", line); err != nil {
			return nil, errors.Join(err, out.abort())
		}
	}
	return out, nil
}

// sortedGaps gives the gaps as JSON in the order of their text.
func sortedGaps(gaps []ScopeGap) ([]json.RawMessage, error) {
	lines := make([]json.RawMessage, 0, len(gaps))
	for _, g := range gaps {
		g.Kinds = slices.Clone(g.Kinds)
		slices.Sort(g.Kinds)
		line, err := marshal(g)
		if err != nil {
			return nil, fmt.Errorf("encoding a gap: %w", err)
		}
		lines = append(lines, line)
	}
	slices.SortFunc(lines, func(a, b json.RawMessage) int { return bytes.Compare(a, b) })
	return lines, nil
}

// marshal is json.Marshal without the escapes for HTML.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func (w *Writer) envelope(name string, v any) error {
	text, err := marshal(v)
	if err != nil {
		return fmt.Errorf("encoding the %s: %w", name, err)
	}
	w.line.Reset()
	fmt.Fprintf(&w.line, "{%q:%s}\n", name, text)
	return w.flush()
}

func (w *Writer) flush() error {
	if w.line.Len() > MaxLine {
		w.err = fmt.Errorf("a line of %d bytes: a snapshot holds at most %d in one line", w.line.Len(), MaxLine)
		return w.err
	}
	if _, err := w.zip.Write(w.line.Bytes()); err != nil {
		w.err = fmt.Errorf("writing the snapshot: %w", err)
	}
	return w.err
}

// Write adds a resource. It refuses one that is not after the last in the order
// of (kind, id), or that could not be read back; see Validate.
func (w *Writer) Write(r *Resource) error {
	if w.err != nil {
		return w.err
	}
	if r.Kind < w.kind || r.Kind == w.kind && r.ID <= w.id && w.resources > 0 {
		return fmt.Errorf("resource %s of kind %s comes after %s of kind %s: a snapshot is in the order of kind and id, each once", r.ID, r.Kind, w.id, w.kind)
	}
	if faults := check(r); len(faults) > 0 {
		return errors.Join(faults...)
	}
	w.line.Reset()
	if err := w.encode(r); err != nil {
		return fmt.Errorf("resource %s: %w", r.ID, err)
	}
	if w.line.Len() > MaxLine {
		return fmt.Errorf("resource %s takes %d bytes, more than the %d of a snapshot's line", r.ID, w.line.Len(), MaxLine)
	}
	w.kind, w.id = r.Kind, r.ID
	w.resources++
	return w.flush()
}

// Close ends the snapshot. Without it the file is truncated.
func (w *Writer) Close() error {
	if w.err != nil {
		return errors.Join(w.err, w.abort())
	}
	w.line.Reset()
	fmt.Fprintf(&w.line, `{"end":{"resources":%d,"gaps":%d}}`+"\n", w.resources, w.gaps)
	if err := w.flush(); err != nil {
		return errors.Join(err, w.abort())
	}
	if err := w.zip.Close(); err != nil {
		return fmt.Errorf("writing the snapshot: %w", err)
	}
	w.err, w.closed = errors.New("the snapshot is closed"), true
	return nil
}

// Abort ends the writing without an end line: what was written reads as
// truncated. After Close it does nothing.
func (w *Writer) Abort() error {
	if w.closed {
		return nil
	}
	w.err = errors.New("the snapshot is closed")
	return w.abort()
}

// abort frees the compressor without an end line.
func (w *Writer) abort() error {
	w.closed = true
	w.zip.Reset(io.Discard)
	return w.zip.Close()
}

// stamp gives t as files write it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
