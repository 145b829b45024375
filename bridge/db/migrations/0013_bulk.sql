-- Bulk rounds: a backlog that costs fewer calls together than one by one.

CREATE TABLE bulk_round (                    -- at most one a connection; its row goes when nothing is left of it
  connection_id int PRIMARY KEY REFERENCES connection,
  phase         text NOT NULL CONSTRAINT bulk_round_phase
                CHECK (phase IN ('looking', 'filling', 'checking', 'posting', 'waiting', 'reading', 'ending', 'resting')),
  takes_backlog bool NOT NULL,                                     -- whoever delivers one by one leaves the backlog to it
  turns         int NOT NULL DEFAULT 0,                            -- looks for more, or polls, in this phase
  look          jsonb,                                             -- how far the account was read in this phase
  due_at        timestamptz NOT NULL,
  lease_token   uuid,
  lease_until   timestamptz,
  CONSTRAINT bulk_round_lease_whole CHECK ((lease_token IS NULL) = (lease_until IS NULL))
);

ALTER TABLE work
  ADD COLUMN single_generation bigint NOT NULL DEFAULT 0;          -- up to this generation the subject goes one by one

ALTER TABLE bulk_activity
  ADD COLUMN plan_id    bigint,
  ADD COLUMN list_ids   uuid[] NOT NULL DEFAULT '{}',
  ADD COLUMN row_count  int NOT NULL DEFAULT 0,
  ADD COLUMN size_bytes int NOT NULL DEFAULT 0,
  ADD COLUMN sent_at    timestamptz,                               -- from here on it may be there, whatever the answer
  ADD COLUMN ended_at   timestamptz;                               -- every member was read back and decided on again

-- Whoever decides on an address asks first what of it must be read back: mostly nothing, and then it costs nothing.
CREATE INDEX practifi_unread ON practifi_record (connection_id, kind, sf_id)
  WHERE unknown_fields <> '{}' AND deleted_at IS NULL;
