// SPDX-License-Identifier: Apache-2.0

package operate

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
)

const redacted = "[redacted]"

// Secret is a word that is never printed: not by fmt, slog or encoding/json.
// Who needs it converts it to string.
type Secret string

// String gives "[redacted]", or "" for no secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString is String, for %#v.
func (s Secret) GoString() string { return s.String() }

// Format prints String whatever the verb: %x would show the bytes otherwise.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, s.String()) }

// LogValue is String, for slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is String, for encoding/json and yaml.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalYAML is String, for the yaml library.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// readSecret reads a file with one secret, at most 64 kB; one line break at
// its end is none of it.
func readSecret(path string) (Secret, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	const most = 64 << 10
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	switch words := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r"); {
	case err != nil:
		return "", err
	case len(b) > most:
		return "", fmt.Errorf("it is larger than %d bytes", most)
	case words == "":
		return "", fmt.Errorf("it is empty")
	default:
		return Secret(words), nil
	}
}
