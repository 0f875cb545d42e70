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
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// open opens the house. Verbs that only read work beside one that writes.
func (e *env) open(ctx context.Context, readOnly bool) (*app.App, app.Caller, error) {
	blobs, err := e.blobs(ctx)
	if err != nil {
		return nil, app.Caller{}, err
	}
	a, err := app.Open(ctx, app.Options{Dir: e.data, Database: e.address(), Blobs: blobs, Version: version, Now: e.now, ReadOnly: readOnly, Sessions: e.sessions})
	return a, app.Local(e.org, e.whoami()), err
}

// address gives the address of the PostgreSQL database, "" for SQLite in the
// folder. It is no default of the flag: help must not print a password.
func (e *env) address() string {
	switch {
	case e.embedded:
		return ""
	case e.database != "":
		return e.database
	}
	return e.get("DEMARC_DATABASE")
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

// with opens the house, does something in it, and closes it. A house that is not
// there is not made by a verb that has nothing to put into it.
func (e *env) with(ctx context.Context, readOnly bool, do func(*app.App, app.Caller) error) error {
	if entries, err := os.ReadDir(e.data); e.address() == "" && (errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0) {
		return problem.New(problem.NotFound, "there is no store in "+e.data, "begin with demarc collect or demarc scope import; --data names another folder")
	}
	return e.within(ctx, readOnly, do)
}

// withFile is with for the verbs that take in a file that a person wrote: name is
// how it is called in what is said of it.
func (e *env) withFile(c *cobra.Command, path string, do func(a *app.App, caller app.Caller, name string, data []byte) error) error {
	data, err := e.readFile(path)
	if err != nil {
		return err
	}
	return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
		return do(a, caller, filepath.Base(path), data)
	})
}

func (e *env) within(ctx context.Context, readOnly bool, do func(*app.App, app.Caller) error) error {
	a, c, err := e.open(ctx, readOnly)
	if err != nil {
		return err
	}
	return errors.Join(do(a, c), a.Close())
}

// begin is with for the verbs that a new store begins with. In a store that has
// organisations already, a new one is never made by a slip of the pen.
func (e *env) begin(ctx context.Context, do func(*app.App, app.Caller) error) error {
	return e.within(ctx, false, func(a *app.App, c app.Caller) error {
		ids, err := a.Orgs(ctx, c)
		if err != nil {
			return err
		}
		if c.Org != "" && len(ids) > 0 && !slices.Contains(ids, c.Org) {
			return problem.New(problem.NotFound, "this store holds no organisation "+quote(c.Org)+" but "+strings.Join(ids, ", "), "demarc organisation create "+c.Org+", if it is a new one")
		}
		return do(a, c)
	})
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
	switch {
	case errors.Is(err, syscall.EISDIR):
		return problem.New(problem.Invalid, name+" is a folder", "name a file in it").Wrap(err)
	case errors.Is(err, syscall.ENOSPC):
		return problem.New(problem.Unavailable, name+": the disk is full", "make room and repeat the command").Wrap(err)
	case errors.As(err, &p):
		return problem.New(problem.Unavailable, name+": "+p.Err.Error(), "check the path and the disk").Wrap(err)
	}
	return err
}

// writeFile writes a file whole or not at all: it appears under its name when
// its last byte is on the disk. "-" is standard output.
func (e *env) writeFile(name string, fill func(io.Writer) error) error {
	return e.writeAs(name, 0o644, fill)
}

// writeAs is writeFile for a file that only some may read.
func (e *env) writeAs(name string, mode os.FileMode, fill func(io.Writer) error) (err error) {
	if name == "-" {
		return fill(e.stdout)
	}
	sweep(filepath.Dir(name))
	f, err := os.CreateTemp(filepath.Dir(name), unfinished)
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
	if err := errors.Join(f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return fileProblem(name, err)
	}
	return fileProblem(name, os.Rename(f.Name(), name))
}

// unfinished is what a file is called until it is whole.
const unfinished = ".demarc-*"

// sweep removes what writers that were killed left behind long ago.
func sweep(dir string) {
	left, err := filepath.Glob(filepath.Join(dir, unfinished))
	if err != nil {
		return
	}
	for _, name := range left {
		if info, err := os.Lstat(name); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > time.Hour {
			os.Remove(name)
		}
	}
}
