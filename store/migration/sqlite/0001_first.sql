-- +goose Up

-- Organisations. Every other table begins with the number of one.
CREATE TABLE org (
    org    INTEGER NOT NULL PRIMARY KEY,
    id     TEXT    NOT NULL UNIQUE,
    period TEXT    NOT NULL,
    pubkey TEXT    NOT NULL
) STRICT;

-- The log: the bytes of each header and their leaf hash.
CREATE TABLE leaf (
    org   INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    data  BLOB    NOT NULL,
    hash  BLOB    NOT NULL,
    PRIMARY KEY (org, entry)
) STRICT, WITHOUT ROWID;

-- Tiles of the log's tree as in c2sp.org/tlog-tiles, the right edge included.
CREATE TABLE tile (
    org   INTEGER NOT NULL,
    level INTEGER NOT NULL,
    n     INTEGER NOT NULL,
    data  BLOB    NOT NULL,
    PRIMARY KEY (org, level, n)
) STRICT, WITHOUT ROWID;

-- The head that was signed last. Changed only by comparing and swapping.
CREATE TABLE head (
    org   INTEGER NOT NULL PRIMARY KEY,
    size  INTEGER NOT NULL,
    root  BLOB    NOT NULL,
    note  BLOB    NOT NULL,
    epoch INTEGER NOT NULL
) STRICT;

-- What the entries speak of: here (data) or in a file named by its digest
-- (blob). Salt and bytes can be destroyed without touching the log; erased is
-- then the entry that says so. key_id names the key of an encrypted body; empty
-- is not encrypted.
CREATE TABLE body (
    org    INTEGER NOT NULL,
    entry  INTEGER NOT NULL,
    salt   BLOB,
    key_id TEXT    NOT NULL,
    ext    TEXT    NOT NULL,
    size   INTEGER NOT NULL,
    data   BLOB,
    blob   BLOB,
    erased INTEGER,
    PRIMARY KEY (org, entry)
) STRICT, WITHOUT ROWID;

CREATE INDEX body_blob ON body (org, blob) WHERE blob IS NOT NULL;

-- Who a pseudonym stands for, and the entry whose body says so.
CREATE TABLE actor (
    org       INTEGER NOT NULL,
    person    TEXT    NOT NULL,
    pseudonym TEXT    NOT NULL,
    entry     INTEGER NOT NULL,
    PRIMARY KEY (org, person),
    UNIQUE (org, pseudonym)
) STRICT, WITHOUT ROWID;

-- Records, each with the entry that it last changed with; times are
-- microseconds since 1970.
CREATE TABLE record (
    org        INTEGER NOT NULL,
    collection TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    entry      INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    value      BLOB    NOT NULL,
    PRIMARY KEY (org, collection, id)
) STRICT, WITHOUT ROWID;
