// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestProof(t *testing.T) {
	l := plainLog(t, 100)
	for size := int64(1); size <= 100; size++ {
		proof, err := ProveRange(size, size/3, size/3+1, l.hashReader())
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseProof(FormatProof(proof))
		if err != nil || !slices.Equal(got, proof) {
			t.Fatalf("size %d: %v", size, err)
		}
	}
	line := EmptyRoot().String() + "\n"
	for _, bad := range []string{"x\n", line[:len(line)-1], line + "\n", "\r" + line, line[:20] + "\r\n" + line[20:], strings.Repeat(line, 129)} {
		if _, err := ParseProof([]byte(bad)); err == nil {
			t.Errorf("%.200q was read", bad)
		}
	}
}

func FuzzParseProof(f *testing.F) {
	line := EmptyRoot().String() + "\n"
	f.Add([]byte(line + line))
	f.Add([]byte(line[:40]))
	f.Fuzz(func(t *testing.T, text []byte) {
		if proof, err := ParseProof(text); err == nil && !bytes.Equal(FormatProof(proof), text) {
			t.Errorf("read %q, would write %q", text, FormatProof(proof))
		}
	})
}
