// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// estate fills a store with some of everything and gives its directory and
// the path of a blob.
func estate(t *testing.T, home Home) (dir, blob string) {
	t.Helper()
	ctx := context.Background()
	dir = home(t)
	s := begin(t, dir)
	for _, id := range []string{"acme", "zenith"} {
		o, err := s.CreateOrg(ctx, id, "root@example.org")
		if err != nil {
			t.Fatal(err)
		}
		b, err := o.PutBlob(ctx, strings.NewReader("a snapshot of "+id), "txt")
		if err != nil {
			t.Fatal(err)
		}
		blob = o.blobPath(b.Digest)
		change(t, o, func(tx *Tx) error {
			_, err := tx.Append(Event{Kind: "snapshot.taken", Object: "snapshot/1", Actor: "ada", Blob: b})
			return err
		})
		for i := range 300 {
			change(t, o, func(tx *Tx) error {
				if i%10 == 9 {
					return tx.Delete("risk", fmt.Sprint("r-", i-1), Event{Kind: "risk.closed", Actor: "bea"})
				}
				return tx.Put("risk", fmt.Sprint("r-", i), map[string]any{"score": i, "words": strings.Repeat("x", 50)}, Event{Kind: "risk.raised", Actor: "ada"})
			})
		}
		change(t, o, func(tx *Tx) error { return tx.Forget("bea", Event{Actor: "root@example.org"}) })
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, blob
}

func begin(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(context.Background(), dir, At(dir, Options{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func change(t *testing.T, o *Org, fn func(*Tx) error) {
	t.Helper()
	if err := o.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// look verifies every organisation of a store that is open for reading only,
// as one who suspects something does, and gives what was found.
func look(t *testing.T, dir string) (faults []Fault, refused error) {
	t.Helper()
	ctx := context.Background()
	s, err := Open(ctx, dir, At(dir, Options{ReadOnly: true}))
	if err != nil {
		return nil, err
	}
	defer s.Close()
	ids, err := s.Orgs(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(ids, []string{"acme", "zenith"}) {
		return nil, problem.Newf(problem.Integrity, "the organisations are %v", ids)
	}
	for _, id := range ids {
		o, err := s.Org(ctx, id)
		if err != nil {
			return nil, err
		}
		v, err := o.Log().Verify(ctx)
		if err != nil {
			return nil, err
		}
		faults = append(faults, v.Faults...)
	}
	return faults, nil
}

// TestVerify_NamesWhatWasChangedBehindTheLog changes one thing by SQL, as
// somebody with the database and without the key could, and wants it named.
func TestVerify_NamesWhatWasChangedBehindTheLog(t *testing.T) {
	t.Parallel() // it waits for the disk most of the time
	Both(t, func(t *testing.T, home Home) {
		dir, _ := estate(t, home)
		if faults, err := look(t, dir); err != nil || len(faults) > 0 {
			t.Fatalf("an untouched store does not verify: %v %v", faults, err)
		}
		original := save(t, dir)
		tests := []struct{ name, sql, part string }{
			{"RecordChanged", `UPDATE record SET value = CAST('{"score":0}' AS BLOB) WHERE org = 1 AND id = 'r-7'`, "record risk/r-7"},
			{"RecordRemoved", `DELETE FROM record WHERE org = 1 AND id = 'r-7'`, "record risk/r-7"},
			{"RecordAdded", `INSERT INTO record SELECT org, collection, 'r-x', entry, at, value FROM record WHERE org = 1 AND id = 'r-7'`, "record risk/r-x"},
			{"RecordPutBack", `INSERT INTO record SELECT org, collection, 'r-8', 12, at, value FROM record WHERE org = 1 AND id = 'r-7'`, "record risk/r-8"},
			{"RecordMovedInTime", `UPDATE record SET at = at - 86400000000 WHERE org = 1 AND id = 'r-7'`, "record risk/r-7"},
			{"RecordOfAnother", `UPDATE record SET org = 2, id = 'r-0x' WHERE org = 1 AND id = 'r-0'`, "record risk/r-0x"},
			{"EntryChanged", `UPDATE leaf SET data = CAST(replace(CAST(data AS TEXT), 'risk.raised', 'risk.closed') AS BLOB) WHERE org = 1 AND entry = 20`, "entry 20"},
			{"EntryRemoved", `DELETE FROM leaf WHERE org = 1 AND entry = 20`, "entry 20"},
			{"EndCutOff", `DELETE FROM leaf WHERE org = 1 AND entry > 200`, "head"},
			{"EntriesSwapped", `UPDATE leaf SET entry = CASE entry WHEN 20 THEN -21 ELSE -20 END WHERE org = 1 AND entry IN (20, 21);
			UPDATE leaf SET entry = -entry WHERE org = 1 AND entry < 0`, "entry 20"},
			{"HashChanged", `UPDATE leaf SET hash = randomblob(32) WHERE org = 1 AND entry = 20`, "entry 20"},
			{"TileChanged", `UPDATE tile SET data = randomblob(length(data)) WHERE org = 1 AND level = 1`, "tile 1/0"},
			{"TileRemoved", `DELETE FROM tile WHERE org = 1 AND level = 0 AND n = 0`, "tile 0/0"},
			{"TileAdded", `INSERT INTO tile VALUES (1, 3, 0, x'00')`, "tile 3/0"},
			{"BodyChanged", `UPDATE body SET data = CAST('{"demarc.record":1,"id":"risk/r-7","value":{}}' AS BLOB) WHERE org = 1 AND entry = 20`, "body 20"},
			{"BodyRemoved", `UPDATE body SET data = NULL WHERE org = 1 AND entry = 20`, "body 20"},
			{"BodyRowRemoved", `DELETE FROM body WHERE org = 1 AND entry = 20`, "body 20"},
			{"SaltChanged", `UPDATE body SET salt = randomblob(32) WHERE org = 1 AND entry = 20`, "body 20"},
			{"SizeChanged", `UPDATE body SET size = size + 1 WHERE org = 1 AND entry = 20`, "body 20"},
			{"ErasedInSilence", `UPDATE body SET salt = NULL, data = NULL, blob = NULL, erased = 30 WHERE org = 1 AND entry = 20`, "body 20"},
			{"ErasedPutBack", `UPDATE body SET erased = NULL, salt = randomblob(32), data = x'31', size = 1 WHERE org = 1 AND erased IS NOT NULL`, "body 13"},
			{"ActorChanged", `UPDATE actor SET person = 'eve' WHERE org = 1 AND person = 'ada'`, "actor p-"},
			{"ActorRemoved", `DELETE FROM actor WHERE org = 1 AND person = 'ada'`, "actor p-"},
			{"HeadRemoved", `DELETE FROM head WHERE org = 1`, "head"},
			{"HeadChanged", `UPDATE head SET size = size - 1 WHERE org = 1`, "head"},
			{"NoteChanged", `UPDATE head SET note = CAST(replace(CAST(note AS TEXT), 'acme', 'acne') AS BLOB) WHERE org = 1`, "head"},
			{"KeyChanged", `UPDATE org SET pubkey = (SELECT pubkey FROM org WHERE org = 2) WHERE org = 1`, "key"},
			{"PeriodChanged", `UPDATE org SET period = '1999' WHERE org = 1`, "key"},
			{"LogOfAnother", `DELETE FROM leaf WHERE org = 1; UPDATE leaf SET org = 1 WHERE org = 2`, "head"},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				putBack(t, dir, original)
				behind(t, dir, strings.Split(tt.sql, ";")...)
				faults, err := look(t, dir)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.ContainsFunc(faults, func(f Fault) bool { return strings.HasPrefix(f.Part, tt.part) }) {
					t.Errorf("%s is not among the faults: %v", tt.part, faults)
				}
			})
		}
	})
}

// TestVerify_FindsATreeThatWasMadeAnew changes an entry with its hash, its
// body and all the tiles above it: only the signatures can tell.
func TestVerify_FindsATreeThatWasMadeAnew(t *testing.T) {
	t.Parallel() // it waits for the disk most of the time
	Both(t, func(t *testing.T, home Home) {
		ctx := context.Background()
		dir, _ := estate(t, home)
		s, err := Open(ctx, dir, At(dir, Options{ReadOnly: true}))
		if err != nil {
			t.Fatal(err)
		}
		q := scoped{org: 1, db: s.db}
		var tiles evidence.Tiles
		var forged []byte
		size, err := logSize(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		err = q.leaves(ctx, 0, size, func(l leaf) error {
			if l.index == 20 {
				forged = bytes.Replace(l.data, []byte("risk.raised"), []byte("risk.closed"), 1)
				l.data = forged
			}
			tiles.Append(evidence.LeafHash(l.data))
			return nil
		})
		if err != nil || forged == nil {
			t.Fatal(err)
		}
		hash := evidence.LeafHash(forged)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		behind(t, dir, fmt.Sprintf(`UPDATE leaf SET data = x'%x', hash = x'%x' WHERE org = 1 AND entry = 20`, forged, hash[:]))
		for _, tile := range tiles.Changed() {
			behind(t, dir, fmt.Sprintf(`UPDATE tile SET data = x'%x' WHERE org = 1 AND level = %d AND n = %d`, tile.Data, tile.Level, tile.N))
		}
		faults, err := look(t, dir)
		if err != nil || len(faults) != 2 || faults[0].Part != "head" || faults[1].Part != "key" {
			t.Errorf("faults: %v, %v", faults, err)
		}
		s = begin(t, dir)
		if _, err := s.Org(ctx, "acme"); !errors.Is(err, evidence.ErrFork) || problem.Of(err) != problem.Integrity {
			t.Errorf("Org = %v, want it refused as a fork", err)
		}
		if _, err := s.Org(ctx, "zenith"); err != nil {
			t.Errorf("the other organisation suffers: %v", err)
		}
	})
}

// TestVerify_FindsEveryFlippedByte flips one byte of the database file at a
// time, wherever it falls. It is found, or nothing that the store keeps
// changed by it (a byte of a free page, say).
func TestVerify_FindsEveryFlippedByte(t *testing.T) {
	t.Parallel() // it waits for the disk most of the time
	dir, _ := estate(t, folder)
	path := filepath.Join(dir, databaseName)
	original, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := dump(path)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	found, harmless := 0, 0
	for i := range 160 {
		at := random.IntN(len(original))
		if i < 40 {
			at = i * 100 // the header and the schema
		}
		flipped := bytes.Clone(original)
		flipped[at] ^= 1 << random.IntN(8)
		if err := removeDatabase(path); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		faults, refused := look(t, dir)
		if refused != nil && problem.Of(refused) == problem.Internal {
			t.Errorf("byte %d: %v, which is no problem that a person understands", at, refused)
		}
		if len(faults) > 0 || refused != nil {
			found++
			continue
		}
		if got, err := dump(path); err != nil || got != want {
			t.Errorf("byte %d of %d was flipped and nothing was found (%v)", at, len(original), err)
		}
		harmless++
	}
	t.Logf("%d flips found, %d changed nothing that the store keeps", found, harmless)
	if found < 80 {
		t.Errorf("only %d of 160 flips were found", found)
	}
}

// dump gives all that the store keeps: not the counter of heads, the file
// ending of bodies and goose's own table.
func dump(path string) (string, error) {
	db, err := openDatabase(path, readOnly)
	if err != nil {
		return "", err
	}
	defer db.Close()
	var b strings.Builder
	for _, q := range []string{
		`SELECT quote(org), quote(id), quote(period), quote(pubkey) FROM org NOT INDEXED ORDER BY org`,
		`SELECT quote(org), quote(entry), quote(data), quote(hash) FROM leaf ORDER BY org, entry`,
		`SELECT quote(org), quote(level), quote(n), quote(data) FROM tile ORDER BY org, level, n`,
		`SELECT quote(org), quote(size), quote(root), quote(note) FROM head ORDER BY org`,
		`SELECT quote(org), quote(entry), quote(salt), quote(key_id) || quote(size) || quote(data) || quote(blob) || quote(erased) FROM body ORDER BY org, entry`,
		`SELECT quote(org), quote(person), quote(pseudonym), quote(entry) FROM actor ORDER BY org, person`,
		`SELECT quote(org), quote(collection) || quote(id), quote(entry) || quote(at), quote(value) FROM record ORDER BY org, collection, id`,
	} {
		if err := dumpTable(db, q, &b); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

func dumpTable(db *sql.DB, q string, to io.Writer) error {
	rows, err := db.Query(q)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var c [4]string
		if err := rows.Scan(&c[0], &c[1], &c[2], &c[3]); err != nil {
			return err
		}
		fmt.Fprintln(to, c)
	}
	return rows.Err()
}

func TestVerify_FindsAChangedOrMissingBlob(t *testing.T) {
	t.Parallel() // it waits for the disk most of the time
	Both(t, func(t *testing.T, home Home) {
		dir, blob := estate(t, home)
		original, err := os.ReadFile(blob)
		if err != nil {
			t.Fatal(err)
		}
		named := func(what string) {
			t.Helper()
			faults, err := look(t, dir)
			if err != nil || len(faults) != 1 || faults[0].Part != "blob "+filepath.Base(blob) {
				t.Errorf("%s: %v, %v", what, faults, err)
			}
		}
		for i := range original {
			flipped := bytes.Clone(original)
			flipped[i] ^= 1
			if err := os.WriteFile(blob, flipped, 0o600); err != nil {
				t.Fatal(err)
			}
			named(fmt.Sprintf("byte %d flipped", i))
		}
		if err := os.Remove(blob); err != nil {
			t.Fatal(err)
		}
		named("removed")
		if err := os.WriteFile(blob, original, 0o600); err != nil {
			t.Fatal(err)
		}
		if faults, err := look(t, dir); err != nil || len(faults) > 0 {
			t.Errorf("put back: %v, %v", faults, err)
		}
		stray := filepath.Join(filepath.Dir(blob), filepath.Base(blob)[:2]+strings.Repeat("0", 62))
		if err := os.WriteFile(stray, original, 0o600); err != nil {
			t.Fatal(err)
		}
		blob = stray
		named("a file that no entry names")
	})
}
