// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/job"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// NoticeKind is what somebody wants to be told of.
type NoticeKind string

// The kinds of notices.
const (
	GapNew    NoticeKind = "gap.new"    // checks fail that did not before
	GapFixed  NoticeKind = "gap.fixed"  // checks pass that failed before
	RunFailed NoticeKind = "run.failed" // a run ended without what it was for
)

// NoticeKinds gives the kinds, in order.
func NoticeKinds() []NoticeKind { return []NoticeKind{GapNew, GapFixed, RunFailed} }

// Subscription says who is told of what: a person by mail, or a program by a
// signed webhook.
type Subscription struct {
	ID    string       `json:"id"`
	Mail  string       `json:"mail,omitempty"` // one of both
	Hook  string       `json:"hook,omitempty"` // https address
	Kinds []NoticeKind `json:"kinds"`
	By    string       `json:"by"`
	At    time.Time    `json:"at"`
}

// Notice is one message to one subscription.
type Notice struct {
	Subscription
	Key     string // the same at every attempt
	Org     string
	Kind    NoticeKind
	Subject string
	Text    string
	Link    string // path of a page
	Secret  []byte // signs a webhook; of this subscription alone
	Data    any
}

// Tell delivers a notice. The program that wires the house gives it; an error
// that says it is for good is a problem of kind Invalid.
type Tell func(context.Context, Notice) error

const subscriptions = "subscription"

// TellJob is the kind of job that delivers a notice.
const TellJob = "tell"

func (s Subscription) validate() error {
	var faults []string
	if !wordID.MatchString(s.ID) {
		faults = append(faults, "id: a word of small letters, digits and hyphens")
	}
	if (s.Mail == "") == (s.Hook == "") {
		faults = append(faults, "name either a mail address or a webhook")
	}
	if a, err := mail.ParseAddress(s.Mail); s.Mail != "" && (err != nil || a.Address != s.Mail) {
		faults = append(faults, "mail: a plain address such as team@example.org")
	}
	if u, err := url.Parse(s.Hook); s.Hook != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil) {
		faults = append(faults, "hook: an address that begins with https://, without a user in it")
	}
	if len(s.Kinds) == 0 {
		faults = append(faults, "kinds: name what to tell of")
	}
	for _, k := range s.Kinds {
		if !slices.Contains(NoticeKinds(), k) {
			faults = append(faults, fmt.Sprintf("kinds: %q is none", cutWord(string(k))))
		}
	}
	return problem.Faulty("this subscription cannot be made", faults)
}

// Subscriptions gives who is told of what, by id.
func (a *App) Subscriptions(ctx context.Context, c Caller) ([]Subscription, error) {
	return listed[Subscription](ctx, a, c, account.ReadWork, subscriptions)
}

// Subscribe makes a subscription, or changes it. The secret with which its
// webhook is signed is given back; it is made from the installation's key, is of
// this subscription alone, and is kept nowhere.
func (a *App) Subscribe(ctx context.Context, c Caller, s Subscription) (secret string, err error) {
	h, err := a.enter(ctx, c, account.ManageWork)
	if err != nil {
		return "", err
	}
	if err := s.validate(); err != nil {
		return "", err
	}
	k, err := a.key()
	if err != nil {
		return "", err
	}
	s.By, s.At = string(c.Actor), a.now().UTC()
	return fmt.Sprintf("%x", k.Derive("hook", h.ID()+"/"+s.ID)), h.Update(ctx, func(tx *store.Tx) error {
		return tx.Put(subscriptions, s.ID, s, store.Event{Kind: "subscription.set", Actor: c.Actor})
	})
}

// Unsubscribe ends a subscription.
func (a *App) Unsubscribe(ctx context.Context, c Caller, id string) error {
	return a.remove(ctx, c, account.ManageWork, subscriptions, id, nil)
}

// tellArgs are what a job of delivery is told. It holds no secret.
type tellArgs struct {
	Subscription string     `json:"subscription"`
	Kind         NoticeKind `json:"kind"`
	Subject      string     `json:"subject"`
	Text         string     `json:"text"`
	Link         string     `json:"link"`
	Count        int        `json:"count,omitempty"`
}

// announce orders a delivery for every subscription that wants to be told. key
// names what happened, so that a run that is done again announces it once.
func (a *App) announce(ctx context.Context, org *store.Org, key string, args tellArgs) error {
	if a.queue == nil {
		return nil
	}
	all, err := list[Subscription](ctx, org, subscriptions)
	if err != nil {
		return err
	}
	for _, s := range all {
		if !slices.Contains(s.Kinds, args.Kind) {
			continue
		}
		args.Subscription = s.ID
		data, err := json.Marshal(args)
		if err != nil {
			return fmt.Errorf("ordering a notice: %w", err)
		}
		if _, _, err := a.queue.Enqueue(ctx, job.Order{Kind: TellJob, Org: org.ID(), Caller: s.By, Key: key + "/" + s.ID, Args: data, Tries: 8}); err != nil {
			return err
		}
	}
	return nil
}

// announceRun tells of what a run found that the one before of its edition had
// not, and of what is mended.
func (a *App) announceRun(ctx context.Context, c Caller, run Run) error {
	all, err := a.Runs(ctx, c)
	if err != nil {
		return err
	}
	before := slices.IndexFunc(all, func(r Run) bool { return r.ID == run.ID }) - 1
	for before >= 0 && all[before].Edition != run.Edition {
		before--
	}
	if before < 0 {
		return nil
	}
	d, err := a.Drift(ctx, c, all[before], run)
	if err != nil {
		return err
	}
	h, err := a.enter(ctx, c, account.ReadAssessment)
	if err != nil {
		return err
	}
	link := "/assess/drift?from=" + all[before].ID + "&to=" + run.ID
	for _, x := range []struct {
		kind NoticeKind
		n    int
		says string
	}{{GapNew, d.Findings.New.Count, "fail that did not before"}, {GapFixed, d.Findings.Fixed.Count, "pass that failed before"}} {
		if x.n == 0 {
			continue
		}
		says := fmt.Sprintf("%d findings of %s %s", x.n, h.ID(), x.says)
		text := says + fmt.Sprintf(": assessment %s of %s beside %s.\n", run.ID, run.At.Format(time.RFC1123), all[before].ID)
		if err := a.announce(ctx, h.Org, string(x.kind)+"/"+run.ID, tellArgs{Kind: x.kind, Subject: says, Text: text, Link: link, Count: x.n}); err != nil {
			return err
		}
	}
	return nil
}

// deliver makes the handler that delivers notices.
func (a *App) deliver(send Tell) job.Handler {
	return func(ctx context.Context, w job.Work, _ func(job.Progress)) error {
		var args tellArgs
		if err := json.Unmarshal(w.Args, &args); err != nil {
			return fmt.Errorf("reading a notice: %w", err)
		}
		o, err := a.store.Org(ctx, w.Org)
		if err != nil {
			return err
		}
		s, ok, err := get[Subscription](ctx, o, subscriptions, args.Subscription)
		if err != nil || !ok {
			return err // it was ended meanwhile: nobody is to be told
		}
		k, err := a.key()
		if err != nil {
			return err
		}
		return send(ctx, Notice{Subscription: s, Key: fmt.Sprintf("%s-%d", w.Org, w.ID), Org: w.Org, Kind: args.Kind, Subject: args.Subject, Text: args.Text, Link: "/o/" + w.Org + args.Link,
			Secret: k.Derive("hook", w.Org+"/"+s.ID), Data: map[string]int{"count": args.Count}})
	}
}

// watched lets a run that fails for good be told of.
func (a *App) watched(h job.Handler) job.Handler {
	return func(ctx context.Context, w job.Work, say func(job.Progress)) error {
		err := h(ctx, w, say)
		if err == nil || ctx.Err() != nil || w.Attempt < w.Tries && !settled(err) {
			return err
		}
		says := "it failed for a reason that stands in the log of the server"
		var p *problem.Problem
		if errors.As(err, &p) && p.Kind != problem.Internal {
			says = p.Sentence
		}
		o, orgErr := a.store.Org(ctx, w.Org)
		if orgErr != nil {
			return errors.Join(err, orgErr)
		}
		told := a.announce(ctx, o, fmt.Sprintf("run.failed/%d", w.ID), tellArgs{Kind: RunFailed, Subject: fmt.Sprintf("Run %d of %s failed", w.ID, w.Org), Text: says + ".\n", Link: "/job"})
		return cmp.Or(err, told)
	}
}

// settled tells of a failure that trying again cannot mend.
func settled(err error) bool {
	switch problem.Of(err) {
	case problem.Usage, problem.Invalid, problem.NotFound, problem.Denied, problem.Integrity:
		return true
	}
	return false
}
