// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/cloud/cloudtest"
)

func write(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "prod.snapshot")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func snapshot(t *testing.T, n int) []byte {
	t.Helper()
	s := cloud.Snapshot{Header: cloud.Header{Tool: "demarc 0.1.0", Provider: "aws", Source: "live"},
		Gaps: []cloud.ScopeGap{{Provider: "aws", Kinds: []cloud.Kind{cloud.Disk}, Gap: cloud.Gap{Reason: cloud.Denied}}}}
	for r := range cloudtest.Generate(n, 3)() {
		s.Resources = append(s.Resources, *r)
	}
	var b bytes.Buffer
	if err := s.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFile_CanBeWalkedAgain(t *testing.T) {
	f, err := Open(write(t, snapshot(t, 200)))
	if err != nil {
		t.Fatal(err)
	}
	if f.Header().Provider != "aws" || len(f.Gaps()) != 1 {
		t.Errorf("%+v %+v", f.Header(), f.Gaps())
	}
	source := f.Source()
	for range source() {
		break // a walk that stops early leaves nothing open
	}
	for range 2 {
		n, last := 0, ""
		for r, err := range source() {
			if err != nil {
				t.Fatal(err)
			}
			if key := string(r.Kind) + "\x00" + r.ID; key <= last {
				t.Fatalf("%s is out of order", r.ID)
			} else {
				last = key
			}
			n++
		}
		if n != 200 {
			t.Errorf("%d resources, want 200", n)
		}
	}
	if n, err := f.Verify(); n != 200 || err != nil {
		t.Errorf("%d %v", n, err)
	}
}

func TestOpen_SaysWhatIsWrong(t *testing.T) {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	newer := z.EncodeAll([]byte(`{"header":{"format":99}}`+"\n"), nil)
	for _, c := range []struct {
		name, path string
		is         error
	}{
		{"missing", filepath.Join(t.TempDir(), "prod.snapshot"), fs.ErrNotExist},
		{"a folder", filepath.Join(t.TempDir(), "."), cloud.ErrNotSnapshot},
		{"empty", write(t, nil), cloud.ErrNotSnapshot},
		{"something else", write(t, []byte("PK\x03\x04 a zip archive")), cloud.ErrNotSnapshot},
		{"newer", write(t, newer), cloud.ErrNewer},
		{"cut in its header", write(t, snapshot(t, 10)[:20]), cloud.ErrTruncated},
	} {
		_, err := Open(c.path)
		if !errors.Is(err, c.is) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if strings.Contains(err.Error(), filepath.Dir(c.path)) && c.name != "a folder" || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: not one plain sentence: %v", c.name, err)
		}
	}
}

func TestVerify_CutFile(t *testing.T) {
	whole := snapshot(t, 2000)
	f, err := Open(write(t, whole[:len(whole)-10]))
	if err != nil {
		if errors.Is(err, cloud.ErrTruncated) {
			return
		}
		t.Fatal(err)
	}
	if _, err := f.Verify(); !errors.Is(err, cloud.ErrTruncated) {
		t.Errorf("%v", err)
	}
}

func TestSource_ReplacedFile(t *testing.T) {
	path := write(t, snapshot(t, 20))
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, snapshot(t, 30), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Verify(); !errors.Is(err, ErrChanged) {
		t.Errorf("a replaced file is read as the old one: %v", err)
	}
}
