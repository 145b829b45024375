-- Fields of contacts that the bridge sets and somebody in Constant Contact sets back, again and again.

CREATE TABLE flapping_field (                -- at most one value of a field at an address; gone once both sides agree
  connection_id int REFERENCES connection,
  key           text,                                              -- the address
  field         text,                                              -- as in the changes of steps
  ours          jsonb NOT NULL,                                    -- what the bridge writes
  theirs        jsonb NOT NULL,                                    -- what it was set back to last
  set_back_at   timestamptz[] NOT NULL,                            -- when the bridge has written its value over that, the latest last
  paused_at     timestamptz,                                       -- since when it does so no more
  PRIMARY KEY (connection_id, key, field)
);
