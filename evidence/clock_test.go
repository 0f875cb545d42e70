// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	c := NewClock()
	first := c.Read()
	if first.Boot != bootID() || first.Err < -1 || first.Mono < 0 {
		t.Errorf("it reads %+v", first)
	}
	if first.Time.Location() != time.UTC {
		t.Error("the time is not in UTC")
	}
	for range 100 {
		next := c.Read()
		if next.Mono < first.Mono || next.Boot != first.Boot {
			t.Fatalf("%+v after %+v", next, first)
		}
		first = next
	}
}

func TestLockFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	lock, err := LockFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := LockFile(path); !errors.Is(err, ErrLocked) {
		t.Errorf("taken twice: %v", err)
	}
	lock.Close()
	again, err := LockFile(path)
	if err != nil {
		t.Fatalf("after it was let go: %v", err)
	}
	again.Close()
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for _, text := range []string{"first", "second, and longer"} {
		if err := WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if err := WriteFile(filepath.Join(dir, "none", "file"), nil, 0o600); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("into no folder: %v", err)
	}
	if err := SyncDir(dir); err != nil {
		t.Error(err)
	}
	if names, _ := os.ReadDir(dir); len(names) != 1 {
		t.Errorf("left behind: %v", names)
	}
}
