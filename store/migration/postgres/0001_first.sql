-- +goose Up

-- The tables are those of migration/sqlite, where their columns are explained.
-- Text is compared by bytes, as SQLite does.

CREATE TABLE org (
    org    BIGINT NOT NULL PRIMARY KEY,
    id     TEXT   COLLATE "C" NOT NULL UNIQUE,
    period TEXT   NOT NULL,
    pubkey TEXT   NOT NULL
);

CREATE TABLE leaf (
    org   BIGINT NOT NULL,
    entry BIGINT NOT NULL,
    data  BYTEA  NOT NULL,
    hash  BYTEA  NOT NULL,
    PRIMARY KEY (org, entry)
);

CREATE TABLE tile (
    org   BIGINT  NOT NULL,
    level INTEGER NOT NULL,
    n     BIGINT  NOT NULL,
    data  BYTEA   NOT NULL,
    PRIMARY KEY (org, level, n)
);

-- Made together with the organisation, with an empty note; who writes to the
-- organisation's log holds the lock of its row.
CREATE TABLE head (
    org   BIGINT NOT NULL PRIMARY KEY,
    size  BIGINT NOT NULL,
    root  BYTEA  NOT NULL,
    note  BYTEA  NOT NULL,
    epoch BIGINT NOT NULL
);

-- A row is changed only when its body is erased; it is vacuumed soon then.
CREATE TABLE body (
    org    BIGINT NOT NULL,
    entry  BIGINT NOT NULL,
    salt   BYTEA,
    key_id TEXT   NOT NULL,
    ext    TEXT   NOT NULL,
    size   BIGINT NOT NULL,
    data   BYTEA,
    blob   BYTEA,
    erased BIGINT,
    PRIMARY KEY (org, entry)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 0);

CREATE INDEX body_blob ON body (org, blob) WHERE blob IS NOT NULL;

CREATE TABLE actor (
    org       BIGINT NOT NULL,
    person    TEXT   COLLATE "C" NOT NULL,
    pseudonym TEXT   COLLATE "C" NOT NULL,
    entry     BIGINT NOT NULL,
    PRIMARY KEY (org, person),
    UNIQUE (org, pseudonym)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 0);

CREATE TABLE record (
    org        BIGINT NOT NULL,
    collection TEXT   COLLATE "C" NOT NULL,
    id         TEXT   COLLATE "C" NOT NULL,
    entry      BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    value      BYTEA  NOT NULL,
    PRIMARY KEY (org, collection, id)
);

-- A statement reaches the rows of the organisation that its transaction names
-- in app.org, and no row when it names none; the owner of the tables too. The
-- table of the organisations is also read by those who say app.directory.

ALTER TABLE org ENABLE ROW LEVEL SECURITY;
ALTER TABLE org FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON org USING (org = NULLIF(current_setting('app.org', true), '')::bigint
    OR current_setting('app.directory', true) = 'on');

ALTER TABLE leaf ENABLE ROW LEVEL SECURITY;
ALTER TABLE leaf FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON leaf USING (org = NULLIF(current_setting('app.org', true), '')::bigint);

ALTER TABLE tile ENABLE ROW LEVEL SECURITY;
ALTER TABLE tile FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON tile USING (org = NULLIF(current_setting('app.org', true), '')::bigint);

ALTER TABLE head ENABLE ROW LEVEL SECURITY;
ALTER TABLE head FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON head USING (org = NULLIF(current_setting('app.org', true), '')::bigint);

ALTER TABLE body ENABLE ROW LEVEL SECURITY;
ALTER TABLE body FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON body USING (org = NULLIF(current_setting('app.org', true), '')::bigint);

ALTER TABLE actor ENABLE ROW LEVEL SECURITY;
ALTER TABLE actor FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON actor USING (org = NULLIF(current_setting('app.org', true), '')::bigint);

ALTER TABLE record ENABLE ROW LEVEL SECURITY;
ALTER TABLE record FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON record USING (org = NULLIF(current_setting('app.org', true), '')::bigint);
