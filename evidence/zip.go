// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
)

// A pack's ZIP has one spelling: members stored, in the order of their names,
// one after the other from the first byte on; sizes and checksums in the local
// headers; no time, no attribute, no comment, no extra field but ZIP64's where
// a number asks for it. So the reader computes what the file's structure must
// be and compares, and trusts no number in it.

// maxMember is the largest file in a pack: what needs no ZIP64 size.
const maxMember = 1<<32 - 2

const maxMemberName = 64

// maxMembers is the most files of a pack: a body an entry, their bundles, and
// the dozen others. It bounds what reading the headers needs in memory.
const maxMembers = MaxPackEntries + MaxPackEntries/bundleEntries + 16

const (
	zipLocal     = 0x04034b50
	zipCentral   = 0x02014b50
	zipEnd       = 0x06054b50
	zipEnd64     = 0x06064b50
	zipLocator64 = 0x07064b50

	zipLocalLen = 30
	zipDate     = 1<<5 | 1 // 1980-01-01, the first that can be written
	zipMax16    = 1<<16 - 1
	zipMax32    = 1<<32 - 1
)

// member is a file of a pack.
type member struct {
	name  string
	size  int64
	crc   uint32
	start int64 // of its local header
}

// data gives where its bytes begin.
func (m *member) data() int64 { return m.start + zipLocalLen + int64(len(m.name)) }

// end gives where they end, and the next header begins.
func (m *member) end() int64 { return m.data() + m.size }

func (m *member) appendLocal(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, zipLocal)
	b = m.appendCommon(b, 10)
	return append(b, m.name...)
}

// appendCommon appends the fields that both headers of a member share.
func (m *member) appendCommon(b []byte, version uint16) []byte {
	b = binary.LittleEndian.AppendUint16(b, version)
	b = append(b, 0, 0, 0, 0, 0, 0) // flags, method: stored, time
	b = binary.LittleEndian.AppendUint16(b, zipDate)
	b = binary.LittleEndian.AppendUint32(b, m.crc)
	b = binary.LittleEndian.AppendUint32(b, uint32(m.size))
	b = binary.LittleEndian.AppendUint32(b, uint32(m.size))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(m.name)))
	if version == 45 {
		return append(b, 12, 0)
	}
	return append(b, 0, 0)
}

func (m *member) appendCentral(b []byte) []byte {
	version := uint16(10)
	if m.start >= zipMax32 {
		version = 45
	}
	b = binary.LittleEndian.AppendUint32(b, zipCentral)
	b = binary.LittleEndian.AppendUint16(b, version)
	b = m.appendCommon(b, version)
	b = append(b, make([]byte, 10)...) // comment, disk, attributes
	b = binary.LittleEndian.AppendUint32(b, uint32(min(m.start, zipMax32)))
	b = append(b, m.name...)
	if version == 45 {
		b = append(b, 1, 0, 8, 0)
		b = binary.LittleEndian.AppendUint64(b, uint64(m.start))
	}
	return b
}

// appendEnd appends what closes the file: count members, whose central
// headers take size bytes from start on.
func appendEnd(b []byte, count, start, size int64) []byte {
	le := binary.LittleEndian
	if count >= zipMax16 || start >= zipMax32 || size >= zipMax32 {
		b = le.AppendUint32(b, zipEnd64)
		b = le.AppendUint64(b, 44)
		b = append(b, 45, 0, 45, 0)
		b = append(b, make([]byte, 8)...) // disks
		b = le.AppendUint64(b, uint64(count))
		b = le.AppendUint64(b, uint64(count))
		b = le.AppendUint64(b, uint64(size))
		b = le.AppendUint64(b, uint64(start))
		b = le.AppendUint32(b, zipLocator64)
		b = append(b, 0, 0, 0, 0)
		b = le.AppendUint64(b, uint64(start+size))
		b = append(b, 1, 0, 0, 0)
	}
	b = le.AppendUint32(b, zipEnd)
	b = append(b, 0, 0, 0, 0) // disks
	b = le.AppendUint16(b, uint16(min(count, zipMax16)))
	b = le.AppendUint16(b, uint16(min(count, zipMax16)))
	b = le.AppendUint32(b, uint32(min(size, zipMax32)))
	b = le.AppendUint32(b, uint32(min(start, zipMax32)))
	return append(b, 0, 0)
}

// zipWriter writes a pack's ZIP. The first error sticks.
type zipWriter struct {
	w       *bufio.Writer
	at      int64
	count   int64
	last    string
	central []byte
	scratch []byte
	err     error
}

func newZipWriter(w io.Writer) *zipWriter {
	return &zipWriter{w: bufio.NewWriterSize(w, 256<<10)}
}

func (z *zipWriter) write(b []byte) {
	if z.err != nil {
		return
	}
	n, err := z.w.Write(b)
	z.at += int64(n)
	z.err = err
}

// begin writes the header of a member whose bytes come next.
func (z *zipWriter) begin(name string, size int64, crc uint32) {
	if z.err != nil {
		return
	}
	if name <= z.last || len(name) > maxMemberName || size < 0 || size > maxMember {
		z.err = fmt.Errorf("writing pack: %s of %d bytes after %s cannot be written", name, size, z.last)
		return
	}
	m := member{name: name, size: size, crc: crc, start: z.at}
	z.scratch = m.appendLocal(z.scratch[:0])
	z.write(z.scratch)
	z.central = m.appendCentral(z.central)
	z.count++
	z.last = name
}

// add writes a member.
func (z *zipWriter) add(name string, data []byte) {
	z.begin(name, int64(len(data)), crc32.ChecksumIEEE(data))
	z.write(data)
}

// copy writes a member of known size and checksum from r; it is an error if r
// gives anything else.
func (z *zipWriter) copy(name string, size int64, crc uint32, r io.Reader) error {
	z.begin(name, size, crc)
	if z.err != nil {
		return z.err
	}
	sum := crc32.NewIEEE()
	n, err := io.Copy(io.MultiWriter(z.w, sum), io.LimitReader(r, size+1))
	z.at += n
	if err == nil && (n != size || sum.Sum32() != crc) {
		err = fmt.Errorf("writing pack: what is to be %s changed meanwhile", name)
	}
	z.err = err
	return err
}

func (z *zipWriter) close() error {
	start := z.at
	z.write(z.central)
	z.write(appendEnd(nil, z.count, start, int64(len(z.central))))
	if z.err != nil {
		return z.err
	}
	return z.w.Flush()
}

// readMembers walks over the local headers of a ZIP from its first byte to
// its central directory, then checks that the rest of the file is what they
// call for. known tells which names may stand in a pack. whole is false when
// the members could not all be found; they are those before the fault then.
func readMembers(ctx context.Context, r io.ReaderAt, size int64, known func(string) bool) (members []member, whole bool, err error) {
	var central int64
	last := "the beginning"
	for at := int64(0); ; {
		if err := ctx.Err(); err != nil {
			return members, false, err
		}
		m, more, err := readLocal(r, size, at)
		if err != nil {
			return members, false, fmt.Errorf("header at byte %d, after %s: %w", at, last, err)
		}
		if !more {
			return members, true, checkDirectory(r, size, at, members)
		}
		if len(members) > 0 && m.name <= last {
			return members, false, fmt.Errorf("header at byte %d: %s stands after %s", at, m.name, last)
		}
		if len(members) == maxMembers {
			return members, false, fmt.Errorf("header at byte %d: a pack holds at most %d files", at, maxMembers)
		}
		if !known(m.name) {
			return members, false, fmt.Errorf("header at byte %d, after %s: a pack holds no file %q", at, last, m.name)
		}
		var scratch [zipCentralMax]byte
		central += int64(len(m.appendCentral(scratch[:0])))
		if at = m.end(); at+central > size {
			return members, false, fmt.Errorf("header of %s: the file is cut off, or its size is wrong", m.name)
		}
		members, last = append(members, m), m.name
	}
}

const zipCentralMax = 46 + maxMemberName + 12

// readLocal reads the local header at at; more is false where the central
// directory begins instead.
func readLocal(r io.ReaderAt, size, at int64) (m member, more bool, err error) {
	var buf, want [zipLocalLen + maxMemberName]byte
	n, err := r.ReadAt(buf[:min(int64(len(buf)), size-at)], at)
	if err != nil && err != io.EOF {
		return m, false, &readError{err}
	}
	b := buf[:n]
	if len(b) >= 4 && binary.LittleEndian.Uint32(b) == zipCentral && at > 0 {
		return m, false, nil
	}
	if len(b) < zipLocalLen {
		return m, false, fmt.Errorf("the file is cut off")
	}
	nameLen := int(binary.LittleEndian.Uint16(b[26:]))
	if zipLocalLen+nameLen > len(b) {
		return m, false, fmt.Errorf("damaged, or the file is cut off")
	}
	m = member{
		name:  string(b[zipLocalLen : zipLocalLen+nameLen]),
		size:  int64(binary.LittleEndian.Uint32(b[18:])),
		crc:   binary.LittleEndian.Uint32(b[14:]),
		start: at,
	}
	if m.size > maxMember || string(m.appendLocal(want[:0])) != string(b[:zipLocalLen+nameLen]) {
		return m, false, fmt.Errorf("damaged, or not a pack's")
	}
	return m, true, nil
}

// readError is a failure to read the file, as opposed to a fault in it.
type readError struct{ err error }

func (e *readError) Error() string { return "reading: " + e.err.Error() }
func (e *readError) Unwrap() error { return e.err }

// checkDirectory compares the file from start on with the directory that the
// members call for.
func checkDirectory(r io.ReaderAt, size, start int64, members []member) error {
	in := bufio.NewReaderSize(io.NewSectionReader(r, start, size-start), 256<<10)
	at := start
	compare := func(want []byte, what string) error {
		got := make([]byte, len(want))
		n, err := io.ReadFull(in, got)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return &readError{err}
		}
		for i := range want {
			if i >= n {
				return fmt.Errorf("directory, %s: the file is cut off at byte %d", what, at+int64(i))
			}
			if got[i] != want[i] {
				return fmt.Errorf("directory, %s: byte %d is changed", what, at+int64(i))
			}
		}
		at += int64(n)
		return nil
	}
	var scratch []byte
	for i := range members {
		scratch = members[i].appendCentral(scratch[:0])
		if err := compare(scratch, "record of "+members[i].name); err != nil {
			return err
		}
	}
	if err := compare(appendEnd(nil, int64(len(members)), start, at-start), "end"); err != nil {
		return err
	}
	if at != size {
		return fmt.Errorf("directory: %d bytes after its end", size-at)
	}
	return nil
}
