-- Backups that were made of this database, and those that it was restored from.

CREATE TABLE backup (
  id             int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  taken_at       timestamptz NOT NULL,                             -- what it holds is what was so then
  took_s         real NOT NULL,
  path           text NOT NULL,
  bytes          bigint NOT NULL CONSTRAINT backup_holds_something CHECK (bytes > 0),
  digest         text NOT NULL,                                    -- SHA-256 of the dump in it, as in its manifest
  schema_version int NOT NULL,
  with_keys      boolean NOT NULL,
  made_by        text NOT NULL
);
CREATE INDEX backup_newest ON backup (taken_at DESC);

CREATE TABLE restoration (                                         -- between taken_at and restored_at this database remembers nothing
  id          int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  restored_at timestamptz NOT NULL,
  taken_at    timestamptz NOT NULL,
  digest      text NOT NULL,
  restored_by text NOT NULL
);
