// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden_CompactForm holds data/catalogue.json in step with the files that
// people keep.
func TestGolden_CompactForm(t *testing.T) {
	s := readSource(os.DirFS("data"))
	for _, f := range s.faults {
		t.Error(f)
	}
	var want bytes.Buffer
	encoder := json.NewEncoder(&want)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s.book); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("data/catalogue.json", want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(want.Bytes(), compact) {
		t.Fatal("data/catalogue.json is not in step with the files beside it: go test ./catalogue -run Golden -update")
	}
}
