// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// ErrRollback says that a head is smaller than one signed before.
var ErrRollback = errors.New("the log is shorter than what was signed before")

// ErrFork says that a head contradicts one signed before.
var ErrFork = errors.New("the log contradicts what was signed before")

// Signer signs the heads of one log and remembers the last. It refuses a head
// that is not a continuation of it, whoever asks: a restored backup, a second
// writer, a flipped bit. What it signed last is durable in its own file,
// <key>.state, before a signature leaves. One Signer at a time may use a key;
// safe for concurrent use.
type Signer struct {
	path    string
	origin  string
	public  string
	private ed25519.PrivateKey
	lock    io.Closer

	mu   sync.Mutex
	last Head
}

// CreateSigner makes a key for the log of origin in a new file at path (mode
// 0600), with its state beside it, and writes the public key to path.pub.
func CreateSigner(path, origin string) (*Signer, error) {
	if _, _, err := ParseOrigin(origin); err != nil {
		return nil, err
	}
	if _, err := os.Lstat(path); err == nil {
		return nil, fmt.Errorf("creating key %s: %w", path, os.ErrExist)
	}
	secret, public, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return nil, fmt.Errorf("creating key: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("creating key: %w", err)
	}
	// The key comes last: a key without a state is never seen.
	if err := WriteFile(path+".state", stateText(Head{Origin: origin, Root: EmptyRoot()}), 0o600); err != nil {
		return nil, fmt.Errorf("writing the signer's state: %w", err)
	}
	if err := WriteFile(path+".pub", []byte(public+"\n"), 0o644); err != nil {
		return nil, fmt.Errorf("writing public key: %w", err)
	}
	if err := WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("writing key: %w", err)
	}
	return OpenSigner(path)
}

// OpenSigner opens the key at path and its state. A missing state is an
// error, for without it a rollback would go unseen.
func OpenSigner(path string) (*Signer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("opening key: %w", err)
	}
	if openToOthers(info) {
		return nil, fmt.Errorf("opening key: others may read %s; set its mode to 0600", path)
	}
	lock, err := LockFile(path + ".lock")
	if err != nil {
		return nil, fmt.Errorf("opening key: %w", err)
	}
	s, err := readSigner(path)
	if err != nil {
		lock.Close()
		return nil, fmt.Errorf("opening key %s: %w", path, err)
	}
	s.lock = lock
	return s, nil
}

func readSigner(path string) (*Signer, error) {
	secret, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	skey := strings.TrimSpace(string(secret))
	checked, err := note.NewSigner(skey)
	if err != nil {
		return nil, err
	}
	if _, _, err := ParseOrigin(checked.Name()); err != nil {
		return nil, err
	}
	// PRIVATE+KEY+<name>+<hash>+<base64 of algorithm and seed>
	seed, err := base64.StdEncoding.DecodeString(strings.SplitN(skey, "+", 5)[4])
	if err != nil || len(seed) != 1+ed25519.SeedSize {
		return nil, errors.New("private key: no Ed25519 seed")
	}
	s := &Signer{path: path, origin: checked.Name(), private: ed25519.NewKeyFromSeed(seed[1:])}
	if s.public, err = note.NewEd25519VerifierKey(s.origin, s.private.Public().(ed25519.PublicKey)); err != nil {
		return nil, err
	}
	if s.last, err = s.readState(); err != nil {
		return nil, err
	}
	return s, nil
}

// Origin names the log that the key belongs to.
func (s *Signer) Origin() string { return s.origin }

// PublicKey gives the line that an auditor needs: <origin>+<id>+<base64>.
func (s *Signer) PublicKey() string { return s.public }

// Last gives the head that was signed last; size 0 when none was.
func (s *Signer) Last() Head {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// Close lets another open the key.
func (s *Signer) Close() error { return s.lock.Close() }

// Sign signs a head that continues the last one, as proof shows (it may be
// empty when the last one has size 0 or is h itself). The error Is
// ErrRollback or ErrFork when it does not; nothing is signed then.
func (s *Signer) Sign(h Head, proof []Hash) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h.Origin != s.origin {
		return nil, fmt.Errorf("signing a head of %s: the key belongs to %s", h.Origin, s.origin)
	}
	onDisk, err := s.readState()
	if err != nil {
		return nil, fmt.Errorf("reading the signer's state: %w", err)
	}
	if onDisk != s.last {
		return nil, fmt.Errorf("signer's state %s.state changed behind its back: %w", s.path, ErrFork)
	}
	if err := continues(h, s.last, proof); err != nil {
		return nil, err
	}
	if h != s.last {
		if err := WriteFile(s.path+".state", stateText(h), 0o600); err != nil {
			return nil, fmt.Errorf("writing the signer's state: %w", err)
		}
		s.last = h
	}
	return s.sign(s.origin, s.public, h.Text())
}

// continues tells whether h is last or grew out of it.
func continues(h, last Head, proof []Hash) error {
	switch {
	case h.Size < last.Size:
		return fmt.Errorf("%w: %d entries, signed were %d", ErrRollback, h.Size, last.Size)
	case h.Size == last.Size && h.Root != last.Root:
		return fmt.Errorf("%w: another root over the same %d entries", ErrFork, h.Size)
	case len(proof) > 0 && (h.Size == last.Size || last.Size == 0):
		return errors.New("consistency proof: none is needed here, yet it has hashes")
	case h.Size == last.Size || last.Size == 0:
		return nil
	}
	if err := tlog.CheckTree(proof, h.Size, h.Root, last.Size, last.Root); err != nil {
		return fmt.Errorf("%w: %d entries do not continue the signed %d", ErrFork, h.Size, last.Size)
	}
	return nil
}

// signManifest signs a pack's manifest under the name <origin>/pack: its text
// can never be taken for a checkpoint.
func (s *Signer) signManifest(digest Digest) ([]byte, error) {
	public, err := packKey(s.public)
	if err != nil {
		return nil, err
	}
	return s.sign(KeyName(public), public, manifestText(s.origin, digest))
}

func (s *Signer) sign(name, public, text string) ([]byte, error) {
	v, err := note.NewVerifier(public)
	if err != nil {
		return nil, err
	}
	return note.Sign(&note.Note{Text: text}, noteSigner{v, s.private})
}

type noteSigner struct {
	note.Verifier
	key ed25519.PrivateKey
}

func (s noteSigner) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.key, msg), nil }

// packKey is the same public key under the name that signs manifests.
func packKey(public string) (string, error) {
	parts := strings.SplitN(public, "+", 3)
	if len(parts) != 3 {
		return "", errors.New("public key: not one line <origin>+<id>+<base64>")
	}
	raw, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(raw) != 1+ed25519.PublicKeySize {
		return "", errors.New("public key: no Ed25519 key")
	}
	return note.NewEd25519VerifierKey(parts[0]+"/pack", raw[1:])
}

func manifestText(origin string, digest Digest) string {
	return fmt.Sprintf("%s/pack\n%x\n", origin, digest)
}

const stateTitle = "demarc signer state v1\n"

func stateText(h Head) []byte {
	text := stateTitle + h.Text()
	return fmt.Appendf(nil, "%s%x\n", text, sha256.Sum256([]byte(text)))
}

func (s *Signer) readState() (Head, error) {
	b, err := os.ReadFile(s.path + ".state")
	if errors.Is(err, os.ErrNotExist) {
		return Head{}, fmt.Errorf("the signer's state %s.state is missing: without it a rollback would go unseen; put the file back, or begin a new period with a new key", s.path)
	}
	if err != nil {
		return Head{}, err
	}
	end := len(b) - 2*sha256.Size - 1
	if end < len(stateTitle) || !bytes.HasPrefix(b, []byte(stateTitle)) {
		return Head{}, fmt.Errorf("%s.state is no signer's state", s.path)
	}
	h, err := ParseHead(string(b[len(stateTitle):end]))
	if err != nil || h.Origin != s.origin || !bytes.Equal(stateText(h), b) {
		return Head{}, fmt.Errorf("%s.state is damaged or belongs to another log", s.path)
	}
	return h, nil
}
