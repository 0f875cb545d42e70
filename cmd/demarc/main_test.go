// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"demarc.dev/demarc/example"
	"demarc.dev/demarc/internal/postgres"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"demarc": main})
}

// TestStory plays the stories in testdata: one file, one story, told with the
// commands that a user types. `code N command …` demands the exit code N.
func TestStory(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("DEMARC_ACTOR", "tester")
			return os.CopyFS(e.Cd+"/example", example.Files())
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"code": code, "flip": flip, "truncate": truncate, "sub": sub, "postgres": startPostgres, "cluster": startCluster},
	})
}

func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N command …")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, not %d", got, want)
	}
}

// startPostgres starts a PostgreSQL server for this story, with an empty
// database, and sets DEMARC_DATABASE to its address.
func startPostgres(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: postgres")
	}
	s, err := postgres.Start()
	ts.Check(err)
	ts.Defer(s.Stop)
	ts.Setenv("DEMARC_DATABASE", s.Address("postgres", "", ""))
}

// flip changes one bit of a file: flip FILE OFFSET.
func flip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: flip FILE OFFSET")
	}
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	data, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	data[at] ^= 1
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o600))
}

// truncate cuts a file: truncate FILE SIZE.
func truncate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: truncate FILE SIZE")
	}
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), n))
}

// sub replaces words in a file: sub FILE OLD NEW.
func sub(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: sub FILE OLD NEW")
	}
	data := ts.ReadFile(args[0])
	if !strings.Contains(data, args[1]) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(data, args[1], args[2])), 0o600))
}

// TestReference: the pages in docs are what the program says today.
func TestReference(t *testing.T) {
	var stdout, stderr strings.Builder
	if err := run(t.Context(), []string{"demarc", "internal", "reference", "--check", "../../docs/reference"}, nil, strings.NewReader(""), &stdout, &stderr); err != nil {
		t.Error(err)
	}
}
