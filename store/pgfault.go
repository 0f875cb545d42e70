// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"demarc.dev/demarc/problem"
)

// errSilent says that the server did not answer.
var errSilent = errors.New("the server did not answer")

// silent tells a server that did not answer in answerMost from a caller who
// gave up: ctx is the store's own.
func silent(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%w within %v: %v", errSilent, answerMost, err)
	}
	return err
}

// isLost tells of a connection that was lost or could not be made for a
// reason that may pass: a server that restarts, is full, or cannot be reached.
func isLost(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	if code := pgCode(err); code != "" {
		return code == "57P01" || code == "57P02" || code == "57P03" || code == "57P05" || code == "25P03" || code == "53300" || strings.HasPrefix(code, "08")
	}
	var connect *pgconn.ConnectError
	var network *net.OpError
	return errors.Is(err, errSilent) || errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// isCollision tells of a transaction that the server ended for the sake of
// another one.
func isCollision(err error) bool {
	code := pgCode(err)
	return code == "40001" || code == "40P01"
}

func (e *postgres) isDamage(err error) bool { return strings.HasPrefix(pgCode(err), "XX00") }

// damage: PostgreSQL has tools of its own (pg_amcheck, data checksums), which
// need other rights than this program has.
func (e *postgres) damage(context.Context, queryer) ([]string, error) { return nil, nil }

func (e *postgres) scrub() bool { return true }

// explain makes a problem of what the server reports or of how it fell silent.
func (e *postgres) explain(doing string, err error) error {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return e.explainCode(doing, server, err)
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOENT) && errorIsConnect(err):
		return problem.Newf(problem.Unavailable, "%s: no PostgreSQL server answers at %s", doing, e.where()).Wrap(err).
			WithHint("start the server, or check host and port of the address")
	case errors.As(err, new(*net.DNSError)):
		return problem.Newf(problem.Unavailable, "%s: the host %s of the PostgreSQL server is not known", doing, e.config.ConnConfig.Host).Wrap(err).
			WithHint("check the host of the address")
	case errors.Is(err, errInDoubt):
		return problem.Newf(problem.Unavailable, "%s: the connection to PostgreSQL at %s was lost while the change was being committed; whether it was made is not known", doing, e.where()).Wrap(err).
			WithHint("look whether it is there before you do it again; nothing that was acknowledged is lost")
	case errorIsConnect(err):
		return problem.Newf(problem.Unavailable, "%s: no connection to PostgreSQL at %s can be made", doing, e.where()).Wrap(err).
			WithHint("check address, TLS (sslmode) and firewall; psql with the same address tells more")
	case isLost(err):
		return problem.Newf(problem.Unavailable, "%s: the connection to PostgreSQL at %s was lost; nothing that was acknowledged is lost", doing, e.where()).Wrap(err).
			WithHint("do it again when the server answers")
	}
	return nil
}

func errorIsConnect(err error) bool { return errors.As(err, new(*pgconn.ConnectError)) }

// explainCode speaks of the codes of the manual's appendix "Error Codes".
func (e *postgres) explainCode(doing string, server *pgconn.PgError, err error) error {
	c := e.config.ConnConfig
	newf := func(kind problem.Kind, format string, args ...any) *problem.Problem {
		return problem.Newf(kind, "%s: %s", doing, fmt.Sprintf(format, args...)).Wrap(err)
	}
	switch code := server.Code; {
	case strings.HasPrefix(code, "28"):
		return newf(problem.Denied, "PostgreSQL at %s does not let the user %s in: the password is wrong or missing, or pg_hba.conf has no line for it", e.where(), c.User).
			WithHint("check user and password of the address, or set PGPASSWORD or a pgpass file")
	case code == "3D000":
		return newf(problem.NotFound, "PostgreSQL at %s has no database %s", e.where(), c.Database).
			WithHint("createdb %s, or check the name at the end of the address", c.Database)
	case code == "42501":
		return newf(problem.Denied, "the role %s lacks a right in %s (%s)", c.User, e.words(), server.Message).
			WithHint("let it own an empty database, or grant what is missing")
	case code == "53100":
		return newf(problem.Unavailable, "no space left on the disk of PostgreSQL at %s; nothing was changed", e.where()).
			WithHint("free space there, then do it again")
	case code == "53300":
		return newf(problem.Unavailable, "PostgreSQL at %s has no connection left", e.where()).
			WithHint("raise max_connections, or lower pool_max_conns in the address")
	case code == "57P03":
		return newf(problem.Unavailable, "PostgreSQL at %s is starting or stopping", e.where()).WithHint("do it again in a moment")
	case code == "55P03":
		return newf(problem.Unavailable, "the log is in use by another process").WithHint("wait until that process has ended, then do it again")
	case code == "25006":
		return newf(problem.Unavailable, "%s may only be read: the server is a standby, or its transactions are read-only by default", e.words()).
			WithHint("use the address of the primary server")
	case e.isDamage(err):
		return newf(problem.Integrity, "%s is damaged (%s)", e.words(), server.Message).
			WithHint("keep a copy as it is for analysis, then put back the last backup")
	case isLost(err) || code == "57014" || isCollision(err):
		return newf(problem.Unavailable, "PostgreSQL at %s ended the connection or the transaction (%s); nothing that was acknowledged is lost", e.where(), server.Message).
			WithHint("do it again when the server answers")
	}
	return newf(problem.Unavailable, "PostgreSQL at %s refuses a statement: %s (%s)", e.where(), server.Message, server.Code).
		WithHint("look into the log of the server, and report it if the schema was not touched")
}
