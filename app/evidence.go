// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// LogEntry is an entry of the log as a person reads it.
type LogEntry struct {
	Index  int64       `json:"index"`
	Time   time.Time   `json:"time"`
	Kind   string      `json:"kind"`
	Object string      `json:"object"`
	Actor  string      `json:"actor"` // the pseudonym
	Person store.Actor `json:"person,omitempty"`
	Leaf   string      `json:"leaf"` // hash of the entry, in hex
}

// Log goes through the entries [from, to) of the log.
func (a *App) Log(ctx context.Context, c Caller, from, to int64) iter.Seq2[LogEntry, error] {
	return func(yield func(LogEntry, error) bool) {
		o, err := a.enter(ctx, c, account.ReadEvidence)
		if err != nil {
			yield(LogEntry{}, err)
			return
		}
		names := map[string]store.Actor{}
		for entry, err := range o.Log().Entries(ctx, from, to) {
			if err != nil {
				yield(LogEntry{}, err)
				return
			}
			l, err := logEntry(ctx, o.Org, entry, names)
			if !yield(l, err) || err != nil {
				return
			}
		}
	}
}

func logEntry(ctx context.Context, o *store.Org, entry evidence.Entry, names map[string]store.Actor) (LogEntry, error) {
	h, err := entry.Header()
	if err != nil {
		return LogEntry{}, err
	}
	leaf := evidence.LeafHash(entry.Leaf)
	l := LogEntry{Index: entry.Index, Time: h.Time, Kind: h.Kind, Object: h.Object, Actor: h.Actor, Leaf: hex.EncodeToString(leaf[:])}
	l.Person, err = nameOf(ctx, o, h.Actor, names)
	return l, err
}

// nameOf gives the person behind a pseudonym of the log; empty when nobody knows
// any more. names holds those that were asked for.
func nameOf(ctx context.Context, o *store.Org, actor string, names map[string]store.Actor) (store.Actor, error) {
	name, ok := names[actor]
	if !ok {
		var err error
		if name, err = o.Person(ctx, actor); err != nil && !isNotFound(err) {
			return "", err
		}
		names[actor] = name
	}
	return name, nil
}

// LogSize gives the number of entries.
func (a *App) LogSize(ctx context.Context, c Caller) (int64, error) {
	o, err := a.enter(ctx, c, account.ReadOrganisation)
	if err != nil {
		return 0, err
	}
	return o.Log().Size(ctx)
}

// Checkpoint gives the signed head of the log.
func (a *App) Checkpoint(ctx context.Context, c Caller) ([]byte, error) {
	o, err := a.enter(ctx, c, account.ReadOrganisation)
	if err != nil {
		return nil, err
	}
	return o.Log().Checkpoint(ctx)
}

// Receipt gives the proof that an entry stands in the log.
func (a *App) Receipt(ctx context.Context, c Caller, index int64) ([]byte, error) {
	o, err := a.enter(ctx, c, account.ReadEvidence)
	if err != nil {
		return nil, err
	}
	return o.Log().Receipt(ctx, index)
}

// Body opens what an entry speaks of. The caller closes it.
func (a *App) Body(ctx context.Context, c Caller, index int64) (io.ReadCloser, error) {
	o, err := a.enter(ctx, c, account.ReadEvidence)
	if err != nil {
		return nil, err
	}
	return o.Log().Body(ctx, index)
}

// PublicKey gives the line with which others verify what this log signed.
func (a *App) PublicKey(ctx context.Context, c Caller) (string, error) {
	o, err := a.enter(ctx, c, account.ReadOrganisation)
	if err != nil {
		return "", err
	}
	return o.Log().PublicKey(), nil
}

// VerifyLog checks every entry, record and blob of the organisation, and gives
// every fault.
func (a *App) VerifyLog(ctx context.Context, c Caller) (*store.Verification, error) {
	o, err := a.enter(ctx, c, account.VerifyEvidence)
	if err != nil {
		return nil, err
	}
	return o.Log().Verify(ctx)
}

// PackAsk says what an evidence pack is to hold.
type PackAsk struct {
	From, To int64  // entries; To 0: to the end
	Earlier  []byte // a checkpoint that the reader may hold; may be nil
	Reason   string // why, an id such as audit/2026
}

// Pack writes an evidence pack. That it was made is written down first, and
// stands in the pack when it reaches to the end of the log.
func (a *App) Pack(ctx context.Context, c Caller, ask PackAsk, w io.Writer) (*evidence.Manifest, error) {
	o, err := a.enter(ctx, c, account.PackEvidence)
	if err != nil {
		return nil, err
	}
	size, err := o.Log().Size(ctx)
	if err != nil {
		return nil, err
	}
	if ask.From < 0 || ask.To > size || ask.To != 0 && ask.To <= ask.From || ask.From >= size {
		return nil, problem.New(problem.Usage, fmt.Sprintf("the log has the entries 0 to %d", size-1), "--from and --to name a part of them; --to is the entry after the last")
	}
	if !isReason(ask.Reason) {
		return nil, problem.New(problem.Usage, fmt.Sprintf("the reason %q is no id", ask.Reason), "letters, digits and . _ - : / only, at most 160: audit/2026-surveillance")
	}
	body, err := json.Marshal(map[string]any{"from": ask.From, "to": ask.To, "reason": ask.Reason})
	if err != nil {
		return nil, fmt.Errorf("writing down a pack: %w", err)
	}
	var recorded int64
	err = o.Update(ctx, func(tx *store.Tx) (err error) {
		recorded, err = tx.Append(store.Event{Kind: "pack.made", Object: "log/" + o.ID(), Actor: c.Actor, Body: body, Ext: "json"})
		return err
	})
	if err != nil {
		return nil, err
	}
	to := ask.To
	if to == 0 {
		to = recorded + 1
	}
	return o.Log().Pack(ctx, w, evidence.PackOptions{From: ask.From, To: to, Earlier: ask.Earlier, Created: a.now().UTC(), Recorded: recorded, Reason: ask.Reason})
}

// isReason tells of an id that may stand in a pack; free text may not.
func isReason(s string) bool {
	return len(s) <= 160 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:/") == ""
}
