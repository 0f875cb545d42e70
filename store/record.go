// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"demarc.dev/demarc/problem"
)

// Record is a record as it stood when it was read.
type Record struct {
	Collection string
	ID         string
	Rev        int64     // grows with every change; no two states share one; 0 is no record
	Changed    time.Time // UTC, to the microsecond
	Value      json.RawMessage
}

// Entry gives the index of the log entry that the record last changed with.
func (r *Record) Entry() int64 { return r.Rev - 1 }

// Decode reads the record's value into what into points to.
func (r *Record) Decode(into any) error {
	if err := json.Unmarshal(r.Value, into); err != nil {
		return fmt.Errorf("reading record %s/%s: %w", r.Collection, r.ID, err)
	}
	return nil
}

// reader reads an organisation's records: committed ones (Org), one state of
// them (View), or with the changes of a transaction (Tx).
type reader struct {
	s *Store
	q scoped
}

// Get reads the record into what into points to; NotFound when there is none.
func (r *reader) Get(ctx context.Context, collection, id string, into any) error {
	rec, err := r.Record(ctx, collection, id)
	if err != nil {
		return err
	}
	return rec.Decode(into)
}

// Record gives the record; NotFound when there is none.
func (r *reader) Record(ctx context.Context, collection, id string) (*Record, error) {
	rec, err := r.find(ctx, collection, id)
	if err == nil && rec == nil {
		return nil, problem.Newf(problem.NotFound, "there is no %s %q", collection, id)
	}
	return rec, err
}

// find gives the record, or nil when there is none.
func (r *reader) find(ctx context.Context, collection, id string) (*Record, error) {
	rec := &Record{Collection: collection}
	var entry, at int64
	err := r.q.row(ctx, recordGet, []any{collection, id}, &rec.ID, &entry, &at, (*[]byte)(&rec.Value))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, r.s.fault("reading "+collection+" "+id, err)
	}
	rec.Rev, rec.Changed = entry+1, time.UnixMicro(at).UTC()
	return rec, r.s.whole(rec)
}

// whole refuses a record whose bytes are no JSON: only JSON was ever written.
func (s *Store) whole(rec *Record) error {
	if json.Valid(rec.Value) {
		return nil
	}
	return problem.Newf(problem.Integrity, "the record %s/%s in %s does not hold what was written: the database was changed or is damaged", rec.Collection, rec.ID, s.databaseWords()).
		WithHint("demarc evidence check tells all that does not hold; then put back the last backup")
}

// pageSize is how many rows are read at a time; between pages no connection
// is held, so a caller may read and write while it goes through a list.
const pageSize = 256

// List gives the records of a collection in the order of their ids (by
// bytes). It ends after the first error. Of an Org it reads page by page: a
// record that changes meanwhile is seen in one of its states; View gives all
// in one state.
func (r *reader) List(ctx context.Context, collection string) iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		after := ""
		for {
			page, err := r.page(ctx, collection, after)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, rec := range page {
				if !yield(rec, nil) {
					return
				}
				after = rec.ID
			}
			if len(page) < pageSize {
				return
			}
		}
	}
}

func (r *reader) page(ctx context.Context, collection, after string) (page []*Record, err error) {
	err = r.q.rows(ctx, recordPage, []any{collection, after, pageSize}, func(rows row) error {
		rec := &Record{Collection: collection}
		var entry, at int64
		err := rows.Scan(&rec.ID, &entry, &at, (*[]byte)(&rec.Value))
		rec.Rev, rec.Changed = entry+1, time.UnixMicro(at).UTC()
		page = append(page, rec)
		if err == nil {
			err = r.s.whole(rec)
		}
		return err
	})
	return page, r.s.fault("listing "+collection, err)
}

// recordMost is the largest body of a record.
const recordMost = 64 << 20

// recordBody is the body of the entry that a record changes with.
func recordBody(collection, id string, value []byte) []byte {
	return fmt.Appendf(nil, `%srecord":1,"id":"%s/%s","value":%s}`, reserved, collection, id, value)
}

// deletedBody is the body of the entry that a record is deleted with.
func deletedBody(collection, id string) []byte {
	return fmt.Appendf(nil, `%srecord":1,"id":"%s/%s","deleted":true}`, reserved, collection, id)
}
