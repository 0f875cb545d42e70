// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"demarc.dev/demarc/evidence"
)

// body checks that a body is what its entry names and learns what it tells.
func (v *verifier) body(index int64, h *evidence.Header, b *body) {
	part := bodyPart(index)
	if b.erased.Valid {
		v.Erased++
		v.told.erased[index] = b.erased.Int64
		if b.salt != nil || b.data != nil || b.blob != nil {
			v.fault(part, "it is said to be erased by entry %d, yet something of it is there", b.erased.Int64)
		}
		return
	}
	gone := b.data == nil && b.blob == nil && b.size > 0 // an empty body has no bytes either
	if len(b.salt) != len(evidence.Salt{}) || b.keyID != "" || gone || b.data != nil && b.blob != nil {
		v.fault(part, "it or its salt is missing, and no entry says that it was erased")
		return
	}
	head, ok := v.digests(part, h, b)
	if !ok {
		return
	}
	v.Bodies++
	if bytes.HasPrefix(head, []byte(reserved)) {
		v.told.body(v, index, h, head)
	}
}

// digests checks a body's length, digest and commitment. It gives the body
// when it was written by the store itself, otherwise its beginning.
func (v *verifier) digests(part string, h *evidence.Header, b *body) (head []byte, ok bool) {
	sum, commitment := sha256.New(), evidence.Commitment(evidence.Salt(b.salt))
	var size int64
	var err error
	if b.blob == nil {
		sum.Write(b.data)
		commitment.Write(b.data)
		head, size = b.data, int64(len(b.data))
	} else {
		v.Blobs++
		part = fmt.Sprintf("blob %x", b.blob)
		head, size, err = v.file(b, io.MultiWriter(sum, commitment))
	}
	switch {
	case err != nil:
		v.fault(part, "entry %d names it: %v", b.entry, err)
	case !bytes.Equal(sum.Sum(nil), h.CT[:]):
		v.fault(part, "it is not what entry %d names: it was changed", b.entry)
	case !hmac.Equal(commitment.Sum(nil), h.CM[:]):
		v.fault(part, "its salt is not the one that entry %d was made with", b.entry)
	case size != b.size:
		v.fault(part, "it has %d bytes, its row says %d", size, b.size)
	default:
		return head, true
	}
	return nil, false
}

// file reads a body that lies in a file, and keeps as much of it as a record
// may have.
func (v *verifier) file(b *body, to io.Writer) (head []byte, size int64, err error) {
	f, err := v.open(b)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	keep := &firstBytes{most: len(reserved)}
	if b.ext == "json" && b.size <= recordMost {
		keep.most = recordMost
	}
	size, err = io.Copy(io.MultiWriter(to, keep), contextReader{v.ctx, f})
	return keep.got, size, err
}

// told is what the log tells of records and actors.
type told struct {
	records map[string]state  // by collection/id
	named   map[string]naming // by pseudonym
	erased  map[int64]int64   // entry whose body is erased → the entry that says so
	erasure map[int64]int64   // the other way round, as the log has it
}

type state struct {
	entry int64
	at    int64 // microseconds since 1970
	value evidence.Digest
}

type naming struct {
	entry  int64
	person string // empty when erased
}

func newTold() *told {
	return &told{map[string]state{}, map[string]naming{}, map[int64]int64{}, map[int64]int64{}}
}

// header learns from an entry's header.
func (t *told) header(v *verifier, index int64, h *evidence.Header) {
	switch h.Kind {
	case kindActorNamed:
		t.named[strings.TrimPrefix(h.Object, "actor/")] = naming{entry: index}
	case evidence.KindErasure:
		of, err := strconv.ParseInt(strings.TrimPrefix(h.Object, "entry/"), 10, 64)
		if _, twice := t.erasure[of]; err != nil || twice || of < 0 || of >= index {
			v.fault(entryPart(index), "it says that the body of %s was erased, which cannot be", h.Object)
			break
		}
		t.erasure[of] = index
	}
	if _, ok := t.named[h.Actor]; !ok {
		v.fault(entryPart(index), "its actor %s was not named before", h.Actor)
	}
}

// body learns from a body that the store wrote.
func (t *told) body(v *verifier, index int64, h *evidence.Header, text []byte) {
	if h.Kind == kindActorNamed {
		var b actorBody
		if err := json.Unmarshal(text, &b); err != nil || b.V != 1 || h.Object != "actor/"+b.Pseudonym {
			v.fault(bodyPart(index), "it does not name the actor of its entry")
			return
		}
		t.named[b.Pseudonym] = naming{index, b.Person}
		return
	}
	id, value, deleted, ok := parseRecordBody(text)
	switch {
	case !ok:
		v.fault(bodyPart(index), "it is no record, although it begins like one")
	case deleted:
		delete(t.records, id)
	default:
		t.records[id] = state{index, h.Time.UnixMicro(), sha256.Sum256(value)}
	}
}

// parseRecordBody reads what recordBody wrote; ids need no escapes.
func parseRecordBody(text []byte) (id string, value []byte, deleted, ok bool) {
	rest, ok1 := bytes.CutPrefix(text, []byte(reserved+`record":1,"id":"`))
	name, rest, ok2 := bytes.Cut(rest, []byte(`",`))
	if !ok1 || !ok2 {
		return "", nil, false, false
	}
	if string(rest) == `"deleted":true}` {
		return string(name), nil, true, true
	}
	value, ok1 = bytes.CutPrefix(rest, []byte(`"value":`))
	value, ok2 = bytes.CutSuffix(value, []byte("}"))
	return string(name), value, false, ok1 && ok2
}

// blobs looks for files that no entry names.
func (v *verifier) blobs() error {
	if v.tree.broken {
		return nil
	}
	return v.o.s.files.List(v.ctx, v.o.id, func(name string) error {
		digest, ok := parseDigest(name)
		if !ok {
			v.fault("blob "+filepath.Base(name), "a file of that name does not belong in %s", filepath.Dir(name))
			return nil
		}
		return v.stray(digest)
	})
}

// stray tells of a blob that neither an entry names nor a marker excuses. One
// that was stored after the state that is verified has either by now. One whose
// body is erased between the two questions has a marker afterwards, or is gone.
func (v *verifier) stray(digest evidence.Digest) error {
	for range 3 {
		if v.o.isLent(digest) {
			return nil
		}
		var named int
		if err := v.o.q.row(v.ctx, bodyNames, []any{digest[:]}, &named); err != nil || named > 0 {
			return err
		}
		if v.o.isLent(digest) {
			return nil
		}
		f, _, err := v.o.s.files.Open(v.ctx, v.o.id, digest)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		f.Close()
	}
	v.fault(fmt.Sprintf("blob %x", digest), "no entry names it")
	return nil
}
