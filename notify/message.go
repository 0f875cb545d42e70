// SPDX-License-Identifier: Apache-2.0

// Package notify tells people and programs that something happened: people by
// mail, programs by a signed POST to an address that they named.
//
// A webhook's body is one JSON object, UTF-8, at most MaxBody bytes:
//
//	{"id":"01J…","organisation":"larkspur","kind":"gap.new","subject":"…",
//	 "text":"…","link":"https://…","at":"2026-11-25T05:00:00Z","data":{…}}
//
// and comes with two headers. Demarc-Delivery is the message's id: it is the
// same at every attempt, so that a receiver can pass over what it has seen.
// Demarc-Signature is
//
//	t=<seconds since 1970>,v1=<hex of HMAC-SHA256(secret, "<t>." + body)>
//
// with one more v1 for each further secret while a secret is being changed.
// VerifyHook is the receiver's half.
//
// A mail is multipart/alternative when it has HTML, else text/plain, encoded as
// quoted-printable, with its headers encoded as RFC 2047 says.
//
// The package never follows a redirect, never speaks to an address inside the
// network that the server's owner did not allow, never sends a password over a
// connection that is not encrypted, never keeps a queue: whether and when to
// try again is the caller's, who asks Retry.
package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// The kinds of messages that Demarc sends. A receiver passes over a kind that
// it does not know.
const (
	GapNew       = "gap.new"       // an assessment found a gap that the one before had not
	GapFixed     = "gap.fixed"     // a gap of the assessment before is gone
	RunFailed    = "run.failed"    // a collection or an assessment ended with an error
	RequestAsked = "request.asked" // an auditor asked for evidence
	Test         = "test"          // somebody tried whether the way works
)

// Message is what happened, in words for people and in values for programs.
type Message struct {
	ID      string    // unique; the same at every attempt
	Org     string    // the organisation's id
	Kind    string    // gap.new, gap.fixed, run.failed, …
	Subject string    // one line
	Text    string    // plain words; lines end with \n
	HTML    string    // the same words with marks; may be empty; never sent to a webhook
	Link    string    // where to look; may be empty
	At      time.Time // when it happened
	Data    any       // for programs; may be nil
}

// MarshalJSON gives the body of a webhook.
func (m Message) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		ID      string    `json:"id"`
		Org     string    `json:"organisation"`
		Kind    string    `json:"kind"`
		Subject string    `json:"subject"`
		Text    string    `json:"text"`
		Link    string    `json:"link,omitempty"`
		At      time.Time `json:"at"`
		Data    any       `json:"data,omitempty"`
	}{m.ID, m.Org, m.Kind, m.Subject, m.Text, m.Link, m.At.UTC(), m.Data})
}

// check refuses what no way could carry.
func (m Message) check() error {
	switch {
	case m.ID == "" || len(m.ID) > 200 || !token(m.ID):
		return permanent("the message has no id that a header can carry")
	case m.Kind == "":
		return permanent("the message has no kind")
	case m.Subject == "":
		return permanent("the message has no subject")
	case m.At.IsZero():
		return permanent("the message does not say when")
	}
	return nil
}

// token tells whether the word is of letters, digits and -._/: only.
func token(word string) bool {
	return strings.IndexFunc(word, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._/:", r))
	}) < 0
}

// Error is a message that was not delivered. Its text holds no secret and
// nothing that the other side said beyond its code and one short line.
type Error struct {
	Says string
	// Later tells that the same message may pass another time: the other side
	// did not answer, was busy or said so. When false, trying again is vain
	// until somebody changes the settings.
	Later bool
	// After is how long the other side asked to wait; 0 when it did not say.
	After time.Duration
	Err   error // the cause; may be nil
}

// Error gives the sentence.
func (e *Error) Error() string { return e.Says }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Retry tells whether to try again, and after how long when the other side
// said so. An error of another kind is one to try again: nothing is known
// against it. A context that ended counts as one to try again, too.
func Retry(err error) (again bool, after time.Duration) {
	if err == nil {
		return false, 0
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Later, e.After
	}
	return true, 0
}

func permanent(format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Says: err.Error(), Err: errors.Unwrap(err)}
}

func later(format string, args ...any) *Error {
	e := permanent(format, args...)
	e.Later = true
	return e
}

// ended makes the error of a context that is over one to try again.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return later("the time for the delivery is over: %w", context.Cause(ctx))
	}
	return err
}

// line makes one short line of what the other side said.
func line(words string) string {
	words = strings.Join(strings.FieldsFunc(words, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x2028 || r == 0x2029 || r >= 0x80 && r < 0xa0 }), " ")
	words = strings.ToValidUTF8(words, "?")
	if r := []rune(words); len(r) > 200 {
		words = string(r[:199]) + "…"
	}
	return words
}
