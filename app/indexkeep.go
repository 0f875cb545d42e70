// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"
)

// indexMost is how much memory the indexes of all organisations may hold
// together, in bytes; those that were used last stay. One alone may be larger.
const indexMost = 256 << 20

// indexes keeps the indexes that were used last. An index that nobody uses any
// more is freed with its files. What several ask for at once is made once.
type indexes[T indexed] struct {
	mu   sync.Mutex
	most int64         // bytes
	kept []*keptOne[T] // the one that was used last comes last
	wait sync.WaitGroup
}

// indexed is an index, which knows about how much memory it holds.
type indexed interface{ bytes() int64 }

type keptOne[T indexed] struct {
	key  string
	made chan struct{} // closed when x or err is there
	x    T
	err  error
}

// get gives the index of a key, which make makes when it is not there. It
// waits as long as ctx lets it; what was begun is made for the next who asks.
func (k *indexes[T]) get(ctx context.Context, key string, make func(context.Context) (T, error)) (T, error) {
	one := k.begin(ctx, key, make)
	select {
	case <-one.made:
		return one.x, one.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

func (k *indexes[T]) begin(ctx context.Context, key string, make func(context.Context) (T, error)) *keptOne[T] {
	k.mu.Lock()
	defer k.mu.Unlock()
	if i := slices.IndexFunc(k.kept, func(o *keptOne[T]) bool { return o.key == key }); i >= 0 {
		one := k.kept[i]
		k.kept = append(slices.Delete(k.kept, i, i+1), one)
		return one
	}
	one := &keptOne[T]{key: key, made: newSignal()}
	k.kept = append(k.kept, one)
	k.wait.Go(func() {
		one.x, one.err = make(context.WithoutCancel(ctx))
		close(one.made)
		k.trim(one)
	})
	return one
}

func newSignal() chan struct{} { return make(chan struct{}) }

// trim forgets what failed, and the oldest while they hold too much.
func (k *indexes[T]) trim(last *keptOne[T]) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if last.err != nil {
		k.kept = slices.DeleteFunc(k.kept, func(o *keptOne[T]) bool { return o == last })
		return
	}
	var held int64
	for i := len(k.kept) - 1; i >= 0; i-- {
		one := k.kept[i]
		select {
		case <-one.made:
		default:
			continue
		}
		if one.err != nil {
			continue
		}
		if held += one.x.bytes(); held > k.most && one != last {
			k.kept = slices.Delete(k.kept, i, i+1) // its files go with it, when nobody reads from them any more
		}
	}
}

// close waits for what is being made.
func (k *indexes[T]) close() { k.wait.Wait() }

// index gives the index of a run of the organisation.
func (a *App) index(ctx context.Context, h *hall, run Run) (*findingIndex, error) {
	return a.found.get(ctx, h.ID()+"/"+run.Findings.SHA256+"/"+run.Asked.SHA256, func(ctx context.Context) (x *findingIndex, err error) {
		asked, err := a.askedChecks(h, run)
		if err != nil {
			return nil, err
		}
		err = unpack(h.Org, run.Findings, "the findings of "+run.ID, func(packed io.Reader) (err error) {
			x, err = newFindingIndex(ctx, packed, asked)
			return err
		})
		return x, err
	})
}

// askedChecks gives what an index must know of the checks of a run, by id.
func (a *App) askedChecks(h *hall, run Run) ([]askedCheck, error) {
	cat, err := a.Catalogue()
	if err != nil {
		return nil, err
	}
	checks, err := asked(h, run)
	if err != nil {
		return nil, err
	}
	out := make([]askedCheck, 0, len(checks))
	for _, c := range checks {
		one := askedCheck{id: c.ID, title: c.Title}
		for _, p := range c.Proves {
			if control, ok := cat.ControlOf(p.Duty); ok && !slices.Contains(one.controls, control.Key) {
				one.controls = append(one.controls, control.Key)
			}
		}
		out = append(out, one)
	}
	slices.SortFunc(out, func(x, y askedCheck) int { return strings.Compare(x.id, y.id) })
	return out, nil
}
