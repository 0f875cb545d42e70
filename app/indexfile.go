// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/klauspost/compress/s2"

	"demarc.dev/demarc/check"
)

// nameless makes a file that is gone when it is closed or the program ends.
func nameless() (*os.File, error) {
	f, err := os.CreateTemp("", "demarc-findings-*")
	if err != nil {
		return nil, fmt.Errorf("making an index: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("making an index: %w", err), f.Close())
	}
	return f, nil
}

// blockSize is how many bytes of lines or words are kept together.
const (
	lineBlock = 32 << 10
	wordBlock = 4 << 10
)

// block is where some of the lines, or words, of a file begin.
type block struct {
	at    int64
	first int32 // number of its first line
	size  int32 // as it lies in the file
}

// lineFile holds lines in compressed blocks. After its last write it is safe
// for concurrent use.
type lineFile struct {
	f      *os.File
	blocks []block
	n      int32 // lines

	open   bytes.Buffer
	packed []byte
	first  int32
	at     int64
}

// add adds a line, which ends with its newline.
func (l *lineFile) add(line []byte) error {
	l.open.Write(line)
	l.n++
	if l.open.Len() < lineBlock {
		return nil
	}
	return l.flush()
}

func (l *lineFile) flush() error {
	if l.open.Len() == 0 {
		return nil
	}
	l.packed = s2.Encode(l.packed[:cap(l.packed)], l.open.Bytes())
	if _, err := l.f.Write(l.packed); err != nil {
		return fmt.Errorf("writing an index: %w", err)
	}
	l.blocks = append(l.blocks, block{l.at, l.first, int32(len(l.packed))})
	l.at, l.first = l.at+int64(len(l.packed)), l.n
	l.open.Reset()
	return nil
}

func (l *lineFile) close() error { return l.f.Close() }

// lineReader reads findings, the quicker the nearer they lie to each other. One
// goroutine uses it.
type lineReader struct {
	l            *lineFile
	packed, text []byte
	lines        [][]byte
	at           int // block in lines; -1: none
}

func (l *lineFile) reader() *lineReader { return &lineReader{l: l, at: -1} }

func (r *lineReader) read(place int32) (f check.Finding, err error) {
	line, err := r.line(place)
	if err == nil {
		err = json.Unmarshal(line, &f)
	}
	if err != nil {
		return f, fmt.Errorf("reading a finding: %w", err)
	}
	return f, nil
}

// line gives the line at a place, until the next call.
func (r *lineReader) line(place int32) ([]byte, error) {
	i, found := slices.BinarySearchFunc(r.l.blocks, place, func(b block, place int32) int { return int(b.first) - int(place) })
	if !found {
		i--
	}
	if i != r.at {
		if err := r.load(i); err != nil {
			return nil, err
		}
	}
	return r.lines[place-r.l.blocks[i].first], nil
}

func (r *lineReader) load(i int) (err error) {
	b := r.l.blocks[i]
	r.packed = slices.Grow(r.packed[:0], int(b.size))[:b.size]
	if _, err := r.l.f.ReadAt(r.packed, b.at); err != nil {
		return err
	}
	if r.text, err = s2.Decode(r.text[:cap(r.text)], r.packed); err != nil {
		return err
	}
	r.lines, r.at = r.lines[:0], i
	for rest := r.text; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n') + 1
		r.lines = append(r.lines, rest[:end])
		rest = rest[end:]
	}
	return nil
}

// wordFile holds texts in small letters, one a line, and finds those that hold
// a word. Beside each block stands a sieve of the groups of three letters in
// it, so that few blocks are read. After its last write it is safe for
// concurrent use.
type wordFile struct {
	f      *os.File
	blocks []block
	sieve  []uint64 // sieveWords for each block
	n      int32    // texts

	open  []byte
	first int32
	at    int64
}

const (
	sieveWords = 32
	sieveBits  = 11 // 1<<11 = 64·32
)

func sieveOf(a, b, c byte) uint32 {
	return (uint32(a) | uint32(b)<<8 | uint32(c)<<16) * 2654435761 >> (32 - sieveBits)
}

// add adds a text, which must hold no newline, and gives its number.
func (w *wordFile) add(text []byte) (int32, error) {
	w.open = append(append(w.open, text...), '\n')
	w.n++
	if len(w.open) >= wordBlock {
		return w.n - 1, w.flush()
	}
	return w.n - 1, nil
}

func (w *wordFile) flush() error {
	if len(w.open) == 0 {
		return nil
	}
	var sieve [sieveWords]uint64
	for i := 2; i < len(w.open); i++ {
		bit := sieveOf(w.open[i-2], w.open[i-1], w.open[i])
		sieve[bit/64] |= 1 << (bit % 64)
	}
	if _, err := w.f.Write(w.open); err != nil {
		return fmt.Errorf("writing an index: %w", err)
	}
	w.sieve = append(w.sieve, sieve[:]...)
	w.blocks = append(w.blocks, block{w.at, w.first, int32(len(w.open))})
	w.at, w.first = w.at+int64(len(w.open)), w.n
	w.open = w.open[:0]
	return nil
}

func (w *wordFile) close() error { return w.f.Close() }

// readAtOnce is how many blocks are read together.
const readAtOnce = 64

// holding gives the numbers of the texts that hold a word.
func (w *wordFile) holding(word string) (bitset, error) {
	out, sought := newBitset(w.n), []byte(word)
	var data []byte
	for i := 0; i < len(w.blocks); i++ {
		if !w.mayHold(i, sought) {
			continue
		}
		from, size := w.blocks[i], int64(0)
		for n := 0; n < readAtOnce && i < len(w.blocks) && w.mayHold(i, sought); n++ {
			size += int64(w.blocks[i].size)
			i++
		}
		data = slices.Grow(data[:0], int(size))[:size]
		if _, err := w.f.ReadAt(data, from.at); err != nil {
			return nil, fmt.Errorf("searching findings: %w", err)
		}
		out.mark(data, sought, from.first)
		i--
	}
	return out, nil
}

func (w *wordFile) mayHold(block int, word []byte) bool {
	sieve := w.sieve[block*sieveWords : (block+1)*sieveWords]
	for i := 2; i < len(word); i++ {
		if bit := sieveOf(word[i-2], word[i-1], word[i]); sieve[bit/64]&(1<<(bit%64)) == 0 {
			return false
		}
	}
	return true
}

// bitset is a set of small numbers.
type bitset []uint64

func newBitset(n int32) bitset { return make(bitset, n/64+1) }

func (b bitset) has(n int32) bool { return b[n/64]&(1<<(n%64)) != 0 }

// mark adds the numbers of the lines that hold a word; the first is number n.
func (b bitset) mark(lines, word []byte, n int32) {
	for {
		at := bytes.Index(lines, word)
		if at < 0 {
			return
		}
		n += int32(bytes.Count(lines[:at], []byte{'\n'}))
		b[n/64] |= 1 << (n % 64)
		lines = lines[at+bytes.IndexByte(lines[at:], '\n')+1:]
		n++
	}
}
