// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// programs is how many programs call the API at once.
const programs = 32

// calls measures the API: authenticated reads of several kinds over the large
// organisation, and writes of which each is an entry in a log.
func (s *site) calls(ctx context.Context, while time.Duration, on string) ([]figure, error) {
	reads := []string{"", "/scope", "/gate", "/assess", "/finding?limit=50", "/finding?outcome=fail&limit=50", "/risk?limit=50", "/member", "/agreement", "/collect", "/exception", "/evidence?limit=50"}
	var known []string
	for _, path := range reads {
		r, err := s.get(ctx, s.people[0], "/api/v1/organisations/"+largeOrg+path, false)
		if err != nil {
			return nil, err
		}
		if r.status == http.StatusOK {
			known = append(known, path)
			fmt.Fprintf(os.Stderr, "bench: GET %s: %d bytes in %s\n", path, r.sent, seconds(r.took))
		}
	}
	read, err := s.hammer(ctx, while, func(ctx context.Context, n int64) (int, error) {
		r, err := s.get(ctx, s.people[0], "/api/v1/organisations/"+largeOrg+known[int(n)%len(known)], false)
		return r.status, err
	})
	if err != nil {
		return nil, err
	}
	wrote, err := s.hammer(ctx, while, func(ctx context.Context, n int64) (int, error) {
		who := s.people[int(n)%len(s.people)]
		return s.put(ctx, who, fmt.Sprintf("/api/v1/organisations/%s/risk/bench-%d", who.Org, n), `{"version":0,"title":"A bookkeeper's account is taken over","inherent":{"likelihood":4,"consequence":4}}`)
	})
	if err != nil {
		return nil, err
	}
	target := 200.0
	if strings.Contains(on, "Postgre") {
		target = 500
	}
	return []figure{
		{what: "authenticated reads a second through the API" + on, ours: fmt.Sprintf("%.0f", read), target: "≥ 1,000", met: limit(read >= 1000), note: fmt.Sprintf("%d programs without a pause, %d kinds of reads of the large organisation in turns, pages of 50; the load generator is on the same cores.", programs, len(known))},
		{what: "logged writes a second through the API" + on, ours: fmt.Sprintf("%.0f", wrote), target: fmt.Sprintf("≥ %.0f", target), met: limit(wrote >= target), note: fmt.Sprintf("a risk is written down: permission, record and entry in one transaction, on the disk when it is answered; %d programs, %d organisations.", programs, 11)},
	}, nil
}

// hammer has programs call without a pause, and gives how many calls a second
// were answered well. One that was not is an error.
func (s *site) hammer(ctx context.Context, while time.Duration, call func(context.Context, int64) (int, error)) (float64, error) {
	var group sync.WaitGroup
	var asked, done atomic.Int64
	var fault atomic.Value
	begun := time.Now()
	for range programs {
		group.Go(func() {
			for time.Since(begun) < while && ctx.Err() == nil && fault.Load() == nil {
				status, err := call(ctx, asked.Add(1))
				if err == nil && status/100 != 2 {
					err = fmt.Errorf("a call was answered with %d", status)
				}
				if err != nil {
					fault.CompareAndSwap(nil, err.Error())
					return
				}
				done.Add(1)
			}
		})
	}
	group.Wait()
	if f := fault.Load(); f != nil {
		return 0, fmt.Errorf("calling the API: %v", f)
	}
	return float64(done.Load()) / time.Since(begun).Seconds(), ctx.Err()
}

// put writes as a program does.
func (s *site) put(ctx context.Context, who person, path, body string) (status int, err error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodPut, s.at+path, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	q.Header.Set("Authorization", "Bearer "+who.Token)
	q.Header.Set("Content-Type", "application/json")
	res, err := s.client.Do(q)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}
