// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCreateSigner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "key")
	s, err := CreateSigner(path, testOrigin)
	if err != nil {
		t.Fatal(err)
	}
	if s.Last() != (Head{Origin: testOrigin, Root: EmptyRoot()}) || s.Origin() != testOrigin {
		t.Errorf("a new signer has signed %+v", s.Last())
	}
	public, err := os.ReadFile(path + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	if key, err := ParseKey(public); err != nil || key != s.PublicKey() {
		t.Errorf("key.pub holds %q: %v", public, err)
	}
	for _, name := range []string{path, path + ".state"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if openToOthers(info) {
			t.Errorf("%s has the mode %v", filepath.Base(name), info.Mode())
		}
	}
	if _, err := OpenSigner(path); !errors.Is(err, ErrLocked) {
		t.Errorf("opened a second time: %v", err)
	}
	if _, err := CreateSigner(path, testOrigin); !errors.Is(err, os.ErrExist) {
		t.Errorf("created a second time: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := OpenSigner(path)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
	if _, err := CreateSigner(filepath.Join(t.TempDir(), "key"), "no origin"); err == nil {
		t.Error("a key without an origin was made")
	}
}

// TestSignerNeverGoesBack asks a signer for heads in any order, of its own
// log, of forks of it and after restarts. Whatever it signed must be one line
// of growth, and it must sign all that is.
func TestSignerNeverGoesBack(t *testing.T) {
	l := plainLog(t, 40)
	forks := []*memoryLog{plainLog(t, 3), plainLog(t, 17)}
	for _, fork := range forks {
		fork.addLeaf(t, []byte("another"))
		for i := len(fork.entries); i < 40; i++ {
			fork.addLeaf(t, l.entries[i].Leaf)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		s := fixedSigner(t, testOrigin, 1)
		path := s.path
		defer func() { s.Close() }()
		last := s.Last()
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			if rapid.IntRange(0, 4).Draw(rt, "restart") == 0 {
				s.Close()
				var err error
				if s, err = OpenSigner(path); err != nil {
					rt.Fatal(err)
				}
			}
			from := rapid.SampledFrom([]*memoryLog{l, l, l, forks[0], forks[1]}).Draw(rt, "log")
			head := from.head(t, rapid.Int64Range(0, 40).Draw(rt, "size"))
			may := head.Size >= last.Size && last == from.head(t, last.Size)
			proof, err := ProveConsistency(last, head, from.hashReader())
			if (err == nil) != may {
				rt.Fatalf("%d → %d: proving says %v", last.Size, head.Size, err)
			}
			checkpoint, err := s.Sign(head, proof)
			switch {
			case may && err != nil:
				rt.Fatalf("%d → %d: refused: %v", last.Size, head.Size, err)
			case !may && (err == nil || checkpoint != nil):
				rt.Fatalf("%d → %d: signed what does not continue", last.Size, head.Size)
			case !may && !errors.Is(err, ErrRollback) && !errors.Is(err, ErrFork):
				rt.Fatalf("%d → %d: refused for another reason: %v", last.Size, head.Size, err)
			case may:
				last = head
			}
			if s.Last() != last {
				rt.Fatalf("the signer remembers %d, signed was %d", s.Last().Size, last.Size)
			}
		}
	})
}

func TestSignerRefuses(t *testing.T) {
	l := plainLog(t, 10)
	s := fixedSigner(t, testOrigin, 1)
	l.sign(t, s, 5)
	head := l.head(t, 10)
	proof, err := ProveConsistency(l.head(t, 5), head, l.hashReader())
	if err != nil {
		t.Fatal(err)
	}
	for i := range proof {
		flips(proof[i][:], func(bit int) {
			if _, err := s.Sign(head, proof); !errors.Is(err, ErrFork) {
				t.Fatalf("bit %d of hash %d flipped: %v", bit, i, err)
			}
		})
	}
	if _, err := s.Sign(head, nil); !errors.Is(err, ErrFork) {
		t.Errorf("no proof: %v", err)
	}
	alien := head
	alien.Origin = "demarc.local/org/alder/2026-q4"
	if _, err := s.Sign(alien, proof); err == nil {
		t.Error("a head of another log was signed")
	}
	if s.Last() != l.head(t, 5) {
		t.Error("what was refused is remembered")
	}
	if _, err := s.Sign(head, proof); err != nil {
		t.Errorf("the honest head after all that: %v", err)
	}
}

// TestSignerState spoils the state on disk: the signer must not sign on.
func TestSignerState(t *testing.T) {
	l := plainLog(t, 10)
	signed := func(t *testing.T) (*Signer, []byte) {
		s := fixedSigner(t, testOrigin, 1)
		l.sign(t, s, 5)
		state, err := os.ReadFile(s.path + ".state")
		if err != nil {
			t.Fatal(err)
		}
		return s, state
	}
	refuses := func(t *testing.T, s *Signer) {
		t.Helper()
		head := l.head(t, 5)
		if _, err := s.Sign(head, nil); err == nil {
			t.Error("the open signer signs on")
		}
		s.Close()
		if again, err := OpenSigner(s.path); err == nil {
			again.Close()
			t.Error("it opens")
		}
	}
	t.Run("Missing", func(t *testing.T) {
		s, _ := signed(t)
		if err := os.Remove(s.path + ".state"); err != nil {
			t.Fatal(err)
		}
		refuses(t, s)
	})
	t.Run("FlippedBit", func(t *testing.T) {
		s, state := signed(t)
		flips(state, func(bit int) {
			if err := os.WriteFile(s.path+".state", state, 0o600); err != nil {
				t.Fatal(err)
			}
			if h, err := s.readState(); err == nil {
				t.Errorf("bit %d flipped, and it is read as %+v", bit, h)
			}
		})
		state[len(state)/2] ^= 1
		if err := os.WriteFile(s.path+".state", state, 0o600); err != nil {
			t.Fatal(err)
		}
		refuses(t, s)
	})
	t.Run("Truncated", func(t *testing.T) {
		s, state := signed(t)
		for n := range state {
			if err := os.WriteFile(s.path+".state", state[:n], 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := s.readState(); err == nil {
				t.Errorf("%d bytes of %d are read", n, len(state))
			}
		}
		refuses(t, s)
	})
	t.Run("PutBack", func(t *testing.T) { // under an open signer
		s, state := signed(t)
		l.sign(t, s, 10)
		if err := os.WriteFile(s.path+".state", state, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Sign(l.head(t, 10), nil); !errors.Is(err, ErrFork) {
			t.Errorf("it signs on: %v", err)
		}
	})
	t.Run("OfAnotherLog", func(t *testing.T) {
		s, _ := signed(t)
		if err := os.WriteFile(s.path+".state", stateText(Head{Origin: "demarc.local/org/alder/p", Root: EmptyRoot()}), 0o600); err != nil {
			t.Fatal(err)
		}
		refuses(t, s)
	})
}

func TestOpenSignerRefuses(t *testing.T) {
	spoil := func(t *testing.T, do func(path string) error) error {
		s := fixedSigner(t, testOrigin, 1)
		s.Close()
		if err := do(s.path); err != nil {
			t.Fatal(err)
		}
		again, err := OpenSigner(s.path)
		if err == nil {
			again.Close()
		}
		return err
	}
	if err := spoil(t, func(path string) error { return os.Chmod(path, 0o644) }); err == nil || !strings.Contains(err.Error(), "0600") {
		t.Errorf("a key that others may read: %v", err)
	}
	if err := spoil(t, os.Remove); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no key: %v", err)
	}
	for _, text := range []string{"", "PRIVATE+KEY+", "PRIVATE+KEY+" + testOrigin + "+00000000+AQ=="} {
		if err := spoil(t, func(path string) error { return os.WriteFile(path, []byte(text), 0o600) }); err == nil {
			t.Errorf("the key %q: opened", text)
		}
	}
}

// TestManifestSignatureIsNoCheckpoint: the key signs two things, and neither
// can be taken for the other.
func TestManifestSignatureIsNoCheckpoint(t *testing.T) {
	s := fixedSigner(t, testOrigin, 1)
	sig, err := s.signManifest(Digest{1})
	if err != nil {
		t.Fatal(err)
	}
	public, err := packKey(s.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	if text, err := openNote(sig, public); err != nil || text != manifestText(testOrigin, Digest{1}) {
		t.Errorf("got %q, %v", text, err)
	}
	if _, err := openNote(sig, s.PublicKey()); err == nil {
		t.Error("the key of checkpoints opens a manifest's signature")
	}
	if _, err := openNote(plainLog(t, 2).sign(t, s, 2), public); err == nil {
		t.Error("the key of manifests opens a checkpoint")
	}
}
