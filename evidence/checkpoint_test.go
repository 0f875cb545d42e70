// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func TestOrigin(t *testing.T) {
	origin, err := Origin("larkspur", "2026-q4")
	if err != nil || origin != testOrigin {
		t.Fatalf("got %q, %v", origin, err)
	}
	org, period, err := ParseOrigin(origin)
	if err != nil || org != "larkspur" || period != "2026-q4" {
		t.Fatalf("read back as %q, %q, %v", org, period, err)
	}
	for _, bad := range [][2]string{{"", "p"}, {"o", ""}, {"Large", "p"}, {"a/b", "p"}, {"o", "p q"}, {strings.Repeat("o", 64), "p"}, {"o", strings.Repeat("p", 33)}} {
		if origin, err := Origin(bad[0], bad[1]); err == nil {
			t.Errorf("made %q", origin)
		}
	}
	for _, bad := range []string{"", "demarc.local/org/a", "demarc.local/org/a/b/c", "elsewhere.example/org/a/b", "demarc.local/org//b"} {
		if org, period, err := ParseOrigin(bad); err == nil {
			t.Errorf("%q was read as %q, %q", bad, org, period)
		}
	}
}

// TestCheckpointIsReadByReference: what we sign, x/mod's own readers open, and
// they see the same size and root.
func TestCheckpointIsReadByReference(t *testing.T) {
	l := plainLog(t, 100)
	s := fixedSigner(t, testOrigin, 1)
	verifier, err := note.NewVerifier(s.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	for size := int64(0); size <= 100; size++ {
		checkpoint := l.sign(t, s, size)
		head, err := OpenCheckpoint(checkpoint, s.PublicKey())
		if err != nil || head != l.head(t, size) {
			t.Fatalf("size %d: opened as %+v, %v", size, head, err)
		}
		n, err := note.Open(checkpoint, note.VerifierList(verifier))
		if err != nil {
			t.Fatal(err)
		}
		// tlog.ParseTree reads the same form under its own first line.
		tree, err := tlog.ParseTree([]byte("go.sum database tree" + strings.TrimPrefix(n.Text, testOrigin)))
		if err != nil || tree.N != size || tree.Hash != head.Root {
			t.Fatalf("size %d: the reference reads %+v, %v", size, tree, err)
		}
	}
}

func TestCheckpointFlippedBit(t *testing.T) {
	l := plainLog(t, 7)
	s := fixedSigner(t, testOrigin, 1)
	checkpoint := l.sign(t, s, 7)
	flips(checkpoint, func(bit int) {
		if _, err := OpenCheckpoint(checkpoint, s.PublicKey()); err == nil {
			t.Errorf("bit %d flipped and accepted: %q", bit, checkpoint)
		}
	})
}

func TestCheckpointRefuses(t *testing.T) {
	l := plainLog(t, 7)
	s := fixedSigner(t, testOrigin, 1)
	checkpoint := l.sign(t, s, 7)
	line := checkpoint[bytes.Index(checkpoint, []byte("\n\n"))+2:]
	foreign, err := fixedSigner(t, testOrigin, 2).sign(testOrigin, fixedSigner(t, testOrigin, 2).PublicKey(), l.head(t, 7).Text())
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.sign(testOrigin, s.PublicKey(), strings.Replace(l.head(t, 7).Text(), "larkspur", "alder", 1))
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := s.signManifest(Digest{1})
	if err != nil {
		t.Fatal(err)
	}
	for name, spoilt := range map[string][]byte{
		"nothing":                         nil,
		"a signature line doubled":        append(bytes.Clone(checkpoint), line...),
		"a byte after its end":            append(bytes.Clone(checkpoint), 'x'),
		"an empty line before":            append([]byte("\n"), checkpoint...),
		"a carriage return":               bytes.Replace(checkpoint, []byte("\n"), []byte("\r\n"), 1),
		"signed by another":               foreign,
		"another origin under this key":   other,
		"a manifest's signature":          manifest,
		"too long":                        append(bytes.Clone(checkpoint), make([]byte, MaxCheckpoint)...),
		"a line end within the base64":    bytes.Replace(checkpoint, line[len(line)-9:], append([]byte("\r"), line[len(line)-9:]...), 1),
		"the signature of another head":   append([]byte(l.head(t, 6).Text()+"\n"), line...),
		"a number of another spelling":    bytes.Replace(checkpoint, []byte("\n7\n"), []byte("\n07\n"), 1),
		"a hash that is a byte too short": bytes.Replace(checkpoint, []byte(l.head(t, 7).Root.String()), []byte(base64.StdEncoding.EncodeToString(make([]byte, 31))), 1),
	} {
		if head, err := OpenCheckpoint(spoilt, s.PublicKey()); err == nil {
			t.Errorf("%s: accepted as %+v", name, head)
		}
	}
}

// TestCheckpointTakesWitnesses: lines of others that follow do not hurt.
func TestCheckpointTakesWitnesses(t *testing.T) {
	l := plainLog(t, 7)
	s, witness := fixedSigner(t, testOrigin, 1), fixedSigner(t, "demarc.local/org/witness/1", 3)
	checkpoint := l.sign(t, s, 7)
	cosigned, err := witness.sign(witness.Origin(), witness.PublicKey(), l.head(t, 7).Text())
	if err != nil {
		t.Fatal(err)
	}
	line := cosigned[bytes.Index(cosigned, []byte("\n\n"))+2:]
	if _, err := OpenCheckpoint(append(bytes.Clone(checkpoint), line...), s.PublicKey()); err != nil {
		t.Error(err)
	}
}

func TestParseKey(t *testing.T) {
	s := fixedSigner(t, testOrigin, 1)
	key, err := ParseKey([]byte("  " + s.PublicKey() + "\n"))
	if err != nil || key != s.PublicKey() {
		t.Fatalf("got %q, %v", key, err)
	}
	secret := "PRIVATE+KEY+" + testOrigin + "+00000000+AAAA"
	for _, bad := range []string{"", "x", secret, s.PublicKey() + "\n" + s.PublicKey(), s.PublicKey()[:len(s.PublicKey())-2],
		strings.Replace(s.PublicKey(), "larkspur", "alder", 1), "example.org" + strings.TrimPrefix(s.PublicKey(), testOrigin), strings.Repeat("a", 600)} {
		if key, err := ParseKey([]byte(bad)); err == nil {
			t.Errorf("%q was taken for the key %q", bad, key)
		}
	}
	if _, err := ParseKey([]byte(secret)); err == nil || !strings.Contains(err.Error(), "private") {
		t.Errorf("a private key: %v", err)
	}
}

func FuzzParseHead(f *testing.F) {
	f.Add(testOrigin + "\n0\n" + EmptyRoot().String() + "\n")
	f.Add(testOrigin + "\n-1\n" + EmptyRoot().String() + "\n")
	f.Add(testOrigin + "\n1\n" + EmptyRoot().String() + "\nextension\n")
	f.Fuzz(func(t *testing.T, text string) {
		if head, err := ParseHead(text); err == nil && head.Text() != text {
			t.Errorf("read %q, would write %q", text, head.Text())
		}
	})
}

func FuzzOpenCheckpoint(f *testing.F) {
	s := fixedSigner(f, testOrigin, 1)
	checkpoint := plainLog(f, 3).sign(f, s, 3)
	f.Add(checkpoint)
	f.Add([]byte("\n\n— "))
	f.Add(bytes.Replace(checkpoint, []byte("\n3\n"), []byte("\n4\n"), 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		// Only the signed text opens; lines of witnesses may follow.
		if head, err := OpenCheckpoint(b, s.PublicKey()); err == nil && (head.Size != 3 || !bytes.HasPrefix(b, checkpoint)) {
			t.Errorf("%q opens as %+v", b, head)
		}
	})
}
