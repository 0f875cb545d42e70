// SPDX-License-Identifier: Apache-2.0

package foreign

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// window is how much of a report is looked at to recognise it.
const window = 256 << 10

// errTooLarge ends the reading of a report that is larger than was allowed.
var errTooLarge = errors.New("the report is larger than the limit")

// input is a report as its parser reads it: unpacked, without a byte order mark,
// with the lines of what was read counted.
type input struct {
	*bufio.Reader
	lines *lines
	shift int64 // bytes before the first that is given out: a byte order mark
}

// newInput unpacks what is packed and refuses what is no text in UTF-8.
func newInput(r io.Reader, most int64) (*input, error) {
	packed := bufio.NewReaderSize(r, window)
	first, err := packed.Peek(4)
	if err != nil && err != io.EOF {
		return nil, err
	}
	var plain io.Reader = packed
	if bytes.HasPrefix(first, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(packed)
		if err != nil {
			return nil, invalid("the file begins like gzip and is none", "pack it again, or give the file as it is").Wrap(err)
		}
		plain = unpacking{z}
	}
	l := &lines{r: &bounded{r: plain, left: most}}
	in := &input{Reader: bufio.NewReaderSize(l, window), lines: l}
	head, err := in.Peek(4)
	if err != nil && err != io.EOF {
		return nil, in.told(err)
	}
	switch {
	case len(head) == 0:
		return nil, invalid("the file is empty", "let the tool write its report again")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return nil, invalid("the file is a zip archive", "unzip it, and give the report in it")
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return nil, invalid("the file is packed with gzip twice", "unpack it once: gunzip")
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}), bytes.IndexByte(head, 0) >= 0:
		return nil, invalid("the file is in UTF-16 or UTF-32, or is no text", "write it in UTF-8: iconv -f UTF-16 -t UTF-8 FILE; PowerShell's > writes UTF-16, Out-File -Encoding utf8 does not")
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		in.shift = 3
		if _, err := in.Discard(3); err != nil {
			return nil, err
		}
	}
	return in, nil
}

// told puts what stopped the reading below the parsers into words.
func (in *input) told(err error) error {
	switch {
	case errors.Is(err, errTooLarge):
		return invalid(fmt.Sprintf("the report is larger than %d MiB, unpacked", in.lines.r.(*bounded).most>>20), "give it in parts, such as one account each").Wrap(err)
	case errors.Is(err, errPacked):
		return invalid("the gzip file is damaged", "copy it again, or pack it again").Wrap(err)
	}
	return err
}

// errPacked marks what is wrong with the packing, not with what is packed.
var errPacked = errors.New("unpacking")

type unpacking struct{ z io.Reader }

func (u unpacking) Read(p []byte) (int, error) {
	n, err := u.z.Read(p)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%w: %w", errPacked, err)
	}
	return n, err
}

// bounded ends with an error after left bytes.
type bounded struct {
	r    io.Reader
	left int64
	most int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.most == 0 {
		b.most = b.left
	}
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

// lines counts the lines of what is read through it. It holds the ends of those
// lines only that were read and not yet asked for.
type lines struct {
	r    io.Reader
	read int64
	ends []int64 // offsets of line ends after the last place that was asked for
	from int     // of ends: those before are done
	done int     // line ends before the last place that was asked for
}

func (l *lines) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.from > 4096 && l.from > len(l.ends)/2 {
		l.ends = l.ends[:copy(l.ends, l.ends[l.from:])]
		l.from = 0
	}
	if len(l.ends)-l.from > maxEnds { // nobody asks: forget the places, keep the count
		l.done += len(l.ends) - l.from
		l.ends, l.from = l.ends[:0], 0
	}
	for at := 0; at < n; {
		i := bytes.IndexByte(p[at:n], '\n')
		if i < 0 {
			break
		}
		at += i + 1
		l.ends = append(l.ends, l.read+int64(at)-1)
	}
	l.read += int64(n)
	return n, err
}

// maxEnds bounds the line ends that are held. It is more than a record may have.
const maxEnds = 4 << 20

// line gives the number of the line in which the byte at offset stands. Places
// must be asked for from front to back.
func (l *lines) line(offset int64) int {
	for l.from < len(l.ends) && l.ends[l.from] < offset {
		l.from++
		l.done++
	}
	return l.done + 1
}
