// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// child is what a child process of this test binary collects.
type child struct {
	Endpoint, Spool string
	Services        []string
}

// collectChild is the child's whole life.
func collectChild(text string) int {
	var c child
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return 2
	}
	o := Options{Endpoint: c.Endpoint, Spool: c.Spool, Services: c.Services, Regions: []string{frankfurt, ireland}, Now: func() time.Time { return noon }, Tool: "demarc test", backoff: time.Millisecond}
	var out bytes.Buffer
	sum, err := Collect(context.Background(), o, &out)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 1
	}
	fmt.Printf("%d %d %v\n", sum.Resources, used.Maxrss, sum.Gaps)
	return 0
}

func startChild(t *testing.T, c child) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	var out bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), "DEMARC_TEST_COLLECT="+string(text)), &out, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, &out
}

func TestCrash_ResumesWithTheSameBytes(t *testing.T) {
	t.Parallel()
	p := newProvider(t, 300, 120)
	services := []string{"logs", "secretsmanager", "kms", "sqs"}
	o := p.options(t, services...)
	o.Regions = []string{frankfurt, ireland}
	var whole bytes.Buffer
	if _, err := Collect(t.Context(), o, &whole); err != nil {
		t.Fatal(err)
	}
	full := p.requests.Swap(0)

	spool := t.TempDir()
	killed := make(chan struct{})
	var cmd *exec.Cmd
	begun := make(chan struct{})
	p.misbehave = func(_ http.ResponseWriter, operation, _ string, n int64) bool {
		if n == 400 { // in the middle of the secrets
			<-begun
			cmd.Process.Kill()
			close(killed)
		}
		if n >= 400 {
			<-killed
		}
		return false
	}
	cmd, _ = startChild(t, child{Endpoint: p.URL, Spool: spool, Services: services})
	close(begun)
	if err := cmd.Wait(); err == nil {
		t.Fatal("the child was not killed")
	}
	p.misbehave = nil
	p.requests.Store(0)
	o.Spool = spool
	var resumed bytes.Buffer
	sum, err := Collect(t.Context(), o, &resumed)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d requests at a stretch, %d after the crash; %d of %d units resumed", full, p.requests.Load(), sum.Resumed, sum.Units)
	if !bytes.Equal(whole.Bytes(), resumed.Bytes()) {
		t.Error("the resumed snapshot differs from one made at a stretch")
	}
	if sum.Resumed == 0 { // requests are only told: what the killed child had under way may be counted with them
		t.Errorf("no unit was resumed")
	}
	if left, err := os.ReadDir(spool); err != nil || len(left) > 0 {
		t.Errorf("the spool still holds %v (%v)", left, err)
	}
}

func TestMemory_FiftyThousandResources(t *testing.T) {
	t.Parallel()
	p := newProvider(t, 0, 25_000)
	cmd, out := startChild(t, child{Endpoint: p.URL, Spool: t.TempDir(), Services: []string{"logs"}})
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	var resources, kib int
	if _, err := fmt.Sscan(strings.TrimSpace(out.String()), &resources, &kib); err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	t.Logf("%d resources, peak %d MiB", resources, kib>>10)
	if resources != 50_000 || kib > 512<<10 {
		t.Errorf("%s: %d resources within %d MiB; want 50000 within 512", out, resources, kib>>10)
	}
}
