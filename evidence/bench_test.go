// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

const benchEntries = 100_000

// benchCase is a log of 100,000 entries with bodies of some 300 bytes.
func benchCase(b *testing.B) packCase {
	b.Helper()
	l, s := newMemoryLog(), fixedSigner(b, testOrigin, 1)
	filler := bytes.Repeat([]byte("x"), 280)
	for i := range benchEntries {
		l.add(b, fact{body: fmt.Appendf(nil, `{"entry":%d,"pad":"%s"}`, i, filler), ext: "json"})
	}
	return packCase{l, s, PackOptions{To: benchEntries, Checkpoint: l.sign(b, s, benchEntries), Created: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)}}
}

// BenchmarkPack makes and verifies a pack of 100,000 entries with their
// bodies, on disk.
func BenchmarkPack(b *testing.B) {
	c := benchCase(b)
	path := filepath.Join(b.TempDir(), "pack.zip")
	b.Run("Write", func(b *testing.B) {
		for b.Loop() {
			f, err := os.Create(path)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := WritePack(context.Background(), f, c.log, c.signer, c.o); err != nil {
				b.Fatal(err)
			}
			f.Close()
		}
		b.ReportMetric(float64(benchEntries)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
	})
	b.Run("Verify", func(b *testing.B) {
		b.ReportAllocs()
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			r, err := VerifyPack(context.Background(), f, info.Size(), VerifyOptions{Key: c.signer.PublicKey()})
			if err != nil || !r.OK() {
				b.Fatal(err, r)
			}
		}
		b.ReportMetric(float64(benchEntries)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
		b.ReportMetric(float64(info.Size())/benchEntries, "zipB/entry")
	})
	b.Run("VerifyPython", func(b *testing.B) {
		script := filepath.Join(b.TempDir(), "verify_pack.py")
		if err := os.WriteFile(script, PackVerifier(), 0o600); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if out, err := exec.Command(python(b), script, path, "--key", c.signer.PublicKey()).CombinedOutput(); err != nil {
				b.Fatalf("%v\n%s", err, out)
			}
		}
		b.ReportMetric(float64(benchEntries)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
	})
}

// BenchmarkReceipt proves and checks single entries of a log of 100,000.
func BenchmarkReceipt(b *testing.B) {
	c := benchCase(b)
	checkpoint := c.o.Checkpoint
	tiles := c.log.hashReader()
	b.Run("New", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if _, err := NewReceipt(c.log.entries[i*7919%benchEntries].Entry, checkpoint, tiles); err != nil {
				b.Fatal(err)
			}
		}
	})
	receipt, err := NewReceipt(c.log.entries[77].Entry, checkpoint, tiles)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("Verify", func(b *testing.B) {
		for b.Loop() {
			if _, err := VerifyReceipt(receipt, c.signer.PublicKey()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkFrontier(b *testing.B) {
	var f Frontier
	leaf := make([]byte, 380)
	b.SetBytes(int64(len(leaf)))
	for b.Loop() {
		f.Append(LeafHash(leaf))
	}
}
