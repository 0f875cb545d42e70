// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// writer is the one goroutine that changes the database. It takes the changes
// that wait and commits them together: one fsync for all of them.
type writer struct {
	s     *Store
	db    *sql.DB
	conn  *sql.Conn
	stmts *statements
	queue chan *request
	ended chan struct{}

	closing sync.RWMutex // held for reading while a request enters the queue
	closed  bool

	// Below: only the goroutine's.
	logs    map[int64]*logState
	touched []*logState // in this batch
	later   []*request  // to be run again in the next one
	scrub   bool        // the write-ahead log holds erased bytes
}

// request is one Update that waits. An organisation without a number is one to
// be created: it gets its number when its turn comes.
type request struct {
	o     *Org
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

func newWriter(ctx context.Context, s *Store) (*writer, error) {
	db, err := openDatabase(filepath.Join(s.dir, databaseName), writing)
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		db.Close()
		return nil, err
	}
	w := &writer{s: s, db: db, conn: conn, queue: make(chan *request, 1024), ended: make(chan struct{}), logs: map[int64]*logState{}}
	w.stmts = &statements{prepare: conn.PrepareContext}
	go w.run()
	return w, nil
}

// close ends the goroutine after the changes that wait.
func (w *writer) close() error {
	w.closing.Lock()
	if !w.closed {
		w.closed = true
		close(w.queue)
	}
	w.closing.Unlock()
	<-w.ended
	w.stmts.close()
	return errors.Join(w.conn.Close(), w.db.Close())
}

func (w *writer) update(ctx context.Context, o *Org, fn func(*Tx) error) error {
	r := &request{o: o, fn: fn, done: make(chan struct{})}
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
		ran = append(ran, first)
	}
	for r := first; r != nil && err == nil; r = w.next(len(ran)) {
		if r.state.CompareAndSwap(waits, taken) {
			if err = w.apply(r); errors.Is(r.err, errAgain) {
				r.err = nil
				r.state.Store(waits)
				w.later = append(w.later, r)
				continue
			}
			ran = append(ran, r)
		}
	}
	if err == nil {
		err = w.commit()
	}
	if err != nil {
		w.abandon()
	}
	w.scrubLog()
	for _, l := range w.touched {
		l.settle()
	}
	w.touched = w.touched[:0]
	for _, r := range ran {
		if r.err == nil && r.panic == nil {
			r.err = err
		}
		close(r.done)
	}
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

func (w *writer) begin() error {
	_, err := w.conn.ExecContext(context.Background(), beginWrite)
	return w.s.fault("writing", err)
}

// apply runs one change. Its own failure undoes it alone and stands in r; an
// error that it gives is the database's, and ends the batch.
func (w *writer) apply(r *request) error {
	if r.o.number == 0 {
		if err := w.conn.QueryRowContext(context.Background(), orgNext).Scan(&r.o.number); err != nil {
			return w.s.fault("writing", err)
		}
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
	tx.reader = reader{s: w.s, q: scoped{org: r.o.number, db: w.stmts, whole: true}}
	r.err = w.call(r, tx)
	tx.done = true
	if tx.fatal != nil {
		return tx.fatal
	}
	if r.err != nil || r.panic != nil {
		l.reset(mark)
		return w.unsave(tx, "ROLLBACK TO change")
	}
	r.blobs, r.dropped = tx.blobs, tx.dropped
	return w.unsave(tx, "RELEASE change")
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

// createOrg writes an organisation with the first entries of its log.
func (w *writer) createOrg(ctx context.Context, id, period, key string, by Actor) error {
	return w.update(ctx, &Org{s: w.s, id: id, period: period, key: key}, func(tx *Tx) error {
		if err := tx.exec(orgPut, id, period, key); err != nil {
			return err
		}
		_, err := tx.Append(Event{Kind: "org.created", Object: "org/" + id, Actor: by})
		return err
	})
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
	return w.exec("SAVEPOINT change")
}

func (w *writer) unsave(tx *Tx, how string) error {
	if !tx.saved {
		return nil
	}
	if err := w.exec(how); err != nil {
		return w.s.fault("writing", err)
	}
	if how != "RELEASE change" {
		return w.s.fault("writing", w.exec("RELEASE change"))
	}
	return nil
}

func (w *writer) exec(text string) error {
	st, err := w.stmts.prepared(context.Background(), text)
	if err != nil {
		return err
	}
	_, err = st.ExecContext(context.Background())
	return err
}

// commit writes the entries that wait and makes all durable.
func (w *writer) commit() error {
	for _, l := range w.touched {
		if err := l.flush(); err != nil {
			return w.s.fault("writing", err)
		}
	}
	return w.s.fault("writing", w.exec("COMMIT"))
}

// abandon ends a batch that failed, as if it had never begun.
func (w *writer) abandon() {
	// SQLite may have rolled back by itself; that it is not in a transaction
	// is then all that this reports.
	_ = w.exec("ROLLBACK")
	clear(w.logs)
}

// isFatal tells whether an error is the database's rather than the caller's.
func isFatal(err error) bool {
	k := problem.Of(err)
	return k == problem.Internal || k == problem.Unavailable
}
