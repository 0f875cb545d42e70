// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"demarc.dev/demarc/check"
	"demarc.dev/demarc/internal/jsonscan"
	"demarc.dev/demarc/problem"
)

// indexBuilder reads the findings of a run once. What follows each other and
// is alike, as most is about one resource, is looked up once.
type indexBuilder struct {
	x       *findingIndex
	scan    jsonscan.Scanner
	known   map[string]int32       // names
	classes map[findingClass]int32 // in x.classes
	said    map[string]int32       // messages that came lately
	texts   []byte                 // the resources, one a line
	starts  []int                  // in texts, by word; -1 for a message
	row     parsed
	word    []byte
	lastAt  []byte
	lastSec uint32
}

// parsed is what is taken of a finding. Its slices are the builder's.
type parsed struct {
	print, check, outcome, severity, message     []byte
	resource, name, kind, native, account        []byte
	region, tenant, provider, source, at, except []byte
	exposed                                      bool
}

// The bounds of an index: a line, and how many messages are remembered.
const (
	longestLine = 16 << 20
	saidMost    = 1 << 16
)

// newFindingIndex goes through findings, JSON, one a line. asked are the checks
// that gave them.
func newFindingIndex(ctx context.Context, findings io.Reader, asked []askedCheck) (_ *findingIndex, err error) {
	b := &indexBuilder{x: &findingIndex{asked: asked, lines: &lineFile{}, words: &wordFile{}}, known: map[string]int32{}, classes: map[findingClass]int32{}, said: map[string]int32{}}
	x := b.x
	if x.lines.f, err = nameless(); err != nil {
		return nil, err
	}
	if x.words.f, err = nameless(); err != nil {
		return nil, errors.Join(err, x.lines.close())
	}
	if err := b.read(ctx, findings); err != nil {
		return nil, errors.Join(err, x.close())
	}
	b.rank()
	x.whole = x.group(nil)
	x.prints = newPrintIndex(x.print)
	return x, nil
}

func (b *indexBuilder) read(ctx context.Context, findings io.Reader) error {
	in := bufio.NewReaderSize(findings, 256<<10)
	var long []byte
	for n := 0; ; n++ {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			line, err = wholeLine(in, append(long[:0], line...))
		}
		if err == io.EOF && len(line) == 0 {
			break
		}
		if err != nil && err != io.EOF {
			return err
		}
		if n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := b.add(line); err != nil {
			return fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	return errors.Join(b.x.lines.flush(), b.x.words.flush())
}

// wholeLine reads on until the line ends.
func wholeLine(in *bufio.Reader, line []byte) ([]byte, error) {
	for {
		more, err := in.ReadSlice('\n')
		line = append(line, more...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
		if len(line) > longestLine {
			return nil, problem.Newf(problem.Invalid, "a finding is longer than %d MiB", longestLine>>20)
		}
	}
}

// add adds the finding of a line.
func (b *indexBuilder) add(line []byte) error {
	if err := b.parse(line); err != nil {
		return err
	}
	x, r := b.x, &b.row
	outcome := slices.Index(Outcomes(), check.Outcome(r.outcome))
	if outcome < 0 {
		return problem.Newf(problem.Invalid, "a finding has the outcome %q, which this Demarc does not know", r.outcome)
	}
	c := findingClass{check: b.name(r.check), account: b.name(r.account), region: b.name(r.region), kind: b.name(r.kind), outcome: uint8(outcome),
		rank: int8(Rank(check.Severity(r.severity))), exposed: r.exposed, excepted: len(r.except) > 0}
	id, ok := b.classes[c]
	if !ok {
		id = int32(len(x.classes))
		b.classes[c], x.classes = id, append(x.classes, c)
	}
	where, err := b.where()
	if err != nil {
		return err
	}
	said, err := b.message()
	if err != nil {
		return err
	}
	x.class, x.where, x.said = append(x.class, id), append(x.where, where), append(x.said, said)
	x.print, x.seen = append(x.print, printOf(r.print)), append(x.seen, b.second())
	if line[len(line)-1] != '\n' {
		line = append(bytes.Clone(line), '\n')
	}
	return x.lines.add(line)
}

// parse reads a line into the row.
func (b *indexBuilder) parse(line []byte) error {
	s, r := &b.scan, &b.row
	s.Reset(line)
	*r = parsed{print: r.print[:0], check: r.check[:0], outcome: r.outcome[:0], severity: r.severity[:0], message: r.message[:0], resource: r.resource[:0], name: r.name[:0], kind: r.kind[:0],
		native: r.native[:0], account: r.account[:0], region: r.region[:0], tenant: r.tenant[:0], provider: r.provider[:0], source: r.source[:0], at: r.at[:0], except: r.except[:0]}
	for s.Object(); s.Key(); {
		var into *[]byte
		switch string(s.Name()) {
		case "fingerprint":
			into = &r.print
		case "check":
			into = &r.check
		case "outcome":
			into = &r.outcome
		case "severity":
			into = &r.severity
		case "message":
			into = &r.message
		case "resource":
			into = &r.resource
		case "name":
			into = &r.name
		case "kind":
			into = &r.kind
		case "native":
			into = &r.native
		case "account":
			into = &r.account
		case "region":
			into = &r.region
		case "tenant":
			into = &r.tenant
		case "exception":
			into = &r.except
		case "exposed":
			r.exposed = s.Bool()
			continue
		case "seen":
			for s.Object(); s.Key(); {
				if string(s.Name()) == "at" {
					r.at = append(r.at[:0], s.Bytes()...)
				} else {
					s.Skip()
				}
			}
			continue
		default:
			s.Skip()
			continue
		}
		*into = append((*into)[:0], s.Bytes()...)
	}
	return s.End()
}

func (b *indexBuilder) name(text []byte) int32 {
	id, ok := b.known[string(text)]
	if !ok {
		id = int32(len(b.x.names))
		b.x.names = append(b.x.names, string(text))
		b.known[string(text)] = id
	}
	return id
}

// where gives the word of the resource, the one before when it is the same.
func (b *indexBuilder) where() (int32, error) {
	r := &b.row
	b.word = b.word[:0]
	for _, part := range [][]byte{r.name, r.resource, r.native, r.tenant} {
		b.word = append(append(b.word, part...), 0)
	}
	b.word = small(b.word)
	if last := len(b.x.where) - 1; last >= 0 {
		id := b.x.where[last]
		if bytes.Equal(b.texts[b.starts[id]:], b.word) {
			return id, nil
		}
	}
	id, err := b.x.words.add(b.word)
	b.starts = append(b.starts, len(b.texts))
	b.texts = append(b.texts, b.word...)
	return id, err
}

// message gives the word of the message, one that came lately when it is the same.
func (b *indexBuilder) message() (int32, error) {
	if id, ok := b.said[string(b.row.message)]; ok {
		return id, nil
	}
	b.word = small(append(b.word[:0], b.row.message...))
	id, err := b.x.words.add(b.word)
	b.starts = append(b.starts, -1)
	if len(b.said) == saidMost {
		clear(b.said)
	}
	b.said[string(b.row.message)] = id
	return id, err
}

// small writes a text in small letters, in one line.
func small(text []byte) []byte {
	for i, c := range text {
		switch {
		case c >= 0x80:
			return bytes.ReplaceAll(bytes.ToLower(text), []byte{'\n'}, []byte{' '})
		case c >= 'A' && c <= 'Z':
			text[i] = c + 'a' - 'A'
		case c == '\n':
			text[i] = ' '
		}
	}
	return text
}

// second gives when the resource was seen, in Unix seconds; 0: before 1970, or never.
func (b *indexBuilder) second() uint32 {
	if !bytes.Equal(b.lastAt, b.row.at) {
		b.lastAt, b.lastSec = append(b.lastAt[:0], b.row.at...), 0
		if at, err := time.Parse(time.RFC3339, string(b.row.at)); err == nil && at.Unix() > 0 {
			b.lastSec = uint32(min(at.Unix(), 1<<32-1))
		}
	}
	return b.lastSec
}

// rank puts the resources in the order of their names.
func (b *indexBuilder) rank() {
	var ids []int32
	for id, start := range b.starts {
		if start >= 0 {
			ids = append(ids, int32(id))
		}
	}
	ends := make([]int, len(b.starts))
	for i, id := range ids {
		ends[id] = len(b.texts)
		if i+1 < len(ids) {
			ends[id] = b.starts[ids[i+1]]
		}
	}
	slices.SortStableFunc(ids, func(a, c int32) int {
		return bytes.Compare(b.texts[b.starts[a]:ends[a]], b.texts[b.starts[c]:ends[c]])
	})
	b.x.ranks = make([]int32, len(b.starts))
	for rank, id := range ids {
		b.x.ranks[id] = int32(rank)
	}
}

// printOf gives a fingerprint as bytes; of a word that is none, its digest.
func printOf[S ~string | ~[]byte](text S) (p fingerprint) {
	if len(text) == 2*len(p) {
		if _, err := hex.Decode(p[:], []byte(text)); err == nil {
			return p
		}
	}
	sum := sha256.Sum256([]byte(text))
	return fingerprint(sum[:])
}
