-- What the doctor finds each night, and what both sides were like: the next night tells what changed.

CREATE TABLE doctor_look (
  connection_id int REFERENCES connection,
  due_at        timestamptz,
  begun_at      timestamptz NOT NULL,
  finished_at   timestamptz,
  findings      jsonb,
  shape         jsonb,                                             -- NULL: not both sides were seen
  changes       jsonb,                                             -- since the last look with a shape
  PRIMARY KEY (connection_id, due_at),
  CONSTRAINT doctor_look_is_whole CHECK (
    (finished_at IS NULL) = (findings IS NULL) AND (finished_at IS NULL) = (changes IS NULL))
);
