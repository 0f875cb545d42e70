// SPDX-License-Identifier: Apache-2.0

//go:build unix

package story

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/internal/browser"
)

// TestAudit: an external auditor is let in for a week, asks for evidence, gets
// it, and proves offline that it was not changed; nothing else opens to her.
func TestAudit(t *testing.T) {
	s := serve(t, nil, nil)
	ada, eve := s.person("ada"), s.person("eve")
	ada.signsInByLink()
	week := time.Now().Add(7 * 24 * time.Hour).Format(time.DateOnly)
	eve.joins(ada.letsIn("larkspur", "eve@audit.example", "External auditor", "Last day (an external auditor needs one)", week))
	eve.sees("Larkspur Ledger")

	eve.follows("Auditors' requests", "")
	eve.fills("What do you need to see?", "The log since the last audit.")
	eve.fills("About which duty, control or service (its id; may be empty)", "9.2.5-C1")
	eve.fills("Wanted by", week)
	eve.presses("Ask", "")
	eve.sees("The log since the last audit.", "Nothing yet")

	ada.visit("/o/larkspur/")
	ada.follows("eve@audit.example asks for evidence: The log since the last audit.", "")
	ada.fills("Where the evidence stands", "In the pack: entry 12 is the conclusion.")
	ada.presses("Answer", "")

	eve.visit("/o/larkspur/request/q1")
	eve.sees("In the pack: entry 12 is the conclusion.")
	pack, err := eve.page.Download(eve.ctx, func() error {
		return eve.page.Click(eve.ctx, browser.Thing{Role: "link", Name: "Download the pack"})
	})
	eve.must(err)
	key := eve.takes("/o/larkspur/evidence/key")
	if said := s.demarc("evidence", "verify", pack, "--key", key); !strings.Contains(said, "every file is the one it names") || strings.Contains(said, "FAIL") {
		t.Errorf("the verdict says:\n%s", said)
	}
	flipped := filepath.Join(t.TempDir(), "flipped.zip")
	data, err := os.ReadFile(pack)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(flipped, data, 0o600); err != nil {
		t.Fatal(err)
	}
	s.fails(4, "evidence", "verify", flipped, "--key", key)

	eve.presses("Close: I have what I need", "")
	eve.sees("closed")
	for _, path := range []string{"/o/larkspur/evidence", "/o/larkspur/member", "/o/larkspur/report", "/admin"} {
		eve.visit(path)
		if status, _ := eve.page.Status(); status != 403 {
			t.Errorf("the auditor gets %s: %d", path, status)
		}
	}
	eve.visit("/o/harrow/")
	if status, _ := eve.page.Status(); status != 404 {
		t.Errorf("the auditor learns of another organisation: %d", status)
	}
}
