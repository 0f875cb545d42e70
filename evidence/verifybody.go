// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// nextLine gives what bodies/index.jsonl says of an entry; have is false when
// it cannot be read.
func (c *rangeCheck) nextLine(at int64) (l bodyLine, have bool, err error) {
	if c.index.in == nil {
		return l, false, nil
	}
	stop := func(format string, args ...any) (bodyLine, bool, error) {
		c.fault(VerdictBodies, PartIndex, nameIndex, at, format, args...)
		_, err := io.Copy(io.Discard, c.index.in)
		c.index.in = nil
		return l, false, readFailed(err)
	}
	text, err := c.index.in.ReadSlice('\n')
	switch {
	case errors.Is(err, io.EOF):
		return stop("the file ends before its line")
	case errors.Is(err, bufio.ErrBufferFull):
		return stop("its line has no end")
	case err != nil:
		return l, false, &readError{err}
	}
	l, err = parseBodyLine(text[:len(text)-1])
	if err != nil {
		c.fault(VerdictBodies, PartIndex, nameIndex, at, "%v", err)
		return l, false, nil
	}
	if l.index != at {
		return stop("in its place stands the line of entry %d", l.index)
	}
	return l, true, nil
}

// checkBody checks what the index says of an entry's body. have is false when
// its header h is not known.
func (c *rangeCheck) checkBody(at int64, l bodyLine, h Header, have bool) error {
	shown := c.shown[at-c.from]
	if shown != entryUnknown && (l.state == bodyUndisclosed) != (shown == entryUndisclosed) {
		c.fault(VerdictBodies, PartIndex, nameIndex, at, "it says %q of an entry that is %s", bodyWords[l.state],
			map[bool]string{true: "not disclosed", false: "disclosed"}[shown == entryUndisclosed])
	}
	name, wanted := nameIndex, "" // that a body is empty is claimed by the index
	if l.state == bodyOK && l.bytes > 0 {
		name = bodyName(at, l.ext)
		wanted = name
	}
	i := c.takeBody(at, wanted)
	switch l.state {
	case bodyWithheld:
		c.report.Bodies.Withheld++
	case bodyErased:
		c.report.Bodies.Erased++
		if _, ok := c.erased[l.by]; !ok {
			c.erased[l.by] = at
		}
		if l.by <= at || c.headHolds && l.by >= c.report.Head.Size {
			c.fault(VerdictBodies, PartIndex, nameIndex, at, "entry %d cannot have recorded the erasure of its body", l.by)
		}
	case bodyOK:
		c.report.Bodies.OK++
		c.report.Bodies.Bytes += l.bytes
		return c.checkBytes(at, i, name, l, h, have)
	}
	return nil
}

// takeBody steps over the bodies up to those of an entry and gives the one of
// that name, or -1. Any other is one too many.
func (c *rangeCheck) takeBody(at int64, name string) int {
	found := -1
	for ; c.body < c.lastBody; c.body++ {
		m := &c.members[c.body]
		switch index, _ := bodyIndex(m.name); {
		case index > at:
			return found
		case m.name == name:
			found = c.body
		default:
			c.fault(VerdictBodies, PartBody, m.name, index, "the index of the bodies does not call for it")
		}
	}
	return found
}

// skipBody steps over the bodies of an entry of which the index says nothing.
func (c *rangeCheck) skipBody(at int64) {
	for ; c.body < c.lastBody; c.body++ {
		if index, _ := bodyIndex(c.members[c.body].name); index > at {
			return
		}
	}
}

// checkBytes checks a body that is member i of the pack, or empty. name is
// the file to name in a fault.
func (c *rangeCheck) checkBytes(at int64, i int, name string, l bodyLine, h Header, have bool) error {
	sum, commitment := c.sum, Commitment(l.salt)
	sum.reset()
	switch {
	case l.bytes > 0 && i < 0:
		c.fault(VerdictBodies, PartBody, name, at, "it is missing")
		return nil
	case l.bytes > 0 && c.members[i].size != l.bytes:
		c.fault(VerdictBodies, PartBody, name, at, "it has %d bytes, the index says %d", c.members[i].size, l.bytes)
		return nil
	case l.bytes > 0:
		if err := c.pour(i, io.MultiWriter(sum, commitment), c.buf); err != nil {
			return err
		}
	}
	switch {
	case !have:
		c.moot++
	case !bytes.Equal(sum.sum.Sum(nil), h.CT[:]):
		part, _ := partOf(name)
		c.fault(VerdictBodies, part, name, at, "it is not the body that the entry's header names")
	case !bytes.Equal(commitment.Sum(nil), h.CM[:]):
		c.fault(VerdictBodies, PartIndex, nameIndex, at, "its salt does not open the commitment in the entry's header")
	}
	if i >= 0 {
		c.settle(i, sum)
	}
	return nil
}

// checkErasures checks that what is said to have recorded an erasure did, as
// far as it is in the pack, and gives how many it is not.
func (c *rangeCheck) checkErasures() (outside int) {
	for _, by := range sortedKeys(c.erased) {
		state := entryUndisclosed
		if by >= c.from && by < c.to {
			state = c.shown[by-c.from]
		}
		switch state {
		case entryErasure, entryUnknown:
		case entryUndisclosed:
			outside++
		default:
			c.fault(VerdictBodies, PartIndex, nameIndex, c.erased[by], "entry %d is said to have recorded the erasure of its body, but is no erasure", by)
		}
	}
	return outside
}
