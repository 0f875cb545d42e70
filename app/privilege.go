// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"

	"demarc.dev/demarc/privilege"
	"demarc.dev/demarc/store"
)

// Privileged is who is an administrator or can become one, and what that rests
// on.
type Privileged struct {
	*privilege.Answer
	Snapshots []Snapshot `json:"-"`
}

// bytes is about what an answer holds.
func (p *Privileged) bytes() int64 {
	n := int64(1 << 16)
	for i := range p.Principals {
		n += 1000 + 1000*int64(len(p.Principals[i].Path)+len(p.Principals[i].Ways))
	}
	return n
}

// Privilege tells who is an administrator and who can become one, from the
// newest snapshots of what runs. It reads them from their beginnings, unless it
// has just done so.
func (a *App) Privilege(ctx context.Context, c Caller) (*Privileged, error) {
	o, runs, err := a.whole(ctx, c, "who is an administrator", "a plan does not tell who can become an administrator")
	if err != nil {
		return nil, err
	}
	key, err := reachKey(o.ID(), runs, nil)
	if err != nil {
		return nil, err
	}
	return a.powers.get(ctx, key, func(context.Context) (*Privileged, error) {
		answer, err := powers(o.Org, runs)
		return &Privileged{Answer: answer, Snapshots: runs}, err
	})
}

func powers(o *store.Org, runs []Snapshot) (*privilege.Answer, error) {
	r := privilege.NewReader()
	for _, err := range r.Watch(together(o, runs))() {
		if err != nil {
			return nil, fmt.Errorf("reading identities: %w", err)
		}
	}
	return r.Answer(unread(runs), newest(runs).Header.Ended), nil
}
