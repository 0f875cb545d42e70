// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/job"
)

type (
	jobIn struct {
		Place
		Job int64 `path:"job" minimum:"1" doc:"number of a run" example:"1"`
	}
	lookIn struct {
		Place
		Body struct {
			Collector string `json:"collector,omitempty" maxLength:"40" doc:"id; empty: only assess"`
			Edition   string `json:"edition,omitempty" enum:"2015,2026" doc:"empty: only collect"`
		}
	}
	collectorIn struct {
		Place
		Collector string `path:"collector" maxLength:"40" doc:"id of a collector: a word of the organisation's own" example:"nightly"`
	}
	setCollectorIn struct {
		Place
		Collector string `path:"collector" maxLength:"40" doc:"id of a collector: a word of the organisation's own" example:"nightly"`
		Body      struct {
			Provider string   `json:"provider" enum:"aws"`
			RoleARN  string   `json:"role_arn,omitempty" maxLength:"700" doc:"the role to assume; {account} stands for each account" example:"arn:aws:iam::{account}:role/demarc-read"`
			Accounts []string `json:"accounts,omitempty" maxItems:"1000" nullable:"false" doc:"ids of cloud accounts"`
			Regions  []string `json:"regions,omitempty" maxItems:"100" nullable:"false" doc:"empty: all that are enabled"`
		}
	}
	scheduleIn struct {
		Place
		Schedule string `path:"schedule" maxLength:"40" doc:"id of a schedule: a word of the organisation's own" example:"daily"`
	}
	setScheduleIn struct {
		Place
		Schedule string `path:"schedule" maxLength:"40" doc:"id of a schedule: a word of the organisation's own" example:"daily"`
		Body     struct {
			Collector string `json:"collector,omitempty" maxLength:"40" doc:"id; empty: only assess what is there"`
			Cron      string `json:"cron" maxLength:"100" doc:"five fields as cron has them, in UTC, or @hourly, @daily, @weekly, @monthly" example:"0 4 * * *"`
			Edition   string `json:"edition" enum:"2015,2026"`
		}
	}
	subscriptionIn struct {
		Place
		Subscription string `path:"subscription" maxLength:"40" doc:"id of a subscription: a word of the organisation's own" example:"team"`
	}
	setSubscriptionIn struct {
		Place
		Subscription string `path:"subscription" maxLength:"40" doc:"id of a subscription: a word of the organisation's own" example:"team"`
		Body         struct {
			Mail  string   `json:"mail,omitempty" maxLength:"254" doc:"a mail address, or"`
			Hook  string   `json:"hook,omitempty" maxLength:"2000" doc:"an address that begins with https://"`
			Kinds []string `json:"kinds" minItems:"1" maxItems:"3" nullable:"false" enum:"gap.new,gap.fixed,run.failed"`
		}
	}
)

// ordered is a run that was ordered.
type ordered struct {
	ID int64 `json:"id" doc:"number of the run; that of the one under way when it was ordered already"`
}

// subscribed is a subscription with the secret that signs its webhook.
type subscribed struct {
	app.Subscription
	Secret string `json:"secret,omitempty" doc:"with which messages to the webhook are signed; it is told here only"`
}

// collectorAccess is what the roles of collectors are made with.
type collectorAccess struct {
	ExternalID string          `json:"external_id" doc:"that the organisation's roles should ask for when they are assumed; it never changes"`
	Policy     json.RawMessage `json:"policy,omitempty" doc:"the smallest policy that a collector needs"`
}

// run is a piece of background work.
type run struct {
	ID         int64        `json:"id"`
	Kind       string       `json:"kind" doc:"look: collects and assesses; tell: delivers a notice"`
	Schedule   string       `json:"schedule,omitempty" doc:"that ordered it"`
	State      job.State    `json:"state"`
	Progress   job.Progress `json:"progress"`
	Cancelling bool         `json:"cancelling,omitempty"`
	Attempt    int          `json:"attempt"`
	Tries      int          `json:"tries"`
	Due        time.Time    `json:"due"`
	Created    time.Time    `json:"created"`
	Started    *time.Time   `json:"started,omitempty"`
	Ended      *time.Time   `json:"ended,omitempty"`
	Error      string       `json:"error,omitempty"`
	Hint       string       `json:"hint,omitempty"`
}

func runOf(j job.Job) run {
	out := run{ID: j.ID, Kind: j.Kind, Schedule: j.Schedule, State: j.State, Progress: j.Progress, Cancelling: j.Cancelling, Attempt: j.Attempt, Tries: j.Tries, Due: j.Due, Created: j.Created, Error: j.Error, Hint: j.Hint}
	if !j.Started.IsZero() {
		out.Started = &j.Started
	}
	if !j.Ended.IsZero() {
		out.Ended = &j.Ended
	}
	return out
}

func collectorRef(ctx huma.Context) app.Ref    { return app.CollectorRef(ctx.Param("collector")) }
func scheduleRef(ctx huma.Context) app.Ref     { return app.ScheduleRef(ctx.Param("schedule")) }
func subscriptionRef(ctx huma.Context) app.Ref { return app.SubscriptionRef(ctx.Param("subscription")) }

func (s *server) jobCalls() []call {
	return append(s.runCalls(), s.setUpCalls()...)
}

func (s *server) runCalls() []call {
	a := s.o.App
	const tag = "job"
	return []call{
		{id: "listRuns", method: get, path: "/job/run", tag: tag, need: account.ReadWork, says: "What runs, waits and ran, the newest first",
			more: "Background work of the organisation, with its progress and, when it failed, why.", register: handle(s, s.runs)},
		{id: "getRun", method: get, path: "/job/run/{job}", tag: tag, need: account.ReadWork, says: "One run", more: "Where a run stands. Ask every few seconds while it is not done, failed or cancelled.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *jobIn) (run, error) {
				j, err := a.Job(ctx, c, in.Job)
				return runOf(j), err
			})},
		{id: "run", method: post, path: "/job/run", tag: tag, need: account.RunWork, status: 202, says: "Have a collector run, and what it saw assessed",
			more: "Orders a run. One that waits or runs already is not ordered twice; its number is given.", example: map[string]any{"edition": "2026"},
			register: handle(s, func(ctx context.Context, c app.Caller, in *lookIn) (ordered, error) {
				id, err := a.Look(ctx, c, in.Body.Collector, catalogue.Edition(in.Body.Edition))
				return ordered{id}, err
			})},
		{id: "cancelRun", method: post, path: "/job/run/{job}/cancel", tag: tag, need: account.RunWork, says: "Stop a run", more: "One that waits is cancelled at once, one that runs is asked to stop. That it was cancelled stands in the log.",
			register: handleNone(s, func(ctx context.Context, c app.Caller, in *jobIn) error { return a.CancelJob(ctx, c, in.Job) })},
		{id: "getCollectorAccess", method: get, path: "/job/access", tag: tag, need: account.ReadWork, says: "What the roles of collectors are made with",
			more: "The external id of this organisation, and the policy that lets a collector read and nothing else.",
			register: handle(s, func(ctx context.Context, c app.Caller, _ *placed) (collectorAccess, error) {
				id, err := a.ExternalID(ctx, c)
				return collectorAccess{ExternalID: id, Policy: s.o.Policy}, err
			})},
	}
}

func (s *server) runs(ctx context.Context, c app.Caller, in *listIn) (Page[run], error) {
	var before int64
	if in.Cursor != "" {
		n, err := strconv.ParseInt(in.Cursor, 10, 64)
		if err != nil || n <= 0 {
			return Page[run]{}, errCursor()
		}
		before = n
	}
	all, err := s.o.App.JobsBefore(ctx, c, before, in.Limit)
	if err != nil {
		return Page[run]{}, err
	}
	page := Page[run]{Items: []run{}}
	for _, j := range all {
		page.Items = append(page.Items, runOf(j))
	}
	if n := len(all); n == in.Limit && all[n-1].ID > 1 {
		page.Next = strconv.FormatInt(all[n-1].ID, 10)
	}
	return page, nil
}

func (s *server) setUpCalls() []call {
	a := s.o.App
	const tag = "job"
	return []call{
		{id: "listCollectors", method: get, path: "/job/collector", tag: tag, need: account.ReadWork, says: "The collectors", more: "Each reads a cloud account, or several, when it is told to.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *listIn) (Page[app.Collector], error) {
				return listed(in, func(x app.Collector) string { return x.ID })(a.Collectors(ctx, c))
			})},
		{id: "getCollector", method: get, path: "/job/collector/{collector}", tag: tag, need: account.ReadWork, ref: collectorRef, says: "One collector", more: "A collector by its id.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *collectorIn) (app.Collector, error) {
				return a.Collector(ctx, c, in.Collector)
			})},
		{id: "setCollector", method: put, path: "/job/collector/{collector}", tag: tag, need: account.ManageWork, ref: collectorRef, says: "Set a collector up, or change it",
			more:     "The role is assumed with the organisation's external id. Without a role the server's own credentials are used, which only its operator may set up, and no token is an operator's.",
			example:  map[string]any{"provider": "aws", "role_arn": "arn:aws:iam::210987654321:role/demarc-read", "accounts": []string{"210987654321"}, "regions": []string{"eu-central-1"}},
			register: handle(s, s.setCollector)},
		{id: "removeCollector", method: del, path: "/job/collector/{collector}", tag: tag, need: account.ManageWork, ref: collectorRef, says: "End a collector", more: "One that a schedule uses cannot be ended (409).",
			register: handleNone(s, func(ctx context.Context, c app.Caller, in *collectorIn) error {
				return a.RemoveCollector(ctx, c, in.Collector)
			})},

		{id: "listSchedules", method: get, path: "/job/schedule", tag: tag, need: account.ReadWork, says: "The schedules", more: "Each has a collector run, and what it saw assessed, at its times.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *listIn) (Page[app.Schedule], error) {
				return listed(in, func(x app.Schedule) string { return x.ID })(a.Schedules(ctx, c))
			})},
		{id: "getSchedule", method: get, path: "/job/schedule/{schedule}", tag: tag, need: account.ReadWork, ref: scheduleRef, says: "One schedule", more: "A schedule by its id.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *scheduleIn) (app.Schedule, error) {
				return a.Schedule(ctx, c, in.Schedule)
			})},
		{id: "setSchedule", method: put, path: "/job/schedule/{schedule}", tag: tag, need: account.ManageWork, ref: scheduleRef, says: "Make a schedule, or change it",
			more:    "It runs in the name of the token's account: it does what that may do when it runs, and nothing once it may not.",
			example: map[string]any{"cron": "0 4 * * *", "edition": "2026"}, register: handle(s, s.setSchedule)},
		{id: "removeSchedule", method: del, path: "/job/schedule/{schedule}", tag: tag, need: account.ManageWork, ref: scheduleRef, says: "End a schedule", more: "What it ordered already goes on.",
			register: handleNone(s, func(ctx context.Context, c app.Caller, in *scheduleIn) error {
				return a.RemoveSchedule(ctx, c, in.Schedule)
			})},

		{id: "listSubscriptions", method: get, path: "/job/subscription", tag: tag, need: account.ReadWork, says: "Who is told of what", more: "People by mail and programs by signed webhook are told of new gaps, mended ones, and runs that fail.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *listIn) (Page[app.Subscription], error) {
				return listed(in, func(x app.Subscription) string { return x.ID })(a.Subscriptions(ctx, c))
			})},
		{id: "getSubscription", method: get, path: "/job/subscription/{subscription}", tag: tag, need: account.ReadWork, ref: subscriptionRef, says: "One subscription", more: "A subscription by its id.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *subscriptionIn) (app.Subscription, error) {
				return a.Subscription(ctx, c, in.Subscription)
			})},
		{id: "setSubscription", method: put, path: "/job/subscription/{subscription}", tag: tag, need: account.ManageWork, ref: subscriptionRef, says: "Make a subscription, or change it",
			more:    "Either a mail address or a webhook. The secret with which messages to the webhook are signed is given here only; docs/format.md says how to check it.",
			example: map[string]any{"hook": "https://hooks.example.org/demarc", "kinds": []string{"gap.new", "run.failed"}}, register: handle(s, s.setSubscription)},
		{id: "removeSubscription", method: del, path: "/job/subscription/{subscription}", tag: tag, need: account.ManageWork, ref: subscriptionRef, says: "End a subscription", more: "What waits for delivery to it is not delivered any more.",
			register: handleNone(s, func(ctx context.Context, c app.Caller, in *subscriptionIn) error {
				return a.Unsubscribe(ctx, c, in.Subscription)
			})},
	}
}

func (s *server) setCollector(ctx context.Context, c app.Caller, in *setCollectorIn) (app.Collector, error) {
	x := app.Collector{ID: in.Collector, Provider: in.Body.Provider, RoleARN: in.Body.RoleARN, Accounts: in.Body.Accounts, Regions: in.Body.Regions}
	if err := s.o.App.SetCollector(ctx, c, x); err != nil {
		return x, err
	}
	return s.o.App.Collector(ctx, c, in.Collector)
}

func (s *server) setSchedule(ctx context.Context, c app.Caller, in *setScheduleIn) (app.Schedule, error) {
	x := app.Schedule{ID: in.Schedule, Collector: in.Body.Collector, Cron: in.Body.Cron, Edition: catalogue.Edition(in.Body.Edition)}
	if err := s.o.App.SetSchedule(ctx, c, x); err != nil {
		return x, err
	}
	return s.o.App.Schedule(ctx, c, in.Schedule)
}

func (s *server) setSubscription(ctx context.Context, c app.Caller, in *setSubscriptionIn) (subscribed, error) {
	x := app.Subscription{ID: in.Subscription, Mail: in.Body.Mail, Hook: in.Body.Hook}
	for _, k := range in.Body.Kinds {
		x.Kinds = append(x.Kinds, app.NoticeKind(k))
	}
	secret, err := s.o.App.Subscribe(ctx, c, x)
	if err != nil {
		return subscribed{}, err
	}
	out := subscribed{}
	if x.Hook != "" {
		out.Secret = secret
	}
	out.Subscription, err = s.o.App.Subscription(ctx, c, in.Subscription)
	return out, err
}

// listed makes a page of what app lists.
func listed[T any](in *listIn, key func(T) string) func([]T, error) (Page[T], error) {
	return func(all []T, err error) (Page[T], error) {
		if err != nil {
			return Page[T]{}, err
		}
		return paged(all, in.InPage, key)
	}
}
