// SPDX-License-Identifier: Apache-2.0

package store

import (
	"flag"
	"fmt"
	"testing"

	"demarc.dev/demarc/evidence"
)

// AtMost bounds how often rapid asks, for every answer here waits for the disk.
func AtMost(t *testing.T, checks int) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	if f.Value.String() != f.DefValue {
		return // somebody wants more, or less
	}
	set := func(v string) {
		if err := f.Value.Set(v); err != nil {
			t.Fatal(err)
		}
	}
	set(fmt.Sprint(checks))
	t.Cleanup(func() { set(f.DefValue) })
}

// blobPath is where a blob of a store with the folder lies.
func (o *Org) blobPath(d evidence.Digest) string { return o.s.files.Place(o.id, d) }

// FolderBlobs is the driver of the folder.
func FolderBlobs(dir string) Blobs { return folderBlobs{dir} }
