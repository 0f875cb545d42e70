// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"errors"
	"fmt"
)

// checkHead checks the checkpoint's signature and that the log grew out of
// the earlier checkpoint of the pack. The one that the reader kept is checked
// here as far as it can be without the entries; see checkKept.
func (v *verification) checkHead() error {
	checkpoint, ok, err := v.read(nameCheckpoint, MaxCheckpoint)
	if err != nil {
		return err
	}
	switch {
	case !ok:
		v.missing(VerdictSignature, PartCheckpoint, nameCheckpoint)
	case v.report.Key == "":
	default:
		head, err := OpenCheckpoint(checkpoint, v.report.Key)
		if err != nil {
			v.fault(VerdictSignature, PartCheckpoint, nameCheckpoint, -1, "not signed by the trusted key, or changed since")
			break
		}
		v.report.Head, v.headHolds = head, true
		v.answerSignature()
	}
	if v.manifest != nil && v.headHolds && v.manifest.Size != v.report.Head.Size {
		v.fault(VerdictManifest, PartManifest, nameManifest, -1, "it speaks of a log of %d entries, the checkpoint of %d", v.manifest.Size, v.report.Head.Size)
	}
	return v.checkGrowth()
}

func (v *verification) answerSignature() {
	state, whose := StateOK, "the trusted key"
	if v.report.FirstUse {
		state, whose = StateAttention, "the key that the pack itself states, trusted on first use,"
	}
	v.answer(VerdictSignature, state, "%s signed a log of %s", whose+" "+keyID(v.report.Key), plural(v.report.Head.Size, "entry", "entries"))
}

// keyID gives a public key's name and id, which is shorter to read than the
// key and no proof of it.
func keyID(key string) string {
	name := KeyName(key)
	if len(key) < len(name)+9 {
		return name
	}
	return key[:len(name)+9]
}

// checkGrowth checks org/checkpoint-start and org/consistency.
func (v *verification) checkGrowth() error {
	earlier, hasEarlier, err := v.read(nameEarlier, MaxCheckpoint)
	if err != nil {
		return err
	}
	text, hasProof, err := v.read(nameConsistency, maxProof)
	if err != nil {
		return err
	}
	_, wanted := v.files[nameEarlier]
	if !hasEarlier && (hasProof || wanted || v.find(nameEarlier) >= 0) {
		v.missing(VerdictConsistency, PartCheckpoint, nameEarlier)
	}
	if !hasProof && (hasEarlier || wanted || v.find(nameConsistency) >= 0) {
		v.missing(VerdictConsistency, PartProof, nameConsistency)
	}
	if hasEarlier && v.manifest != nil && !wanted {
		v.fault(VerdictConsistency, PartCheckpoint, nameEarlier, -1, "the manifest does not name it")
	}
	if !hasEarlier {
		if v.o.Earlier != nil {
			return nil
		}
		v.answer(VerdictConsistency, StateAttention, "no earlier checkpoint was given, in the pack or by the reader")
		return nil
	}
	if v.report.Key == "" {
		return nil
	}
	old, err := OpenCheckpoint(earlier, v.report.Key)
	if err != nil {
		v.fault(VerdictConsistency, PartCheckpoint, nameEarlier, -1, "not signed by the trusted key, or changed since")
		return nil
	}
	if hasProof && v.headHolds {
		v.checkProof(old, text)
	}
	return nil
}

func (v *verification) checkProof(old Head, text []byte) {
	proof, err := ParseProof(text)
	if err != nil {
		v.fault(VerdictConsistency, PartProof, nameConsistency, -1, "it is no proof")
		return
	}
	switch err := continues(v.report.Head, old, proof); {
	case errors.Is(err, ErrRollback):
		v.fault(VerdictConsistency, PartCheckpoint, nameCheckpoint, -1, "it covers %d entries, the signed earlier one %d: the log was cut back", v.report.Head.Size, old.Size)
	case err != nil:
		v.fault(VerdictConsistency, PartProof, nameConsistency, -1, "it does not show that the log of %d entries grew out of the earlier %d", v.report.Head.Size, old.Size)
	default:
		v.start = &old
		v.answer(VerdictConsistency, StateOK, "%s", grew(old.Size, v.report.Head.Size))
	}
}

func grew(from, to int64) string {
	return fmt.Sprintf("the log of %d entries begins with all of the earlier %d", to, from)
}

const fileKept = "the checkpoint you kept"

// openKept reads the checkpoint that the reader kept.
func (v *verification) openKept() (kept Head, ok bool) {
	if v.o.Earlier == nil || v.report.Key == "" || !v.headHolds {
		return kept, false
	}
	kept, err := OpenCheckpoint(v.o.Earlier, v.report.Key)
	if err != nil {
		v.fault(VerdictConsistency, PartCheckpoint, fileKept, -1, "it is not signed by the key of the pack's log, or damaged")
		return kept, false
	}
	return kept, true
}

// checkKept holds the pack against the checkpoint that the reader kept.
// rootAt is the root over the log's first kept.Size entries as the pack's own
// proofs give it, if they do.
func (v *verification) checkKept(kept Head, rootAt *Hash) {
	head := v.report.Head
	switch {
	case kept.Size > head.Size:
		v.fault(VerdictConsistency, PartCheckpoint, nameCheckpoint, -1, "it covers %d entries, the checkpoint you kept %d: the log was cut back, or the pack is older", head.Size, kept.Size)
	case kept.Size == head.Size:
		rootAt = &head.Root
	case kept.Size == 0:
		rootAt = &kept.Root
	case v.start != nil && v.start.Size == kept.Size:
		rootAt = &v.start.Root
	}
	switch {
	case kept.Size > head.Size:
	case rootAt == nil:
		v.fault(VerdictConsistency, PartProof, nameConsistency, -1, "nothing in the pack leads from the checkpoint you kept, of %d entries, to its head; ask for a pack that starts from it", kept.Size)
	case *rootAt != kept.Root:
		v.fault(VerdictConsistency, PartCheckpoint, nameCheckpoint, -1, "its log does not begin with the %d entries of the checkpoint you kept: two logs were signed; keep both", kept.Size)
	default:
		v.answer(VerdictConsistency, StateOK, "%s", grew(kept.Size, head.Size)+", the checkpoint you kept")
	}
}
