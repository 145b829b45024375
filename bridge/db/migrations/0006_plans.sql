-- Plans and steps: what was decided, why, and what became of it.

CREATE TABLE plan (
  connection_id int REFERENCES connection, id bigint GENERATED ALWAYS AS IDENTITY,
  origin text NOT NULL CHECK (origin IN ('webhook','reconcile','console','cli')), run_id bigint, asked_by text,
  state text NOT NULL CHECK (state IN ('waiting','approved','applying','done','discarded')), wait_reason text,
  totals jsonb NOT NULL DEFAULT '{}',                                                      -- before and after, by list
  made_at timestamptz NOT NULL, approved_by text, approved_at timestamptz, finished_at timestamptz,
  PRIMARY KEY (connection_id, id),
  CHECK ((state IN ('done','discarded')) = (finished_at IS NOT NULL)));

CREATE TABLE step (
  connection_id int, plan_id bigint, ordinal int,
  key text NOT NULL,                                                                       -- deterministic: one effect, one key
  kind text NOT NULL, subject_kind text NOT NULL CHECK (subject_kind IN ('address','list','interaction','status')), subject_key text NOT NULL,
  lane smallint NOT NULL CHECK (lane BETWEEN 0 AND 4), generation bigint,                  -- generation of work that decide() read
  detail jsonb NOT NULL, before jsonb,                                                     -- before: what undo puts back
  facts bytea NOT NULL,                                                                    -- digest of what decide() saw; differs at apply = refused
  mapping_version_id int, reason text NOT NULL,
  state text NOT NULL CHECK (state IN ('planned','sending','sent','confirmed','skipped','refused','failed')), outcome text,
  bulk_activity_id bigint, attempts int NOT NULL DEFAULT 0, answer jsonb, sent_at timestamptz, finished_at timestamptz,
  PRIMARY KEY (connection_id, plan_id, ordinal),
  FOREIGN KEY (connection_id, plan_id) REFERENCES plan,
  FOREIGN KEY (connection_id, mapping_version_id) REFERENCES mapping_version,
  FOREIGN KEY (connection_id, bulk_activity_id) REFERENCES bulk_activity,
  CHECK ((state IN ('confirmed','skipped','refused','failed')) = (finished_at IS NOT NULL)));
CREATE UNIQUE INDEX step_one_in_flight ON step (connection_id, key) WHERE state IN ('sending','sent');
CREATE INDEX step_subject ON step (connection_id, subject_kind, subject_key, plan_id);     -- explain; the last plan a subject is kept
CREATE INDEX step_in_bulk ON step (connection_id, bulk_activity_id) WHERE bulk_activity_id IS NOT NULL;
