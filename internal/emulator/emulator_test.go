// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestServer_AnswersAndStops(t *testing.T) {
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Reset(); err != nil {
		t.Error(err)
	}
	s.Stop()
	if _, err := http.Get(s.URL); err == nil {
		t.Error("the emulator still answers after Stop")
	}
	s.Stop() // twice does no harm
}

func TestStart_NamesTheRemedyWhenMotoIsMissing(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	if _, err := Start(); err == nil || !strings.Contains(err.Error(), "run .ci/need") {
		t.Fatalf("got %v; want an error that says what to run", err)
	}
}
