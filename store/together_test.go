// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"demarc.dev/demarc/store"
)

// TestPostgres_ProcessesWriteOneLog lets three processes write to one
// organisation until each was answered often enough, and kills them in the
// middle of it. Their entries stand in one log without a gap.
func TestPostgres_ProcessesWriteOneLog(t *testing.T) {
	t.Parallel() // it waits for the disk most of the time
	dir := store.Engines()["PostgreSQL"](t)
	const processes, answers = 3, 120
	acknowledged, by := map[int64]string{}, map[string]int{}
	var published []string
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range processes {
		wg.Go(func() {
			lines, err := runUntil(dir, answers)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, line := range lines {
				var index int64
				var text string
				if n, _ := fmt.Sscanf(line, "head %q", &text); n == 1 {
					published = append(published, text)
				} else if n, _ := fmt.Sscanf(line, "%d %s", &index, &text); n == 2 {
					if other, ok := acknowledged[index]; ok {
						t.Errorf("entry %d was given to %s and to %s", index, other, text)
					}
					acknowledged[index] = text
					by[strings.Split(text, "-")[0]]++
				}
			}
		})
	}
	wg.Wait()
	if len(by) != processes {
		t.Errorf("entries of %d processes were acknowledged: %v", len(by), by)
	}
	checkAfterKill(t, dir, acknowledged, published, store.Options{})
}

// runUntil runs a writing process, kills it after so many lines, and gives
// all whole lines.
func runUntil(dir string, count int) (lines []string, err error) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+dir, childDatabaseEnv+"="+store.At(dir, store.Options{}).Postgres)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	in := bufio.NewReader(pipe)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			break
		}
		if lines = append(lines, strings.TrimSuffix(line, "\n")); len(lines) == count {
			if err := cmd.Process.Kill(); err != nil {
				return nil, err
			}
		}
	}
	_ = cmd.Wait() // it was killed
	if complaint.Len() > 0 {
		return lines, fmt.Errorf("a writing process ended by itself: %s", complaint.String())
	}
	return lines, nil
}
