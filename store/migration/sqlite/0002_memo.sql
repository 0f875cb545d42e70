-- +goose Up

-- What is kept for a while and is no record: it stands in no log, no export
-- and no backup. until is in microseconds since 1970.
CREATE TABLE memo (
    org   INTEGER NOT NULL,
    kind  TEXT    NOT NULL,
    id    TEXT    NOT NULL,
    until INTEGER NOT NULL,
    size  INTEGER NOT NULL,
    value BLOB    NOT NULL,
    PRIMARY KEY (org, kind, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX memo_until ON memo (org, kind, until, size);
