// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// Answer is what was answered to a request that is carried out once.
type Answer struct {
	Status int               `json:"status"`
	Head   map[string]string `json:"head"` // headers that belong to the body
	Body   []byte            `json:"body"`
}

// AnswerMost is the largest body of an answer that is kept, in bytes.
const AnswerMost = 1 << 20

const (
	// answers is the kind of memo that says what became of a request. It is no
	// record: what the request changed stands in the log by itself.
	answers = "answer"

	answersTime  = 24 * time.Hour
	answersMost  = 4096     // of an organisation; the oldest are forgotten first
	answersBytes = 64 << 20 // likewise

	// claimTime is the longest that a request may be under way: longer than
	// the server lets one last.
	claimTime = 15 * time.Minute
)

// once is the memo of a request.
type once struct {
	Request string    `json:"request"` // digest, hex
	By      string    `json:"by"`      // drawn by who carries it out
	Since   time.Time `json:"since"`
	Done    bool      `json:"done,omitempty"`   // what it changes is durable
	Answer  string    `json:"answer,omitempty"` // sealed: it may hold a secret that is kept nowhere
	Ended   bool      `json:"ended,omitempty"`
}

// claim is the right to carry a request out. It travels in the Caller, so that
// what the request changes and the note that it did are one transaction.
type claim struct {
	org  *store.Org
	id   string
	mine once
	now  func() time.Time
	done atomic.Bool
}

// Once claims a request that its sender may send again under the same key, of
// his own drawing: request is the digest of all that was asked. Either answer is
// what it was answered before, or the caller that comes back carries it out and
// ends with Answered. Kinds: Invalid when the key was used for another request,
// Conflict while that is under way, and when it was carried out but what was
// answered is not kept. Replicas share what is remembered, for a day; need is
// what the caller came for.
func (a *App) Once(ctx context.Context, c Caller, need account.Permission, key string, request [sha256.Size]byte) (Caller, *Answer, error) {
	h, err := a.enter(ctx, c, need)
	if err != nil {
		return c, nil, err
	}
	now := a.now().UTC()
	x := &claim{org: h.Org, id: idOf(callerWord(c.pass.account) + "\x00" + key), now: a.now}
	x.mine = once{Request: hex.EncodeToString(request[:]), By: account.NewID(), Since: now}
	var was once
	var fresh bool
	err = h.Org.Update(ctx, func(tx *store.Tx) (err error) {
		if was, fresh, err = x.take(ctx, tx, now); err != nil || !fresh {
			return err
		}
		if err := tx.Prune(answers, now, answersMost-1, answersBytes); err != nil {
			return err
		}
		return x.keep(tx, x.mine)
	})
	switch {
	case err != nil:
		return c, nil, err
	case fresh:
		c.once = x
		return c, nil, nil
	case was.Request != x.mine.Request:
		return c, nil, problem.New(problem.Invalid, "this key was used for another request", "draw a new key for each request; send the same request again under the same key")
	case was.Answer != "":
		answer, err := a.openAnswer(x.id, was.Answer)
		return c, answer, err
	case was.Ended || was.Done && now.Sub(was.Since) >= claimTime:
		return c, nil, problem.New(problem.Conflict, "this request was carried out, and what was answered is not kept", "look at what it changed; draw a new key to have it done once more")
	}
	return c, nil, problem.New(problem.Conflict, "the request with this key is still under way", "ask again a little later")
}

// take tells what is known of the request: fresh when nothing is, or whoever
// claimed it is gone without a trace.
func (x *claim) take(ctx context.Context, tx *store.Tx, now time.Time) (was once, fresh bool, err error) {
	m, err := tx.Memo(ctx, answers, x.id, now)
	if err != nil || m == nil {
		return was, err == nil, err
	}
	if err := json.Unmarshal(m.Value, &was); err != nil {
		return was, false, fmt.Errorf("reading what a request was answered: %w", err)
	}
	abandoned := !was.Done && !was.Ended && now.Sub(was.Since) >= claimTime
	return was, was.By == x.mine.By || abandoned && was.Request == x.mine.Request, nil
}

func (x *claim) keep(tx *store.Tx, mine once) error {
	data, err := json.Marshal(mine)
	if err != nil {
		return fmt.Errorf("noting a request: %w", err)
	}
	return tx.Keep(answers, x.id, store.Memo{Until: mine.Since.Add(answersTime), Value: data})
}

// mark notes, in the transaction that changes something, that the request is
// carried out. Whoever lost the claim meanwhile changes nothing.
func (x *claim) mark(ctx context.Context, tx *store.Tx) error {
	if x == nil || x.done.Load() {
		return nil
	}
	was, ours, err := x.take(ctx, tx, x.now().UTC())
	if err != nil {
		return err
	}
	if !ours || was.By != x.mine.By {
		return problem.New(problem.Conflict, "this request took too long, and was sent again meanwhile", "ask again a little later")
	}
	mine := x.mine
	mine.Done = true
	return x.keep(tx, mine)
}

// Answered ends what Once began. A request that changed nothing and failed is
// forgotten, so that it can be sent again; answer is nil when it is not to be
// kept, or is larger than AnswerMost.
func (a *App) Answered(ctx context.Context, c Caller, failed bool, answer *Answer) error {
	x := c.once
	if x == nil {
		return nil
	}
	if failed && !x.done.Load() {
		return x.org.Update(ctx, func(tx *store.Tx) error { return tx.Drop(answers, x.id) })
	}
	x.mine.Done, x.mine.Ended = true, true
	if answer != nil && len(answer.Body) <= AnswerMost {
		sealed, err := a.sealAnswer(x.id, answer)
		if err != nil {
			return err
		}
		x.mine.Answer = sealed
	}
	return x.org.Update(ctx, func(tx *store.Tx) error { return x.keep(tx, x.mine) })
}

func (a *App) sealAnswer(id string, answer *Answer) (string, error) {
	k, err := a.key()
	if err != nil {
		return "", err
	}
	data, err := json.Marshal(answer)
	if err != nil {
		return "", fmt.Errorf("keeping an answer: %w", err)
	}
	return k.Seal(answers, id, data)
}

func (a *App) openAnswer(id, sealed string) (*Answer, error) {
	k, err := a.key()
	if err != nil {
		return nil, err
	}
	data, err := k.Open(answers, id, sealed)
	if err != nil {
		return nil, err
	}
	answer := &Answer{}
	if err := json.Unmarshal(data, answer); err != nil {
		return nil, fmt.Errorf("reading what a request was answered: %w", err)
	}
	return answer, nil
}
