// SPDX-License-Identifier: Apache-2.0

package host

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// shell are the words that the machine's own shell is taught. Each answers with
// a line that says how it went, the answer in base64, and a line with a dot, so
// that nothing that a file holds can pass for an answer. What it runs is in
// every system: ls, head, base64, stat, readlink, sed.
const shell = `
LC_ALL=C; export LC_ALL; unset ENV; PATH=/usr/sbin:/usr/bin:/sbin:/bin; export PATH
why() { case "$1" in *"ermission denied"*|*"not permitted"*) echo denied;; *"o such file"*) echo missing;; *"ot a directory"*) echo missing;; *) echo unreadable;; esac; }
r() { if e=$(ls -ldL -- "$1" 2>&1); then if [ ! -f "$1" ]; then echo nofile; elif e=$(head -c 1 -- "$1" 2>&1 >/dev/null); then echo ok; head -c "$2" -- "$1" 2>/dev/null | base64; else why "$e"; fi; else why "$e"; fi; echo .; }
l() { if e=$(ls -ldL -- "$1" 2>&1); then if [ ! -d "$1" ]; then echo nofolder; elif e=$(ls -1A -- "$1/" 2>&1 >/dev/null); then echo ok; ls -1A -- "$1/" 2>/dev/null | head -n 4097 | base64; else why "$e"; fi; else why "$e"; fi; echo .; }
s() { if e=$(ls -ldL -- "$1" 2>&1); then echo ok; stat -L -c '%f %u %g %s' -- "$1" 2>/dev/null | base64; else why "$e"; fi; echo .; }
k() { if e=$(ls -ld -- "$1" 2>&1); then if [ -L "$1" ]; then echo ok; readlink -- "$1" | base64; else echo nolink; fi; else why "$e"; fi; echo .; }
o() { echo ok; for p in /proc/[0-9]*; do ls -l "$p/fd" 2>/dev/null | sed -n "s|.*-> socket:\[\([0-9]*\)\]\$|${p#/proc/} \1|p"; done | head -c 4194304 | base64; echo .; }
if command -v head base64 stat readlink sed ls >/dev/null; then echo demarc; else echo none; fi
`

// remote is a machine behind SSH: a shell that prints files. It is not safe for
// concurrent use. Once an answer fails to come, every later one is errLost.
type remote struct {
	client  *ssh.Client
	stop    func() bool
	timeout time.Duration
	in      io.WriteCloser
	out     *bufio.Reader
	lost    error
}

func (r *remote) close() {
	r.stop()
	if r.in != nil {
		r.in.Close()
	}
	r.client.Close()
}

// begin starts the shell and waits for its word.
func (r *remote) begin(s *SSH) error {
	session, err := r.client.NewSession()
	if err == nil {
		r.in, err = session.StdinPipe()
	}
	var out io.Reader
	if err == nil {
		out, err = session.StdoutPipe()
	}
	command := "exec sh"
	if s.Sudo {
		command = "exec sudo -n sh"
	}
	if err == nil {
		err = session.Start(command)
	}
	if err != nil {
		return s.refuse(err, "it starts no shell", "the account must be allowed to run sh")
	}
	r.out = bufio.NewReader(out)
	timer := time.AfterFunc(r.timeout, func() { r.client.Close() })
	defer timer.Stop()
	if _, err = io.WriteString(r.in, shell); err == nil {
		var line string
		for range 64 { // a greeting may come first
			if line, err = r.line(); err != nil || line == "demarc" || line == "none" {
				break
			}
		}
		if err == nil && line == "demarc" {
			return nil
		}
		if err == nil {
			err = errors.New("head, base64, stat, readlink, sed or ls is missing there")
		}
	}
	hint := "sign in by hand and see what it says"
	if s.Sudo {
		hint = "sudo there must not ask: let the account run sh with NOPASSWD, or sign in as root, or leave --sudo out and see what stays unknown"
	}
	return s.refuse(err, "its shell does not answer", hint)
}

// line reads a short line.
func (r *remote) line() (string, error) {
	line, err := r.out.ReadSlice('\n')
	return strings.TrimRight(string(line), "\r\n"), err
}

// ask sends one request and gives its answer, at most limit bytes of it.
func (r *remote) ask(word, path string, limit int64) ([]byte, error) {
	if r.lost != nil {
		return nil, r.lost
	}
	if strings.ContainsAny(path, "\n\x00") {
		return nil, fs.ErrNotExist
	}
	timer := time.AfterFunc(r.timeout, func() { r.client.Close() })
	defer timer.Stop()
	if _, err := fmt.Fprintf(r.in, "%s '%s' %d\n", word, strings.ReplaceAll(path, "'", `'\''`), limit); err != nil {
		return nil, r.end(err)
	}
	state, err := r.line()
	if err != nil {
		return nil, r.end(err)
	}
	var coded strings.Builder
	for {
		line, err := r.line()
		if err != nil {
			return nil, r.end(err)
		}
		if line == "." {
			break
		}
		if coded.WriteString(line); int64(coded.Len()) > limit/3*4+64 {
			return nil, r.end(errLarge)
		}
		timer.Reset(r.timeout) // it still talks
	}
	if err := stateError(state); err != nil {
		return nil, err
	}
	data, err := base64.StdEncoding.DecodeString(coded.String())
	if err != nil {
		return nil, r.end(err)
	}
	return data, nil
}

func stateError(state string) error {
	switch state {
	case "ok":
		return nil
	case "denied":
		return fs.ErrPermission
	case "missing":
		return fs.ErrNotExist
	case "nofolder":
		return errNoFolder
	case "nofile":
		return errors.New("it is no file")
	case "nolink":
		return errors.New("it is no link")
	}
	return errors.New("the machine could not read it")
}

// end notes that the machine answers no more.
func (r *remote) end(err error) error {
	r.lost = fmt.Errorf("%w: %w", errLost, err)
	if errors.Is(err, context.Canceled) || errors.Is(err, io.EOF) {
		r.lost = errLost
	}
	return r.lost
}

func (r *remote) read(name string, limit int64) ([]byte, error) {
	data, err := r.ask("r", name, limit+1)
	if err == nil && int64(len(data)) > limit {
		return nil, errLarge
	}
	return data, err
}

func (r *remote) list(dir string) ([]string, error) {
	data, err := r.ask("l", dir, maxStatus)
	if err != nil {
		return nil, err
	}
	names := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	if len(names) > maxEntries {
		return nil, errLarge
	}
	if len(names) == 1 && names[0] == "" {
		return nil, nil
	}
	return names, nil
}

func (r *remote) stat(name string) (info, error) {
	data, err := r.ask("s", name, 1024)
	if err != nil {
		return info{}, err
	}
	var mode uint32
	var out info
	if _, err := fmt.Sscanf(string(data), "%x %d %d %d", &mode, &out.uid, &out.gid, &out.size); err != nil {
		return info{}, errors.New("the machine could not tell its owner")
	}
	out.mode = fs.FileMode(mode & 0o777)
	switch mode & 0o170000 {
	case 0o040000:
		out.mode |= fs.ModeDir
	case 0o100000:
	default:
		out.mode |= fs.ModeIrregular
	}
	return out, nil
}

func (r *remote) link(name string) (string, error) {
	data, err := r.ask("k", name, 4096)
	return strings.TrimRight(string(data), "\n"), err
}

func (r *remote) sockets() (map[string]string, error) {
	data, err := r.ask("o", "", 4<<20)
	out := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) == 2 {
			if _, err := strconv.ParseUint(f[1], 10, 64); err == nil {
				out[f[1]] = f[0]
			}
		}
	}
	return out, err
}
