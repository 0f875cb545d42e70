// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
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

// pythonFinds gives the verdicts and the faults as verify_pack.py tells them.
func pythonFinds(t testing.TB, pack []byte, args ...string) (verdicts [][3]string, faults [][4]any) {
	t.Helper()
	out, _ := runVerifier(t, pack, append(args, "--json")...)
	var found struct {
		Verdicts [][3]string
		Faults   [][4]any
	}
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return found.Verdicts, found.Faults
}
