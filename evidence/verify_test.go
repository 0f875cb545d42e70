// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// packCase is a log, its signer and the options of a pack.
type packCase struct {
	log    *memoryLog
	signer *Signer
	o      PackOptions
}

// richLog is a log of 14 entries with all that a pack can say of one: bodies
// of several endings, empty ones, one withheld, one erased, one undisclosed.
func richLog(t testing.TB) *memoryLog {
	t.Helper()
	l := newMemoryLog()
	for i := range 14 {
		f := fact{body: fmt.Appendf(nil, `{"entry":%d}`, i), ext: "json"}
		switch i {
		case 4:
			f.erasedBy = 8
		case 6:
			f.body = nil
		case 8:
			f.kind, f.object = KindErasure, "entry/4"
		case 9:
			f.ext = ""
		}
		l.add(t, f)
	}
	return l
}

func richCase(t testing.TB) packCase {
	t.Helper()
	l, s := richLog(t), fixedSigner(t, testOrigin, 1)
	earlier := l.sign(t, s, 5)
	return packCase{l, s, PackOptions{
		From: 2, To: 12, Checkpoint: l.sign(t, s, 14), Earlier: earlier,
		Disclose: func(index int64, _ Header) Disclosure {
			return map[int64]Disclosure{5: WithholdBody, 7: WithholdEntry}[index]
		},
		Created: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC), Recorded: 13,
		Requester: "p-auditor", Reason: "audit/2026-surveillance",
	}}
}

func (c packCase) pack(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := WritePack(context.Background(), &b, c.log, c.signer, c.o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func verify(t testing.TB, pack []byte, o VerifyOptions) *PackReport {
	t.Helper()
	r, err := VerifyPack(context.Background(), bytes.NewReader(pack), int64(len(pack)), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestVerifyPack(t *testing.T) {
	c := richCase(t)
	r := verify(t, c.pack(t), VerifyOptions{Key: c.signer.PublicKey()})
	if !r.OK() || len(r.Proves) == 0 {
		t.Errorf("a good pack:\n%s", r.Text())
	}
	if want := (EntryCounts{9, 1}); r.Entries != want {
		t.Errorf("entries: %+v", r.Entries)
	}
	for i, v := range r.Verdicts {
		if v.Name != verdictNames[i] || v.State == StateNotChecked || v.State == StateFailed {
			t.Errorf("%+v", v)
		}
	}
	if _, err := VerifyPack(context.Background(), bytes.NewReader(nil), 0, VerifyOptions{}); !errors.Is(err, ErrNoKey) {
		t.Errorf("without a key: %v", err)
	}
}

// TestVerifyPackEveryByte changes each byte of a pack. The
// report must name the file that the byte belongs to and, for an entry or a
// body, its index.
func TestVerifyPackEveryByte(t *testing.T) {
	c := richCase(t)
	pack := c.pack(t)
	members, whole, err := readMembers(context.Background(), bytes.NewReader(pack), int64(len(pack)), knownMember)
	if err != nil || !whole {
		t.Fatal(whole, err)
	}
	at := 0
	for i, m := range members {
		for ; at < int(m.data()); at++ { // its header: it or a neighbour is named
			near := members[max(i-1, 0):min(i+2, len(members))]
			eachChange(t, c, pack, at, func(r *PackReport) bool {
				return names(r, "ZIP", -1) && (i == 0 && strings.Contains(r.Faults[0].What, "the beginning") || slices.ContainsFunc(near, func(m member) bool { return strings.Contains(fmt.Sprint(r.Faults), m.name) }))
			})
		}
		for ; at < int(m.end()); at++ {
			if (m.name == nameReadme || m.name == nameVerifier) && at%64 != 0 {
				continue // long texts, of which a byte here and there must do
			}
			entry := c.entryAt(m.name, pack[m.data():m.end()], at-int(m.data()))
			eachChange(t, c, pack, at, func(r *PackReport) bool { return names(r, m.name, entry) })
		}
	}
	for ; at < len(pack); at++ {
		eachChange(t, c, pack, at, func(r *PackReport) bool { return names(r, "ZIP", -1) })
	}
}

// eachChange changes a byte and asks whether the report names what it should.
func eachChange(t *testing.T, c packCase, pack []byte, at int, named func(*PackReport) bool) {
	t.Helper()
	was, mask := pack[at], []byte{1, 0x80, 0x55}[at%3]
	pack[at] ^= mask
	r := verify(t, pack, VerifyOptions{Key: c.signer.PublicKey()})
	if r.OK() || len(r.Proves) > 0 {
		t.Errorf("byte %d ^ %#x: accepted", at, mask)
	} else if !named(r) {
		t.Errorf("byte %d ^ %#x: the report names %v", at, mask, r.Faults)
	}
	pack[at] = was
}

// names tells whether a report has a fault in a file and of an entry; -1 is
// any.
func names(r *PackReport, file string, entry int64) bool {
	return slices.ContainsFunc(r.Faults, func(f Fault) bool { return f.File == file && (entry < 0 || f.Entry == entry) })
}

// entryAt gives the entry that a byte of a file belongs to, or -1.
func (c packCase) entryAt(name string, data []byte, at int) int64 {
	if index, ok := bodyIndex(name); ok {
		return index
	}
	if first, ok := bundleIndex(name); ok {
		for ; ; first++ {
			n := 2 + int(binary.BigEndian.Uint16(data))
			if at < n {
				if at < 2 && n == 2 {
					return -1 // made longer, an undisclosed entry takes bytes of the next
				}
				return first
			}
			data, at = data[n:], at-n
		}
	}
	return -1
}
