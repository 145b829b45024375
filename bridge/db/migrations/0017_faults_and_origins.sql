-- A mapping in force that does not compile any more, what makes a subject dirty, and what a deleted record was merged into.

ALTER TABLE mapping_version
  ADD COLUMN fault    text,                  -- what the compiler says of it; NULL: it compiles, as far as anybody knows
  ADD COLUMN fault_at timestamptz,           -- when it said so last: it is asked again a minute later
  ADD CONSTRAINT mapping_version_fault CHECK ((fault IS NULL) = (fault_at IS NULL));

ALTER TABLE work
  ADD COLUMN behind text[];                  -- keys of the subjects that have to come first: due once one of them is done
CREATE INDEX work_behind ON work (connection_id) WHERE behind IS NOT NULL;

ALTER TABLE work
  ADD COLUMN origin text NOT NULL DEFAULT 'webhook'  -- what made it dirty first since it was done last
    CONSTRAINT work_origin CHECK (origin IN ('webhook', 'poll', 'replay', 'sweep', 'reconcile', 'console', 'cli'));
ALTER TABLE plan
  DROP CONSTRAINT plan_origin_check,
  ADD CONSTRAINT plan_origin_check
    CHECK (origin IN ('webhook', 'poll', 'replay', 'sweep', 'reconcile', 'console', 'cli'));

ALTER TABLE notification
  ADD COLUMN merged_into text;               -- of a deletion: the record that goes on as both; opt-outs and memberships follow
