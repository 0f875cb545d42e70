// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// open opens the house. Verbs that only read work beside one that writes.
func (e *env) open(ctx context.Context, readOnly bool) (*app.App, app.Caller, error) {
	a, err := app.Open(ctx, app.Options{Dir: e.data, Version: version, Now: e.now, ReadOnly: readOnly})
	return a, app.Caller{Org: e.org, Actor: e.whoami()}, err
}

// whoami names the caller in the log: --actor, or the account of the machine.
func (e *env) whoami() store.Actor {
	if e.actor != "" {
		return store.Actor(e.actor)
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return store.Actor(u.Username)
	}
	return "somebody"
}

// with opens the house, does something in it, and closes it.
func (e *env) with(ctx context.Context, readOnly bool, do func(*app.App, app.Caller) error) error {
	a, c, err := e.open(ctx, readOnly)
	if err != nil {
		return err
	}
	return errors.Join(do(a, c), a.Close())
}

// maxFile bounds a file that a person wrote; larger ones are no such file.
const maxFile = 64 << 20

// readFile reads a file that a person wrote; "-" is standard input.
func (e *env) readFile(name string) ([]byte, error) {
	if name == "-" {
		data, err := io.ReadAll(io.LimitReader(e.stdin, maxFile+1))
		return data, tooLarge(name, len(data), err)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fileProblem(name, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	return data, tooLarge(name, len(data), fileProblem(name, err))
}

func tooLarge(name string, n int, err error) error {
	if err == nil && n > maxFile {
		return problem.New(problem.Invalid, name+" is larger than 64 MiB", "check that it is the right file")
	}
	return err
}

// fileProblem says what stands between the program and a file.
func fileProblem(name string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return problem.New(problem.NotFound, "there is no file "+name, "check the path").Wrap(err)
	case errors.Is(err, fs.ErrPermission):
		return problem.New(problem.Denied, name+" may not be opened", "check its permissions").Wrap(err)
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		return problem.New(problem.Unavailable, name+": "+p.Err.Error(), "").Wrap(err)
	}
	return err
}

// writeFile writes a file whole or not at all: it appears under its name when
// its last byte is on the disk. "-" is standard output.
func (e *env) writeFile(name string, fill func(io.Writer) error) (err error) {
	if name == "-" {
		return fill(e.stdout)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".demarc-*")
	if err != nil {
		return fileProblem(name, err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := fill(f); err != nil {
		return fileProblem(name, err)
	}
	if err := errors.Join(f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return fileProblem(name, err)
	}
	return fileProblem(name, os.Rename(f.Name(), name))
}
