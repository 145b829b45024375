-- Work: the unit of exclusion is what one PUT replaces, an e-mail address or a list.

CREATE TABLE bulk_activity (
  connection_id int REFERENCES connection,
  id            bigint GENERATED ALWAYS AS IDENTITY,
  kind          text NOT NULL,
  activity_id   uuid,
  state         text NOT NULL CONSTRAINT bulk_activity_state CHECK (state IN ('prepared', 'posted', 'completed', 'failed', 'lost')),
  status        jsonb,
  posted_at     timestamptz,
  finished_at   timestamptz,
  PRIMARY KEY (connection_id, id),
  CONSTRAINT bulk_activity_finished CHECK ((state IN ('completed', 'failed', 'lost')) = (finished_at IS NOT NULL))
);

CREATE TABLE work (
  connection_id    int REFERENCES connection,
  kind             text CONSTRAINT work_kind CHECK (kind IN ('address', 'list')),
  key              text,
  lane             smallint NOT NULL CONSTRAINT work_lane CHECK (lane BETWEEN 0 AND 4),  -- 0 consent, 1 interactive, 2 webhook, 3 reconcile, 4 engagement
  wanted           bigint NOT NULL DEFAULT 1,
  done             bigint NOT NULL DEFAULT 0,
  consent_wanted   bigint NOT NULL DEFAULT 0,                      -- last generation that concerned consent
  due_at           timestamptz NOT NULL,
  attempts         int NOT NULL DEFAULT 0,
  blocked_reason   text,
  lease_token      uuid,
  lease_until      timestamptz,
  bulk_activity_id bigint,                                         -- held by a bulk activity in flight: only lane 0 may claim
  PRIMARY KEY (connection_id, kind, key),
  FOREIGN KEY (connection_id, bulk_activity_id) REFERENCES bulk_activity,
  CONSTRAINT work_done_at_most_wanted CHECK (done <= wanted),
  CONSTRAINT work_lease_whole CHECK ((lease_token IS NULL) = (lease_until IS NULL))
);
CREATE INDEX work_due ON work (lane, due_at, connection_id) WHERE done < wanted AND blocked_reason IS NULL;
CREATE INDEX work_held ON work (connection_id, bulk_activity_id) WHERE bulk_activity_id IS NOT NULL;

CREATE TABLE wakeup (                        -- debounced outbox to the broker: at most one wake-up waits for each topic
  topic    text PRIMARY KEY,
  asked_at timestamptz NOT NULL
);
