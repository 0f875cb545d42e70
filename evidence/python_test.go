// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// python gives the interpreter. The second verifier is part of what is
// promised, so a machine without one fails the test.
func python(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal("python3 is needed to test verify_pack.py: install it")
	}
	return path
}

// runVerifier runs verify_pack.py on a pack and gives what it printed and its
// exit code.
func runVerifier(t testing.TB, pack []byte, args ...string) (out []byte, code int) {
	t.Helper()
	dir := t.TempDir()
	script, zip := filepath.Join(dir, "verify_pack.py"), filepath.Join(dir, "pack.zip")
	if err := errors.Join(os.WriteFile(script, PackVerifier(), 0o600), os.WriteFile(zip, pack, 0o600)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python(t), append([]string{"-I", "-W", "error", script, zip}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if code = cmd.ProcessState.ExitCode(); code != 0 && code != 4 {
		t.Fatalf("verify_pack.py: exit code %d\n%s", code, stderr.Bytes())
	}
	return out, code
}

func TestPythonAgreesOnGoodPacks(t *testing.T) {
	c := richCase(t)
	pack := c.pack(t)
	want := verify(t, pack, VerifyOptions{Key: c.signer.PublicKey()}).Text()
	out, code := runVerifier(t, pack, "--key", c.signer.PublicKey())
	if code != 0 || string(out) != want {
		t.Errorf("exit code %d\n%s\nwant\n%s", code, out, want)
	}
	want = verify(t, pack, VerifyOptions{TrustOnFirstUse: true}).Text()
	out, code = runVerifier(t, pack, "--trust-on-first-use")
	if code != 0 || string(out) != want {
		t.Errorf("trusted on first use: exit code %d\n%s\nwant\n%s", code, out, want)
	}
}

// driver makes verify_pack.py answer for many packs in one process: a line
// with pack, key and earlier checkpoint, all hex, gives a line of JSON.
const driver = `
import json, sys
sys.path.insert(0, sys.argv[1])
import verify_pack as p
for line in sys.stdin:
    pack, key, earlier = [bytes.fromhex(part) for part in line.rstrip("\n").split(",")]
    v = p.Verification(pack, p.Key(key.decode()) if key else None, earlier or None)
    v.run()
    print(json.dumps({"verdicts": v.verdicts, "faults": v.faults}), flush=True)
`

// secondVerifier is a running verify_pack.py.
type secondVerifier struct {
	in  io.Writer
	out *bufio.Reader
}

func startPython(t testing.TB) *secondVerifier {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "verify_pack.py"), PackVerifier(), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python(t), "-I", "-B", "-W", "error", "-c", driver, dir)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("verify_pack.py: %v", err)
		}
	})
	return &secondVerifier{in, bufio.NewReader(out)}
}

// agrees checks that verify_pack.py finds the same as a report: each verdict
// and each fault, in the same order, if not in the same words.
func (s *secondVerifier) agrees(t testing.TB, r *PackReport, pack []byte, key string, earlier []byte) {
	t.Helper()
	if _, err := fmt.Fprintf(s.in, "%x,%x,%x\n", pack, key, earlier); err != nil {
		t.Fatal(err)
	}
	line, err := s.out.ReadBytes('\n')
	if err != nil {
		t.Fatalf("verify_pack.py gave up: %v", err)
	}
	var found struct {
		Verdicts [][3]string
		Faults   [][4]any
	}
	if err := json.Unmarshal(line, &found); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	var want, got []string
	for _, v := range r.Verdicts {
		want = append(want, v.Name+" "+string(v.State))
	}
	for _, v := range found.Verdicts {
		got = append(got, v[0]+" "+v[1])
	}
	for _, f := range r.Faults {
		want = append(want, fmt.Sprintf("%s in %s, entry %d", f.Part, f.File, f.Entry))
	}
	for _, f := range found.Faults {
		got = append(got, fmt.Sprintf("%s in %s, entry %v", f[0], f[1], f[2]))
	}
	if !slices.Equal(want, got) {
		t.Errorf("Go finds\n  %s\nPython finds\n  %s", strings.Join(want, "\n  "), strings.Join(got, "\n  "))
	}
}

// TestPythonAgreesOnFlips flips bytes here and there in a pack, header or
// content: both verifiers must tell the same.
func TestPythonAgreesOnFlips(t *testing.T) {
	c := richCase(t)
	pack := c.pack(t)
	second := startPython(t)
	for at := 0; at < len(pack); at += 1 + at%701 {
		pack[at] ^= 1 << (at % 8)
		second.agrees(t, verify(t, pack, VerifyOptions{Key: c.signer.PublicKey()}), pack, c.signer.PublicKey(), nil)
		pack[at] ^= 1 << (at % 8)
	}
	for n := 0; n < len(pack); n += 1 + n%3001 {
		cut := pack[:n]
		second.agrees(t, verify(t, cut, VerifyOptions{Key: c.signer.PublicKey()}), cut, c.signer.PublicKey(), nil)
	}
}
