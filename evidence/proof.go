// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// maxProofHashes is more than any proof in a tree of 2^48 entries has.
const maxProofHashes = 128

// FormatProof gives a proof as a file holds it: base64 of a hash each line.
func FormatProof(proof []Hash) []byte {
	var b strings.Builder
	for _, h := range proof {
		fmt.Fprintf(&b, "%s\n", h)
	}
	return []byte(b.String())
}

// ParseProof reads what FormatProof wrote, and nothing that is spelt in any
// other way.
func ParseProof(text []byte) ([]Hash, error) {
	var proof []Hash
	for len(text) > 0 {
		line, rest, ok := bytes.Cut(text, []byte("\n"))
		if !ok {
			return nil, errors.New("proof: its last line has no end")
		}
		if len(proof) == maxProofHashes {
			return nil, fmt.Errorf("proof: more than %d hashes", maxProofHashes)
		}
		h, err := parseHash(string(line))
		if err != nil {
			return nil, fmt.Errorf("proof: line %d: %w", len(proof)+1, err)
		}
		proof, text = append(proof, h), rest
	}
	return proof, nil
}
