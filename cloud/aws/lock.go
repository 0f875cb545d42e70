// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// sign writes into a lock whose it is.
func sign(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("locking the spool: %w", err)
	}
	if _, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return fmt.Errorf("locking the spool: %w", err)
	}
	return nil
}

// held tells who has the spool.
func held(holder string, err error) *Refusal {
	holder = cmp.Or(strings.TrimSpace(holder), "of an unknown number")
	return &Refusal{Sentence: "the process " + holder + " is collecting the same accounts with the same spool",
		Hint: "wait until it has ended, then run the same command", Err: err}
}
