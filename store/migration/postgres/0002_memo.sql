-- +goose Up

-- As in migration/sqlite. Rows come and go all day, so they are vacuumed often.
CREATE TABLE memo (
    org   BIGINT NOT NULL,
    kind  TEXT   COLLATE "C" NOT NULL,
    id    TEXT   COLLATE "C" NOT NULL,
    until BIGINT NOT NULL,
    size  BIGINT NOT NULL,
    value BYTEA  NOT NULL,
    PRIMARY KEY (org, kind, id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

CREATE INDEX memo_until ON memo (org, kind, until, size);

ALTER TABLE memo ENABLE ROW LEVEL SECURITY;
ALTER TABLE memo FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON memo USING (org = NULLIF(current_setting('app.org', true), '')::bigint);
