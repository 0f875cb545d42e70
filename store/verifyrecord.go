// SPDX-License-Identifier: Apache-2.0

package store

import (
	"crypto/sha256"
	"database/sql"
	"maps"
	"slices"
)

// records compares every record with what the log tells of it, and every
// erasure with what is gone.
func (v *verifier) records() error {
	err := v.q.rows(v.ctx, recordAll, nil, func(rows row) error {
		var collection, id string
		var got state
		var value sql.RawBytes
		if err := rows.Scan(&collection, &id, &got.entry, &got.at, &value); err != nil {
			return err
		}
		got.value = sha256.Sum256(value)
		name := collection + "/" + id
		want, ok := v.told.records[name]
		switch {
		case !ok:
			v.fault("record "+name, "it is there, but the log does not tell of it, or tells that it was deleted")
		case want.entry != got.entry:
			v.fault("record "+name, "it is said to stand as entry %d left it, but entry %d was the last to change it", got.entry, want.entry)
		case want != got:
			v.fault("record "+name, "its value or time is not what entry %d says: it was changed behind the log's back", want.entry)
		default:
			v.Records++
		}
		delete(v.told.records, name)
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(v.told.records)) {
		v.fault("record "+name, "it is missing, although entry %d left it there", v.told.records[name].entry)
	}
	v.erasures()
	return nil
}

func (v *verifier) erasures() {
	for _, index := range slices.Sorted(maps.Keys(v.told.erased)) {
		if by, ok := v.told.erasure[index]; !ok || by != v.told.erased[index] {
			v.fault(bodyPart(index), "it is gone, and entry %d does not say that it was erased", v.told.erased[index])
		}
	}
	for _, index := range slices.Sorted(maps.Keys(v.told.erasure)) {
		if _, ok := v.told.erased[index]; !ok && index < v.Size {
			v.fault(bodyPart(index), "entry %d says that it was erased, yet it is there", v.told.erasure[index])
		}
	}
}

// actors compares who stands behind each pseudonym with what the log tells.
func (v *verifier) actors() error {
	named := v.told.named
	err := v.q.rows(v.ctx, actorAll, nil, func(rows row) error {
		var person, pseudonym string
		var entry int64
		if err := rows.Scan(&person, &pseudonym, &entry); err != nil {
			return err
		}
		if want, ok := named[pseudonym]; !ok || want != (naming{entry, person}) {
			v.fault("actor "+pseudonym, "the person behind it is not the one that the log names")
		}
		delete(named, pseudonym)
		return nil
	})
	if err != nil {
		return err
	}
	for _, pseudonym := range slices.Sorted(maps.Keys(named)) {
		if named[pseudonym].person != "" {
			v.fault("actor "+pseudonym, "the person behind it is missing, although entry %d names one", named[pseudonym].entry)
		}
	}
	return nil
}
