// SPDX-License-Identifier: Apache-2.0

package cloud

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/zstd"

	"demarc.dev/demarc/internal/jsonscan"
)

// What a reader says of a file that it cannot use; compare with errors.Is.
var (
	ErrTruncated   = errors.New("the snapshot is truncated: its end line is missing")
	ErrNewer       = errors.New("the snapshot has a newer format than this program reads")
	ErrNotSnapshot = errors.New("this is not a snapshot")
)

// Limits against hostile files. What is larger is refused, never cut.
const (
	maxInput  = 1 << 37   // bytes after decompression
	maxWindow = 64 << 20  // bytes that the decompressor may hold
	maxGaps   = 1_000_000 // gaps of scope, which stay in memory,
	maxTold   = 128 << 20 // and the bytes of their lines
)

// Reader reads a snapshot, one resource at a time, in flat memory. It is not
// safe for concurrent use.
type Reader struct {
	zip    *zstd.Decoder
	in     *bufio.Reader
	spill  []byte // a line longer than in's buffer
	line   int64
	header Header
	gaps   []ScopeGap
	decoder
	ahead     []byte // a line that was read and not yet used
	last      []byte // the line of the last resource
	kind      Kind
	id        string
	resources int64
	err       error
}

// NewReader reads header and gaps from r. The caller must read to the end or
// Close; r stays open.
func NewReader(r io.Reader) (*Reader, error) {
	zip, err := zstd.NewReader(r, zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderConcurrency(2), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, fmt.Errorf("opening the decompressor: %w", err)
	}
	in := &Reader{zip: zip, in: bufio.NewReaderSize(io.LimitReader(zip, maxInput), 256<<10)}
	if err := in.open(); err != nil {
		in.Close()
		return nil, err
	}
	return in, nil
}

// Header gives the header.
func (r *Reader) Header() Header { return r.header }

// Gaps gives the gaps of scope.
func (r *Reader) Gaps() []ScopeGap { return r.gaps }

// Close frees the decompressor; it is done at the end of the file too.
func (r *Reader) Close() {
	if r.zip != nil {
		r.zip.Close()
		r.zip = nil
	}
	if r.err == nil {
		r.err = errors.New("the snapshot is closed")
	}
}

// envelope is any line but a resource's.
type envelope struct {
	Header *Header   `json:"header"`
	Gap    *ScopeGap `json:"gap"`
	End    *struct {
		Resources int64 `json:"resources"`
		Gaps      int   `json:"gaps"`
	} `json:"end"`
}

func (r *Reader) open() error {
	line, err := r.readLine()
	if err != nil {
		return err
	}
	if err := r.readHeader(line); err != nil {
		return err
	}
	told := 0
	for {
		if line, err = r.readLine(); err != nil {
			return err
		}
		if !bytes.HasPrefix(line, []byte(`{"gap":`)) {
			r.ahead = line
			return nil
		}
		var e envelope
		if err := strict(line, &e); err != nil || e.Gap == nil {
			return r.fault(fmt.Errorf("a gap is malformed: %w", err))
		}
		told += len(line)
		if r.gaps = append(r.gaps, *e.Gap); len(r.gaps) > maxGaps || told > maxTold {
			return r.fault(fmt.Errorf("more than %d gaps, or %d MiB of them", maxGaps, maxTold>>20))
		}
	}
}

func (r *Reader) readHeader(line []byte) error {
	// The format is asked first, so that a newer file is named as one.
	var first struct{ Header *struct{ Format int } }
	if err := json.Unmarshal(line, &first); err != nil || first.Header == nil || first.Header.Format < 1 {
		return fmt.Errorf("%w: its first line is no header", ErrNotSnapshot)
	}
	if first.Header.Format > Format {
		return fmt.Errorf("%w: format %d, this program reads up to %d; use a newer version of the program", ErrNewer, first.Header.Format, Format)
	}
	var e envelope
	if err := strict(line, &e); err != nil {
		return r.fault(fmt.Errorf("the header is malformed: %w", err))
	}
	r.header = *e.Header
	return nil
}

// strict decodes exactly one JSON value without unknown members.
func strict(line []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if len(bytes.TrimSpace(line[d.InputOffset():])) > 0 {
		return errors.New("more data follows on the line")
	}
	return nil
}

// readLine gives the next line without its end. It stays valid until the next
// call. A file that ends here is truncated.
func (r *Reader) readLine() ([]byte, error) {
	r.line++
	r.spill = r.spill[:0]
	for {
		part, err := r.in.ReadSlice('\n')
		if err == nil && len(r.spill) == 0 {
			return part[:len(part)-1], nil
		}
		if len(r.spill)+len(part) > MaxLine {
			return nil, r.fault(fmt.Errorf("the line is longer than %d bytes", MaxLine))
		}
		r.spill = append(r.spill, part...)
		switch {
		case err == nil:
			return r.spill[:len(r.spill)-1], nil
		case err != bufio.ErrBufferFull:
			return nil, r.inputError(err)
		}
	}
}

func (r *Reader) inputError(err error) error {
	switch {
	case errors.Is(err, zstd.ErrMagicMismatch):
		return fmt.Errorf("%w: it is not compressed with zstd", ErrNotSnapshot)
	case err == io.EOF && r.line == 1 && len(r.spill) == 0:
		return fmt.Errorf("%w: it is empty", ErrNotSnapshot)
	case err == io.EOF, errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w (after %d resources); collect again", ErrTruncated, r.resources)
	}
	return fmt.Errorf("reading line %d of the snapshot: %w", r.line, err)
}

func (r *Reader) fault(err error) error {
	return fmt.Errorf("line %d of the snapshot: %w", r.line, err)
}

// Next gives the next resource, which is the caller's, or io.EOF after the
// last. After an error it gives the same error again.
func (r *Reader) Next() (*Resource, error) {
	if r.err != nil {
		return nil, r.err
	}
	res, err := r.next()
	if err != nil {
		r.err = err
		r.Close()
		return nil, err
	}
	return res, nil
}

func (r *Reader) next() (*Resource, error) {
	line := r.ahead
	if r.ahead = nil; line == nil {
		var err error
		if line, err = r.readLine(); err != nil {
			return nil, err
		}
	}
	if bytes.HasPrefix(line, []byte(`{"end":`)) {
		return nil, r.end(line)
	}
	res, err := r.decode(line)
	if err != nil {
		return nil, r.fault(err)
	}
	if res.Kind < r.kind || res.Kind == r.kind && res.ID <= r.id && r.resources > 0 {
		return nil, r.fault(fmt.Errorf("resource %s is out of order", res.ID))
	}
	r.kind, r.id, r.last = res.Kind, res.ID, line
	r.resources++
	return res, nil
}

// Line gives the line that the last resource was read from, without its end,
// for DecodeLine. It stays valid until the next call of Next.
func (r *Reader) Line() []byte { return r.last }

// DecodeLine reads a resource from its line in a snapshot.
func DecodeLine(line []byte) (*Resource, error) { return new(decoder).decode(line) }

func (r *Reader) end(line []byte) error {
	var e envelope
	if err := strict(line, &e); err != nil || e.End == nil {
		return r.fault(fmt.Errorf("the end line is malformed: %w", err))
	}
	if e.End.Resources != r.resources || e.End.Gaps != len(r.gaps) {
		return r.fault(fmt.Errorf("the end line counts %d resources and %d gaps, %d and %d were read", e.End.Resources, e.End.Gaps, r.resources, len(r.gaps)))
	}
	switch _, err := r.in.ReadByte(); {
	case err == nil:
		return r.fault(errors.New("more data follows the end line"))
	case err != io.EOF:
		return r.inputError(err)
	}
	return io.EOF
}

// decoder turns lines into resources.
type decoder struct {
	scan    jsonscan.Scanner
	strings map[string]any // short strings that come again and again, boxed
	stamps  stampCache
	facts   int // attributes of its kind that the current resource has
}

// keep gives the string of b, the same one for equal short strings while there
// is room, and boxed, so that a million resources do not hold a million "aws".
func (d *decoder) keep(b []byte) any {
	if len(b) > 64 {
		return string(b)
	}
	if v, ok := d.strings[string(b)]; ok {
		return v
	}
	if d.strings == nil {
		d.strings = map[string]any{}
	}
	s := string(b)
	if len(d.strings) < 1<<14 {
		d.strings[s] = s
	}
	return s
}

func (d *decoder) word(b []byte) string { return d.keep(b).(string) }

// sortedNames reports a name that is not after the last one.
func sortedNames(last *string, name string, first bool) error {
	if !first && name <= *last {
		return fmt.Errorf("member %q is out of order", name)
	}
	*last = name
	return nil
}

var envelopeOrder = [...]string{"id", "kind", "native", "provider", "source", "account", "region", "name", "tenant",
	"tags", "attributes", "gaps", "links", "raw", "seen"}

func place(name []byte) int { return slices.Index(envelopeOrder[:], string(name)) }
