// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"demarc.dev/demarc/internal/postgres"
)

// The people that look at pages at once, how long each looks at one before he
// opens the next, and for how long all of them do.
const (
	visitors  = 50
	looksAt   = time.Second
	visitTime = 2 * time.Minute
)

// pages measures the server over an estate of one large organisation and 200
// small ones, on both engines: fifty people over every page of the route table.
func pages(ctx context.Context, h *host) ([]figure, error) {
	var out []figure
	for _, engine := range []string{"SQLite", "PostgreSQL"} {
		figures, err := h.pagesOn(ctx, engine)
		if err != nil {
			figures = append(figures, unmeasured("pages on "+engine, "", err.Error()))
		}
		out = append(out, figures...)
	}
	return out, ctx.Err()
}

func (h *host) pagesOn(ctx context.Context, engine string) (figures []figure, err error) {
	dir, err := os.MkdirTemp(h.scratch, "estate-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	database := ""
	if engine == "PostgreSQL" {
		server, err := postgres.Start()
		if err != nil {
			return nil, err
		}
		defer server.Stop()
		database = server.Address("postgres", "", "")
	}
	var e settled
	if _, err := h.child(ctx, &e, "settle", dir, database, strconv.Itoa(h.sized(231_000, 2_000)), strconv.Itoa(h.sized(200, 3))); err != nil {
		return nil, err
	}
	on := " (" + engine + ")"
	figures = append(figures,
		figure{what: fmt.Sprintf("an assessment of %d resources stored"+on, e.Resources), ours: seconds(time.Duration(e.Assess * 1e9)),
			note: fmt.Sprintf("%d findings, %.1f s of processor time; the matrices have %d lines.", e.Findings, e.AssessCPU, e.Lines)},
		figure{what: "what changed since the one before" + on, ours: seconds(time.Duration(e.Drift * 1e9)), target: "≤ 5 s", met: limit(e.Drift <= 5)})
	at, idle, end, err := h.start(ctx, dir, database)
	if err != nil {
		return figures, err
	}
	defer end()
	figures = append(figures, figure{what: "memory of the idle server" + on, ours: mebibytes(idle), target: "≤ 150 MiB", met: limit(idle <= 150<<20)})
	s, err := openSite(at, dir)
	if err != nil {
		return figures, err
	}
	if err := s.find(ctx, s.people[0]); err != nil {
		return figures, err
	}
	if err := s.openAll(ctx); err != nil {
		return figures, err
	}
	ours, failed := s.visit(ctx, h.visitTime())
	bare, _ := s.bare().visit(ctx, h.visitTime()/4)
	if failed > 0 {
		return figures, fmt.Errorf("%d pages were not answered", failed)
	}
	for _, p := range s.patterns() {
		t := ours[p]
		if len(t) == 0 {
			continue
		}
		p95, p99 := part(t, 95), part(t, 99)
		figures = append(figures, figure{what: strings.TrimPrefix(p, "GET ") + on, ours: fmt.Sprintf("p50 %s, p95 %s, p99 %s", seconds(part(t, 50)), seconds(p95), seconds(p99)),
			peer: "the same bytes, p95 " + seconds(part(bare[p], 95)), ratio: times(float64(part(bare[p], 95)) / float64(p95)), target: "p95 < 100 ms, p99 < 300 ms", met: limit(p95 < 100*time.Millisecond && p99 < 300*time.Millisecond)})
	}
	figures[len(figures)-1].note = fmt.Sprintf("%d people, who have opened every page once, each looking at a page for %s before the next, for %s; half of them in small organisations, whose answers are not counted. Beside it a server that writes the same bytes and does nothing else, asked in the same way.", visitors, looksAt, h.visitTime())
	// The writes come last: they leave ten thousands of risks behind.
	calls, err := s.calls(ctx, h.visitTime()/6, on)
	return append(figures, calls...), err
}

func (h *host) visitTime() time.Duration {
	if h.quick {
		return 10 * time.Second
	}
	return visitTime
}

// part gives the p-th hundredth of times.
func part(took []time.Duration, p int) time.Duration {
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return took[min(len(took)-1, len(took)*p/100)]
}

var servedAt = regexp.MustCompile(`http://[0-9.:]+`)

// start starts the built program over a store, and gives where it answers and
// its own memory when it has settled.
func (h *host) start(ctx context.Context, dir, database string) (at string, idle int64, end func(), err error) {
	cmd := exec.CommandContext(ctx, h.demarc, "--data", dir, "serve", "--listen", "127.0.0.1:0", "--rate", "0")
	cmd.Env = append(os.Environ(), "DEMARC_DATABASE="+database)
	cmd.Stderr = os.Stderr
	said, err := cmd.StdoutPipe()
	if err != nil {
		return "", 0, nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", 0, nil, err
	}
	end = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		_ = cmd.Wait()
	}
	lines := bufio.NewScanner(said)
	for at == "" && lines.Scan() {
		at = servedAt.FindString(lines.Text())
	}
	if at == "" {
		end()
		return "", 0, nil, fmt.Errorf("the server told no address")
	}
	go func() {
		for lines.Scan() {
			continue // it says more, which nobody needs
		}
	}()
	time.Sleep(min(h.visitTime(), 30*time.Second)) // it verifies the logs first
	n, _ := strconv.ParseInt(strings.TrimSuffix(after(filepath.Join("/proc", strconv.Itoa(cmd.Process.Pid), "status"), "RssAnon"), " kB"), 10, 64)
	return at, n << 10, end, nil
}

// of gives an address of a page for somebody: in a small organisation of that
// one, where the page names nothing but the organisation, else its first page.
func (s *site) of(pattern string, n int, who person) string {
	path := s.pages[pattern][n%len(s.pages[pattern])]
	if who.Org == largeOrg || !strings.Contains(path, "/"+largeOrg) {
		return path
	}
	if strings.Count(pattern, "{") > 1 {
		return "/o/" + who.Org + "/"
	}
	return strings.Replace(s.pages[pattern][0], "/"+largeOrg, "/"+who.Org, 1)
}

// openAll has everybody open every page once, so that what is made on the first
// look is there: how long that takes is told on standard error, not measured.
func (s *site) openAll(ctx context.Context) error {
	begun := time.Now()
	for _, who := range s.people {
		for _, p := range s.patterns() {
			if _, err := s.get(ctx, who, s.of(p, 0, who), false); err != nil {
				return err
			}
		}
	}
	fmt.Fprintf(os.Stderr, "bench: everybody opened every page once in %s\n", seconds(time.Since(begun)))
	return ctx.Err()
}

// visit has people open pages until the time is over, and gives by page how
// long each answer took, and how many failed.
func (s *site) visit(ctx context.Context, while time.Duration) (took map[string][]time.Duration, failed int) {
	took = map[string][]time.Duration{}
	var mu sync.Mutex
	var group sync.WaitGroup
	all, until := s.patterns(), time.Now().Add(while)
	for n := range visitors {
		group.Go(func() {
			who := s.people[n%len(s.people)]
			for i := n * 7; time.Now().Before(until) && ctx.Err() == nil; i++ {
				p := all[i%len(all)]
				path := s.of(p, i/len(all), who)
				r, err := s.get(ctx, who, path, false)
				mu.Lock()
				if err != nil || r.status >= 500 || r.status == http.StatusTooManyRequests {
					failed++
				} else if who.Org == largeOrg {
					took[p] = append(took[p], r.took)
				}
				mu.Unlock()
				time.Sleep(looksAt)
			}
		})
	}
	group.Wait()
	return took, failed
}

// bare gives the same site from a server that only writes what was answered.
func (s *site) bare() *site {
	answers := map[string][]byte{}
	for _, p := range s.patterns() {
		for _, path := range s.pages[p] {
			if r, err := s.get(context.Background(), s.people[0], path, false); err == nil {
				answers[path] = make([]byte, r.sent)
			}
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write(answers[r.URL.RequestURI()]) // the reader left when this fails
	}))
	b := *s
	b.at = server.URL
	return &b
}
