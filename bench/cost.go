// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"demarc.dev/demarc/api"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/job"
	"demarc.dev/demarc/web"
)

// within answers requests by a handler in this process, without a network.
type within struct{ http.Handler }

func (w within) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	q := r.Clone(r.Context()) // the server may put its own body in place
	q.Body = http.NoBody
	w.ServeHTTP(answer, q)
	return answer.Result(), nil
}

// house opens a store and makes the pages and the API of it, as demarc serve does.
func house(ctx context.Context, dir, database string) (*app.App, http.Handler, error) {
	a, err := app.Open(ctx, app.Options{Dir: dir, Database: database, Version: "bench"})
	if err != nil {
		return nil, nil, err
	}
	if err := a.OpenQueue(ctx, job.Options{Dir: dir, Postgres: database}, nil, nil); err != nil {
		return nil, nil, err
	}
	programs, err := api.New(api.Options{App: a})
	if err != nil {
		return nil, nil, err
	}
	s, err := web.New(web.Options{App: a, API: programs, Caller: app.Local("", operator), Version: "bench", Hosts: []string{inProcess}})
	if err != nil {
		return nil, nil, err
	}
	return a, s.Handler(), nil
}

// inProcess is the host of a site that has no network.
const inProcess = "127.0.0.1:7117"

// costChild tells what each page costs in processor time, one request after the
// other and without a network: DIR DATABASE. It is for finding out where time
// goes; processor time tells something on a machine that does other work too.
func costChild(ctx context.Context, args []string) (any, error) {
	a, handler, err := house(ctx, args[0], args[1])
	if err != nil {
		return nil, err
	}
	defer a.Close()
	s, err := openSite("http://"+inProcess, args[0])
	if err != nil {
		return nil, err
	}
	s.client.Transport = within{handler}
	begun, busy := time.Now(), processorTime()
	if err := s.find(ctx, s.people[0]); err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "bench: the pages were found in %.1f s, %.1f s of processor time\n", time.Since(begun).Seconds(), processorTime()-busy)
	type row struct {
		pattern  string
		cpu      time.Duration
		p50, max time.Duration
		sent     int64
	}
	var rows []row
	for _, p := range s.patterns() {
		const rounds = 12
		var took []time.Duration
		var sent int64
		busy := processorTime()
		for i := range rounds {
			r, err := s.get(ctx, s.people[0], s.pages[p][i%len(s.pages[p])], false)
			if err != nil {
				return nil, err
			}
			took, sent = append(took, r.took), max(sent, r.sent)
		}
		slices.Sort(took)
		rows = append(rows, row{p, time.Duration((processorTime() - busy) / rounds * 1e9), took[rounds/2], took[rounds-1], sent})
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(b.cpu, a.cpu) })
	t := tabwriter.NewWriter(os.Stderr, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "page\tprocessor\tp50\tslowest\tsent")
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%.1f ms\t%s\t%s\t%.1f kB\n", r.pattern, float64(r.cpu)/1e6, seconds(r.p50), seconds(r.max), float64(r.sent)/1000)
	}
	return struct{}{}, t.Flush()
}
