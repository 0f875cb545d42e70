// SPDX-License-Identifier: Apache-2.0

// Command demarc draws the line between what a cloud provider secures and what
// its customer secures, proves from the real state of the cloud that each side
// holds its half, and hands an auditor a file that can be checked offline.
//
// This folder is the door for the shell: flags, configuration and wiring, one
// file a verb. It decides nothing about compliance; the rooms below do.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"demarc.dev/demarc/problem"
)

// version is set by the linker.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args, os.Environ(), os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(exitCode(err, os.Stderr))
}

// exitCode says what went wrong on stderr and gives the exit code: 0 fine,
// 1 findings at or above --fail-on, 2 usage or input, 3 runtime, 4 evidence
// that does not verify.
func exitCode(err error, stderr io.Writer) int {
	if err == nil {
		return 0
	}
	var p *problem.Problem
	if !errors.As(err, &p) {
		fmt.Fprintf(stderr, "demarc: error: %s\n", err)
		if errors.Is(err, context.Canceled) {
			fmt.Fprintln(stderr, "demarc: hint: it was interrupted; what was finished is kept")
		}
		return problem.Internal.ExitCode()
	}
	fmt.Fprintf(stderr, "demarc: error: %s\n", p.Sentence)
	if p.Err != nil && os.Getenv("DEMARC_DEBUG") != "" {
		fmt.Fprintf(stderr, "demarc: cause: %s\n", p.Err)
	}
	if p.Hint != "" {
		fmt.Fprintf(stderr, "demarc: hint: %s\n", p.Hint)
	}
	return p.Kind.ExitCode()
}
