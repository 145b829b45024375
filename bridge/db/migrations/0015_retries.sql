-- Retries: what a subject waits for and since when it fails, outages of a whole service, causes of dead letters, replays.

CREATE TABLE outage (                        -- a service that fails whoever asks it: one probe at a time until it answers
  connection_id int REFERENCES connection,
  system        text CONSTRAINT outage_system CHECK (system IN ('salesforce', 'constant_contact')),
  since         timestamptz NOT NULL,                              -- the first of the failures in a row
  failures      int NOT NULL,                                      -- in a row, whichever subject met them
  failed_at     timestamptz NOT NULL,
  probe_at      timestamptz,                                       -- nobody calls before this; NULL: too few failures to tell
  reason        text NOT NULL,
  PRIMARY KEY (connection_id, system)
);

ALTER TABLE work
  ADD COLUMN failing_since timestamptz,      -- first of the failed attempts in a row: given up after seven days
  ADD COLUMN waits_for     text CONSTRAINT work_waits_for CHECK (waits_for IN ('salesforce', 'constant_contact')),
  ADD COLUMN replay_of     text;             -- the notification that is replayed as accepted; NULL: decided as things are now

ALTER TABLE notification
  ADD COLUMN cause              text,        -- of a dead letter: the same for all that one act can mend
  ADD COLUMN mapping_version_id int,         -- in force when triage accepted it
  ADD COLUMN replay             text CONSTRAINT notification_replay CHECK (replay IN ('as_accepted', 'todays_mapping'));
CREATE INDEX notification_dead ON notification (connection_id, cause) WHERE state = 'dead';

ALTER TABLE connection
  ADD COLUMN paused_by text CONSTRAINT connection_paused_by CHECK (paused_by IN ('salesforce', 'constant_contact'));
