// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

const (
	databaseName = "demarc.db"
	lockName     = "demarc.lock"
	blobsName    = "blobs"
	pendingName  = "pending"
	keysName     = "keys"
)

// Options say how a store is opened. The zero Options open it for writing.
type Options struct {
	// ReadOnly opens it beside a process that writes, and also on a disk that
	// can only be read. No store is created, migrated or signed then.
	ReadOnly bool

	// Postgres is the address of a PostgreSQL database that holds what
	// demarc.db does otherwise: postgres://user@host:5432/name, or words as
	// libpq takes them. Blobs and keys stay in the folder. Several processes
	// that share the folder may write then. Empty: SQLite, in the folder.
	Postgres string

	// Blobs keeps the blobs, say store/s3; nil is the folder blobs/. Whoever
	// opens a store names the same place each time.
	Blobs Blobs

	// Wait is how long to wait for another process that writes; 0 is two
	// seconds, negative is not at all.
	Wait time.Duration

	restoring bool // it is Restore that opens it
}

// Store is an open store. Safe for concurrent use.
type Store struct {
	dir      string
	readOnly bool
	lock     io.Closer // nil when read-only
	clock    *evidence.Clock

	db    engine
	write *writers
	files Blobs

	pending     string    // where this process keeps what no entry names yet
	pendingLock io.Closer // on a shared engine: held while the process lives

	blobs sync.Mutex     // held while a blob's file may be removed
	lent  map[string]int // by marker: stored in this run and not yet named by an entry
	holds int            // exports and backups that read files of blobs
	held  []erased       // what is to be removed when there are none any more

	ending sync.Once
	ended  error // what Close found

	creating sync.Mutex // one organisation at a time

	mu   sync.Mutex
	orgs map[string]*Org // handles share one signer
}

// Open opens the store in dir and, when it is not read-only, creates it or
// brings its schema up to this program. The errors are problems: Unavailable
// when the disk or another process stands in the way, Conflict when the
// schema is newer than the program, Integrity when the file is damaged,
// NotFound when there is nothing to read. The caller closes the store.
func Open(ctx context.Context, dir string, o Options) (*Store, error) {
	migrations := sqliteMigrations
	if o.Postgres != "" {
		migrations = postgresMigrations
	}
	return open(ctx, dir, o, migrations)
}

// Close waits for the changes under way, signs the heads of the logs that
// grew, ends the store and lets another process write.
func (s *Store) Close() error {
	s.ending.Do(func() { s.ended = s.close() })
	return s.ended
}

func (s *Store) close() error {
	var errs []error
	if s.db != nil {
		if !s.readOnly {
			errs = append(errs, s.publishAll())
		}
		errs = append(errs, s.write.close(), s.db.close())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.orgs {
		errs = append(errs, o.closeSigner())
	}
	if s.pendingLock != nil {
		errs = append(errs, s.closePending())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

// publishAll signs what is not signed yet.
func (s *Store) publishAll() error {
	s.mu.Lock()
	orgs := slices.Collect(maps.Values(s.orgs))
	s.mu.Unlock()
	var errs []error
	for _, o := range orgs {
		if o.copied {
			continue
		}
		_, err := o.publish(context.Background())
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Orgs gives the ids of the organisations, in order.
func (s *Store) Orgs(ctx context.Context) ([]string, error) {
	var ids []string
	err := s.db.rows(ctx, directory, orgAll, nil, func(r row) error {
		var o Org
		err := r.Scan(&o.number, &o.id, &o.period, &o.key)
		ids = append(ids, o.id)
		return err
	})
	slices.Sort(ids) // the databases order text differently
	return ids, s.fault("listing organisations", err)
}

// Org gives the organisation; NotFound when there is none of that id. In a
// store that is open for writing it is given only when its log continues what
// its key signed last: of a database that was put back to an older state, or
// is another one, it is an Integrity problem. Open the store for reading then.
func (s *Store) Org(ctx context.Context, id string) (*Org, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o, ok := s.orgs[id]; ok {
		return o, nil
	}
	o := &Org{s: s}
	err := s.db.row(ctx, directory, orgGet, []any{id}, &o.number, &o.id, &o.period, &o.key)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, problem.Newf(problem.NotFound, "there is no organisation %q in %s", id, s.dir).
			WithHint("create it, or name one that exists")
	}
	if err != nil {
		return nil, s.fault("opening organisation "+id, err)
	}
	o.reader = reader{s: s, q: scoped{org: o.number, db: s.db}}
	if o.copied, err = s.isCopy(o); err != nil {
		return nil, s.fault("opening organisation "+id, err)
	}
	if !s.readOnly && !o.copied {
		if err := o.continues(ctx); err != nil {
			return nil, errors.Join(err, o.closeSigner())
		}
	}
	s.orgs[id] = o
	return o, nil
}

// CreateOrg makes an organisation with an empty log and the key of that log.
// The log's first entries say that by did so. Conflict when it exists.
func (s *Store) CreateOrg(ctx context.Context, id string, by Actor) (*Org, error) {
	if s.readOnly {
		return nil, s.errReadOnly()
	}
	s.creating.Lock()
	defer s.creating.Unlock()
	period := s.clock.Read().Time.Format("2006")
	origin, err := evidence.Origin(id, period)
	if err != nil {
		return nil, problem.Newf(problem.Invalid, "creating an organisation: %w", err)
	}
	unlock, err := s.lockCreation()
	if err != nil {
		return nil, s.fault("creating organisation "+id, err)
	}
	defer unlock()
	if _, err := s.Org(ctx, id); err == nil {
		return nil, errExists(id)
	} else if problem.Of(err) != problem.NotFound {
		return nil, err
	}
	key, err := s.createKey(id, origin)
	if err != nil {
		return nil, err
	}
	made := s.write.createOrg(ctx, id, period, key, by)
	if made != nil && !errors.Is(made, errInDoubt) {
		return nil, made
	}
	o, err := s.Org(ctx, id)
	if made != nil && (err != nil || o.key != key) {
		return nil, made
	}
	return o, err
}

// createKey makes the organisation's key; one that an earlier attempt left,
// and that has signed nothing, is taken.
func (s *Store) createKey(id, origin string) (public string, err error) {
	// The folder must be durable before anything that the key signs.
	path := s.keyPath(id)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", s.fault("creating the key of organisation "+id, err)
	}
	if err := evidence.SyncDir(s.dir); err != nil {
		return "", s.fault("creating the key of organisation "+id, err)
	}
	signer, err := evidence.CreateSigner(path, origin)
	if errors.Is(err, os.ErrExist) {
		signer, err = evidence.OpenSigner(path)
	}
	if err != nil {
		return "", s.fault("creating the key of organisation "+id, err)
	}
	defer signer.Close()
	if signer.Origin() != origin || signer.Last().Size > 0 {
		return "", problem.Newf(problem.Conflict, "creating organisation %q: the key %s belongs to another log or has signed already", id, path).
			WithHint("this store lost an organisation that the key belongs to: put back the newer database")
	}
	return signer.PublicKey(), nil
}

// copyPath is the file that stands in the place of a key: it says that the log
// with that public key came without one.
func (s *Store) copyPath(org string) string { return filepath.Join(s.dir, keysName, org+".copy") }

func (s *Store) isCopy(o *Org) (bool, error) {
	text, err := os.ReadFile(s.copyPath(o.id))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && string(text) == o.key+"\n", err
}

func (s *Store) keyPath(org string) string { return filepath.Join(s.dir, keysName, org+".key") }

func (s *Store) errReadOnly() error {
	return problem.Newf(problem.Unavailable, "the store %s was opened for reading only", s.dir)
}
