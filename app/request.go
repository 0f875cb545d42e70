// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// RequestState is where a request for evidence stands.
type RequestState string

// The states of a request. An answered one waits for the asker, who closes it
// or asks again.
const (
	RequestOpen      RequestState = "open"
	RequestAnswered  RequestState = "answered"
	RequestClosed    RequestState = "closed"    // the asker has what he asked for
	RequestWithdrawn RequestState = "withdrawn" // by the asker
)

// Request is what an auditor asks for, and what he was given.
type Request struct {
	ID      string         `json:"id"`                // "q1"
	By      string         `json:"by"`                // person
	Account string         `json:"account,omitempty"` // of the asker; empty: asked in the shell
	At      time.Time      `json:"at"`
	About   string         `json:"about,omitempty"` // id of what it concerns: a duty, a control, a service
	Text    string         `json:"text"`
	Due     *time.Time     `json:"due,omitempty"`
	State   RequestState   `json:"state"`
	Turns   []RequestTurn  `json:"turns,omitempty"` // what was said since, in order
	Answer  *RequestAnswer `json:"answer,omitempty"`
}

// RequestTurn is one thing said about a request.
type RequestTurn struct {
	By   string    `json:"by"`
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// RequestAnswer is the evidence that the asker was given.
type RequestAnswer struct {
	By   string    `json:"by"`
	At   time.Time `json:"at"`
	From int64     `json:"from"` // the entries of the pack: [from, to)
	To   int64     `json:"to"`
	Pack Body      `json:"pack"` // sealed, zip
}

const (
	requests     = "request"
	requestWords = 4000 // characters of a text
)

// Requests gives the requests that concern the caller, the newest first: an
// external auditor's own, everybody's to the others.
func (a *App) Requests(ctx context.Context, c Caller) ([]Request, error) {
	h, err := a.enter(ctx, c, account.ReadRequest)
	if err != nil {
		return nil, err
	}
	all, err := list[Request](ctx, h, requests)
	all = slices.DeleteFunc(all, func(r Request) bool { return !h.concerns(r) })
	slices.SortFunc(all, func(x, y Request) int { return cmp.Compare(number(y.ID), number(x.ID)) })
	return all, err
}

// Request gives one; NotFound also when it does not concern the caller.
func (a *App) Request(ctx context.Context, c Caller, id string) (Request, error) {
	h, err := a.enter(ctx, c, account.ReadRequest)
	if err != nil {
		return Request{}, err
	}
	return h.request(ctx, h, id)
}

// concerns tells whether the caller may look at a request.
func (h *hall) concerns(r Request) bool {
	return h.member.Role != account.ExternalAuditor || r.Account == h.caller.pass.account
}

func (h *hall) request(ctx context.Context, from records, id string) (Request, error) {
	r, ok, err := get[Request](ctx, from, requests, id)
	if err == nil && (!ok || !h.concerns(r)) {
		err = problem.New(problem.NotFound, fmt.Sprintf("there is no request %q", id), "the list of requests names them")
	}
	return r, err
}

// Ask files a request for evidence. Of r, About, Text and Due are the caller's.
func (a *App) Ask(ctx context.Context, c Caller, r Request) (Request, error) {
	h, err := a.enter(ctx, c, account.AskRequest)
	if err != nil {
		return Request{}, err
	}
	if r.Text, err = said("the request", r.Text); err != nil {
		return Request{}, err
	}
	if r.About = strings.TrimSpace(r.About); !isReason(r.About) {
		return Request{}, problem.New(problem.Invalid, fmt.Sprintf("about: %q is no id", cutWord(r.About)), "name a duty, a control or a service by its id, or leave it empty")
	}
	now := a.now().UTC()
	if r.Due != nil && r.Due.Before(now) {
		return Request{}, problem.New(problem.Invalid, "due: the day has passed", "name a day to come, or none")
	}
	r = Request{By: string(c.Actor), Account: c.pass.account, At: now, About: r.About, Text: r.Text, Due: r.Due, State: RequestOpen}
	err = h.Update(ctx, func(tx *store.Tx) (err error) {
		if r.ID, err = next(ctx, tx, requests, "q"); err != nil {
			return err
		}
		return tx.Put(requests, r.ID, r, store.Event{Kind: "request.asked", Actor: c.Actor})
	})
	return r, err
}

// AnswerRequest gives the asker words and, when pack is not nil, a sealed pack
// of entries of the log.
func (a *App) AnswerRequest(ctx context.Context, c Caller, id, text string, pack *PackAsk) (Request, error) {
	h, err := a.enter(ctx, c, account.AnswerRequest)
	if err != nil {
		return Request{}, err
	}
	if text, err = said("the answer", text); err != nil {
		return Request{}, err
	}
	if _, err := h.request(ctx, h, id); err != nil {
		return Request{}, err
	}
	var made *RequestAnswer
	var blob *store.Blob
	if pack != nil {
		pack.Reason = requests + "/" + id
		if made, blob, err = a.packFor(ctx, c, h, *pack); err != nil {
			return Request{}, err
		}
	}
	return h.turn(ctx, id, "request.answered", func(tx *store.Tx, r *Request) error {
		if made != nil {
			if _, err := tx.Append(store.Event{Kind: "request.pack", Object: requests + "/" + id, Actor: c.Actor, Blob: blob}); err != nil {
				return err
			}
			r.Answer = made
		}
		r.State = RequestAnswered
		r.Turns = append(r.Turns, RequestTurn{By: string(c.Actor), At: a.now().UTC(), Text: text})
		return nil
	})
}

// packFor makes the pack of an answer and keeps it.
func (a *App) packFor(ctx context.Context, c Caller, h *hall, ask PackAsk) (*RequestAnswer, *store.Blob, error) {
	var made *evidence.Manifest
	blob, err := piped(ctx, h.Org, "zip", func(w io.Writer) (err error) {
		made, err = a.Pack(ctx, c, ask, w)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return &RequestAnswer{By: string(c.Actor), At: a.now().UTC(), From: made.From, To: made.To, Pack: bodyOf(blob)}, blob, nil
}

// FollowRequest lets the asker say more about a request, which opens it again
// unless to says otherwise: closed or withdrawn.
func (a *App) FollowRequest(ctx context.Context, c Caller, id, text string, to RequestState) (Request, error) {
	h, err := a.enter(ctx, c, account.AskRequest)
	if err != nil {
		return Request{}, err
	}
	if to != RequestOpen && to != RequestClosed && to != RequestWithdrawn {
		return Request{}, problem.New(problem.Invalid, fmt.Sprintf("state: %q is none that an asker gives a request", cutWord(string(to))), "open, closed or withdrawn")
	}
	if text = strings.TrimSpace(text); text != "" || to == RequestOpen {
		if text, err = said("what you say", text); err != nil {
			return Request{}, err
		}
	}
	return h.turn(ctx, id, "request."+string(to), func(_ *store.Tx, r *Request) error {
		if !h.caller.pass.local && r.Account != h.caller.pass.account {
			return problem.New(problem.Denied, "only who asked goes on with a request", "answer it instead")
		}
		r.State = to
		if text != "" {
			r.Turns = append(r.Turns, RequestTurn{By: string(c.Actor), At: a.now().UTC(), Text: text})
		}
		return nil
	})
}

// turn changes a request that is not at its end.
func (h *hall) turn(ctx context.Context, id, kind string, change func(*store.Tx, *Request) error) (Request, error) {
	var r Request
	err := h.Update(ctx, func(tx *store.Tx) (err error) {
		if r, err = h.request(ctx, tx, id); err != nil {
			return err
		}
		if r.State == RequestClosed || r.State == RequestWithdrawn {
			return problem.New(problem.Conflict, "the request "+id+" is "+string(r.State), "ask a new one")
		}
		if err := change(tx, &r); err != nil {
			return err
		}
		return tx.Put(requests, id, r, store.Event{Kind: kind, Actor: h.caller.Actor})
	})
	return r, err
}

// RequestPack opens the pack that answers a request. The caller closes it.
func (a *App) RequestPack(ctx context.Context, c Caller, id string) (io.ReadCloser, error) {
	h, err := a.enter(ctx, c, account.ReadRequest)
	if err != nil {
		return nil, err
	}
	r, err := h.request(ctx, h, id)
	if err != nil {
		return nil, err
	}
	if r.Answer == nil {
		return nil, problem.New(problem.NotFound, "the request "+id+" has no pack yet", "wait until it is answered with one")
	}
	return openBody(h.Org, r.Answer.Pack)
}

// said checks a text that somebody wrote.
func said(what, text string) (string, error) {
	text = strings.TrimSpace(text)
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		return "", problem.New(problem.Invalid, what+" says nothing", "write what is meant in a sentence")
	case n > requestWords || !utf8.ValidString(text):
		return "", problem.New(problem.Invalid, fmt.Sprintf("%s has %d characters", what, n), fmt.Sprintf("%d at most; attach what is longer", requestWords))
	}
	return text, nil
}

// cutWord shortens a word that is quoted in a message.
func cutWord(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
