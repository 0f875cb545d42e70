// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// simpleCase is the whole of a log of n entries, each with a short body.
func simpleCase(t testing.TB, n int, facts map[int]fact) packCase {
	t.Helper()
	l, s := newMemoryLog(), fixedSigner(t, testOrigin, 1)
	for i := range n {
		f := facts[i]
		if f.body == nil {
			f.body, f.ext = fmt.Appendf(nil, "body %d", i), "txt"
		}
		l.add(t, f)
	}
	return packCase{l, s, PackOptions{To: int64(n), Checkpoint: l.sign(t, s, int64(n)), Created: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)}}
}

// TestVerdicts tells what is said of packs without fault.
func TestVerdicts(t *testing.T) {
	second := startPython(t)
	for _, c := range []struct {
		name    string
		n       int
		facts   map[int]fact
		change  func(*PackOptions)
		verdict string
		state   State
		text    string
	}{
		{"one entry", 1, nil, nil, VerdictRange, StateOK, "entries 0 to 0 of 1"},
		{"sealed", 5, map[int]fact{4: {kind: KindSeal}}, nil, VerdictPeriod, StateOK, "sealed"},
		{"open", 5, nil, nil, VerdictPeriod, StateAttention, "open"},
		{"the last entry is not shown", 5, nil, func(o *PackOptions) { o.To = 4 }, VerdictPeriod, StateAttention, "not known"},
		{"the seal is not disclosed", 5, map[int]fact{4: {kind: KindSeal}}, func(o *PackOptions) {
			o.Disclose = func(int64, Header) Disclosure { return WithholdEntry }
		}, VerdictPeriod, StateAttention, "not known"},
		{"nothing is disclosed", 5, nil, func(o *PackOptions) {
			o.Disclose = func(int64, Header) Disclosure { return WithholdEntry }
		}, VerdictClock, StateAttention, "no entry is disclosed"},
		{"the bodies are withheld", 5, nil, func(o *PackOptions) {
			o.Disclose = func(int64, Header) Disclosure { return WithholdBody }
		}, VerdictBodies, StateOK, "0 ok (0 bytes), 5 withheld, 0 erased"},
		{"erased by an entry that is not here", 5, map[int]fact{1: {erasedBy: 3}, 3: {kind: KindErasure}}, func(o *PackOptions) { o.To = 3 },
			VerdictBodies, StateOK, "1 erased; records of erasures that are not shown here: 1"},
		{"erased by an entry that is", 5, map[int]fact{1: {erasedBy: 3}, 2: {erasedBy: 3}, 3: {kind: KindErasure}}, nil, VerdictBodies, StateOK, "2 erased"},
		{"a steady clock", 5, nil, nil, VerdictClock, StateOK, "it never went back; error at most 410 µs"},
		{"a clock put back", 5, map[int]fact{3: {step: -time.Hour}}, nil, VerdictClock, StateAttention, "it went back 1 time, by up to 3599 s"},
		{"a clock of another time", 5, map[int]fact{0: {step: 24 * 365 * 10 * time.Hour}}, nil, VerdictClock, StateAttention, "it went back 1 time"},
		{"restarts", 5, map[int]fact{2: {boot: 1}, 3: {boot: 1}}, nil, VerdictClock, StateOK, "3 boots"},
		{"no earlier checkpoint", 5, nil, nil, VerdictConsistency, StateAttention, "no earlier checkpoint was given"},
		{"several bundles", bundleEntries + 10, nil, func(o *PackOptions) { o.From = bundleEntries - 10 }, VerdictEntries, StateOK, "20 disclosed, 0 undisclosed"},
		{"a body of more than a buffer", 3, map[int]fact{1: {body: bytes.Repeat([]byte("long "), 300_000), ext: "tar.gz"}}, nil,
			VerdictBodies, StateOK, "3 ok (1500012 bytes)"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			p := simpleCase(t, c.n, c.facts)
			if c.change != nil {
				c.change(&p.o)
			}
			pack := p.pack(t)
			r := verify(t, pack, VerifyOptions{Key: p.signer.PublicKey()})
			if v := r.Verdict(c.verdict); !r.OK() || v.State != c.state || !strings.Contains(v.Text, c.text) {
				t.Errorf("%+v\n%s", v, r.Text())
			}
			second.agrees(t, r, pack, p.signer.PublicKey(), nil)
		})
	}
}

// TestEntryAfterSeal: a log that goes on after its seal is a fault of its own.
func TestEntryAfterSeal(t *testing.T) {
	p := simpleCase(t, 5, map[int]fact{2: {kind: KindSeal}})
	pack := p.pack(t)
	r := verify(t, pack, VerifyOptions{Key: p.signer.PublicKey()})
	if r.Verdict(VerdictPeriod).State != StateFailed || !names(r, bundleName(0), 2) {
		t.Error(r.Text())
	}
	startPython(t).agrees(t, r, pack, p.signer.PublicKey(), nil)
}

// TestKeptCheckpoint holds a pack of the entries 2 to 11 of 14, which starts
// from the checkpoint over 5, against checkpoints that the reader kept.
func TestKeptCheckpoint(t *testing.T) {
	c := richCase(t)
	c.o.From = 3
	pack := c.pack(t)
	second := startPython(t)
	growing := func(l *memoryLog, seed byte, size int64) []byte {
		l.head(t, size)
		return l.sign(t, fixedSigner(t, testOrigin, seed), size)
	}
	longer := richLog(t)
	longer.add(t, fact{})
	fork := plainLog(t, 14)
	for _, k := range []struct {
		name string
		kept []byte
		good bool
		text string
	}{
		{"the empty log", growing(c.log, 1, 0), true, "all of the earlier 0"},
		{"before the range, from nowhere", growing(c.log, 1, 2), false, "nothing in the pack leads"},
		{"where the range begins", growing(c.log, 1, 3), true, "all of the earlier 3"},
		{"the pack's own start", growing(c.log, 1, 5), true, "all of the earlier 5"},
		{"within the range", growing(c.log, 1, 7), true, "all of the earlier 7"},
		{"where the range ends", growing(c.log, 1, 12), true, "all of the earlier 12"},
		{"after the range", growing(c.log, 1, 13), false, "nothing in the pack leads"},
		{"its own head", growing(c.log, 1, 14), true, "all of the earlier 14"},
		{"a newer one: a rollback", growing(longer, 1, 15), false, "cut back"},
		{"a fork of the same size", growing(fork, 1, 14), false, "two logs were signed"},
		{"a fork within the range", growing(fork, 1, 7), false, "two logs were signed"},
		{"a fork at the start", growing(fork, 1, 5), false, "two logs were signed"},
		{"signed by another", growing(c.log, 2, 7), false, "not signed by the key"},
		{"no checkpoint", []byte("x"), false, "not signed by the key"},
	} {
		t.Run(strings.ReplaceAll(k.name, " ", "_"), func(t *testing.T) {
			r := verify(t, pack, VerifyOptions{Key: c.signer.PublicKey(), Earlier: k.kept})
			told := r.Verdict(VerdictConsistency).Text
			if !k.good {
				told = fmt.Sprint(r.Faults)
			}
			if r.OK() != k.good || !strings.Contains(told, k.text) || (r.Verdict(VerdictConsistency).State == StateOK) != k.good {
				t.Error(r.Text())
			}
			second.agrees(t, r, pack, c.signer.PublicKey(), k.kept)
		})
	}
}

// TestForgedPack: a pack that somebody made with a key of his own is refused
// by whoever has the right one. Whoever trusts the pack's key is told so.
func TestForgedPack(t *testing.T) {
	c := richCase(t)
	forger := fixedSigner(t, testOrigin, 2)
	forged := packCase{richLog(t), forger, c.o}
	forged.o.Earlier = forged.log.sign(t, forger, 5)
	forged.o.Checkpoint = forged.log.sign(t, forger, 14)
	pack := forged.pack(t)
	second := startPython(t)
	r := verify(t, pack, VerifyOptions{Key: c.signer.PublicKey()})
	for _, file := range []string{namePolicy, nameManifestSig, nameCheckpoint, nameEarlier} {
		if !names(r, file, -1) {
			t.Errorf("%s is not named", file)
		}
	}
	for _, name := range []string{VerdictRange, VerdictEntries, VerdictBodies, VerdictPeriod, VerdictClock} {
		if s := r.Verdict(name).State; s != StateNotChecked {
			t.Errorf("%s: %s, under a key that is not trusted", name, s)
		}
	}
	second.agrees(t, r, pack, c.signer.PublicKey(), nil)
	r = verify(t, pack, VerifyOptions{TrustOnFirstUse: true})
	if !r.OK() || !r.FirstUse || r.Key != forger.PublicKey() || r.Verdict(VerdictSignature).State != StateAttention || !strings.Contains(r.ProvesNone[0], forger.PublicKey()) {
		t.Errorf("trusted on first use:\n%s", r.Text())
	}
	second.agrees(t, r, pack, "", nil)
	r = verify(t, pack, VerifyOptions{TrustOnFirstUse: true, Earlier: c.log.sign(t, fixedSigner(t, testOrigin, 1), 7)})
	if r.OK() || !names(r, fileKept, -1) {
		t.Errorf("the checkpoint that was kept does not unmask it:\n%s", r.Text())
	}
	for _, key := range []string{"x", "PRIVATE+KEY+x"} {
		if _, err := VerifyPack(context.Background(), bytes.NewReader(pack), int64(len(pack)), VerifyOptions{Key: key}); err == nil {
			t.Errorf("the key %q was taken", key)
		}
	}
}

// TestZIP: a ZIP that says the same in another way is refused, for two
// readers could find two packs in it.
func TestZIP(t *testing.T) {
	c := richCase(t)
	pack := c.pack(t)
	second := startPython(t)
	f := files(t, pack)
	standard := func(method uint16, order []string, comment string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, name := range order {
			w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
			if err != nil {
				t.Fatal(err)
			}
			w.Write(f[name])
		}
		z.SetComment(comment)
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	spoil := func(at int, with ...byte) []byte { return bytes.Join([][]byte{pack[:at], with, pack[at:]}, nil) }
	names := sortedKeys(f)
	unknown := map[string][]byte{"README.txt": nil, "evil.exe": nil}
	for name, bad := range map[string][]byte{
		"nothing":                 {},
		"no ZIP":                  []byte("this is no ZIP, but a line of text that is long enough"),
		"an empty ZIP":            appendEnd(nil, 0, 0, 0),
		"written by another":      standard(zip.Store, names, ""),
		"deflated":                standard(zip.Deflate, names, ""),
		"a byte before":           spoil(0, 'x'),
		"a byte after":            spoil(len(pack), 0),
		"a comment":               append(bytes.Clone(pack[:len(pack)-2]), 1, 0, 'x'),
		"another pack after":      append(bytes.Clone(pack), pack...),
		"a byte between":          spoil(30+len(nameReadme)+len(f[nameReadme]), 0),
		"a file that is unknown":  zipped(t, unknown),
		"a path that leads out":   zipped(t, map[string][]byte{"bodies/../../etc/passwd": nil}),
		"a body without an index": zipped(t, map[string][]byte{"bodies/12.json": nil}),
		"an ending that is empty": zipped(t, map[string][]byte{"bodies/000000000012.": nil}),
	} {
		r := verify(t, bad, VerifyOptions{Key: c.signer.PublicKey()})
		if r.OK() || r.Verdict(VerdictFile).State != StateFailed {
			t.Errorf("%s: accepted\n%s", name, r.Text())
		}
		second.agrees(t, r, bad, c.signer.PublicKey(), nil)
	}
	if _, err := zip.NewReader(bytes.NewReader(pack), int64(len(pack))); err != nil {
		t.Errorf("an ordinary reader cannot open a pack: %v", err)
	}
}

// TestZIPChecksum: a checksum that is wrong in both headers of a file is told,
// though the file is the right one.
func TestZIPChecksum(t *testing.T) {
	c := richCase(t)
	f := files(t, c.pack(t))
	second := startPython(t)
	for _, wrong := range sortedKeys(f) {
		var b bytes.Buffer
		z := newZipWriter(&b)
		for _, name := range sortedKeys(f) {
			crc := crc32.ChecksumIEEE(f[name])
			if name == wrong {
				crc ^= 1
			}
			z.begin(name, int64(len(f[name])), crc)
			z.write(f[name])
		}
		if err := z.close(); err != nil {
			t.Fatal(err)
		}
		r := verify(t, b.Bytes(), VerifyOptions{Key: c.signer.PublicKey()})
		if len(r.Faults) != 1 || r.Faults[0].File != wrong {
			t.Errorf("%s: %v", wrong, r.Faults)
		}
		second.agrees(t, r, b.Bytes(), c.signer.PublicKey(), nil)
	}
}

// TestZIPLarge: the directory of a pack beyond 4 GiB, or of more than 65,535
// files, is one that other readers understand.
func TestZIPLarge(t *testing.T) {
	members := []member{{name: "a", start: 0}, {name: "b", start: 5 << 30, crc: 7, size: 9}}
	var central []byte
	for i := range members {
		central = members[i].appendCentral(central)
	}
	end := appendEnd(central, 2, 6<<30, int64(len(central)))
	r, err := zip.NewReader(sparse{6 << 30, end}, 6<<30+int64(len(end)))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.File) != 2 || r.File[1].Name != "b" || r.File[1].CRC32 != 7 || r.File[1].UncompressedSize64 != 9 {
		t.Errorf("read as %+v", r.File)
	}
}

// sparse is a file that is zero up to a place.
type sparse struct {
	at   int64
	tail []byte
}

func (s sparse) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	n := copy(p[min(int64(len(p)), max(0, s.at-off)):], s.tail[min(int64(len(s.tail)), max(0, off-s.at)):])
	if off+int64(len(p)) > s.at+int64(len(s.tail)) {
		return int(max(0, s.at-off)) + n, io.EOF
	}
	return len(p), nil
}

type brokenReader struct {
	io.ReaderAt
	from int64
}

var errBroken = errors.New("the disk is gone")

func (b brokenReader) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > b.from {
		return 0, errBroken
	}
	return b.ReaderAt.ReadAt(p, off)
}

// TestVerifyPackReadError: a disk that fails is no fault of the pack.
func TestVerifyPackReadError(t *testing.T) {
	c := richCase(t)
	pack := c.pack(t)
	for from := int64(0); from < int64(len(pack)); from += 97 {
		if _, err := VerifyPack(context.Background(), brokenReader{bytes.NewReader(pack), from}, int64(len(pack)), VerifyOptions{Key: c.signer.PublicKey()}); !errors.Is(err, errBroken) {
			t.Fatalf("failing from byte %d on: %v", from, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := VerifyPack(ctx, bytes.NewReader(pack), int64(len(pack)), VerifyOptions{Key: c.signer.PublicKey()}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestVerifyPackMaxFaults(t *testing.T) {
	c := richCase(t)
	f := files(t, c.pack(t))
	for name := range f {
		if isBody(name) {
			f[name] = append(f[name], ' ')
		}
	}
	pack := zipped(t, f)
	r := verify(t, pack, VerifyOptions{Key: c.signer.PublicKey(), MaxFaults: 2})
	if len(r.Faults) != 2 || r.Unlisted != 4 || !strings.Contains(r.Text(), "and 4 more") {
		t.Errorf("%d listed, %d not\n%s", len(r.Faults), r.Unlisted, r.Text())
	}
}

// TestPackOfAnyLog makes packs of any range of any log, any entry hidden,
// withheld or erased: they verify, and one flipped bit anywhere is told.
func TestPackOfAnyLog(t *testing.T) {
	s := fixedSigner(t, testOrigin, 1)
	key := s.PublicKey()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(rt, "entries")
		from := rapid.IntRange(0, n-1).Draw(rt, "from")
		show := rapid.SliceOfN(rapid.SampledFrom([]Disclosure{DiscloseAll, DiscloseAll, WithholdBody, WithholdEntry}), n, n).Draw(rt, "show")
		l := newMemoryLog()
		for i := range n {
			f := fact{body: rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(rt, "body"), ext: rapid.SampledFrom([]string{"", "json", "tar.gz"}).Draw(rt, "ext")}
			if i < n-1 && rapid.IntRange(0, 9).Draw(rt, "erase") == 0 {
				f.erasedBy = int64(n - 1)
			}
			if i == n-1 {
				f.kind = KindErasure
			}
			l.add(t, f)
		}
		signer := fixedSigner(t, testOrigin, 1)
		c := packCase{l, signer, PackOptions{
			From: int64(from), To: int64(rapid.IntRange(from+1, n).Draw(rt, "to")), Checkpoint: l.sign(t, signer, int64(n)),
			Created: time.Unix(1764000000, 0), Disclose: func(i int64, _ Header) Disclosure { return show[i] },
		}}
		pack := c.pack(t)
		if r := verify(t, pack, VerifyOptions{Key: key}); !r.OK() {
			rt.Fatal(r.Text())
		}
		bit := rapid.IntRange(0, 8*len(pack)-1).Draw(rt, "bit")
		pack[bit/8] ^= 1 << (bit % 8)
		if r := verify(t, pack, VerifyOptions{Key: key}); r.OK() {
			rt.Fatalf("bit %d flipped and not told", bit)
		}
	})
}
