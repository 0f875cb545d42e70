// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// bundleIndex gives the first index in the name of a bundle.
func bundleIndex(name string) (first int64, ok bool) {
	digits, ok := strings.CutPrefix(name, "entries/")
	if !ok {
		return 0, false
	}
	return bodyIndex("bodies/" + digits)
}

// close reads the streams to their ends and finds what nothing called for.
func (c *rangeCheck) close() error {
	if err := c.closeBundle(); err != nil {
		return err
	}
	if c.index.in != nil {
		n, err := io.Copy(io.Discard, c.index.in)
		if err != nil {
			return &readError{err}
		}
		if n > 0 {
			c.fault(VerdictBodies, PartIndex, nameIndex, -1, "%d bytes after its last line", n)
		}
	}
	c.takeBody(maxLogIndex, "")
	inRange := map[int]bool{}
	for _, f := range c.closed {
		inRange[f.member] = true
	}
	for i := range c.members {
		if _, ok := bundleIndex(c.members[i].name); ok && !inRange[i] {
			c.fault(VerdictEntries, PartEntry, c.members[i].name, -1, "no entry of the range begins it")
		}
	}
	return nil
}

// closedFile is a file that was read to its end.
type closedFile struct {
	member int
	tally  *tally
}

// conclude tells who is wrong where headers and leaf hashes differ, and gives
// the verdicts.
func (c *rangeCheck) conclude(proofHolds bool) error {
	holds := proofHolds
	if len(c.other) > 0 && !proofHolds {
		var err error
		if holds, err = c.checkLeaves(true); err != nil {
			return err
		}
	}
	c.blame(proofHolds, holds)
	for _, f := range c.closed {
		c.settle(f.member, f.tally)
	}
	if c.index.tally != nil {
		c.settle(c.find(nameIndex), c.index.tally)
	}
	outside := c.checkErasures()
	c.checkCounts()
	if !proofHolds {
		return nil
	}
	c.answer(VerdictRange, StateOK, "entries %d to %d of %d: none missing, none added, in their order", c.from, c.to-1, c.report.Head.Size)
	c.answer(VerdictEntries, StateOK, "%d disclosed, %d undisclosed", c.report.Entries.Disclosed, c.report.Entries.Undisclosed)
	if c.moot == 0 {
		b := c.report.Bodies
		text := fmt.Sprintf("%d ok (%d bytes), %d withheld, %d erased", b.OK, b.Bytes, b.Withheld, b.Erased)
		if outside > 0 {
			text += fmt.Sprintf("; records of erasures that are not shown here: %d", outside)
		}
		c.answer(VerdictBodies, StateOK, "%s", text)
	}
	c.answers[VerdictClock] = c.clock.verdict()
	c.answerPeriod()
	return nil
}

// blame names the entries or the leaf hashes that were changed: those that do
// not lead to the signed root. leaves says that org/leafhashes.bin leads to
// it, disclosed that the headers do where the two differ.
func (c *rangeCheck) blame(leaves, disclosed bool) {
	for _, at := range sortedKeys(c.other) {
		bundle := bundleName(max(c.from, at-at%bundleEntries))
		switch {
		case leaves:
			c.fault(VerdictEntries, PartEntry, bundle, at, "it is not the entry that was signed")
		case disclosed:
			c.fault(VerdictRange, PartLeafHashes, nameLeafHashes, at, "its leaf hash was changed; the entry itself leads to the signed root")
		default:
			c.fault(VerdictEntries, PartEntry, bundle, at, "it does not have the leaf hash that stands in %s", nameLeafHashes)
		}
	}
	if leaves || disclosed || !c.headHolds || c.named[nameRangeProof] {
		return
	}
	if f, ok := c.files[nameRangeProof]; ok {
		if text, have, _ := c.read(nameRangeProof, maxProof); have && f != fileOf(nameRangeProof, text) {
			c.fault(VerdictRange, PartProof, nameRangeProof, -1, "it was changed, and does not lead to the signed root")
			return
		}
	}
	c.fault(VerdictRange, PartLeafHashes, nameLeafHashes, -1, "the entries %d to %d, as they stand here, do not lead to the signed root", c.from, c.to-1)
}

// checkCounts holds the manifest's counts against what was seen.
func (c *rangeCheck) checkCounts() {
	if c.manifest == nil || c.failed[VerdictEntries] > 0 || c.failed[VerdictBodies] > 0 {
		return
	}
	if c.manifest.Entries != c.report.Entries || c.manifest.Bodies != c.report.Bodies {
		c.fault(VerdictManifest, PartManifest, nameManifest, -1, "its counts of entries or bodies are not those of the pack")
	}
}

func (c *rangeCheck) answerPeriod() {
	last := c.report.Head.Size - 1
	switch {
	case c.sealedAt == last:
		c.answer(VerdictPeriod, StateOK, "sealed: entry %d closes the log, nothing can follow it", last)
	case c.to > last && c.shown[last-c.from] == entryShown:
		c.answer(VerdictPeriod, StateAttention, "open: the log went on, or still may, after entry %d", last)
	default:
		c.answer(VerdictPeriod, StateAttention, "not known: the last entry of the log, %d, is not shown here", last)
	}
}

// clockCheck gathers what the entries' clocks say.
type clockCheck struct {
	entries, back, unknown int64
	worst                  int64 // µs, of those that are known
	first, last            time.Time
	largest                time.Duration // of the steps back
	boot                   [16]byte
	boots, mono            int64
}

// clockTolerance is what writers that do not wait for each other may be out
// of order.
const clockTolerance = time.Second

func (c *clockCheck) see(h Header) {
	if c.entries == 0 {
		c.first, c.last = h.Time, h.Time
	}
	if c.entries == 0 || c.boot != h.Boot {
		c.boots, c.boot, c.mono = c.boots+1, h.Boot, h.Mono
	}
	c.entries++
	if step := c.last.Sub(h.Time); step > clockTolerance {
		c.back++
		c.largest = max(c.largest, step)
	} else if c.mono-h.Mono > clockTolerance.Microseconds() {
		c.back++
	}
	c.last, c.mono = h.Time, h.Mono
	if h.ClkErr < 0 {
		c.unknown++
	}
	c.worst = max(c.worst, h.ClkErr)
}

func (c *clockCheck) verdict() Verdict {
	if c.entries == 0 {
		return Verdict{VerdictClock, StateAttention, "no entry is disclosed"}
	}
	text := fmt.Sprintf("%s to %s by the recording machine's own clock, %s", c.first.Format(timeLayout), c.last.Format(timeLayout), plural(c.boots, "boot", "boots"))
	state := StateOK
	if c.back > 0 {
		state = StateAttention
		text += fmt.Sprintf("; it went back %s, by up to %d s", plural(c.back, "time", "times"), int64(c.largest/time.Second))
	} else {
		text += "; it never went back"
	}
	if c.unknown > 0 {
		state = StateAttention
		text += fmt.Sprintf("; not known to be synchronised at %d of %d entries", c.unknown, c.entries)
	} else {
		text += fmt.Sprintf("; error at most %d µs", c.worst)
	}
	return Verdict{VerdictClock, state, text}
}
