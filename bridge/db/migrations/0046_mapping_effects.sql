-- What another mapping would change, field by field; whom an activation is about; what waits for somebody's word.

ALTER TABLE mapping_count
  ADD COLUMN fields jsonb NOT NULL DEFAULT '{}';     -- field -> contacts in which it changes

ALTER TABLE mapping_activation
  ADD COLUMN applies_to text NOT NULL DEFAULT 'all' CHECK (applies_to IN ('all','new')),  -- new: only what is saved from then on
  DROP CONSTRAINT mapping_activation_origin_check,
  ADD CONSTRAINT mapping_activation_origin_check CHECK (origin IN ('files','console','restore')),  -- restore: by a command
  ADD COLUMN settled_at timestamptz;                 -- NULL: no run has brought everybody up to it; its first plan may wait
UPDATE mapping_activation SET settled_at = activated_at;

CREATE TABLE mapping_pending (                       -- a text that came by files and does more than it may unasked
  connection_id int PRIMARY KEY REFERENCES connection,
  digest        text NOT NULL,
  files         jsonb NOT NULL,
  arrived_at    timestamptz NOT NULL,
  arrived_by    text NOT NULL,
  reason        text NOT NULL,                       -- what it would do too much of, in words
  loosens       text[] NOT NULL,                     -- what of consent it may loosen: only an approver puts it to work
  version_id    int NOT NULL,                        -- in force when that was found
  state         text NOT NULL CHECK (state IN ('pending','rejected')),
  decided_at    timestamptz,
  decided_by    text,
  CHECK ((state = 'rejected') = (decided_at IS NOT NULL))
);

ALTER TABLE drafted_step
  ADD COLUMN mapping_version_id int;                 -- that a step was decided by, where it is not the run's
