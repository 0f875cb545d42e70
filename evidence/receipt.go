// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Entry is one entry of a log.
type Entry struct {
	Index int64
	Leaf  []byte // the header's bytes; authoritative
}

// Header reads the entry's header.
func (e Entry) Header() (Header, error) {
	h, err := ParseHeader(e.Leaf)
	if err != nil {
		return h, fmt.Errorf("entry %d: %w", e.Index, err)
	}
	return h, nil
}

// Receipt proves to whoever holds the public key that an entry is in the log.
type Receipt struct {
	Entry      Entry
	Proof      []Hash
	Checkpoint []byte
	Head       Head // of the checkpoint
}

// MaxReceipt is the longest receipt read, in bytes.
const MaxReceipt = MaxCheckpoint + 2*MaxHeader + 16<<10

const receiptTitle = "c2sp.org/tlog-proof@v1\n"

// NewReceipt makes the receipt of an entry under a checkpoint that covers it.
// The result is checked but for the signature, so a damaged tree gives an
// error, not a bad receipt.
func NewReceipt(e Entry, checkpoint []byte, r tlog.HashReader) ([]byte, error) {
	text, _, ok := bytes.Cut(checkpoint, []byte("\n\n"))
	if !ok {
		return nil, errors.New("receipt: the checkpoint has no signature")
	}
	head, err := ParseHead(string(text) + "\n")
	if err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	if e.Index < 0 || e.Index >= head.Size {
		return nil, fmt.Errorf("receipt: entry %d is not among the %d of the checkpoint", e.Index, head.Size)
	}
	proof, err := tlog.ProveRecord(head.Size, e.Index, r)
	if err != nil {
		return nil, fmt.Errorf("receipt of entry %d: %w", e.Index, err)
	}
	if err := tlog.CheckRecord(proof, head.Size, head.Root, e.Index, LeafHash(e.Leaf)); err != nil {
		return nil, fmt.Errorf("receipt of entry %d: the stored entry does not lead to the signed root", e.Index)
	}
	receipt := Receipt{Entry: e, Proof: proof, Checkpoint: checkpoint}
	return receipt.text(), nil
}

// text gives the receipt's one spelling.
func (r *Receipt) text() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%sextra %s\nindex %d\n", receiptTitle, base64.StdEncoding.EncodeToString(r.Entry.Leaf), r.Entry.Index)
	for _, h := range r.Proof {
		fmt.Fprintf(&b, "%s\n", h)
	}
	b.WriteByte('\n')
	b.Write(r.Checkpoint)
	return []byte(b.String())
}

// VerifyReceipt checks a receipt against the public key. The error says which
// part does not hold.
func VerifyReceipt(receipt []byte, key string) (Receipt, error) {
	r, err := ParseReceipt(receipt)
	if err != nil {
		return r, err
	}
	if r.Head, err = OpenCheckpoint(r.Checkpoint, key); err != nil {
		return r, fmt.Errorf("receipt: %w", err)
	}
	if _, err := r.Entry.Header(); err != nil {
		return r, fmt.Errorf("receipt: %w", err)
	}
	if r.Entry.Index >= r.Head.Size {
		return r, fmt.Errorf("receipt: entry %d is not among the %d of the checkpoint", r.Entry.Index, r.Head.Size)
	}
	if err := tlog.CheckRecord(r.Proof, r.Head.Size, r.Head.Root, r.Entry.Index, LeafHash(r.Entry.Leaf)); err != nil {
		return r, fmt.Errorf("receipt: entry %d is not the one that was signed, or its inclusion proof was changed", r.Entry.Index)
	}
	return r, nil
}

// VerifyReceiptUnder is VerifyReceipt for a reader who holds a checkpoint of
// the log from elsewhere: the receipt's must be that one, or be shown to agree
// with it by proof (see VerifyConsistency; either may be the older). The error
// Is ErrFork when two logs were signed: keep both then.
func VerifyReceiptUnder(receipt, checkpoint []byte, proof []Hash, key string) (Receipt, error) {
	r, err := VerifyReceipt(receipt, key)
	if err != nil {
		return r, err
	}
	held, err := OpenCheckpoint(checkpoint, key)
	if err != nil {
		return r, fmt.Errorf("the checkpoint at hand: %w", err)
	}
	older, newer := r.Head, held
	if newer.Size < older.Size {
		older, newer = newer, older
	}
	if older.Size > 0 && older.Size < newer.Size && len(proof) == 0 {
		return r, fmt.Errorf("receipt: its checkpoint is of %d entries, the one at hand of %d: a consistency proof between them is needed", r.Head.Size, held.Size)
	}
	if err := continues(newer, older, proof); err != nil {
		return r, fmt.Errorf("receipt: its checkpoint of %d entries and the one at hand of %d: %w", r.Head.Size, held.Size, err)
	}
	return r, nil
}

// ParseReceipt reads a receipt and checks nothing but its form: to show it, or
// to find out which key it asks for. Its Head is not set.
func ParseReceipt(b []byte) (Receipt, error) {
	r, err := parseReceipt(b)
	if err == nil && !bytes.Equal(r.text(), b) {
		err = errors.New("not spelt as a receipt is")
	}
	if err != nil {
		return Receipt{}, fmt.Errorf("receipt: %w", err)
	}
	return r, nil
}

func parseReceipt(b []byte) (r Receipt, err error) {
	if len(b) > MaxReceipt {
		return r, fmt.Errorf("%d bytes, at most %d are allowed", len(b), MaxReceipt)
	}
	rest, ok := strings.CutPrefix(string(b), receiptTitle)
	if !ok {
		return r, errors.New("its first line is not " + strings.TrimSpace(receiptTitle))
	}
	proof, checkpoint, ok := strings.Cut(rest, "\n\n")
	if !ok {
		return r, errors.New("no blank line before the checkpoint")
	}
	r.Checkpoint = []byte(checkpoint)
	lines := strings.Split(proof, "\n")
	if len(lines) < 2 || len(lines) > 2+64 {
		return r, errors.New("not the lines of a proof")
	}
	extra, ok := strings.CutPrefix(lines[0], "extra ")
	if !ok {
		return r, errors.New("no entry: the line \"extra\" is missing")
	}
	if r.Entry.Leaf, err = base64.StdEncoding.Strict().DecodeString(extra); err != nil {
		return r, fmt.Errorf("entry: %w", err)
	}
	index, ok := strings.CutPrefix(lines[1], "index ")
	r.Entry.Index, err = strconv.ParseInt(index, 10, 64)
	if !ok || err != nil || r.Entry.Index < 0 || strconv.FormatInt(r.Entry.Index, 10) != index {
		return r, errors.New("the line \"index\" is missing or holds no number")
	}
	for _, l := range lines[2:] {
		h, err := parseHash(l)
		if err != nil {
			return r, fmt.Errorf("inclusion proof: %w", err)
		}
		r.Proof = append(r.Proof, h)
	}
	return r, nil
}
