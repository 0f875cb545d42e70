// SPDX-License-Identifier: Apache-2.0

// Package emulator starts the AWS API emulator moto for tests and for the
// example estate, on a free port of the loopback interface, and stops it again.
//
// moto lives in the virtual environment .venv at the root of the repository;
// .ci/need installs it. If it is missing, Start fails and says so: a test that
// skips itself proves nothing.
//
// The emulator knows no real account and no real secret. Its answers are right
// for most reads, not all: docs and the tests of cloud/aws name what it lacks.
package emulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Version of moto that .ci/need installs and the tests were written for.
const Version = "5.2.1"

// patience is how long the emulator may take to answer for the first time.
const patience = 60 * time.Second

// Server is a running emulator.
type Server struct {
	URL string // "http://127.0.0.1:43210"

	cmd  *exec.Cmd
	done chan error
	log  *tail
}

// Start starts an emulator with env added to its environment, such as
// "INITIAL_NO_AUTH_ACTION_COUNT=0", and waits until it answers. The caller
// stops it.
func Start(env ...string) (*Server, error) {
	root, err := repository()
	if err != nil {
		return nil, err
	}
	program := filepath.Join(root, ".venv", "bin", "moto_server")
	if _, err := os.Stat(program); err != nil {
		return nil, fmt.Errorf("the AWS emulator is missing: %s; run .ci/need at the root of the repository", program)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &Server{URL: "http://127.0.0.1:" + port, done: make(chan error, 1), log: &tail{}}
	s.cmd = exec.Command(program, "-H", "127.0.0.1", "-p", port)
	s.cmd.Env = append(os.Environ(), env...)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the AWS emulator: %w", err)
	}
	go func() { s.done <- s.cmd.Wait() }()
	if err := s.wait(); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// wait asks until the emulator answers, ends, or patience is over.
func (s *Server) wait() error {
	client := &http.Client{Timeout: 2 * time.Second}
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		select {
		case err := <-s.done:
			s.done <- err
			return fmt.Errorf("the AWS emulator ended at once (%v): %s", err, s.log)
		default:
		}
		answer, err := client.Get(s.URL + "/moto-api/data.json")
		if err != nil {
			continue
		}
		answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return nil
		}
	}
	return fmt.Errorf("the AWS emulator did not answer within %s: %s", patience, s.log)
}

// Stop ends the emulator and waits for its end. It may be called twice.
func (s *Server) Stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-s.done:
		s.done <- err
	case <-time.After(5 * time.Second):
		_ = s.cmd.Process.Kill()
		s.done <- <-s.done
	}
}

// Reset empties the emulator: no resource of any account is left.
func (s *Server) Reset() error { return s.control("reset", "") }

// Authorise lets the next n requests through unasked and then checks the IAM
// rights of each caller; a negative n switches the checks off.
func (s *Server) Authorise(n int) error {
	if n < 0 {
		return s.control("reset-auth", "Infinity")
	}
	return s.control("reset-auth", fmt.Sprint(n))
}

// Configure sets moto's own configuration from a JSON object.
func (s *Server) Configure(json string) error { return s.control("config", json) }

func (s *Server) control(verb, body string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/moto-api/"+verb, strings.NewReader(body))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("asking the AWS emulator to %s: %w", verb, err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("asking the AWS emulator to %s: %s: %s", verb, answer.Status, text)
	}
	return nil
}

// repository finds the root of the repository above the working directory,
// which in a test is the folder of its package.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the working directory: the AWS emulator is found relative to it")
		}
		dir = parent
	}
}

func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, err
}

// tail keeps the last words of the emulator for an error message.
type tail struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.buffer.Len() > 64<<10 {
		t.buffer.Reset()
	}
	return t.buffer.Write(p)
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := t.buffer.String()
	return strings.TrimSpace(text[max(0, len(text)-2000):])
}
