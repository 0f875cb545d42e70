// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/job"
	"demarc.dev/demarc/problem"
)

// working is a house whose queue works, with a collector that gives the
// snapshot of the example.
func working(t *testing.T, collect app.Collect, tell app.Tell) *app.App {
	t.Helper()
	dir := t.TempDir()
	a := must[*app.App](t)(app.Open(ctx, app.Options{Dir: dir, Version: "0.1.0"}))
	ok(t, a.CreateOrg(ctx, disk))
	ok(t, a.OpenQueue(ctx, job.Options{Dir: dir, Retry: time.Millisecond}, map[string]app.Collect{"aws": collect}, tell))
	t.Cleanup(func() {
		ok(t, a.StopQueue(context.Background()))
		ok(t, a.Close())
	})
	return a
}

// ended waits for a job to end.
func ended(t *testing.T, a *app.App, c app.Caller, id int64) job.Job {
	t.Helper()
	for range 600 {
		for _, j := range must[[]job.Job](t)(a.Jobs(ctx, c)) {
			if j.ID == id && j.State.Ended() {
				return j
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("job %d does not end", id)
	return job.Job{}
}

func TestLook(t *testing.T) {
	var runs atomic.Int64
	var seen app.Collecting
	shipped := file(t, "estate/larkspur.snapshot")
	a := working(t, func(ctx context.Context, c app.Collecting, out io.Writer) error {
		seen = c
		if runs.Add(1) == 1 {
			return errors.New("the network was away")
		}
		c.Say(1, 2, "half")
		_, err := io.Copy(out, bytes.NewReader(shipped))
		return err
	}, nil)
	c, _, _ := person(t, a, "larkspur", "mia@larkspur.example", account.Member{Role: account.Manager})
	x := app.Collector{ID: "prod", Provider: "aws", RoleARN: "arn:aws:iam::210987654321:role/demarc-read", Accounts: []string{"210987654321"}}
	ok(t, a.SetCollector(ctx, c, x))
	id := must[int64](t)(a.Look(ctx, c, "prod", catalogue.Edition2026))
	if j := ended(t, a, c, id); j.State != job.Done || j.Attempt != 2 {
		t.Fatalf("%+v", j)
	}
	r := must[app.Run](t)(a.Run(ctx, c, ""))
	if r.Job == "" || len(must[[]app.Snapshot](t)(a.Snapshots(ctx, c))) != 1 {
		t.Errorf("%+v", r)
	}
	if want := must[string](t)(a.ExternalID(ctx, c)); seen.ExternalID != want || !strings.HasPrefix(want, "demarc-") {
		t.Errorf("the external id %q, want %q", seen.ExternalID, want)
	}
	if j := ended(t, a, disk, must[int64](t)(a.Look(ctx, disk, "", catalogue.Edition2015))); j.State != job.Done {
		t.Errorf("of the owner of the disk: %+v", j)
	}
	// Who may no more, for him nothing is done.
	ok(t, a.RemoveMember(ctx, disk, c.Account()))
	_, err := a.Look(ctx, c, "prod", "")
	wantKind(t, err, problem.NotFound)
	verify(t, a, disk)
}

func TestCollector_Faults(t *testing.T) {
	a := working(t, nil, nil)
	c, _, _ := person(t, a, "larkspur", "mia@larkspur.example", account.Member{Role: account.Manager})
	for name, x := range map[string]app.Collector{
		"the server's own credentials": {ID: "prod", Provider: "aws"},
		"no role":                      {ID: "prod", Provider: "aws", RoleARN: "arn:aws:s3:::x"},
		"any account":                  {ID: "prod", Provider: "aws", RoleARN: "arn:aws:iam::{account}:role/r"},
		"a path for an id":             {ID: "../x", Provider: "aws", RoleARN: "arn:aws:iam::210987654321:role/r"},
	} {
		if err := a.SetCollector(ctx, c, x); problem.Of(err) != problem.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	ok(t, a.SetCollector(ctx, disk, app.Collector{ID: "own", Provider: "aws"})) // the operator's choice
	wantKind(t, a.SetSchedule(ctx, c, app.Schedule{ID: "daily", Cron: "often", Edition: catalogue.Edition2026}), problem.Usage)
	ok(t, a.SetSchedule(ctx, c, app.Schedule{ID: "daily", Collector: "own", Cron: "@daily", Edition: catalogue.Edition2026}))
	wantKind(t, a.RemoveCollector(ctx, c, "own"), problem.Conflict)
	viewer, _, _ := person(t, a, "larkspur", "vic@larkspur.example", account.Member{Role: account.Viewer})
	_, err := a.Look(ctx, viewer, "own", "")
	wantKind(t, err, problem.Denied)
}

// TestNotice: the first run finds nothing new, for there is none before it; the
// second sees less, so that what failed there is gone; a run that fails for good
// is told of. What is told bears a secret of the subscription alone.
func TestNotice(t *testing.T) {
	told := make(chan app.Notice, 16)
	var fail atomic.Bool
	shipped, looks := file(t, "estate/larkspur.snapshot"), 0
	a := working(t, func(ctx context.Context, c app.Collecting, out io.Writer) error {
		if fail.Load() {
			return problem.New(problem.Denied, "the role cannot be assumed", "look at its trust policy")
		}
		if looks++; looks == 1 { // before anything was built
			_, err := out.Write(smallSnapshot(t))
			return err
		}
		_, err := io.Copy(out, bytes.NewReader(shipped))
		return err
	}, func(_ context.Context, n app.Notice) error {
		told <- n
		return nil
	})
	c, _, _ := person(t, a, "larkspur", "mia@larkspur.example", account.Member{Role: account.Manager})
	secret := must[string](t)(a.Subscribe(ctx, c, app.Subscription{ID: "pager", Hook: "https://hooks.example/x", Kinds: app.NoticeKinds()}))
	ok(t, a.SetCollector(ctx, c, app.Collector{ID: "prod", Provider: "aws", RoleARN: "arn:aws:iam::210987654321:role/demarc-read"}))
	for range 2 {
		if j := ended(t, a, c, must[int64](t)(a.Look(ctx, c, "prod", catalogue.Edition2026))); j.State != job.Done {
			t.Fatalf("%+v", j)
		}
	}
	n := <-told
	if n.Kind != app.GapNew || fmt.Sprintf("%x", n.Secret) != secret || n.Org != "larkspur" || !strings.HasPrefix(n.Link, "/o/larkspur/assess/drift") {
		t.Errorf("%+v", n)
	}
	fail.Store(true)
	ended(t, a, c, must[int64](t)(a.Look(ctx, c, "prod", catalogue.Edition2026)))
	for n = <-told; n.Kind != app.RunFailed; n = <-told {
	}
	if !strings.Contains(n.Text, "the role cannot be assumed") {
		t.Errorf("%+v", n)
	}
	for name, s := range map[string]app.Subscription{
		"both": {ID: "x", Mail: "a@example.org", Hook: "https://hooks.example", Kinds: app.NoticeKinds()}, "plain": {ID: "x", Hook: "http://hooks.example", Kinds: app.NoticeKinds()},
		"nothing": {ID: "x", Mail: "a@example.org"}, "a header": {ID: "x", Mail: "a@example.org\r\nBcc: b@example.org", Kinds: app.NoticeKinds()},
	} {
		if _, err := a.Subscribe(ctx, c, s); problem.Of(err) != problem.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// smallSnapshot is the example's accounts while they were empty.
func smallSnapshot(t *testing.T) []byte {
	t.Helper()
	when := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	return encode(t, &cloud.Snapshot{Header: cloud.Header{Tool: "demarc 0.1.0", Provider: "aws", Source: "live", Accounts: []cloud.Account{{ID: "210987654321"}, {ID: "109876543210"}}, Regions: []string{"eu-central-1"}, Started: when, Ended: when}})
}
