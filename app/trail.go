// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/store"
)

// trails know, of each organisation that was asked about, which entries of its
// log changed which matrix and which scope. The log only grows, so that each
// entry's header is read once by a process, and never again. Safe for concurrent
// use.
type trails struct {
	mu    sync.Mutex
	of    map[string]*trail // by the key of the log, which is no other organisation's
	order []string          // the one that came first, first
}

// The most that is kept at hand: what goes is read again when it is asked for.
const (
	trailsMost = 256 // organisations
	seenMost   = 64  // matrices of an organisation whose versions are at hand
)

// trail is what is known of one log.
type trail struct {
	mu    sync.Mutex
	size  int64                // entries that were looked at
	steps map[string][]step    // by object, in order
	seen  map[string][]version // the versions of a matrix, by object, in order
}

// step is a change of a record. It bears the pseudonym of who made it: whoever
// may be named is asked each time.
type step struct {
	entry int64
	at    time.Time
	actor string
}

func (t *trails) trail(o *store.Org) *trail {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := o.Log().PublicKey()
	if one, ok := t.of[key]; ok {
		return one
	}
	if t.of == nil {
		t.of = map[string]*trail{}
	}
	if len(t.order) == trailsMost {
		delete(t.of, t.order[0])
		t.order = slices.Delete(t.order, 0, 1)
	}
	one := &trail{steps: map[string][]step{}, seen: map[string][]version{}}
	t.of[key], t.order = one, append(t.order, key)
	return one
}

// follow looks at the entries that came since. The caller holds t.mu.
func (t *trail) follow(ctx context.Context, l *store.Log) error {
	size, err := l.Size(ctx)
	if err != nil || size <= t.size {
		return err
	}
	for entry, err := range l.Entries(ctx, t.size, size) {
		if err != nil {
			return err
		}
		h, err := entry.Header()
		if err != nil {
			return err
		}
		switch {
		case h.Kind == evidence.KindErasure:
			clear(t.seen) // what was seen may hold what must be forgotten
		case h.Kind == "matrix.changed" || h.Kind == "scope.changed":
			object := strings.Clone(h.Object)
			t.steps[object] = append(t.steps[object], step{entry.Index, h.Time, strings.Clone(h.Actor)})
		}
		t.size = entry.Index + 1
	}
	return nil
}

// valueAt reads the record that an entry speaks of, as it was written then;
// false when it was lawfully erased.
func valueAt[T any](ctx context.Context, l *store.Log, entry int64) (value T, kept bool, err error) {
	body, err := l.Body(ctx, entry)
	if isNotFound(err) {
		return value, false, nil
	}
	if err != nil {
		return value, false, err
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		return value, false, err
	}
	record := struct {
		Value *T `json:"value"`
	}{&value}
	if err := json.Unmarshal(data, &record); err != nil {
		return value, false, fmt.Errorf("reading entry %d: %w", entry, err)
	}
	return value, true, nil
}
