// SPDX-License-Identifier: Apache-2.0

// Package store keeps what an organisation recorded and the log that proves
// it: records, entries, bodies and blobs, in one directory.
//
//	demarc.db              SQLite: records, entries, small bodies, tiles, head
//	demarc.lock            held by the one process that writes
//	blobs/acme/3f/3f9a…    larger bodies, named by their SHA-256, one tree an organisation
//	pending/               what no entry names yet; swept when the store is opened
//	keys/acme.key          the key that signs the heads of acme's log, and its state
//
// A record is a JSON value with a collection and an id. It changes only
// together with an entry of the organisation's log, in one transaction, and
// the body of that entry is the record's new state:
//
//	{"demarc.record":1,"id":"risk/r-7","value":{"title":"public bucket"}}
//	{"demarc.record":1,"id":"risk/r-7","deleted":true}
//
// so that the log tells the whole history of every record, and Verify finds a
// record that was changed, put back or removed behind the log's back. Who did
// it stands in the header as a pseudonym; which person that is, the body of an
// earlier entry says (kind actor.named), which can be erased:
//
//	{"demarc.actor":1,"id":"p-7hq2mzk4x3wd5c6a","person":"alice@example.org"}
//
// Every access goes through an Org, which binds its organisation into each
// statement and each path; there is no method that takes an organisation
// beside the one that gives the Org.
//
// One process writes at a time; others may open the store for reading
// meanwhile. A change is durable when Update returns.
//
// In place of blobs/ the blobs may lie elsewhere (Options.Blobs), as package
// store/s3 keeps them; pending/ and keys/ stay in the directory.
//
// An organisation leaves as one file (Org.Export) and comes in elsewhere
// (Store.ImportOrg); a whole store is backed up (Store.Backup) and restored
// (Restore). The files are those of docs/format.md and know neither engine nor
// driver. A log that came without its key can only be read; keys/ holds
// acme.copy in the place of acme.key then. demarc.restoring stands in the
// directory while a restore is not finished.
//
// In place of demarc.db the tables may lie in a PostgreSQL database
// (Options.Postgres), with the same schema and meaning; blobs/ and keys/ stay
// in the directory. Then several processes may write at once, as long as they
// share the directory:
//
//   - The row of head of an organisation is locked while entries are added to
//     its log, so indexes have no gap and no twin. Changes of one process to
//     one organisation that wait together are committed together.
//   - A key is locked while it signs, and read anew by the next who signs.
//   - Each process has a folder in pending/, run-*, that it holds locked; what
//     a dead one left there the next that starts sweeps.
//   - Migrations run in one transaction under an advisory lock.
//   - A server that restarts is waited for, 15 seconds. A transaction that it
//     ended is carried out again; of a commit whose answer was lost the log
//     itself tells whether it was made.
//
// Each transaction there names its organisation to row-level security
// (app.org), which is forced for the owner too: a statement that forgets it
// sees no row. A connection that reads stays bound to the organisation that it
// read for last, so that it need not name it again, and is unbound for whoever
// does not say that he names one. The connections work as the role demarc_app, made when the role
// that signs in may make it, which owns nothing and can neither change nor
// delete an entry; otherwise as the role that signs in, which is refused when
// row-level security does not bind it. demarc_app may read what every
// organisation has by naming it: it keeps a fault of the program from showing
// data, not somebody who has the connection. A pooler that gives a session's
// transactions to several servers' sessions does not carry prepared
// statements; connect to the server itself.
//
// An erased body is gone from every answer at once, and from PostgreSQL's files
// when the vacuum that follows within about a minute has freed its place, the
// place is written over, and the write-ahead log has gone round; from backups
// of the server it is not gone. SQLite writes over it before Update returns.
//
// A head is signed after the commit of what it covers: when one is asked for,
// when the store is closed, and when an organisation is opened whose last
// entries a crash left unsigned. The key remembers what it signed, so a
// database that was put back to an older state, or grew in another way since,
// is refused for writing. Two things go unseen here and need somebody else who
// keeps a head or a receipt: a database put back together with keys/, and the
// loss of entries that no head covers yet. The file ending of a body is not
// bound by the log.
//
// What the package never does: it knows no record by name, judges no value,
// overwrites no entry, and signs nothing that it has not read back.
package store
