// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func exampleHeader() Header {
	return Header{
		ID: [16]byte{1, 2, 3}, Time: time.Date(2026, 11, 24, 13, 13, 5, 412000, time.UTC),
		Boot: [16]byte{9}, Mono: 92811000412, ClkErr: 410,
		Kind: "snapshot.taken", Actor: "p-7hq2mzk4x3wd5c6a", Object: "snapshot/2026-11-24", Class: "evidence",
		CT: sha256.Sum256([]byte("stored")), CM: Commit(Salt{1}, []byte("body")),
	}
}

func drawHeader(t *rapid.T) Header {
	word := func(most int) string {
		return rapid.StringMatching(`[a-z0-9][a-z0-9.-]*`).Draw(t, "word")[:1] + strings.Repeat("z", rapid.IntRange(0, most-1).Draw(t, "n"))
	}
	h := Header{
		Time:   time.UnixMicro(rapid.Int64Range(0, 253402300799_999999).Draw(t, "time")).UTC(),
		Mono:   rapid.Int64Min(0).Draw(t, "mono"),
		ClkErr: rapid.Int64Min(-1).Draw(t, "err"),
		Kind:   word(48), Actor: word(48), Class: word(32),
		Object: rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9._:/-]{0,159}`).Draw(t, "object"),
	}
	copy(h.ID[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
	copy(h.Boot[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "boot"))
	copy(h.CT[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "ct"))
	copy(h.CM[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "cm"))
	return h
}

func TestHeader(t *testing.T) {
	t.Run("ReadsWhatItWrites", rapid.MakeCheck(func(t *rapid.T) {
		h := drawHeader(t)
		leaf, err := h.AppendTo(nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseHeader(leaf)
		if err != nil {
			t.Fatalf("%s: %v", leaf, err)
		}
		if got != h {
			t.Fatalf("wrote %+v, read %+v", h, got)
		}
	}))
	t.Run("IsTheDocumentedLine", func(t *testing.T) {
		h := exampleHeader()
		leaf, err := h.AppendTo([]byte("before"))
		if err != nil {
			t.Fatal(err)
		}
		const want = `before{"v":1,"id":"AQIDAAAAAAAAAAAAAAAAAA","t":"2026-11-24T13:13:05.000412Z",` +
			`"boot":"CQAAAAAAAAAAAAAAAAAAAA","mono":92811000412,"err":410,"kind":"snapshot.taken",` +
			`"actor":"p-7hq2mzk4x3wd5c6a","obj":"snapshot/2026-11-24","class":"evidence",` +
			`"ct":"h7BOWJYfmpnYU9QEagtbeT58Pku9IfWsqPsXwgzbHYs","cm":"RXnQ_Q0CKXu90WXG3Uj3x-k8Mx-P3l-0TkQ81Ie32Eg"}`
		if got := string(leaf); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
	t.Run("RefusesWhatIsNoID", func(t *testing.T) {
		for name, spoil := range map[string]func(*Header){
			"free text as kind":     func(h *Header) { h.Kind = "Alice was here" },
			"e-mail as actor":       func(h *Header) { h.Actor = "alice@example.org" },
			"quote in object":       func(h *Header) { h.Object = `a"b` },
			"blank in object":       func(h *Header) { h.Object = "a b" },
			"line end in class":     func(h *Header) { h.Class = "a\n" },
			"empty kind":            func(h *Header) { h.Kind = "" },
			"long actor":            func(h *Header) { h.Actor = strings.Repeat("a", 49) },
			"long object":           func(h *Header) { h.Object = strings.Repeat("a", 161) },
			"object begins with /":  func(h *Header) { h.Object = "/a" },
			"letters beyond ASCII":  func(h *Header) { h.Object = "größe" },
			"year 10000":            func(h *Header) { h.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
			"year 1969":             func(h *Header) { h.Time = time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC) },
			"negative mono":         func(h *Header) { h.Mono = -1 },
			"error of less than -1": func(h *Header) { h.ClkErr = -2 },
		} {
			h := exampleHeader()
			spoil(&h)
			if leaf, err := h.AppendTo(nil); err == nil {
				t.Errorf("%s: wrote %s", name, leaf)
			}
		}
	})
	t.Run("FlippedBitIsAnotherHeaderOrNone", func(t *testing.T) {
		want := exampleHeader()
		leaf, _ := want.AppendTo(nil)
		flips(leaf, func(bit int) {
			if got, err := ParseHeader(leaf); err == nil && got == want {
				t.Errorf("bit %d is without meaning", bit)
			}
		})
	})
}

func TestCommit(t *testing.T) {
	salt := Salt(bytes.Repeat([]byte{7}, 32))
	m := hmac.New(sha256.New, salt[:])
	m.Write([]byte("demarc/commit/v1\nthe body"))
	if got := Commit(salt, []byte("the body")); !bytes.Equal(got[:], m.Sum(nil)) {
		t.Error("it is not HMAC-SHA-256(salt, domain || body)")
	}
	if Commit(Salt{}, nil) == Commit(Salt{1}, nil) {
		t.Error("the salt does not matter")
	}
	if first, second := NewSalt(), NewSalt(); first == second {
		t.Error("two salts are equal")
	}
}

func FuzzParseHeader(f *testing.F) {
	h := exampleHeader()
	leaf, _ := h.AppendTo(nil)
	f.Add(leaf)
	f.Add([]byte(`{"v":1,"id":"`))
	f.Add([]byte(`{"v":2}`))
	f.Add(bytes.Replace(leaf, []byte("410"), []byte("-1"), 1))
	f.Add(bytes.Replace(leaf, []byte("410"), []byte("0410"), 1))
	f.Add(append(bytes.Clone(leaf), '\n'))
	f.Fuzz(func(t *testing.T, leaf []byte) {
		h, err := ParseHeader(leaf)
		if err != nil {
			return
		}
		again, err := h.AppendTo(nil)
		if err != nil || !bytes.Equal(again, leaf) {
			t.Errorf("read %q, would write %q (%v)", leaf, again, err)
		}
	})
}
