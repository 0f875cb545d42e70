// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// Exports and backups are files of parts, see docs/format.md: a title, then
// for each part a line "part <name> <size> <SHA-256>", its bytes and a line
// feed, and at last "end <SHA-256 of the title and all lines of parts>".

const (
	exportTitle = "demarc export 1\n"
	backupTitle = "demarc backup 1\n"

	partLineMost = 512
)

// partWriter writes a file of parts.
type partWriter struct {
	w      *bufio.Writer
	sum    hash.Hash
	prefix string // of the parts' names
	failed error  // of the writer beneath
}

func newPartWriter(w io.Writer, title string) *partWriter {
	p := &partWriter{w: bufio.NewWriterSize(w, 256<<10), sum: sha256.New()}
	_ = p.line(title) // a writer that fails is told of at the end
	return p
}

// line writes a line, which the file's digest binds.
func (p *partWriter) line(text string) error {
	io.WriteString(p.sum, text)
	_, err := io.WriteString(p, text)
	return err
}

// Write remembers that it was the writer beneath that failed.
func (p *partWriter) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	if err != nil && p.failed == nil {
		p.failed = err
	}
	return n, err
}

func (p *partWriter) part(name string, data []byte) error {
	return p.stream(name, int64(len(data)), sha256.Sum256(data), bytes.NewReader(data))
}

// stream writes a part whose size and digest are known; that r gives something
// else is an error.
func (p *partWriter) stream(name string, size int64, digest evidence.Digest, r io.Reader) error {
	if err := p.line(partLine(p.prefix+name, size, digest)); err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(p, sum), r)
	if err == nil && (n != size || !bytes.Equal(sum.Sum(nil), digest[:])) {
		err = fmt.Errorf("%s%s is not what was announced", p.prefix, name)
	}
	if err == nil {
		_, err = io.WriteString(p, "\n")
	}
	return err
}

func (p *partWriter) end() error {
	fmt.Fprintf(p, "end %x\n", p.sum.Sum(nil)) // its error stays with the writer
	if err := p.w.Flush(); err != nil && p.failed == nil {
		p.failed = err
	}
	return p.failed
}

func partLine(name string, size int64, digest evidence.Digest) string {
	return fmt.Sprintf("part %s %d %x\n", name, size, digest)
}

// partReader reads a file of parts in the order in which they are expected.
// Nothing of it is trusted: it holds no more than a part's bound in memory,
// and a byte that is not as it was written is told with the part it stands in.
type partReader struct {
	ctx    context.Context
	r      *bufio.Reader
	sum    hash.Hash
	what   string // "export" or "backup"
	prefix string
	left   int64 // bytes that may still come
	most   int64

	passphrase string // that opens what is sealed
}

func newPartReader(ctx context.Context, r io.Reader, title string, most int64) (*partReader, error) {
	what := strings.Fields(title)[1]
	p := &partReader{ctx: ctx, sum: sha256.New(), what: what, left: most, most: most}
	p.r = bufio.NewReaderSize(contextReader{ctx, r}, 256<<10)
	line, err := p.line("title")
	if err != nil && problem.Of(err) != problem.Integrity {
		return nil, err
	}
	family, version, _ := strings.Cut(strings.TrimSuffix(line, "\n"), what+" ")
	if n, verr := strconv.Atoi(version); verr == nil && family == "demarc " && n > 1 {
		return nil, problem.Newf(problem.Invalid, "this %s has format %d, written by a newer program; this one knows format 1", what, n).WithHint("use the newer program")
	}
	if line != title {
		return nil, problem.Newf(problem.Invalid, "the file is no %s: its first line, the part title, is not %q", what, strings.TrimSuffix(title, "\n")).
			WithHint("check that it is the file that was written, whole and not packed once more")
	}
	return p, nil
}

// fault says what is wrong with a part.
func (p *partReader) fault(part, format string, args ...any) error {
	return problem.Newf(problem.Integrity, "the %s is damaged or was changed: part %s%s: %s", p.what, p.prefix, part, fmt.Sprintf(format, args...)).
		WithHint("take another copy of the file; nothing of this one was kept")
}

func (p *partReader) broken(part string, err error) error {
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return p.fault(part, "the file ends within it or before it")
	case p.ctx.Err() != nil:
		return p.ctx.Err()
	}
	return fmt.Errorf("reading the %s: %w", p.what, err)
}

// line reads a line; part is what is expected there.
func (p *partReader) line(part string) (string, error) {
	var b []byte
	for len(b) < partLineMost {
		c, err := p.r.ReadByte()
		if err != nil {
			return "", p.broken(part, err)
		}
		if b = append(b, c); c == '\n' {
			p.sum.Write(b)
			return string(b), nil
		}
	}
	return "", p.fault(part, "no line of at most %d bytes begins it", partLineMost)
}

// header reads the line of the part that is expected. When name ends in "/"
// the rest of the name is given.
func (p *partReader) header(name string, most int64) (rest string, size int64, digest evidence.Digest, err error) {
	line, err := p.line(name)
	if err != nil {
		return "", 0, digest, err
	}
	f := strings.Fields(line)
	if len(f) != 4 || f[0] != "part" {
		return "", 0, digest, p.fault(name, "its line is missing or is not whole")
	}
	full := p.prefix + name
	rest, ok := strings.CutPrefix(f[1], full)
	if !ok || (rest != "") != strings.HasSuffix(name, "/") {
		return "", 0, digest, p.fault(name, "it is missing; %q stands in its place", f[1])
	}
	size, err = strconv.ParseInt(f[2], 10, 64)
	sum, herr := hex.DecodeString(f[3])
	if err != nil || herr != nil || size < 0 || copy(digest[:], sum) != len(digest) || partLine(f[1], size, digest) != line {
		return "", 0, digest, p.fault(name+rest, "size or digest in its line are none")
	}
	if size > most {
		return "", 0, digest, p.fault(name+rest, "it would have %d bytes, such a part has at most %d", size, most)
	}
	if size > p.left {
		return "", 0, digest, problem.Newf(problem.Invalid, "the %s is larger than the %d bytes that are taken (part %s%s%s)", p.what, p.most, p.prefix, name, rest).
			WithHint("allow more if it is one of yours")
	}
	p.left -= size
	return rest, size, digest, nil
}

// data reads a small part.
func (p *partReader) data(name string, most int64) ([]byte, error) {
	_, size, digest, err := p.header(name, most)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer // grows with what comes, not with what is announced
	if err := p.body(name, size, digest, &b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// body copies the bytes of a part and checks them.
func (p *partReader) body(name string, size int64, digest evidence.Digest, to io.Writer) error {
	sum, target := sha256.New(), &output{w: to}
	n, err := io.Copy(io.MultiWriter(sum, target), io.LimitReader(p.r, size))
	if target.err != nil {
		return target.err
	}
	if err == nil && n < size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return p.broken(name, err)
	}
	if !bytes.Equal(sum.Sum(nil), digest[:]) {
		return p.fault(name, "its bytes do not have its digest")
	}
	if c, err := p.r.ReadByte(); err != nil {
		return p.broken(name, err)
	} else if c != '\n' {
		return p.fault(name, "no line feed ends it")
	}
	return nil
}

// end reads the last line and demands that nothing follows.
func (p *partReader) end() error {
	want := fmt.Sprintf("end %x\n", p.sum.Sum(nil))
	line, err := p.line("end")
	if err != nil {
		return err
	}
	if line != want {
		return p.fault("end", "its digest is not that of the parts before it")
	}
	if _, err := p.r.ReadByte(); err == nil {
		return p.fault("end", "something follows it")
	} else if !errors.Is(err, io.EOF) {
		return p.broken("end", err)
	}
	return nil
}

// files reads what keyFiles.text wrote in a form.
func (p *partReader) files(part string, text []byte, form, bound string) (k keyFiles, err error) {
	if form == keyPlain {
		return k, unmarshalLine(text, &k)
	}
	if p.passphrase == "" {
		return k, problem.Newf(problem.Usage, "part %s%s of the %s is sealed by a passphrase, and none was given", p.prefix, part, p.what).
			WithHint("give the passphrase that it was written with")
	}
	var s sealedKey
	if err := unmarshalLine(text, &s); err != nil {
		return k, err
	}
	if k, err = s.open(p.passphrase, []byte(bound)); errors.Is(err, errSealed) {
		return k, problem.Newf(problem.Denied, "the passphrase does not open part %s%s of the %s, or the part was changed", p.prefix, part, p.what).
			WithHint("check the passphrase; each file has the one that it was written with")
	}
	return k, err
}
