-- The inbox: what Salesforce sent, committed before it is acknowledged.

CREATE TABLE message (                       -- wide and short-lived: partitions by day are dropped after 14 days
  id            uuid,
  received_at   timestamptz NOT NULL,
  connection_id int NOT NULL,
  from_address  inet,
  encoding      text NOT NULL,                                     -- of the body: what the parser is told where the HTTP charset beats the declaration
  body          bytea NOT NULL,                                    -- any SessionId already blanked; long ones are Zstandard frames
  PRIMARY KEY (received_at, id)
) PARTITION BY RANGE (received_at);

ALTER TABLE message ALTER COLUMN body SET STORAGE EXTERNAL;         -- the server would compress again, and pglz costs more than all of receiving

CREATE TABLE message_default PARTITION OF message DEFAULT          -- a missing partition must never refuse a message
  WITH (toast_tuple_target = 8160);                                -- a message of one notification stays beside its row

CREATE TABLE notification (                  -- narrow, not partitioned: its primary key is the deduplication; no foreign keys on the receiving path
  connection_id     int,
  notification_id   text,
  seq               bigint GENERATED ALWAYS AS IDENTITY,
  origin            text NOT NULL DEFAULT 'message' CONSTRAINT notification_origin CHECK (origin IN ('message', 'poll')),
  message_id        uuid,
  received_at       timestamptz NOT NULL,                          -- of the body that counts: a repeat that differs replaces it
  ordinal           smallint NOT NULL DEFAULT 0,                   -- position in that message, from 0
  body_digest       bytea,
  first_received_at timestamptz NOT NULL,
  times_received    int NOT NULL DEFAULT 1,
  action_id         text,
  object            text,
  record_id         text,
  kept_xml          bytea,                                         -- copied when dead: outlives the raw message
  consent           bool NOT NULL DEFAULT false,                   -- flagged at receipt by its ActionId: triaged by a process of its own
  state             text NOT NULL DEFAULT 'received'
                    CONSTRAINT notification_state
                    CHECK (state IN ('received', 'waiting', 'working', 'done', 'superseded', 'ignored', 'dead')),
  reason            text,
  attempts          int NOT NULL DEFAULT 0,
  finished_at       timestamptz,
  PRIMARY KEY (connection_id, notification_id),
  CONSTRAINT notification_has_message CHECK (origin <> 'message' OR message_id IS NOT NULL),
  CONSTRAINT notification_finished CHECK ((state IN ('done', 'superseded', 'ignored', 'dead')) = (finished_at IS NOT NULL))
);
CREATE INDEX notification_untriaged ON notification (seq) WHERE state = 'received' AND NOT consent;
CREATE INDEX notification_consent ON notification (seq) WHERE state = 'received' AND consent;
CREATE INDEX notification_record ON notification (connection_id, record_id, received_at) WHERE state <> 'received';  -- search; paid by triage
CREATE INDEX notification_ended ON notification (finished_at) WHERE finished_at IS NOT NULL;                          -- retention

CREATE TABLE notification_subject (          -- what it made dirty: a change of address marks two, an account marks its people
  connection_id   int,
  notification_id text,
  kind            text CONSTRAINT notification_subject_kind CHECK (kind IN ('address', 'list')),
  key             text,
  generation      bigint NOT NULL,                                 -- done once work.done >= generation
  PRIMARY KEY (connection_id, notification_id, kind, key),
  FOREIGN KEY (connection_id, notification_id) REFERENCES notification ON DELETE CASCADE
);
CREATE INDEX notification_subject_key ON notification_subject (connection_id, kind, key, generation);

CREATE TABLE watermark (                     -- moved in the transaction that ends the poll (or the run)
  connection_id int REFERENCES connection,
  source        text,
  at            timestamptz NOT NULL,
  last_id       text NOT NULL DEFAULT '',
  run_id        bigint,
  PRIMARY KEY (connection_id, source)
);
