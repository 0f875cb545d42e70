// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a node of the tree.
type Hash = tlog.Hash

// Host is the first part of every origin.
const Host = "demarc.local"

// MaxCheckpoint is the longest checkpoint read, in bytes: room for a hundred
// witnesses.
const MaxCheckpoint = 64 << 10

// Origin names the log of an organisation in a period; it is the name of the
// log's key too.
func Origin(org, period string) (string, error) {
	if !isWord(org, 63) {
		return "", fmt.Errorf("organisation %q is no word of a-z, 0-9, '.', '-' (at most 63)", org)
	}
	if !isWord(period, 32) {
		return "", fmt.Errorf("period %q is no word of a-z, 0-9, '.', '-' (at most 32)", period)
	}
	return Host + "/org/" + org + "/" + period, nil
}

// ParseOrigin gives the organisation and the period of an origin.
func ParseOrigin(origin string) (org, period string, err error) {
	rest, ok := strings.CutPrefix(origin, Host+"/org/")
	org, period, ok2 := strings.Cut(rest, "/")
	if !ok || !ok2 || !isWord(org, 63) || !isWord(period, 32) {
		return "", "", fmt.Errorf("origin %q is not %s/org/<organisation>/<period>", origin, Host)
	}
	return org, period, nil
}

// Head is the state of a log: how many entries, and the root of their tree.
type Head struct {
	Origin string
	Size   int64
	Root   Hash
}

// Text gives the three lines that are signed.
func (h Head) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", h.Origin, h.Size, h.Root)
}

// ParseHead reads the text of a checkpoint. Extension lines are refused: we
// write none.
func ParseHead(text string) (Head, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return Head{}, errors.New("checkpoint: not three lines of origin, size and root")
	}
	if _, _, err := ParseOrigin(lines[0]); err != nil {
		return Head{}, fmt.Errorf("checkpoint: %w", err)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] || size > 1<<48 {
		return Head{}, fmt.Errorf("checkpoint: size %q is no number in range", lines[1])
	}
	root, err := parseHash(lines[2])
	if err != nil {
		return Head{}, fmt.Errorf("checkpoint: root: %w", err)
	}
	return Head{Origin: lines[0], Size: size, Root: root}, nil
}

// OpenCheckpoint checks a checkpoint's signature against the public key and
// gives its head. The key's name must be the checkpoint's origin.
func OpenCheckpoint(checkpoint []byte, key string) (Head, error) {
	text, err := openNote(checkpoint, key)
	if err != nil {
		return Head{}, fmt.Errorf("checkpoint: %w", err)
	}
	head, err := ParseHead(text)
	if err != nil {
		return Head{}, err
	}
	if name := KeyName(key); head.Origin != name {
		return Head{}, fmt.Errorf("checkpoint: its origin is %s but the key belongs to %s", head.Origin, name)
	}
	return head, nil
}

// KeyName gives the name in a public key line, the origin of its log.
func KeyName(key string) string {
	name, _, _ := strings.Cut(key, "+")
	return name
}

// ParseKey reads a public key as it is handed over: one line
// "<origin>+<8 hex digits>+<base64>", space around it allowed.
func ParseKey(text []byte) (string, error) {
	key := string(bytes.TrimSpace(text))
	if strings.HasPrefix(key, "PRIVATE+KEY+") {
		return "", errors.New("public key: this is the private key; it must not leave the signer")
	}
	if len(key) > 512 || strings.ContainsAny(key, "\r\n\t ") {
		return "", errors.New("public key: not one line <origin>+<id>+<base64>")
	}
	if _, err := note.NewVerifier(key); err != nil {
		return "", fmt.Errorf("public key: not one line <origin>+<id>+<base64>: %w", err)
	}
	if _, _, err := ParseOrigin(KeyName(key)); err != nil {
		return "", fmt.Errorf("public key: %w", err)
	}
	return key, nil
}

// openNote verifies a signed note that key must have signed and gives its
// text. Base64 that could be written in a second way is refused, so that no
// bit of a note is without meaning.
func openNote(msg []byte, key string) (string, error) {
	if len(msg) > MaxCheckpoint {
		return "", fmt.Errorf("signed note: %d bytes, at most %d are allowed", len(msg), MaxCheckpoint)
	}
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return "", fmt.Errorf("public key: %w", err)
	}
	n, err := note.Open(msg, note.VerifierList(verifier))
	if unverified := (*note.UnverifiedNoteError)(nil); errors.As(err, &unverified) {
		return "", fmt.Errorf("signed note: no signature by the trusted key (%s)", key[:strings.LastIndexByte(key, '+')])
	}
	if err != nil {
		return "", fmt.Errorf("signed note: %w", err)
	}
	for _, s := range append(n.Sigs, n.UnverifiedSigs...) {
		if _, err := base64.StdEncoding.Strict().DecodeString(s.Base64); err != nil {
			return "", fmt.Errorf("signed note: signature of %s: %w", s.Name, err)
		}
	}
	again, err := note.Sign(n)
	if err != nil || !bytes.Equal(again, msg) {
		return "", errors.New("signed note: signature lines doubled or out of order")
	}
	return n.Text, nil
}

// parseHash reads the one base64 spelling of a hash.
func parseHash(s string) (h Hash, err error) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != len(h) || strings.ContainsAny(s, "\r\n") {
		return h, fmt.Errorf("%.60q is no base64 of 32 bytes", s)
	}
	return Hash(b), nil
}
