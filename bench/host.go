// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// host is where the figures are taken: the machine, and the folders and
// programs that bench/run names in the environment.
type host struct {
	root    string // of the repository
	scratch string // for files that may stay from run to run
	demarc  string // the built program
	quick   bool   // small inputs, to try the benches themselves
}

func newHost() (*host, error) {
	h := &host{root: os.Getenv("BENCH_ROOT"), scratch: os.Getenv("BENCH_SCRATCH"), demarc: os.Getenv("BENCH_DEMARC"), quick: os.Getenv("BENCH_QUICK") != ""}
	if h.root == "" || h.scratch == "" || h.demarc == "" {
		return nil, errors.New("start it with bench/run, which says where things are")
	}
	return h, nil
}

// facts tells of the machine, in one line. The load is that of before the run.
func (h *host) facts() string {
	out := []string{fmt.Sprintf("%d of %d cores", cores(), runtime.NumCPU())}
	if model := after("/proc/cpuinfo", "model name"); model != "" {
		out = append(out, model)
	}
	if memory := after("/proc/meminfo", "MemTotal"); memory != "" {
		out = append(out, memory+" memory")
	}
	out = append(out, runtime.GOOS+"/"+runtime.GOARCH, runtime.Version())
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		out = append(out, "load "+strings.Join(strings.Fields(string(load))[:3], " "))
	}
	if h.quick {
		out = append(out, "QUICK: small inputs, no figure to quote")
	}
	return strings.Join(out, " · ")
}

// after gives what stands behind "key:" in a file of /proc.
func after(path, key string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// used is what a process took.
type used struct {
	wall, cpu time.Duration
	peak      int64 // bytes resident at most, with the pages of the program's file
	own       int64 // of these, bytes that are no pages of a file; sampled
	output    []byte
}

// measured runs a program to its end. An exit code in allowed is no error.
func (h *host) measured(ctx context.Context, dir string, allowed []int, name string, args ...string) (used, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var out, said bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &said
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return used{}, fmt.Errorf("running %s: %w", filepath.Base(name), err)
	}
	own := watch(cmd.Process.Pid)
	err := cmd.Wait()
	u := used{wall: time.Since(begun), output: out.Bytes(), own: own()}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		for _, code := range allowed {
			if exit.ExitCode() == code {
				err = nil
			}
		}
	}
	if err != nil {
		return u, fmt.Errorf("running %s %s: %w: %s", filepath.Base(name), strings.Join(args, " "), err, lastLine(said.Bytes()))
	}
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.peak = r.Maxrss << 10 // Linux counts in KiB
	}
	u.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return u, nil
}

// watch samples a process's own memory until the function it gives is called,
// which gives the highest sample; 0 where the system does not tell.
func watch(pid int) func() int64 {
	stop, peak := make(chan struct{}), make(chan int64)
	path := fmt.Sprintf("/proc/%d/status", pid)
	go func() {
		highest, tick := int64(0), time.NewTicker(10*time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				n, _ := strconv.ParseInt(strings.TrimSuffix(after(path, "RssAnon"), " kB"), 10, 64)
				highest = max(highest, n<<10)
			case <-stop:
				peak <- highest
				return
			}
		}
	}()
	return func() int64 { close(stop); return <-peak }
}

// child runs a child of this program and reads its result.
func (h *host) child(ctx context.Context, result any, args ...string) (used, error) {
	self, err := os.Executable()
	if err != nil {
		return used{}, err
	}
	u, err := h.measured(ctx, h.root, nil, self, append([]string{"child"}, args...)...)
	if err != nil {
		return u, err
	}
	if err := json.Unmarshal(u.output, result); err != nil {
		return u, fmt.Errorf("reading the result of %s: %w", strings.Join(args, " "), err)
	}
	return u, nil
}

// sized gives full, or small in a quick run.
func (h *host) sized(full, small int) int {
	if h.quick {
		return small
	}
	return full
}

func lastLine(text []byte) string {
	text = bytes.TrimSpace(text)
	return string(text[bytes.LastIndexByte(text, '\n')+1:])
}

// processorTime gives the seconds of processor time that this process took.
func processorTime() float64 {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()).Seconds()
}
