// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"demarc.dev/demarc/evidence"
)

// The parts of one organisation in an export or a backup, in their order.
// All pages but the last of a kind are full, so that the same organisation
// gives the same bytes.
const (
	partOrg     = "organisation"
	partHead    = "head"
	partKey     = "key"
	partBlob    = "blob/"
	partEntries = "entries/" // and the number of the first
	partBodies  = "bodies/"
	partRecords = "records/"
	partActors  = "actors/"

	// What the parts have at most, in bytes.
	orgPartMost     = 8 << 10
	keyPartMost     = 16 << 10
	entriesPartMost = bodyPage * (evidence.MaxHeader + 2)
	bodiesPartMost  = bodyPage * (inlineMost/3*4 + 512)
	linesPartMost   = linePage * 1024

	linePage = 1024

	// transferEntriesMost bounds the memory of an import.
	transferEntriesMost = 1 << 26
)

// Forms of the key's part.
const (
	keyNone   = "none"
	keySealed = "sealed" // by a passphrase
	keyPlain  = "plain"
)

// orgPart is the part "organisation": what to expect of the others.
type orgPart struct {
	ID      string `json:"id"`
	Period  string `json:"period"`
	Key     string `json:"key"`
	Entries int64  `json:"entries"`
	Signed  int64  `json:"signed"` // of them, under the head; 0 is no head
	Blobs   int64  `json:"blobs"`
	Records int64  `json:"records"`
	Actors  int64  `json:"actors"`
	Secret  string `json:"secret"` // form of the key's part
}

// bodyLine is a line of a part bodies/: a body in the database has data, one
// in a file blob and size, an erased one nothing but the entry that says so.
type bodyLine struct {
	Salt   []byte `json:"salt,omitempty"`
	Ext    string `json:"ext,omitempty"`
	Data   []byte `json:"data,omitempty"`
	Blob   string `json:"blob,omitempty"`
	Size   int64  `json:"size,omitempty"`
	Erased int64  `json:"erased,omitempty"`
}

func pageName(kind string, first int64) string { return fmt.Sprintf("%s%012d", kind, first) }

// marshalLine gives the one way in which a value is written.
func marshalLine(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

// unmarshalLine reads what marshalLine wrote, and nothing that is spelt in
// any other way.
func unmarshalLine(line []byte, v any) error {
	if err := json.Unmarshal(line, v); err != nil {
		return fmt.Errorf("it is not as it would be written")
	}
	again, err := marshalLine(v)
	if err == nil && !bytes.Equal(again, line) {
		err = fmt.Errorf("it is not as it would be written")
	}
	return err
}

// appendHeader adds a header to a part entries/: its length, big endian, and
// its bytes.
func appendHeader(b, leaf []byte) []byte {
	return append(append(b, byte(len(leaf)>>8), byte(len(leaf))), leaf...)
}

// parseHeaders reads the headers of a part.
func parseHeaders(b []byte) (leaves [][]byte, err error) {
	for len(b) > 0 {
		if len(b) < 2 || len(b)-2 < int(b[0])<<8|int(b[1]) {
			return nil, fmt.Errorf("its last header is cut off")
		}
		n := int(b[0])<<8 | int(b[1])
		leaves = append(leaves, b[2:2+n])
		b = b[2+n:]
	}
	return leaves, nil
}

func (b *body) line() bodyLine {
	if b.erased.Valid {
		return bodyLine{Erased: b.erased.Int64}
	}
	l := bodyLine{Salt: b.salt, Ext: b.ext, Data: b.data}
	if b.blob != nil {
		l.Data, l.Blob, l.Size = nil, hex.EncodeToString(b.blob), b.size
	}
	return l
}

// body gives the row that a line stands for.
func (l *bodyLine) body(entry int64) (*body, error) {
	b := &body{entry: entry, salt: l.Salt, ext: l.Ext}
	switch digest, isDigest := parseDigest(l.Blob); {
	case l.Erased != 0:
		if len(l.Salt) > 0 || l.Ext != "" || l.Data != nil || l.Blob != "" || l.Size != 0 {
			return nil, fmt.Errorf("the body of entry %d is said to be erased, yet something of it is there", entry)
		}
		b.erased = sql.NullInt64{Int64: l.Erased, Valid: true}
		return b, nil
	case len(l.Salt) != len(evidence.Salt{}) || !isExt(l.Ext):
		return nil, fmt.Errorf("the body of entry %d has no salt of its length or an ending that is none", entry)
	case l.Blob != "" && isDigest && len(l.Data) == 0:
		b.blob, b.size = digest[:], l.Size
	case l.Blob == "" && l.Size == 0 && len(l.Data) <= inlineMost:
		b.data, b.size = append([]byte{}, l.Data...), int64(len(l.Data))
	default:
		return nil, fmt.Errorf("the body of entry %d is neither here nor in a blob", entry)
	}
	return b, nil
}

// parseBodies reads a part bodies/ of the entries from first on.
func parseBodies(data []byte, first int64) (bodies []*body, err error) {
	for len(data) > 0 {
		line, rest, ok := bytes.Cut(data, []byte("\n"))
		if !ok {
			return nil, fmt.Errorf("its last line is cut off")
		}
		var l bodyLine
		if err := unmarshalLine(data[:len(line)+1], &l); err != nil {
			return nil, fmt.Errorf("the line of entry %d: %w", first, err)
		}
		b, err := l.body(first)
		if err != nil {
			return nil, err
		}
		bodies, data, first = append(bodies, b), rest, first+1
	}
	return bodies, nil
}
