// SPDX-License-Identifier: Apache-2.0

//go:build unix

// Package story tells what people do with Demarc, from the first sign-in to the
// auditor's verified pack, in a real browser against the real program: each
// story starts `demarc serve` over a store of its own and works with the pages
// as a person does. Nothing in it reaches into the program.
//
// A story that fails says at which step, and leaves a picture of the page in
// the folder demarc-story of the machine's temporary files.
package story

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"demarc.dev/demarc/internal/browser"
)

// house holds what the stories share: the program, the browser, and the store
// of the example, of which each story takes a copy.
type house struct {
	program string
	browser *browser.Browser
	example string
}

var shared house

func TestMain(m *testing.M) {
	code, err := tell(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "story:", err)
		code = 1
	}
	os.Exit(code)
}

func tell(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "demarc-house-*")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	shared.program = filepath.Join(dir, "demarc")
	for _, words := range [][]string{
		{"go", "build", "-ldflags", "-s -w", "-o", shared.program, "demarc.dev/demarc/cmd/demarc"},
		{shared.program, "example", "--customer", "--out", filepath.Join(dir, "example")},
	} {
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			return 1, fmt.Errorf("%s: %w: %s", strings.Join(words, " "), err, out)
		}
	}
	shared.example = filepath.Join(dir, "example", "store")
	if shared.browser, err = browser.Start(); err != nil {
		return 1, err
	}
	defer shared.browser.Stop()
	return m.Run(), nil
}

// sources has the test runner see every file that the program is built from: a
// story would else pass from its cache after the program was changed.
var sources = sync.OnceValue(func() error {
	return filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if name := d.Name(); err == nil && d.IsDir() && (strings.HasPrefix(name, ".") && name != ".." || name == "bin" || name == "demarc-out" || name == "bench") {
			return filepath.SkipDir
		}
		return err
	})
})

// server is a running `demarc serve`.
type server struct {
	t    *testing.T
	at   string // http://127.0.0.1:43210
	data string // the store
	env  []string

	mu   sync.Mutex
	link string // of the last line that names one
	told []string
	more chan struct{} // closed when more was told, and made anew
}

var (
	sayAddress = regexp.MustCompile(`^Demarc serves .* on (https?://\S+)`)
	sayLink    = regexp.MustCompile(`^\s+(https?://\S+/signin\?token=\S+)`)
)

// serve starts the program over a copy of the example, or over an empty folder
// in which fill has made a store.
func serve(t *testing.T, env []string, fill func(*server), flags ...string) *server {
	t.Helper()
	if err := sources(); err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, data: filepath.Join(t.TempDir(), "store"), env: append(os.Environ(), append([]string{"DEMARC_ACTOR=ada@larkspur.example"}, env...)...), more: make(chan struct{})}
	if fill == nil {
		if err := os.CopyFS(s.data, os.DirFS(shared.example)); err != nil {
			t.Fatal(err)
		}
		keys, err := filepath.Glob(filepath.Join(s.data, "keys", "*"))
		for _, k := range keys { // which the copy left open to others
			err = errors.Join(err, os.Chmod(k, 0o600))
		}
		if err != nil {
			t.Fatal(err)
		}
	} else {
		fill(s)
	}
	cmd := exec.Command(shared.program, append([]string{"--data", s.data, "serve", "--listen", "127.0.0.1:0"}, flags...)...)
	cmd.Env = s.env
	out, in := io.Pipe()
	cmd.Stdout, cmd.Stderr = in, in
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go s.listen(out)
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		err := cmd.Wait()
		in.Close()
		if err != nil || t.Failed() {
			s.mu.Lock()
			defer s.mu.Unlock()
			t.Errorf("the server ended with %v and had said:\n%s", err, strings.Join(s.told, "\n"))
		}
	})
	s.wait("its address and a link", func() bool { return s.at != "" && s.link != "" })
	return s
}

// listen reads what the server prints.
func (s *server) listen(out io.Reader) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		s.mu.Lock()
		if m := sayAddress.FindStringSubmatch(lines.Text()); m != nil {
			s.at = m[1]
		}
		if m := sayLink.FindStringSubmatch(lines.Text()); m != nil {
			s.link = m[1]
		}
		s.told = append(s.told, lines.Text())
		close(s.more)
		s.more = make(chan struct{})
		s.mu.Unlock()
	}
}

func (s *server) wait(what string, ready func() bool) {
	s.t.Helper()
	for end := time.After(browser.Patience); ; {
		s.mu.Lock()
		ok, more := ready(), s.more
		s.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-more:
		case <-end:
			s.t.Fatalf("the server did not tell %s", what)
		}
	}
}

// demarc runs another command of the program over the store of the server, and
// gives what it prints.
func (s *server) demarc(args ...string) string {
	s.t.Helper()
	return s.fails(0, args...)
}

// fails runs a command that must end with the exit code.
func (s *server) fails(code int, args ...string) string {
	s.t.Helper()
	cmd := exec.Command(shared.program, append([]string{"--data", s.data}, args...)...)
	cmd.Env = s.env
	out, err := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != code {
		s.t.Fatalf("demarc %s: %v, not exit code %d: %s", strings.Join(args, " "), err, code, out)
	}
	return string(out)
}

// newest gives the newest sign-in link, and waits for another than the old one.
func (s *server) newest(old string) (link string) {
	s.t.Helper()
	s.wait("another link", func() bool { link = s.link; return link != old })
	return link
}

// person is somebody with a browser.
type person struct {
	t    *testing.T
	name string
	page *browser.Page
	s    *server
	ctx  context.Context
	ok   []string // words of faults that belong to the story
}

// person comes to the server for the first time.
func (s *server) person(name string) *person {
	s.t.Helper()
	// Not the test's: pages are closed after that has ended.
	ctx := context.WithoutCancel(s.t.Context())
	page, err := shared.browser.Open(ctx, s.t.TempDir())
	if err != nil {
		s.t.Fatal(err)
	}
	p := &person{t: s.t, name: name, page: page, s: s, ctx: ctx}
	p.must(page.View(ctx, 1440, 900, false))
	s.t.Cleanup(func() {
		if s.t.Failed() {
			p.picture()
		}
		p.faultless()
		if err := page.Close(ctx); err != nil {
			s.t.Error(err)
		}
	})
	return p
}

// must ends the story at a step that failed, with a picture.
func (p *person) must(err error) {
	if err == nil {
		return
	}
	p.t.Helper()
	where := ""
	_ = p.page.Eval(p.ctx, "location.pathname + ' (' + document.title + ')'", &where)
	p.t.Fatalf("%s at %s: %v", p.name, where, err)
}

// picture leaves a picture of what the person sees.
func (p *person) picture() {
	data, err := p.page.Picture(p.ctx)
	dir := filepath.Join(os.TempDir(), "demarc-story")
	file := filepath.Join(dir, strings.ReplaceAll(p.t.Name(), "/", "-")+"-"+p.name+".png")
	err = errors.Join(err, os.MkdirAll(dir, 0o755), os.WriteFile(file, data, 0o644))
	p.t.Logf("what %s saw: %s %v", p.name, file, err)
}

// faultless tells what went wrong in the page and does not belong to the story.
func (p *person) faultless() {
	p.t.Helper()
next:
	for _, f := range p.page.Faults() {
		for _, words := range p.ok {
			if strings.Contains(f, words) {
				continue next
			}
		}
		p.t.Errorf("%s: %s", p.name, f)
	}
}

func (p *person) visit(path string) {
	p.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = p.s.at + path
	}
	p.must(p.page.Visit(p.ctx, path))
}

func (p *person) sees(words ...string) {
	p.t.Helper()
	for _, w := range words {
		p.must(p.page.See(p.ctx, w))
	}
}

func (p *person) fills(name, value string) {
	p.t.Helper()
	p.must(p.page.Fill(p.ctx, browser.Thing{Role: "field", Name: name}, value))
}

// presses a button that leads on; within may be empty.
func (p *person) presses(name, within string) {
	p.t.Helper()
	p.must(p.page.Follow(p.ctx, browser.Thing{Role: "button", Name: name, Within: within}))
}

func (p *person) follows(name, within string) {
	p.t.Helper()
	p.must(p.page.Follow(p.ctx, browser.Thing{Role: "link", Name: name, Within: within}))
}

// signsInByLink uses the link that the program printed.
func (p *person) signsInByLink() {
	p.t.Helper()
	link := p.s.newest("")
	p.visit(link)
	p.s.newest(link)
}
