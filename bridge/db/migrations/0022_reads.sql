-- What runs have read: how much of each source, how it was read, and up to when its changes are known.

CREATE TABLE source_read (                   -- one row a source that a run read to its end
  connection_id      int,
  run_id             bigint,
  source             text,                                         -- as checkpoints name it
  extent             text NOT NULL CONSTRAINT source_read_extent CHECK (extent IN ('full', 'incremental')),
  row_count          bigint NOT NULL,
  known_up_to        timestamptz NOT NULL,                         -- by the other side's clock: older changes were seen
  mapping_version_id int NOT NULL,
  read_at            timestamptz,                                  -- NULL until all that the run reads was read and believed
  planned_at         timestamptz,                                  -- a plan that rests on it was stored to be carried out: known_up_to counts
  PRIMARY KEY (connection_id, run_id, source),
  FOREIGN KEY (connection_id, run_id) REFERENCES run ON DELETE CASCADE
);
CREATE INDEX source_read_newest ON source_read (connection_id, source, read_at);

ALTER TABLE run
  ADD COLUMN accepts_fewer bool NOT NULL DEFAULT false,            -- once: a source may give far less than before
  ADD COLUMN notes         text[] NOT NULL DEFAULT '{}',           -- what a person should know of how it went
  ALTER COLUMN extent DROP NOT NULL,                               -- NULL: not chosen yet
  ALTER COLUMN extent DROP DEFAULT;

ALTER TABLE checkpoint
  ADD COLUMN restarts int NOT NULL DEFAULT 0;                      -- how often the source was begun anew
