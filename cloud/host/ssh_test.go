// SPDX-License-Identifier: Apache-2.0

package host

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/cloud/cloudtest"
)

// sshServer is a real server of SSH on this machine that lets one key in and runs
// what it is told by the machine's own shell.
type sshServer struct {
	address string
	key     ssh.PublicKey
	mu      sync.Mutex
	most    int // bytes of an answer after which the line breaks; 0: never
}

type sshKey struct {
	signer ssh.Signer
	file   string
}

func newKey(t *testing.T, passphrase string) sshKey {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	signer, err := ssh.NewSignerFromKey(private)
	must(t, err)
	block, err := ssh.MarshalPrivateKey(private, "test")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(private, "test", []byte(passphrase))
	}
	must(t, err)
	file := filepath.Join(t.TempDir(), "key")
	must(t, os.WriteFile(file, pem.EncodeToMemory(block), 0o600))
	return sshKey{signer, file}
}

func serveSSH(t *testing.T, user ssh.PublicKey) *sshServer {
	t.Helper()
	machine := newKey(t, "")
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if bytes.Equal(key.Marshal(), user.Marshal()) {
			return nil, nil
		}
		return nil, errors.New("unknown key")
	}}
	config.AddHostKey(machine.signer)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s := &sshServer{address: l.Addr().String(), key: machine.signer.PublicKey()}
	var running sync.WaitGroup
	t.Cleanup(func() { l.Close(); running.Wait() })
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { s.serve(conn, config) })
		}
	})
	return s
}

func (s *sshServer) serve(wire net.Conn, config *ssh.ServerConfig) {
	defer wire.Close()
	_, channels, requests, err := ssh.NewServerConn(wire, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for c := range channels {
		channel, requests, err := c.Accept()
		if err != nil {
			return
		}
		for r := range requests {
			var payload struct{ Command string }
			if r.Type != "exec" || ssh.Unmarshal(r.Payload, &payload) != nil {
				r.Reply(false, nil)
				continue
			}
			r.Reply(true, nil)
			cmd := exec.Command("sh", "-c", payload.Command)
			s.mu.Lock()
			cmd.Stdin, cmd.Stdout = channel, &breaking{channel, s.most, wire}
			s.mu.Unlock()
			cmd.WaitDelay = time.Second
			cmd.Run()
			channel.Close()
		}
	}
}

// breaking is a line that breaks after so many bytes.
type breaking struct {
	io.Writer
	left int
	wire net.Conn
}

func (b *breaking) Write(p []byte) (int, error) {
	if b.left > 0 {
		if b.left -= len(p); b.left <= 0 {
			b.wire.Close()
			return 0, net.ErrClosed
		}
	}
	return b.Writer.Write(p)
}

// known writes a file of known machines.
func known(t *testing.T, address string, keys ...ssh.PublicKey) string {
	t.Helper()
	var b strings.Builder
	for _, k := range keys {
		b.WriteString(knownhosts.Line([]string{address}, k) + "\n")
	}
	file := filepath.Join(t.TempDir(), "known_hosts")
	must(t, os.WriteFile(file, []byte(b.String()), 0o600))
	return file
}

func (s *sshServer) to(t *testing.T, key sshKey, knownHosts string) *SSH {
	host, port, err := net.SplitHostPort(s.address)
	must(t, err)
	return &SSH{Host: host, Port: port, User: "audit", Keys: []string{key.file}, KnownHosts: knownHosts, Timeout: 20 * time.Second}
}

// TestSSH_Same: what the shell prints is what the files hold, whatever their
// names and bytes.
func TestSSH_Same(t *testing.T) {
	key := newKey(t, "")
	s := serveSSH(t, key.signer.PublicKey())
	there, err := dial(context.Background(), s.to(t, key, known(t, s.address, s.key)))
	must(t, err)
	defer there.close()
	all := make([]byte, 70_000)
	_, err = rand.Read(all)
	must(t, err)
	root := tree(t, map[string]string{"/plain": "ok\n.\ndenied\n", "/it's $HOME `x` \"q\"": "odd", "/-n": "dash", "/bytes": string(all), "/empty": "", "/folder/a": "", "/folder/.b": "", "/link": "link:plain", "/gone": "link:nothing", "/none/x": ""})
	here, err := openFolder("/")
	must(t, err)
	type answer struct {
		data any
		err  error
	}
	for _, name := range []string{"plain", "it's $HOME `x` \"q\"", "-n", "bytes", "empty", "folder", "link", "gone", "missing", "plain/x", "missing/x"} {
		name = filepath.Join(root, name)
		for what, ask := range map[string]func(source) (any, error){
			"read": func(s source) (any, error) { d, err := s.read(name, 1<<20); return string(d), err },
			"list": func(s source) (any, error) { d, err := s.list(name); return strings.Join(d, ","), err },
			"stat": func(s source) (any, error) { return s.stat(name) },
			"link": func(s source) (any, error) { return s.link(name) },
		} {
			var a, b answer
			a.data, a.err = ask(here)
			b.data, b.err = ask(there)
			if (a.err == nil) != (b.err == nil) || errors.Is(a.err, fs.ErrNotExist) != errors.Is(b.err, fs.ErrNotExist) && what != "link" || a.err == nil && !reflect.DeepEqual(a.data, b.data) {
				t.Errorf("%s of %s: here %.60v (%v), there %.60v (%v)", what, name, a.data, a.err, b.data, b.err)
			}
		}
	}
	if _, err := there.read(filepath.Join(root, "bytes"), 1000); !errors.Is(err, errLarge) {
		t.Error(err)
	}
	if _, err := there.sockets(); err != nil {
		t.Error(err)
	}
}

func TestSSH_Collect(t *testing.T) {
	key := newKey(t, "")
	s := serveSSH(t, key.signer.PublicKey())
	var file bytes.Buffer
	_, err := Collect(context.Background(), Options{SSH: s.to(t, key, known(t, s.address, s.key)), Name: "there", Now: at, Tool: "demarc test"}, &file)
	must(t, err)
	if err := cloudtest.Contract(file.Bytes()); err != nil {
		t.Error(err)
	}
	there, err := cloud.Decode(&file)
	must(t, err)
	file.Reset()
	_, err = Collect(context.Background(), Options{Name: "there", Now: at, Tool: "demarc test"}, &file)
	must(t, err)
	here, err := cloud.Decode(&file)
	must(t, err)
	a, b := of(t, there, "host/there"), of(t, here, "host/there")
	for _, name := range []string{"os", "packages", "kernel", "sysctls", "services", "root_accounts", "empty_passwords", "mounts", "password_min_length", "weak_files", "time_service", "modules_blocked"} {
		if told(a, name) != told(b, name) {
			t.Errorf("%s: there %s, here %s", name, told(a, name), told(b, name))
		}
	}
}

// TestSSH_Refused: a machine that is not known, or another than the known one,
// is never talked to, and a key that cannot be used says what to do.
func TestSSH_Refused(t *testing.T) {
	key, other := newKey(t, ""), newKey(t, "")
	s := serveSSH(t, key.signer.PublicKey())
	for name, c := range map[string]struct {
		key   sshKey
		known string
		says  string
	}{
		"not known":  {key, known(t, "192.0.2.7:22", s.key), "its key is not in"},
		"changed":    {key, known(t, s.address, other.signer.PublicKey()), "its key is another one"},
		"not let in": {other, known(t, s.address, s.key), "did not let us in"},
		"passphrase": {newKey(t, "secret"), known(t, s.address, s.key), "has a passphrase"},
		"no key":     {sshKey{file: filepath.Join(t.TempDir(), "none")}, known(t, s.address, s.key), "cannot be read"},
		"no list":    {key, filepath.Join(t.TempDir(), "none"), "known machines"},
	} {
		_, err := Collect(context.Background(), Options{SSH: s.to(t, c.key, c.known), Now: at, Tool: "demarc test"}, io.Discard)
		var r *Refusal
		if !errors.As(err, &r) || !strings.Contains(r.Sentence, c.says) || r.Hint == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := l.Addr().String()
	l.Close()
	s.address = address
	var r *Refusal
	if _, err := Collect(context.Background(), Options{SSH: s.to(t, key, known(t, address, s.key)), Now: at}, io.Discard); !errors.As(err, &r) || !strings.Contains(r.Sentence, "cannot be reached") {
		t.Error(err)
	}
}

// TestSSH_Lost: when the line breaks, what was read stays and the rest is a gap.
func TestSSH_Lost(t *testing.T) {
	key := newKey(t, "")
	s := serveSSH(t, key.signer.PublicKey())
	s.mu.Lock()
	s.most = 6000
	s.mu.Unlock()
	var file bytes.Buffer
	_, err := Collect(context.Background(), Options{SSH: s.to(t, key, known(t, s.address, s.key)), Name: "there", Now: at, Tool: "demarc test"}, &file)
	must(t, err)
	if err := cloudtest.Contract(file.Bytes()); err != nil {
		t.Error(err)
	}
	got, err := cloud.Decode(&file)
	must(t, err)
	h := of(t, got, "host/there")
	expect(t, h, map[string]string{"packages": "?unavailable", "sudo_unasked": "?unavailable", "weak_files": "?unavailable", "image": "false"})
}
