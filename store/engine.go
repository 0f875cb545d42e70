// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
)

// directory stands for the organisation where a statement is about the table
// of the organisations itself.
const directory = 0

// row is a row that a statement gave.
type row interface{ Scan(into ...any) error }

// queryer runs statements of one organisation, each on what is committed, or
// all in one transaction.
type queryer interface {
	// row reads the first row; sql.ErrNoRows when there is none.
	row(ctx context.Context, org int64, q statement, args []any, into ...any) error

	// rows calls scan for each row; no other statement may run on a connection
	// of its own meanwhile.
	rows(ctx context.Context, org int64, q statement, args []any, scan func(row) error) error
}

// changer is a transaction that writes. One goroutine uses it.
type changer interface {
	queryer

	// exec may put the statement off until the next one that reads; an error
	// is given then.
	exec(ctx context.Context, org int64, q statement, args []any) error

	// change carries the statement out at once and gives the rows it changed.
	change(ctx context.Context, org int64, q statement, args []any) (int64, error)

	// entries writes entries and their bodies; the first has the index at.
	entries(ctx context.Context, org, at int64, some []pending) error

	// create gives the number of the organisation that is to be made.
	create(ctx context.Context) (org int64, err error)

	// length gives the entries of the log that is being written, when others
	// may have written since the last transaction.
	length() (size int64, told bool)

	save() error    // sets the one savepoint
	release() error // forgets it
	undo() error    // goes back to it and forgets it

	// commit makes all durable. The error Is errInDoubt when the database was
	// asked to and its answer did not arrive.
	commit() error
	rollback()
}

// engine is what SQLite and PostgreSQL do each in its own way.
type engine interface {
	queryer // each statement on what is committed

	// snapshot gives one state, for reading; end lets it go.
	snapshot(ctx context.Context, org int64) (q queryer, end func(), err error)

	// snapshotAll gives one state of all organisations, for reading.
	snapshotAll(ctx context.Context) (q queryer, end func(), err error)

	// begin begins a transaction that writes to the log of org; directory is
	// one that makes an organisation, and on an engine that is not shared any.
	begin(org int64) (changer, error)

	// shared tells whether several processes may write at once.
	shared() bool

	// damage asks the database whether its own structure holds.
	damage(ctx context.Context, q queryer) (found []string, err error)

	// isDamage tells of an error that says it does not.
	isDamage(err error) bool

	// explain makes a problem of what the database reports; nil when err is
	// no report of the database.
	explain(doing string, err error) error

	// scrub removes erased bytes from where the database keeps them besides
	// its tables; false when it has to be asked again.
	scrub() bool

	close() error
}

var (
	// errUndone says that the database ended a transaction of which nothing
	// was done and which may succeed when it is carried out again.
	errUndone = errors.New("the database ended the transaction, nothing of it was done")

	// errInDoubt says that nobody knows whether a transaction was committed.
	errInDoubt = errors.New("the connection was lost while the database was committing")
)
