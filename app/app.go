// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"sync"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/agreement/text"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check/foreign"
	"demarc.dev/demarc/job"
	"demarc.dev/demarc/policy"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// Options say how the house is opened.
type Options struct {
	Dir      string           // folder of the store
	Database string           // address of a PostgreSQL database for the records; empty: SQLite, in the folder
	Version  string           // of the program
	Now      func() time.Time // nil: time.Now
	Blobs    store.Blobs      // where large bodies lie; nil: in the folder
	ReadOnly bool             // for what only reads; works beside a process that writes
	Sessions account.Limits   // how long people stay signed in; zero: as account says
}

// App is the opened house. Safe for concurrent use.
type App struct {
	store    *store.Store
	version  string
	now      func() time.Time
	load     func() (*catalogue.Catalogue, error)
	mappings func() (*foreign.Mappings, error)
	policies func() (*policy.Book, error)
	hasher   *account.Hasher
	key      func() (account.Key, error)
	misses   misses
	dir      string
	limits   account.Limits
	queue    *job.Queue              // nil: this process does no background work
	found    indexes[*findingIndex]  // of runs
	sights   indexes[*resourceIndex] // of snapshots
	read     indexes[concluded]      // assessments that registers are made from
	trails   trails
	reached  indexes[*Reached]    // who reaches whom
	powers   indexes[*Privileged] // who is an administrator
	ruled    indexes[*Matrices]   // matrices with what the rules find in them
	gaps     indexes[gapData]     // runs with their plans
	papers   *text.Reader         // of agreements
}

// Open opens the house. The caller closes it.
func Open(ctx context.Context, o Options) (*App, error) {
	s, err := store.Open(ctx, o.Dir, store.Options{ReadOnly: o.ReadOnly, Postgres: o.Database, Blobs: o.Blobs})
	if err != nil {
		return nil, err
	}
	a := &App{store: s, version: o.Version, now: o.Now, dir: o.Dir, limits: o.Sessions, load: sync.OnceValues(catalogue.Load), mappings: sync.OnceValues(foreign.Load), policies: sync.OnceValues(policy.Load), hasher: account.NewHasher(2),
		found: indexes[*findingIndex]{most: indexMost}, sights: indexes[*resourceIndex]{most: indexMost / 4}, read: indexes[concluded]{most: concludedMost}, reached: indexes[*Reached]{most: reachedMost}, powers: indexes[*Privileged]{most: reachedMost}, ruled: indexes[*Matrices]{most: ruledMost}, gaps: indexes[gapData]{most: gapsMost}}
	a.papers = text.NewReader(text.Options{})
	a.key = sync.OnceValues(func() (account.Key, error) { return installationKey(o.Dir) })
	if a.now == nil {
		a.now = time.Now
	}
	return a, nil
}

// Close ends the house; what was acknowledged is on the disk already.
func (a *App) Close() error {
	a.found.close()
	a.sights.close()
	a.read.close()
	a.reached.close()
	a.powers.close()
	a.ruled.close()
	a.gaps.close()
	return errors.Join(a.papers.Close(), a.store.Close())
}

// Catalogue gives the catalogue.
func (a *App) Catalogue() (*catalogue.Catalogue, error) { return a.load() }

// defaultOrg is the id of the organisation that a first command makes when it
// names none.
const defaultOrg = "main"

// current is the id of a record of which an organisation has one.
const current = "current"

// records is what records are read from: an organisation as it stands, one
// state of it, or a change under way.
type records interface {
	Record(ctx context.Context, collection, id string) (*store.Record, error)
	List(ctx context.Context, collection string) iter.Seq2[*store.Record, error]
}

// get reads a record; ok is false when there is none.
func get[T any](ctx context.Context, from records, collection, id string) (value T, ok bool, err error) {
	rec, err := from.Record(ctx, collection, id)
	if isNotFound(err) {
		return value, false, nil
	}
	if err != nil {
		return value, false, err
	}
	err = decode(rec, &value)
	return value, err == nil, err
}

// list reads all records of a collection.
func list[T any](ctx context.Context, from records, collection string) ([]T, error) {
	var out []T
	for rec, err := range from.List(ctx, collection) {
		if err != nil {
			return nil, err
		}
		var value T
		if err := decode(rec, &value); err != nil {
			return nil, err
		}
		out = append(out, value)
	}
	return out, nil
}

// decode reads a record whole: what this program does not know, a newer one
// wrote, and it would be lost with the next change.
func decode(rec *store.Record, into any) error {
	d := json.NewDecoder(bytes.NewReader(rec.Value))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return problem.New(problem.Conflict, fmt.Sprintf("the record %s/%s holds what this Demarc cannot read: another version wrote it", rec.Collection, rec.ID), "use the newest Demarc that has written to this store").Wrap(err)
	}
	return nil
}

// next gives the next id of a collection whose ids are a letter and a number.
func next(ctx context.Context, tx *store.Tx, collection, letter string) (string, error) {
	last := 0
	for rec, err := range tx.List(ctx, collection) {
		if err != nil {
			return "", err
		}
		n, err := strconv.Atoi(strings.TrimPrefix(rec.ID, letter))
		if err != nil {
			return "", fmt.Errorf("reading the id %s/%s: %w", collection, rec.ID, err)
		}
		last = max(last, n)
	}
	return letter + strconv.Itoa(last+1), nil
}

// number gives the number of such an id; 0 for another word.
func number(id string) int {
	n, err := strconv.Atoi(strings.TrimLeft(id, "abcdefghijklmnopqrstuvwxyz"))
	if err != nil {
		return 0
	}
	return n
}

// isNotFound tells of a thing that does not exist.
func isNotFound(err error) bool { return err != nil && problem.Of(err) == problem.NotFound }
