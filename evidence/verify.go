// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrNoKey says that a pack was to be verified without a key that is trusted.
var ErrNoKey = errors.New("no trusted public key was given, and a pack cannot vouch for its own")

// VerifyOptions says what a pack is held against.
type VerifyOptions struct {
	// Key is the trusted public key, from elsewhere than the pack. None is
	// refused, unless TrustOnFirstUse takes the pack's own word for it; the
	// report says so then.
	Key             string
	TrustOnFirstUse bool

	// Earlier is a checkpoint that the reader kept; may be nil. If given,
	// it is a fault when the pack does not show that its log grew out of it.
	Earlier []byte

	MaxFaults int // listed in the report; 0 means 100
}

// VerifyPack checks a pack of size bytes: every byte of the file, every
// entry, body, proof and signature. It goes on after a fault and names what
// else it finds; what another fault makes moot is not checked. An error means
// that nothing was found out: ErrNoKey, a key that is none, r failed, or ctx
// ended. It holds some 110 bytes an entry in memory, and no body. Safe for
// concurrent use as far as r is.
func VerifyPack(ctx context.Context, r io.ReaderAt, size int64, o VerifyOptions) (*PackReport, error) {
	if o.Key == "" && !o.TrustOnFirstUse {
		return nil, ErrNoKey
	}
	if o.MaxFaults <= 0 {
		o.MaxFaults = 100
	}
	v := &verification{
		ctx: ctx, r: &window{r: r, size: size}, plain: r, size: size, o: o,
		failed: map[string]int{}, answers: map[string]Verdict{}, named: map[string]bool{},
	}
	if o.Key != "" {
		key, err := ParseKey([]byte(o.Key))
		if err != nil {
			return nil, err
		}
		v.report.Key = key
	}
	if err := v.run(); err != nil {
		return nil, fmt.Errorf("verifying pack: %w", err)
	}
	return &v.report, nil
}

type verification struct {
	ctx    context.Context
	r      io.ReaderAt // for what is read in small pieces, forward
	plain  io.ReaderAt
	size   int64
	o      VerifyOptions
	report PackReport

	members []member
	used    []bool // a member each: its bytes were checked
	failed  map[string]int
	answers map[string]Verdict
	named   map[string]bool // files that a fault names already

	manifest  *Manifest               // when it is signed
	files     map[string]ManifestFile // its lines
	headHolds bool
	start     *Head // of org/checkpoint-start, when it is proved
}

// fault records that something is wrong, and which verdict that decides.
func (v *verification) fault(verdict string, part Part, file string, entry int64, format string, args ...any) {
	v.failed[verdict]++
	v.named[file] = true
	if len(v.report.Faults) == v.o.MaxFaults {
		v.report.Unlisted++
		return
	}
	v.report.Faults = append(v.report.Faults, Fault{part, file, entry, fmt.Sprintf(format, args...)})
}

// answer records a verdict, which a fault of the same name outweighs.
func (v *verification) answer(name string, state State, format string, args ...any) {
	v.answers[name] = Verdict{name, state, fmt.Sprintf(format, args...)}
}

func (v *verification) run() error {
	whole, err := v.readStructure()
	if err != nil {
		return err
	}
	if whole {
		for _, step := range []func() error{v.checkKey, v.checkManifest, v.checkHead, v.checkRange, v.checkPlainFiles} {
			if err := step(); err != nil {
				return err
			}
		}
	}
	if err := v.checkRest(); err != nil {
		return err
	}
	v.answer(VerdictWitnesses, StateAttention, "none: nobody but the holder of the key has signed this head")
	for _, name := range verdictNames {
		a, ok := v.answers[name]
		switch n := v.failed[name]; {
		case n > 0:
			a = Verdict{name, StateFailed, plural(int64(n), "fault", "faults") + ", see below"}
		case !ok || !whole:
			a = Verdict{name, StateNotChecked, "another fault makes it moot"}
		}
		v.report.Verdicts = append(v.report.Verdicts, a)
	}
	v.report.words()
	return nil
}

// readStructure reads the ZIP's headers; whole is false where they break off.
func (v *verification) readStructure() (whole bool, err error) {
	v.members, whole, err = readMembers(v.ctx, v.r, v.size, knownMember)
	v.used = make([]bool, len(v.members))
	var broken *readError
	switch {
	case v.ctx.Err() != nil:
		return false, v.ctx.Err()
	case errors.As(err, &broken):
		return false, broken
	case err != nil:
		v.fault(VerdictFile, PartZIP, "ZIP", -1, "%v", err)
	}
	v.answer(VerdictFile, StateOK, "%d files in %d bytes, and nothing beside them", len(v.members), v.size)
	return whole, nil
}

// checkKey finds the key to use.
func (v *verification) checkKey() error {
	policy, ok, err := v.read(namePolicy, 1<<10)
	if err != nil {
		return err
	}
	stated, _ := ParseKey([]byte(strings.TrimSuffix(strings.TrimPrefix(string(policy), "log "), "\nquorum none\n")))
	switch {
	case !ok:
		v.missing(VerdictSignature, PartPolicy, namePolicy)
	case stated == "" || policyText(stated) != string(policy):
		v.fault(VerdictSignature, PartPolicy, namePolicy, -1, "it does not state a public key as a pack does")
	case v.report.Key == "":
		v.report.Key, v.report.FirstUse = stated, true
	case stated != v.report.Key:
		v.fault(VerdictSignature, PartPolicy, namePolicy, -1, "it states another key than the trusted one: %s", stated)
	}
	return nil
}

// checkManifest checks the manifest's signature and reads it.
func (v *verification) checkManifest() error {
	text, ok, err := v.read(nameManifest, maxManifest)
	if err != nil {
		return err
	}
	sig, sigOK, err := v.read(nameManifestSig, MaxCheckpoint)
	if err != nil {
		return err
	}
	if !ok {
		v.missing(VerdictManifest, PartManifest, nameManifest)
	}
	if !sigOK {
		v.missing(VerdictManifest, PartSignature, nameManifestSig)
	}
	if v.report.Key == "" || !sigOK {
		return nil
	}
	key, err := packKey(v.report.Key)
	if err != nil {
		return err
	}
	signed, err := openNote(sig, key)
	switch {
	case err != nil:
		v.fault(VerdictManifest, PartSignature, nameManifestSig, -1, "not signed by the trusted key, or changed since")
	case !ok:
	case signed != manifestText(KeyName(v.report.Key), sha256.Sum256(text)):
		v.fault(VerdictManifest, PartManifest, nameManifest, -1, "it is not the manifest that was signed")
	default:
		m, err := parseManifest(text)
		if err != nil {
			v.fault(VerdictManifest, PartManifest, nameManifest, -1, "%v", err)
			return nil
		}
		v.manifest, v.report.Manifest = m, *m
		v.checkList()
	}
	return nil
}

// checkList checks that the manifest names exactly the files that a pack of
// its range has.
func (v *verification) checkList() {
	v.files = map[string]ManifestFile{}
	for _, f := range v.manifest.Files {
		v.files[f.Name] = f
	}
	want := []string{nameReadme, nameIndex}
	for first := v.manifest.From; first < v.manifest.To; first = nextBundle(first, v.manifest.To) {
		want = append(want, bundleName(first))
	}
	want = append(want, nameCheckpoint)
	if _, ok := v.files[nameEarlier]; ok {
		want = append(want, nameEarlier, nameConsistency)
	}
	want = append(want, nameLeafHashes, nameRangeProof, namePolicy, nameVerifier)
	same := len(want) == len(v.manifest.Files)
	for i := 0; same && i < len(want); i++ {
		same = v.manifest.Files[i].Name == want[i]
	}
	if !same {
		v.fault(VerdictManifest, PartManifest, nameManifest, -1, "it does not name the files that a pack of its range has")
	}
	if v.manifest.Origin != KeyName(v.report.Key) {
		v.fault(VerdictManifest, PartManifest, nameManifest, -1, "it is of the log %s but the key belongs to %s", v.manifest.Origin, KeyName(v.report.Key))
	}
	v.answer(VerdictManifest, StateOK, "signed; made %s%s%s; every file is the one it names", v.manifest.Created,
		given(" for ", v.manifest.Requester), given(", reason ", v.manifest.Reason))
}

// given gives s after the words before, or nothing when it is empty.
func given(before, s string) string {
	if s == "" {
		return ""
	}
	return before + s
}

// plural gives a number with its noun.
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
