// SPDX-License-Identifier: Apache-2.0

package store

import "context"

// A statement is the text of one statement on what belongs to an
// organisation; $1 is always the organisation, and only scoped binds it. The
// texts are the subset that SQLite and PostgreSQL share.
type statement string

const (
	leafCount statement = `SELECT entry + 1 FROM leaf WHERE org = $1 ORDER BY entry DESC LIMIT 1`
	leafRange statement = `SELECT entry, data, hash FROM leaf WHERE org = $1 AND entry >= $2 AND entry < $3 ORDER BY entry LIMIT $4`
	tileGet   statement = `SELECT data FROM tile WHERE org = $1 AND level = $2 AND n = $3`
	tileAll   statement = `SELECT level, n, data FROM tile WHERE org = $1 ORDER BY level, n`
	tilePut   statement = `INSERT INTO tile (org, level, n, data) VALUES ($1, $2, $3, $4)
		ON CONFLICT (org, level, n) DO UPDATE SET data = excluded.data`

	headGet  statement = `SELECT size, root, note, epoch FROM head WHERE org = $1`
	headNew  statement = `INSERT INTO head (org, size, root, note, epoch) VALUES ($1, $2, $3, $4, 0)`
	headSwap statement = `UPDATE head SET size = $2, root = $3, note = $4, epoch = epoch + 1
		WHERE org = $1 AND size = $5 AND root = $6 AND epoch = $7`

	bodyGet   statement = `SELECT entry, salt, key_id, ext, size, data, blob, erased FROM body WHERE org = $1 AND entry = $2`
	bodyRange statement = `SELECT entry, salt, key_id, ext, size, data, blob, erased FROM body
		WHERE org = $1 AND entry >= $2 AND entry < $3 ORDER BY entry LIMIT $4`
	bodyAbout statement = `SELECT entry, salt, key_id, ext, size, NULL, blob, erased FROM body
		WHERE org = $1 AND entry >= $2 AND entry < $3 ORDER BY entry LIMIT $4`
	bodyErase statement = `UPDATE body SET salt = NULL, data = NULL, blob = NULL, size = 0, ext = '', erased = $3 WHERE org = $1 AND entry = $2`
	bodyNames statement = `SELECT count(*) FROM body WHERE org = $1 AND blob = $2`

	blobCount statement = `SELECT count(*) FROM (SELECT DISTINCT blob FROM body WHERE org = $1 AND blob IS NOT NULL) AS named`
	blobPage  statement = `SELECT DISTINCT blob, size FROM body WHERE org = $1 AND blob > $2 ORDER BY blob LIMIT $3`

	actorGet    statement = `SELECT pseudonym FROM actor WHERE org = $1 AND person = $2`
	actorOf     statement = `SELECT count(*) FROM actor WHERE org = $1 AND entry = $2`
	actorEntry  statement = `SELECT entry FROM actor WHERE org = $1 AND person = $2`
	actorDelete statement = `DELETE FROM actor WHERE org = $1 AND person = $2`
	actorName   statement = `SELECT person FROM actor WHERE org = $1 AND pseudonym = $2`
	actorAll    statement = `SELECT person, pseudonym, entry FROM actor WHERE org = $1 ORDER BY entry`
	actorCount  statement = `SELECT count(*) FROM actor WHERE org = $1`
	actorPut    statement = `INSERT INTO actor (org, person, pseudonym, entry) VALUES ($1, $2, $3, $4)`

	recordGet  statement = `SELECT id, entry, at, value FROM record WHERE org = $1 AND collection = $2 AND id = $3`
	recordPage statement = `SELECT id, entry, at, value FROM record
		WHERE org = $1 AND collection = $2 AND id > $3 ORDER BY id LIMIT $4`
	recordCount statement = `SELECT count(*) FROM record WHERE org = $1`
	recordNames statement = `SELECT collection, id, entry FROM record WHERE org = $1 ORDER BY collection, id`
	recordOf    statement = `SELECT count(*) FROM record WHERE org = $1 AND entry = $2`
	recordAll   statement = `SELECT collection, id, entry, at, value FROM record WHERE org = $1 ORDER BY collection, id`
	recordPut   statement = `INSERT INTO record (org, collection, id, entry, at, value) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (org, collection, id) DO UPDATE SET entry = excluded.entry, at = excluded.at, value = excluded.value`
	recordDelete statement = `DELETE FROM record WHERE org = $1 AND collection = $2 AND id = $3`

	memoGet statement = `SELECT until, value FROM memo WHERE org = $1 AND kind = $2 AND id = $3`
	memoPut statement = `INSERT INTO memo (org, kind, id, until, size, value) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (org, kind, id) DO UPDATE SET until = excluded.until, size = excluded.size, value = excluded.value`
	memoDelete statement = `DELETE FROM memo WHERE org = $1 AND kind = $2 AND id = $3`
	memoEnded  statement = `DELETE FROM memo WHERE org = $1 AND kind = $2 AND until <= $3`
	memoSum    statement = `SELECT count(*), CAST(coalesce(sum(size), 0) AS BIGINT) FROM memo WHERE org = $1 AND kind = $2`
	memoOldest statement = `SELECT id, size FROM memo WHERE org = $1 AND kind = $2 ORDER BY until, id`

	leafPut statement = `INSERT INTO leaf (org, entry, data, hash) VALUES ($1, $2, $3, $4)`
	bodyPut statement = `INSERT INTO body (org, entry, salt, key_id, ext, size, data, blob) VALUES ($1, $2, $3, '', $4, $5, $6, $7)`
)

// What belongs to the store as a whole: the table of the organisations.
const (
	orgAll  = `SELECT org, id, period, pubkey FROM org ORDER BY id`
	orgGet  = `SELECT org, id, period, pubkey FROM org WHERE id = $1`
	orgNext = `SELECT coalesce(max(org), 0) + 1 FROM org`

	orgPut statement = `INSERT INTO org (org, id, period, pubkey) VALUES ($1, $2, $3, $4)`
)

// scoped runs statements for one organisation. It is the only way to the
// tables that organisations share.
type scoped struct {
	org int64
	db  queryer

	// whole: a statement runs to its end even when the caller's context does
	// not wait for it; one that is broken off can undo the transaction.
	whole bool
}

func (s scoped) context(ctx context.Context) context.Context {
	if s.whole {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

func (s scoped) args(args []any) []any {
	return append(append(make([]any, 0, len(args)+1), s.org), args...)
}

func (s scoped) row(ctx context.Context, q statement, args []any, into ...any) error {
	return s.db.row(s.context(ctx), s.org, q, s.args(args), into...)
}

func (s scoped) rows(ctx context.Context, q statement, args []any, scan func(row) error) error {
	return s.db.rows(s.context(ctx), s.org, q, s.args(args), scan)
}

// exec runs a statement of the transaction tx for the organisation.
func (s scoped) exec(ctx context.Context, tx changer, q statement, args ...any) error {
	return tx.exec(s.context(ctx), s.org, q, s.args(args))
}
