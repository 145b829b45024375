-- Pauses: lanes of a connection that a person has stopped; what arrives is received, triaged and waits.

CREATE TABLE pause (
  connection_id int REFERENCES connection,
  lane          smallint CONSTRAINT pause_lane CHECK (lane BETWEEN 0 AND 4),  -- as work.lane
  paused_at     timestamptz NOT NULL,
  paused_by     text NOT NULL,
  reason        text,
  PRIMARY KEY (connection_id, lane)
);
