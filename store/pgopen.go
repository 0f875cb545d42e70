// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"demarc.dev/demarc/problem"
)

// All that is PostgreSQL's stands in pg*.go and in migration/postgres.

//go:embed migration/postgres/*.sql
var postgresMigrations embed.FS

const (
	postgresDir = "migration/postgres"

	// appRole is what the connections work as when the role that signs in may
	// become it: it owns nothing, cannot pass over row-level security, and
	// cannot change or delete an entry.
	appRole = "demarc_app"

	// Connections of a process, unless the address says pool_max_conns: so
	// many that read and as many that write. A writer never waits for a reader.
	poolMost = 8

	// answerMost is how long a server may take for one exchange, reconnectMost
	// how long one that restarts is waited for.
	answerMost    = 60 * time.Second
	reconnectMost = 15 * time.Second
)

// postgres is a database on a PostgreSQL server.
type postgres struct {
	s       *Store
	config  *pgxpool.Config
	read    *pgxpool.Pool
	writing *pgxpool.Pool // nil when the store is open for reading only
	pooled  bool          // a pooler stands before the server
}

// openPostgres connects to the database and brings its schema up to this
// program.
func openPostgres(ctx context.Context, s *Store, o Options, migrations fs.FS) error {
	config, err := pgxpool.ParseConfig(o.Postgres)
	if err != nil { // its text may hold the password
		return problem.New(problem.Usage, "the address of the PostgreSQL database cannot be understood", "postgres://user@host:5432/name").Wrap(err)
	}
	if !strings.Contains(o.Postgres, "pool_max_conns") {
		config.MaxConns = poolMost
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = 10 * time.Second
	}
	config.ConnConfig.RuntimeParams["application_name"] = "demarc"
	e := &postgres{s: s, config: config}
	s.db = e
	const what = "opening the store"
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return s.fault(what, err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := e.bringUp(ctx, conn, migrations); err != nil {
		return s.fault(what, err)
	}
	return s.fault(what, e.connect(ctx))
}

// bringUp migrates the database when need be, one process at a time, and
// chooses the role to work as.
func (e *postgres) bringUp(ctx context.Context, conn *pgx.Conn, migrations fs.FS) error {
	newest, err := newestMigration(migrations)
	if err != nil {
		return err
	}
	if !e.s.readOnly {
		if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, lockSchema); err != nil {
			return err
		}
	}
	version, err := pgVersion(ctx, conn)
	if err != nil {
		return err
	}
	if version == 0 && e.s.readOnly {
		return problem.Newf(problem.NotFound, "there is no store in %s", e.words()).
			WithHint("check the address, or begin with a command that writes")
	}
	if err := otherSchema("the store in "+e.words(), version, newest, e.s.readOnly); err != nil {
		return err
	}
	if version == 0 {
		var may bool
		if err := conn.QueryRow(ctx, `SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)`).Scan(&may); err != nil {
			return err
		}
		if !may {
			return problem.Newf(problem.Denied, "the role %s lacks the right to create tables in %s", e.config.ConnConfig.User, e.words()).
				WithHint("let it own an empty database: createdb -O %s %s", e.config.ConnConfig.User, e.config.ConnConfig.Database)
		}
	}
	if version < newest {
		if err := e.migrate(ctx, migrations); err != nil {
			return err
		}
	}
	return e.chooseRole(ctx, conn)
}

// Numbers of advisory locks: no other program should use them in a database
// of Demarc's.
const (
	lockSchema   = 0x64656d6172630001
	lockCreation = 0x64656d6172630002
)

// pgVersion gives the schema of the store, 0 when there is none.
func pgVersion(ctx context.Context, conn *pgx.Conn) (version int64, err error) {
	err = conn.QueryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version`).Scan(&version)
	if pgCode(err) == "42P01" { // undefined table
		return 0, nil
	}
	return version, err
}

// connect opens the pools and makes sure that row-level security binds them.
func (e *postgres) connect(ctx context.Context) (err error) {
	reading := e.config.Copy()
	reading.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	reading.PrepareConn = prepareConn
	if e.read, err = pgxpool.NewWithConfig(ctx, reading); err != nil {
		return err
	}
	var bound bool
	var role string
	if err := e.read.QueryRow(ctx, `SELECT row_security_active('leaf'), current_user`).Scan(&bound, &role); err != nil {
		return err
	}
	if !bound {
		return problem.Newf(problem.Denied, "row-level security does not bind the role %s of %s, so a fault of the program could show one organisation's data to another", role, e.words()).
			WithHint("use a role without SUPERUSER and BYPASSRLS, or let an administrator run: CREATE ROLE %s NOLOGIN; GRANT %s TO %s", appRole, appRole, role)
	}
	if err := e.findPooler(ctx); err != nil {
		return err
	}
	if e.s.readOnly {
		return nil
	}
	e.writing, err = pgxpool.NewWithConfig(ctx, e.config.Copy())
	return err
}

func (e *postgres) close() error {
	for _, p := range []*pgxpool.Pool{e.read, e.writing} {
		if p != nil {
			p.Close()
		}
	}
	return nil
}

func (e *postgres) shared() bool { return true }

// words names the database for people, without the password.
func (e *postgres) words() string { return "the PostgreSQL database " + e.config.ConnConfig.Database }

// where names the server.
func (e *postgres) where() string {
	c := e.config.ConnConfig
	if strings.HasPrefix(c.Host, "/") {
		return c.Host
	}
	return net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port)))
}

// pgCode gives the SQLSTATE of what the server reported, "" when it did not.
func pgCode(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
