// SPDX-License-Identifier: Apache-2.0

//go:build unix

// Package postgres starts a PostgreSQL server for tests, in a folder of its
// own, and stops it again. It listens on a socket in that folder and on no
// port, writes durably (fsync is on), and lets in whoever knows its password,
// which is drawn anew for each server.
//
// The programs are looked for in /usr/lib/postgresql/*/bin and on the PATH;
// .ci/need installs them. If they are missing, Start fails and says so: a test
// that skips itself proves nothing. The server refuses to run as root, so root
// starts it as the user postgres or, where there is none, nobody.
//
// A guard, a small shell, stops the server and removes its folder when the
// program that started it ends in any way; a kill of the program leaves
// nothing behind.
package postgres

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Server is a running server.
type Server struct {
	dir, bin, password string
	credential         *syscall.Credential // nil: as ourselves
	guard              *exec.Cmd
	leash              io.Closer // the guard acts when it is closed
}

// settings are for many small tests: durable, and sparing with memory.
const settings = `
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 64MB
fsync = on
synchronous_commit = on
full_page_writes = on
wal_level = minimal
max_wal_senders = 0
autovacuum_naptime = 10s
log_min_messages = warning
`

// Start makes a cluster and starts its server. The caller stops it.
func Start() (_ *Server, err error) {
	s := &Server{password: rand.Text()}
	if s.bin, err = programs(); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "pg-*"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(s.dir)
		}
	}()
	if err := s.becomeOther(); err != nil {
		return nil, err
	}
	secret := filepath.Join(s.dir, "secret")
	if err := s.write(secret, s.password); err != nil {
		return nil, err
	}
	if err := s.run("initdb", "-D", s.data(), "-U", "postgres", "-A", "scram-sha-256", "--pwfile", secret, "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions"); err != nil {
		return nil, err
	}
	conf := settings + "unix_socket_directories = '" + s.dir + "'\n"
	if err := s.write(filepath.Join(s.data(), "postgresql.auto.conf"), conf); err != nil {
		return nil, err
	}
	if err := s.watch(); err != nil {
		return nil, err
	}
	if err := s.run("pg_ctl", "-D", s.data(), "-w", "-t", "60", "-l", s.log(), "start"); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) log() string { return filepath.Join(s.dir, "log") }

// Address gives the address of a database of the server, for a role and its
// password; the empty user is the superuser.
func (s *Server) Address(database, user, password string) string {
	if user == "" {
		user, password = "postgres", s.password
	}
	u := url.URL{Scheme: "postgres", User: url.UserPassword(user, password), Path: "/" + database, RawQuery: url.Values{"host": {s.dir}}.Encode()}
	return u.String()
}

// Restart ends the server as pg_ctl does in that mode (smart, fast,
// immediate) and starts it again. Immediate is a crash: nothing that was not
// durable is there afterwards.
func (s *Server) Restart(mode string) error {
	return s.run("pg_ctl", "-D", s.data(), "-w", "-t", "60", "-m", mode, "-l", s.log(), "restart")
}

// Stop ends the server and removes its folder. It may be called twice.
func (s *Server) Stop() {
	s.leash.Close()
	_ = s.guard.Wait() // nothing of it is of use to the caller
}

// watch starts the guard.
func (s *Server) watch() error {
	const act = `read -r _; "$1/pg_ctl" -D "$2/data" -m immediate stop >/dev/null 2>&1; cd /; rm -rf "$2"`
	s.guard = exec.Command("/bin/sh", "-c", act, "sh", s.bin, s.dir)
	s.guard.Dir = s.dir
	s.guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: s.credential}
	leash, err := s.guard.StdinPipe()
	if err != nil {
		return err
	}
	s.leash = leash
	return s.guard.Start()
}

// run runs one of PostgreSQL's programs.
func (s *Server) run(program string, args ...string) error {
	cmd := exec.Command(filepath.Join(s.bin, program), args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: s.credential}
	var said bytes.Buffer
	out, err := os.CreateTemp(s.dir, "out-*") // a pipe would stay open as long as the server runs
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	err = cmd.Run()
	if err == nil {
		return nil
	}
	text, _ := os.ReadFile(out.Name())
	said.Write(text)
	if log, lerr := os.ReadFile(s.log()); lerr == nil {
		said.Write(log[max(0, len(log)-2000):])
	}
	return fmt.Errorf("%s: %w: %s", program, err, bytes.TrimSpace(said.Bytes()))
}

func (s *Server) write(path, text string) error {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	return s.give(path)
}

// becomeOther chooses whom the server runs as, for it refuses root.
func (s *Server) becomeOther() error {
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return errors.New("PostgreSQL does not run as root, and this machine has neither a user postgres nor nobody")
		}
	}
	uid, uerr := strconv.ParseUint(u.Uid, 10, 32)
	gid, gerr := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(uerr, gerr); err != nil {
		return err
	}
	s.credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return s.give(s.dir)
}

func (s *Server) give(path string) error {
	if s.credential == nil {
		return nil
	}
	return os.Chown(path, int(s.credential.Uid), int(s.credential.Gid))
}

// programs finds the folder of the newest PostgreSQL.
func programs() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
	for _, initdb := range found {
		if _, err := os.Stat(filepath.Join(filepath.Dir(initdb), "pg_ctl")); err == nil {
			return filepath.Dir(initdb), nil
		}
	}
	initdb, err := exec.LookPath("initdb")
	if err == nil {
		initdb, err = filepath.EvalSymlinks(initdb)
	}
	if err != nil {
		return "", errors.New("PostgreSQL is missing: neither /usr/lib/postgresql/*/bin nor the PATH has initdb; run .ci/need at the root of the repository, or install it (Debian: apt-get install postgresql)")
	}
	return filepath.Dir(initdb), nil
}

// version gives the number in /usr/lib/postgresql/15/bin/initdb.
func version(initdb string) int {
	n, err := strconv.Atoi(strings.Split(initdb, "/")[4])
	if err != nil {
		return 0
	}
	return n
}
