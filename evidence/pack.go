// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
)

// MaxPackEntries is the most entries that one pack takes: it bounds what
// making and verifying one needs in memory, some 110 bytes an entry.
const MaxPackEntries = 1 << 20

// Kinds of entries that a pack's verification looks at.
const (
	KindSeal    = "seal"    // the last entry of a closed period
	KindErasure = "erasure" // says that the body of an earlier entry was lawfully erased
)

// PackSource is the log that a pack is made from. While a pack is made it
// must give the same answers each time: read it in one transaction.
type PackSource interface {
	// Entries gives the entries [from, to) in order. It is called several
	// times. The leaf may be reused after the loop's body.
	Entries(ctx context.Context, from, to int64) iter.Seq2[PackEntry, error]
	// Body opens the stored bytes of a body that is not erased and not
	// empty; a large one is opened twice.
	Body(ctx context.Context, index int64) (io.ReadCloser, error)
	// Tile gives a tile's hashes, as Tiles made them; more than asked for
	// does no harm.
	Tile(ctx context.Context, level int, n int64) ([]byte, error)
}

// PackEntry is an entry with what a pack says of its body.
type PackEntry struct {
	Entry
	Salt     Salt   // of the commitment to the body
	Bytes    int64  // length of the stored body
	Ext      string // file ending of the body without its dot, say "json"; may be empty
	Erased   bool   // the body and its salt are gone
	ErasedBy int64  // index of the entry that says so
}

// Disclosure says how much of an entry a pack shows.
type Disclosure int

// From everything to the least with which the range can be checked.
const (
	DiscloseAll   Disclosure = iota
	WithholdBody             // the header, not the body
	WithholdEntry            // its leaf hash only
)

// PackOptions says what a pack is to hold.
type PackOptions struct {
	From, To   int64  // the entries [From, To)
	Checkpoint []byte // signed by the log's key, over at least To entries
	Earlier    []byte // an earlier checkpoint of the log that the reader may hold; may be nil

	// Disclose is asked once for each entry; nil discloses everything.
	Disclose func(index int64, h Header) Disclosure

	Created   time.Time // when the pack is made, by the maker's clock
	Recorded  int64     // index of the entry that records the making; 0 when none does
	Requester string    // pseudonym of who asked for it; may be empty
	Reason    string    // id of the reason, say "audit/2026-surveillance"; may be empty
}

// Manifest is what a pack says of itself, in manifest.json.
type Manifest struct {
	Format       string         `json:"format"`
	Origin       string         `json:"origin"`
	Organisation string         `json:"organisation"`
	Period       string         `json:"period"`
	From         int64          `json:"from"` // first entry
	To           int64          `json:"to"`   // the entry after the last
	Size         int64          `json:"size"` // entries under the checkpoint
	Created      string         `json:"created"`
	Recorded     int64          `json:"recorded"`
	Requester    string         `json:"requester"`
	Reason       string         `json:"reason"`
	Entries      EntryCounts    `json:"entries"`
	Bodies       BodyCounts     `json:"bodies"`
	Files        []ManifestFile `json:"files"` // all but the manifest, its signature and bodies/<index>
}

// EntryCounts counts the entries of a pack.
type EntryCounts struct {
	Disclosed   int64 `json:"disclosed"`
	Undisclosed int64 `json:"undisclosed"`
}

// BodyCounts counts the bodies of the disclosed entries of a pack.
type BodyCounts struct {
	OK       int64 `json:"ok"`
	Withheld int64 `json:"withheld"`
	Erased   int64 `json:"erased"`
	Bytes    int64 `json:"bytes"` // of those that are ok
}

// ManifestFile is a line of the manifest.
type ManifestFile struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // hex
}

// Names and numbers of the format.
const (
	packFormat    = "demarc-pack/1"
	bundleEntries = 4096         // entries of one file entries/<first index>
	maxLogIndex   = 1e12         // indexes are written with 12 digits
	createdLayout = time.RFC3339 // in UTC, to the second

	nameReadme      = "README.txt"
	nameIndex       = "bodies/index.jsonl"
	nameManifest    = "manifest.json"
	nameManifestSig = "manifest.sig"
	nameCheckpoint  = "org/checkpoint"
	nameEarlier     = "org/checkpoint-start"
	nameConsistency = "org/consistency"
	nameLeafHashes  = "org/leafhashes.bin"
	nameRangeProof  = "org/range-proof"
	namePolicy      = "policy"
	nameVerifier    = "verify_pack.py"
)

func bundleName(first int64) string { return fmt.Sprintf("entries/%012d", first) }

func bodyName(index int64, ext string) string {
	if ext != "" {
		ext = "." + ext
	}
	return fmt.Sprintf("bodies/%012d%s", index, ext)
}

// isExt tells of a file ending like "json" or "tar.gz".
func isExt(s string) bool { return s == "" || isWord(s, 16) && !strings.HasSuffix(s, ".") }

// nextBundle gives where the bundle that begins at first ends.
func nextBundle(first, to int64) int64 { return min(first-first%bundleEntries+bundleEntries, to) }

// policyText is c2sp.org/tlog-policy: one log, no witnesses.
func policyText(key string) string { return "log " + key + "\nquorum none\n" }

//go:embed verify_pack.py
var packVerifier []byte

//go:embed pack_readme.txt
var packReadme []byte

// PackVerifier gives verify_pack.py, the second verifier, to be published
// apart from the packs that hold it.
func PackVerifier() []byte { return bytes.Clone(packVerifier) }

// text gives the manifest's one spelling.
func (m *Manifest) text() ([]byte, error) {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(b, '\n'), nil
}

// parseManifest reads a manifest that is written as text writes it.
func parseManifest(b []byte) (*Manifest, error) {
	var m Manifest
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return nil, fmt.Errorf("reading the manifest: %w", err)
	}
	if again, err := m.text(); err != nil || !bytes.Equal(again, b) {
		return nil, fmt.Errorf("reading the manifest: it is not spelt as %s demands", packFormat)
	}
	if m.Format != packFormat {
		return nil, fmt.Errorf("reading the manifest: format %.40q is not %s", m.Format, packFormat)
	}
	if org, period, err := ParseOrigin(m.Origin); err != nil || org != m.Organisation || period != m.Period {
		return nil, fmt.Errorf("reading the manifest: origin %.120q, organisation %.80q and period %.40q do not agree", m.Origin, m.Organisation, m.Period)
	}
	if m.From < 0 || m.From >= m.To || m.To > m.Size || m.Size > maxLogIndex || m.To-m.From > MaxPackEntries {
		return nil, fmt.Errorf("reading the manifest: range [%d,%d) of %d entries is out of bounds", m.From, m.To, m.Size)
	}
	if _, err := time.Parse(createdLayout, m.Created); err != nil || !strings.HasSuffix(m.Created, "Z") {
		return nil, fmt.Errorf("reading the manifest: created %.40q is no time in UTC", m.Created)
	}
	if !validPurpose(m.Requester, m.Reason) || m.Recorded < 0 {
		return nil, fmt.Errorf("reading the manifest: requester, reason or recorded holds what no id may hold")
	}
	return &m, nil
}

func validPurpose(requester, reason string) bool {
	return (requester == "" || isWord(requester, 48)) && (reason == "" || isID(reason, 160))
}

// bodyState is what a pack says of an entry's body.
type bodyState byte

const (
	bodyOK          bodyState = iota // in the pack, or empty
	bodyWithheld                     // exists, not shown
	bodyErased                       // gone, lawfully
	bodyUndisclosed                  // nothing is said: the entry itself is not shown
)

var bodyWords = [...]string{"ok", "withheld", "erased", "undisclosed"}

// bodyLine is a line of bodies/index.jsonl.
type bodyLine struct {
	index int64
	state bodyState
	bytes int64  // ok
	ext   string // ok
	salt  Salt   // ok
	by    int64  // erased
}
