-- What the first day found, told again by its page; numbers and names of lists, nobody's address.

CREATE TABLE first_day (
  connection_id int REFERENCES connection,
  id            bigint GENERATED ALWAYS AS IDENTITY,
  made_at       timestamptz NOT NULL,
  made_by       text NOT NULL,
  findings      jsonb NOT NULL,                                    -- as bridge.first_day.model.Findings
  PRIMARY KEY (connection_id, id)
);
