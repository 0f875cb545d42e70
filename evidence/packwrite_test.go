// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGoldenPack: the same evidence gives the same bytes, from one release to
// the next but for README.txt and verify_pack.py, and what names them.
func TestGoldenPack(t *testing.T) {
	c := richCase(t)
	pack := c.pack(t)
	if again := richCase(t).pack(t); !bytes.Equal(pack, again) {
		t.Error("two packs of the same evidence differ")
	}
	var b strings.Builder
	parts := files(t, pack)
	for _, name := range sortedKeys(parts) {
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(parts[name]), name)
	}
	fmt.Fprintf(&b, "%x  the ZIP\n", sha256.Sum256(pack))
	path := filepath.Join("testdata", "golden", "pack.sha256")
	if *update {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(b.String()), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the pack is not what it was; if that is meant, run with -update\n%s\nwas\n%s", b.String(), want)
	}
}

// TestOldPacksVerify: a pack that was made once verifies for ever. Never
// rewrite those of testdata/release; add one when the format grows.
func TestOldPacksVerify(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("testdata", "release", "*.zip"))
	if err != nil || len(paths) == 0 {
		t.Fatal("no packs in testdata/release", err)
	}
	key := fixedSigner(t, testOrigin, 1).PublicKey()
	for _, path := range paths {
		pack, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if r := verify(t, pack, VerifyOptions{Key: key}); !r.OK() {
			t.Errorf("%s:\n%s", path, r.Text())
		}
		if out, code := runVerifier(t, pack, "--key", key); code != 0 {
			t.Errorf("%s:\n%s", path, out)
		}
	}
}

// TestWritePackRefusesDamage damages the log in each way: no pack is made.
func TestWritePackRefusesDamage(t *testing.T) {
	for name, damage := range map[string]func(*packCase){
		"an entry changed":    func(c *packCase) { c.log.entries[3].Leaf[20] ^= 1 },
		"an entry missing":    func(c *packCase) { c.log.entries = c.log.entries[:11:11] },
		"two entries swapped": func(c *packCase) { e := c.log.entries; e[3].Leaf, e[4].Leaf = e[4].Leaf, e[3].Leaf },
		"an index doubled":    func(c *packCase) { c.log.entries[4].Index = 3 },
		"a tile changed":      func(c *packCase) { c.log.stored[[2]int64{0, 0}][13*32] ^= 1 },
		"a tile missing":      func(c *packCase) { delete(c.log.stored, [2]int64{0, 0}) },
		"a body changed":      func(c *packCase) { c.log.bodies[3] = []byte(`{"entry":4}`) },
		"a body cut":          func(c *packCase) { c.log.bodies[3] = c.log.bodies[3][:5] },
		"a body longer":       func(c *packCase) { c.log.bodies[3] = append(c.log.bodies[3], ' ') },
		"a body missing":      func(c *packCase) { delete(c.log.bodies, 3) },
		"a salt changed":      func(c *packCase) { c.log.entries[3].Salt[0] ^= 1 },
		"a body said empty":   func(c *packCase) { c.log.entries[3].Bytes = 0 },
		"a strange ending":    func(c *packCase) { c.log.entries[3].Ext = "../x" },
		"an erasure before":   func(c *packCase) { c.log.entries[4].ErasedBy = 2 },
		"a checkpoint spoilt": func(c *packCase) {
			c.o.Checkpoint = bytes.Replace(c.o.Checkpoint, []byte("\n14\n"), []byte("\n13\n"), 1)
		},
		"an earlier spoilt": func(c *packCase) { c.o.Earlier = []byte("x") },
		"an earlier of a fork": func(c *packCase) {
			c.o.Earlier, _ = c.signer.sign(c.signer.origin, c.signer.public, Head{testOrigin, 5, Hash{1}}.Text())
		},
		"an earlier that is later": func(c *packCase) { c.o.Checkpoint, c.o.Earlier, c.o.From, c.o.To = c.o.Earlier, c.o.Checkpoint, 0, 5 },
		"a checkpoint of another key": func(c *packCase) {
			c.o.Checkpoint, _ = c.signer.sign("demarc.local/org/alder/p", c.signer.public, Head{"demarc.local/org/alder/p", 14, Hash{}}.Text())
		},
		"an empty range":        func(c *packCase) { c.o.To = c.o.From },
		"a negative range":      func(c *packCase) { c.o.From = -1 },
		"a range beyond":        func(c *packCase) { c.o.To = 15 },
		"a name as requester":   func(c *packCase) { c.o.Requester = "Alice Archer" },
		"a sentence as reason":  func(c *packCase) { c.o.Reason = "because I say so" },
		"no time":               func(c *packCase) { c.o.Created = time.Time{} },
		"a negative record":     func(c *packCase) { c.o.Recorded = -1 },
		"an unknown disclosure": func(c *packCase) { c.o.Disclose = func(int64, Header) Disclosure { return 9 } },
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			c := richCase(t)
			damage(&c)
			var b bytes.Buffer
			if _, err := WritePack(context.Background(), &b, c.log, c.signer, c.o); err == nil {
				t.Error("a pack was made")
			}
		})
	}
}

// shifting is a log that changes while a pack is made of it.
type shifting struct {
	*memoryLog
	after int // passes
	how   func(*PackEntry)
	pass  int
}

func (s *shifting) Entries(ctx context.Context, from, to int64) iter.Seq2[PackEntry, error] {
	s.pass++
	changed := s.pass > s.after
	return func(yield func(PackEntry, error) bool) {
		for e, err := range s.memoryLog.Entries(ctx, from, to) {
			if changed && e.Index == 3 {
				s.how(&e)
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

func TestWritePackRefusesChange(t *testing.T) {
	for name, how := range map[string]func(*PackEntry){
		"another entry": func(e *PackEntry) { e.Leaf = append(bytes.Clone(e.Leaf), ' ') },
		"another salt":  func(e *PackEntry) { e.Salt[0] ^= 1 },
		"another place": func(e *PackEntry) { e.Index++ },
	} {
		for after := 1; after <= 3; after++ {
			if name == "another salt" && after == 3 {
				continue // the last pass does not read it
			}
			c := richCase(t)
			if _, err := WritePack(context.Background(), io.Discard, &shifting{c.log, after, how, 0}, c.signer, c.o); err == nil {
				t.Errorf("%s after pass %d: a pack was made", name, after)
			}
		}
	}
}

// TestWritePackFullDisk lets the writer fail after any number of bytes.
func TestWritePackFullDisk(t *testing.T) {
	c := richCase(t)
	whole := len(c.pack(t))
	for n := 0; n < whole; n += 1009 {
		if _, err := WritePack(context.Background(), &fullDisk{n}, c.log, c.signer, c.o); !errors.Is(err, errBroken) {
			t.Fatalf("full after %d bytes: %v", n, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := WritePack(ctx, io.Discard, c.log, c.signer, c.o); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

type fullDisk struct{ left int }

func (d *fullDisk) Write(b []byte) (int, error) {
	if len(b) > d.left {
		n := d.left
		d.left = 0
		return n, errBroken
	}
	d.left -= len(b)
	return len(b), nil
}

func FuzzVerifyPack(f *testing.F) {
	c := richCase(f)
	key := c.signer.PublicKey()
	pack := c.pack(f)
	f.Add(pack)
	small := simpleCase(f, 1, nil).pack(f)
	f.Add(small)
	f.Add(pack[:len(pack)/2])
	parts := files(f, pack)
	delete(parts, nameManifest)
	f.Add(zipped(f, parts))
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := verify(t, b, VerifyOptions{Key: key})
		if len(r.Verdicts) != len(verdictNames) || r.OK() != (len(r.Proves) > 0) {
			t.Errorf("the report is not whole: %+v", r)
		}
		if r.OK() && !bytes.Equal(b, pack) && !bytes.Equal(b, small) {
			t.Errorf("a pack that nobody made is accepted")
		}
	})
}

// FuzzTamper puts any bytes in the place of any file, with the right
// checksums.
func FuzzTamper(f *testing.F) {
	c := richCase(f)
	key := c.signer.PublicKey()
	parts := files(f, c.pack(f))
	names := sortedKeys(parts)
	for i, name := range names {
		f.Add(uint8(i), parts[name])
		f.Add(uint8(i), append([]byte("\n"), parts[name]...))
	}
	f.Fuzz(func(t *testing.T, i uint8, data []byte) {
		name := names[int(i)%len(names)]
		changed := maps.Clone(parts)
		changed[name] = data
		r := verify(t, zipped(t, changed), VerifyOptions{Key: key})
		if same := bytes.Equal(data, parts[name]); r.OK() != same {
			t.Errorf("%s changed: %v, accepted: %v", name, !same, r.OK())
		}
	})
}

func FuzzParseManifest(f *testing.F) {
	c := richCase(f)
	text := files(f, c.pack(f))[nameManifest]
	f.Add(text)
	f.Add([]byte("{}"))
	f.Add(bytes.Replace(text, []byte("{"), []byte("{ "), 1))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parseManifest(text)
		if err != nil {
			return
		}
		if again, err := m.text(); err != nil || !bytes.Equal(again, text) {
			t.Errorf("read %q, would write %q (%v)", text, again, err)
		}
	})
}

func FuzzParseBodyLine(f *testing.F) {
	for _, l := range bytes.SplitAfter(files(f, richCase(f).pack(f))[nameIndex], []byte("\n")) {
		f.Add(bytes.TrimSuffix(l, []byte("\n")))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		l, err := parseBodyLine(line)
		if err != nil {
			return
		}
		if again := l.appendTo(nil); string(again) != string(line)+"\n" {
			t.Errorf("read %q, would write %q", line, again)
		}
	})
}
