// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

// childPath, when set, makes the test binary a signer that signs on and on
// with the key of that path, a line of base64 each checkpoint.
const childPath = "DEMARC_TEST_SIGNER"

// childFull, when set, is the process whose files may not grow.
const childFull = "DEMARC_TEST_FULL"

func TestMain(m *testing.M) {
	if path := os.Getenv(childPath); path != "" {
		if err := signOn(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const childEntries = 3000

func signOn(path string) error {
	t := &testing.T{} // of which nothing is asked: no helper fails here
	l := plainLog(t, childEntries)
	s, err := OpenSigner(path)
	if err != nil {
		return err
	}
	for size := s.Last().Size; size < childEntries; size++ {
		head := l.head(t, size)
		proof, err := ProveConsistency(s.Last(), head, l.hashReader())
		if err != nil {
			return err
		}
		checkpoint, err := s.Sign(head, proof)
		if err != nil {
			return err
		}
		if _, err := fmt.Println(base64.StdEncoding.EncodeToString(checkpoint)); err != nil {
			return err
		}
	}
	return nil
}

// TestSignerKilled kills a signing process again and again. Each checkpoint
// that came out must be one that the signer still knows of afterwards.
func TestSignerKilled(t *testing.T) {
	s := fixedSigner(t, testOrigin, 1)
	path, key := s.path, s.PublicKey()
	s.Close()
	l := plainLog(t, childEntries)
	var last Head
	for round := range 20 {
		for _, head := range killedAfter(t, path, key, 1+round*3) {
			if head.Size < last.Size || head != l.head(t, head.Size) {
				t.Fatalf("round %d: signed %d after %d", round, head.Size, last.Size)
			}
			last = head
		}
		again, err := OpenSigner(path)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		known := again.Last()
		again.Close()
		if known.Size < last.Size || known != l.head(t, known.Size) {
			t.Fatalf("round %d: %d entries were signed, after the kill the signer knows of %d", round, last.Size, known.Size)
		}
	}
	if last.Size == 0 {
		t.Fatal("nothing was signed: the test saw nothing")
	}
}

// killedAfter starts a signing process, kills it once n checkpoints came, and
// gives the heads of all that came.
func killedAfter(t *testing.T, path, key string, n int) []Head {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childPath+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var heads []Head
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		checkpoint, err := base64.StdEncoding.DecodeString(lines.Text())
		if err != nil {
			break // the kill cut the line
		}
		head, err := OpenCheckpoint(checkpoint, key)
		if err != nil {
			t.Fatal(err)
		}
		if heads = append(heads, head); len(heads) == n {
			cmd.Process.Kill()
		}
	}
	cmd.Wait()
	if len(heads) < n {
		t.Fatalf("the signer gave %d checkpoints, wanted were %d", len(heads), n)
	}
	return heads
}

// TestSignerCrash puts on disk what a crash leaves after each step of
// remembering a head: the signer must know either head, and go on from it.
func TestSignerCrash(t *testing.T) {
	l := plainLog(t, 10)
	old, new := stateText(l.head(t, 5)), stateText(l.head(t, 8))
	reopen := func(t *testing.T, files map[string][]byte, want int64) {
		t.Helper()
		s := fixedSigner(t, testOrigin, 1)
		s.Close()
		for name, data := range files {
			if err := os.WriteFile(filepath.Join(filepath.Dir(s.path), name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		again, err := OpenSigner(s.path)
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		if again.Last() != l.head(t, want) {
			t.Fatalf("it knows of %d entries, %d were remembered", again.Last().Size, want)
		}
		if _, err := again.Sign(l.head(t, want-1), nil); !errors.Is(err, ErrRollback) {
			t.Errorf("it signs a smaller log: %v", err)
		}
		l.sign(t, again, 10)
	}
	for n := range len(new) + 1 { // created, written in part, written
		reopen(t, map[string][]byte{"key.state": old, ".new-1": new[:n]}, 5)
	}
	reopen(t, map[string][]byte{"key.state": new}, 8) // renamed
}

func TestCreateSignerCrash(t *testing.T) {
	for step, names := range [][]string{{}, {"key.state"}, {"key.state", "key.pub"}, {"key.state", "key.pub", ".new-1"}} {
		dir := t.TempDir()
		for _, name := range names {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("of a key that was never used\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s, err := CreateSigner(filepath.Join(dir, "key"), testOrigin)
		if err != nil {
			t.Fatalf("after step %d: %v", step, err)
		}
		plainLog(t, 3).sign(t, s, 3)
		s.Close()
	}
}

// TestSignerFullDisk lets the write of the state fail after each of its
// bytes: no signature may leave, and the old state must stand.
func TestSignerFullDisk(t *testing.T) {
	if os.Getenv(childFull) == "" { // the limit binds a whole process
		cmd := exec.Command(os.Args[0], "-test.run=^TestSignerFullDisk$", "-test.v")
		cmd.Env = append(os.Environ(), childFull+"=1")
		if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("--- PASS: TestSignerFullDisk")) {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	l := plainLog(t, 10)
	s := fixedSigner(t, testOrigin, 1)
	l.sign(t, s, 5)
	head := l.head(t, 10)
	proof, err := ProveConsistency(l.head(t, 5), head, l.hashReader())
	if err != nil {
		t.Fatal(err)
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	state := stateText(l.head(t, 5))
	for n := range len(stateText(head)) {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(n), Max: limit.Max}); err != nil {
			t.Fatal(err)
		}
		checkpoint, err := s.Sign(head, proof)
		if e := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); e != nil {
			t.Fatal(e)
		}
		if err == nil || checkpoint != nil {
			t.Fatalf("signed, though only %d bytes of the state could be written", n)
		}
		if got, _ := os.ReadFile(s.path + ".state"); !bytes.Equal(got, state) || s.Last().Size != 5 {
			t.Fatalf("after %d bytes the state is %q", n, got)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(s.path), ".new-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := s.Sign(head, proof); err != nil {
		t.Errorf("with space again: %v", err)
	}
}
