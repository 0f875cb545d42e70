// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// writer is one goroutine that changes the database: the only one, or on an
// engine that is shared the one of an organisation. It takes the changes that
// wait and commits them together: one fsync for all of them.
type writer struct {
	s     *Store
	org   int64
	queue chan *request
	ended chan struct{}

	closing sync.RWMutex // held for reading while a request enters the queue
	closed  bool

	// Below: only the goroutine's.
	tx      changer // of this batch
	logs    map[int64]*logState
	touched []*logState // in this batch
	later   []*request  // to be run again in the next one
	scrub   bool        // erased bytes stand elsewhere than in the tables
}

// request is one Update that waits. An organisation without a number is one to
// be created: it gets its number when its turn comes.
type request struct {
	o     *Org
	makes bool // the organisation
	tries int
	fn    func(*Tx) error
	state atomic.Int32 // 0 waits, 1 taken, 2 given up
	done  chan struct{}
	err   error
	panic any
	blobs []Blob

	dropped []evidence.Digest // blobs whose file may go
}

const (
	waits = iota
	taken
	givenUp

	// A batch ends when nobody waits any more, or at these bounds.
	batchMost  = 4096     // changes
	batchBytes = 16 << 20 // bytes of bodies
)

var errClosed = errors.New("the store is closed")

// triesMost bounds how often a change is carried out when the database ends
// its transactions.
const triesMost = 10

func newWriter(s *Store, org int64) *writer {
	w := &writer{s: s, org: org, queue: make(chan *request, 1024), ended: make(chan struct{}), logs: map[int64]*logState{}}
	go w.run()
	return w
}

// close ends the goroutine after the changes that wait.
func (w *writer) close() {
	w.closing.Lock()
	if !w.closed {
		w.closed = true
		close(w.queue)
	}
	w.closing.Unlock()
	<-w.ended
}

func (w *writer) update(ctx context.Context, o *Org, fn func(*Tx) error) error {
	r := &request{o: o, makes: o.number == directory, fn: fn, done: make(chan struct{})}
	w.closing.RLock()
	if w.closed {
		w.closing.RUnlock()
		return errClosed
	}
	select {
	case w.queue <- r:
		w.closing.RUnlock()
	case <-ctx.Done():
		w.closing.RUnlock()
		return ctx.Err()
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		if r.state.CompareAndSwap(waits, givenUp) {
			return ctx.Err()
		}
		<-r.done // it has begun: only its end tells whether it was done
	}
	if r.panic != nil {
		panic(r.panic)
	}
	if r.err == nil {
		w.s.settle(r.blobs)
		if len(r.dropped) > 0 {
			return o.dropBlobs(r.dropped)
		}
	}
	return r.err
}

func (w *writer) run() {
	defer close(w.ended)
	for r := range w.queue {
		w.batch(r)
		for len(w.later) > 0 {
			r, w.later = w.later[0], w.later[1:]
			w.batch(r)
		}
	}
}

// batch carries out the changes that wait, beginning with first, and answers
// them when they are durable.
func (w *writer) batch(first *request) {
	var ran []*request
	err := w.begin()
	if err != nil && first.state.CompareAndSwap(waits, taken) {
		first.tries = triesMost // begin has tried long enough
		ran = append(ran, first)
	}
	for r := first; r != nil && err == nil; {
		if r.state.CompareAndSwap(waits, taken) {
			if err = w.apply(r); errors.Is(r.err, errAgain) {
				w.again(r)
			} else {
				ran = append(ran, r)
			}
		}
		if r = nil; err == nil { // what leaves the queue is carried out
			r = w.next(len(ran))
		}
	}
	if err == nil {
		err = w.commit()
	}
	if err != nil {
		w.abandon()
		err = w.doubt(err)
	}
	w.scrubLog()
	for _, l := range w.touched {
		l.settle()
	}
	w.touched = w.touched[:0]
	w.answer(ran, err)
}

// answer tells the callers how their changes ended, or carries them out again.
func (w *writer) answer(ran []*request, err error) {
	for _, r := range ran {
		if r.tries++; errors.Is(err, errUndone) && r.tries < triesMost {
			w.again(r)
			continue
		}
		if r.err == nil && r.panic == nil {
			r.err = err
		}
		close(r.done)
	}
}

// again puts a change of which nothing was done back into the line.
func (w *writer) again(r *request) {
	r.err, r.panic, r.blobs, r.dropped = nil, nil, nil, nil
	if r.makes {
		r.o.number = directory
	}
	r.state.Store(waits)
	w.later = append(w.later, r)
}

// doubt finds out how a commit ended of which the answer was lost: the entries
// are there, or they are not. It may wait for the server.
func (w *writer) doubt(err error) error {
	if !errors.Is(err, errInDoubt) || w.org == directory {
		return err
	}
	for _, l := range w.touched {
		if len(l.pending) == 0 {
			continue
		}
		tx, berr := w.s.db.begin(w.org) // waits for a commit that still goes on
		if berr != nil {
			return err
		}
		defer tx.rollback()
		var index int64
		var data, hash []byte
		q := scoped{org: l.q.org, db: tx, whole: true}
		switch serr := q.row(context.Background(), leafRange, []any{l.size, l.size + 1, 1}, &index, &data, &hash); {
		case serr == nil && bytes.Equal(data, l.pending[0].leaf): // it has an id that nobody else draws
			return nil
		case serr != nil && !errors.Is(serr, sql.ErrNoRows):
			return err
		}
	}
	return fmt.Errorf("%w: %w", errUndone, err)
}

// next gives a change that waits, nil when the batch is to end. Those who
// were answered a moment ago get a chance to come again first.
func (w *writer) next(count int) *request {
	if count >= batchMost {
		return nil
	}
	size := 0
	for _, l := range w.touched {
		size += l.bytes
	}
	if size >= batchBytes {
		return nil
	}
	for range 2 {
		select {
		case r := <-w.queue: // nil when the store closes
			return r
		default:
			runtime.Gosched()
		}
	}
	return nil
}

func (w *writer) begin() (err error) {
	w.tx, err = w.s.db.begin(w.org)
	return w.s.fault("writing", err)
}

// apply runs one change. Its own failure undoes it alone and stands in r; an
// error that it gives is the database's, and ends the batch.
func (w *writer) apply(r *request) error {
	if r.o.number == directory {
		number, err := w.tx.create(context.Background())
		if err != nil {
			return w.s.fault("writing", err)
		}
		r.o.number = number
	}
	l, err := w.log(r.o)
	if err != nil {
		r.err = err
		if isFatal(err) {
			return err
		}
		return nil
	}
	mark := l.mark()
	tx := &Tx{o: r.o, ctx: context.Background(), log: l, w: w, began: l.size + int64(len(l.pending))}
	tx.reader = reader{s: w.s, q: scoped{org: r.o.number, db: w.tx, whole: true}}
	r.err = w.call(r, tx)
	tx.done = true
	if tx.fatal != nil {
		return tx.fatal
	}
	if r.err != nil || r.panic != nil {
		l.reset(mark)
		return w.unsave(tx, w.tx.undo)
	}
	r.blobs, r.dropped = tx.blobs, tx.dropped
	return w.unsave(tx, w.tx.release)
}

// call runs the caller's function; what it panics with is kept for the caller.
func (w *writer) call(r *request, tx *Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			r.panic = fmt.Sprintf("%v\n\n%s", p, debug.Stack())
		}
	}()
	return r.fn(tx)
}

// savepoint is set before the first statement of a change that writes:
// entries alone wait in memory and need none.
func (w *writer) savepoint(tx *Tx) error {
	if tx.done {
		return errTxDone
	}
	if tx.saved {
		return nil
	}
	tx.saved = true
	return w.tx.save()
}

func (w *writer) unsave(tx *Tx, end func() error) error {
	if !tx.saved {
		return nil
	}
	return w.s.fault("writing", end())
}

// commit writes the entries that wait and makes all durable.
func (w *writer) commit() error {
	for _, l := range w.touched {
		if err := l.flush(w.tx); err != nil {
			return w.s.fault("writing", err)
		}
	}
	return w.s.fault("writing", w.tx.commit())
}

// abandon ends a batch that failed, as if it had never begun.
func (w *writer) abandon() {
	if w.tx != nil {
		w.tx.rollback()
	}
	clear(w.logs)
}

// isFatal tells whether an error is the database's rather than the caller's.
func isFatal(err error) bool {
	k := problem.Of(err)
	return k == problem.Internal || k == problem.Unavailable
}
