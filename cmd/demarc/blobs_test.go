// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"demarc.dev/demarc/internal/emulator"
)

// TestBlobs keeps large bodies in a bucket: nothing of them lies in the folder,
// all of it verifies, and a command without the bucket says what is missing.
func TestBlobs(t *testing.T) {
	s, err := emulator.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	put, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.URL+"/demarc-test", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(put)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp, err)
	}
	resp.Body.Close()
	dir := t.TempDir()
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	bucket := "DEMARC_BLOBS=s3://demarc-test/north?region=us-east-1&path-style=yes&endpoint=" + s.URL
	do := func(where string, args ...string) (string, error) {
		var out bytes.Buffer
		err := run(t.Context(), append([]string{"demarc", "--data", dir}, args...), append(os.Environ(), where), strings.NewReader(""), &out, io.Discard)
		return out.String(), err
	}
	for _, args := range [][]string{{"collect", "file", filepath.Join("..", "..", "example", "estate", "larkspur.snapshot")}, {"assess"}, {"evidence", "check"}} {
		if out, err := do(bucket, args...); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	err = filepath.WalkDir(filepath.Join(dir, "blobs"), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			t.Errorf("%s lies in the folder", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := do("DEMARC_BLOBS=", "evidence", "check"); err == nil {
		t.Error("without the bucket nothing is missed")
	}
	for _, bad := range []string{"DEMARC_BLOBS=bucket", "DEMARC_BLOBS=s3://key:secret@bucket", "DEMARC_BLOBS=s3://bucket?colour=red"} {
		if _, err := do(bad, "evidence", "check"); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}
