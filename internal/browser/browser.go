// SPDX-License-Identifier: Apache-2.0

//go:build unix

// Package browser drives a headless Chromium for tests, as a person would: it
// opens pages, reads what stands on them, fills fields by their labels, and
// clicks on what can be seen and is not covered.
//
// It speaks the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/)
// through a pipe of its own (--remote-debugging-pipe), so that no port is open
// and the browser ends with the test that started it. Nothing sleeps: each step
// waits until the page is as it must be, or says after Patience what it waited
// for.
//
// Chromium is looked for on the PATH; .ci/need installs it. If it is missing,
// Start fails and says so: a test that skips itself proves nothing. It is for
// tests only: the browser runs without its sandbox, and must open pages of the
// test alone.
package browser

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Patience is how long a step may take before it has failed.
const Patience = 30 * time.Second

// programs are the names that Chromium goes by.
func programs() []string {
	return []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}
}

// arguments keep the browser to itself: no first-run pages, no updates, no
// request to anybody but what the test asks for.
func arguments(dir string) []string {
	return []string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run", "--no-default-browser-check",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions", "--disable-default-apps",
		"--disable-features=Translate,OptimizationHints,MediaRouter,HttpsUpgrades", "--metrics-recording-only", "--password-store=basic", "--use-mock-keychain",
		"--force-color-profile=srgb", "--hide-scrollbars", "--lang=en-GB", "--remote-debugging-pipe", "--user-data-dir=" + dir, "about:blank"}
}

// Browser is a running Chromium.
type Browser struct {
	*pipe
	cmd  *exec.Cmd
	dir  string
	done chan struct{}
}

// Start starts a browser with nothing in it. The caller stops it.
func Start() (_ *Browser, err error) {
	program := ""
	for _, name := range programs() {
		if program, err = exec.LookPath(name); err == nil {
			break
		}
	}
	if program == "" {
		return nil, errors.New("a browser is missing: Chromium; run .ci/need at the root of the repository, or install it (Debian, as root: apt-get install chromium)")
	}
	dir, err := os.MkdirTemp("", "demarc-browser-*")
	if err != nil {
		return nil, err
	}
	b := &Browser{dir: dir, done: make(chan struct{})}
	defer func() {
		if err != nil {
			os.RemoveAll(dir)
		}
	}()
	hears, asks, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer hears.Close()
	reads, tells, err := os.Pipe()
	if err != nil {
		asks.Close()
		return nil, err
	}
	defer tells.Close()
	b.cmd = exec.Command(program, arguments(dir)...)
	b.cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_CACHE_HOME="+dir, "TZ=UTC")
	b.cmd.ExtraFiles = []*os.File{hears, tells} // 3 and 4, as the flag has it
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var said bytes.Buffer
	b.cmd.Stderr = &said
	if err := b.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting Chromium: %w", err), asks.Close(), reads.Close())
	}
	b.pipe = newPipe(asks)
	go func() {
		defer close(b.done)
		b.pipe.read(reads)
		reads.Close()
		if b.cmd.Wait() != nil && said.Len() > 0 {
			b.end(errors.New(said.String()))
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	if err := b.call(ctx, "", "Browser.getVersion", nil, nil); err != nil {
		b.Stop()
		return nil, fmt.Errorf("the browser does not answer: %w: %s", err, said.String()[:min(said.Len(), 2000)])
	}
	return b, nil
}

// Stop ends the browser and removes what it kept.
func (b *Browser) Stop() {
	ctx, cancel := context.WithTimeout(context.Background(), Patience/3)
	defer cancel()
	_ = b.call(ctx, "", "Browser.close", nil, nil)
	_ = b.out.Close() // it ends with its pipe at the latest
	select {
	case <-b.done:
	case <-time.After(Patience / 3):
	}
	_ = syscall.Kill(-b.cmd.Process.Pid, syscall.SIGKILL) // its children too
	<-b.done
	_ = os.RemoveAll(b.dir)
}
