-- Places for the calls that are on their way, so that never more arrive in a second than the vendor allows; and the work
-- that may go in bulk, named once.

-- As many places for an application as it has calls a second; each is made when it is first needed. Unlogged, because it
-- is true for a second, and no call shall wait for the disk.
CREATE UNLOGGED TABLE api_place (
  api_application_id int REFERENCES api_application,
  number             int,
  taken_at           timestamptz NOT NULL,                         -- by the latest call
  free_at            timestamptz NOT NULL,                         -- of a call on its way: when it is given up
  round_trip         interval,                                     -- the least that an answer has taken lately
  PRIMARY KEY (api_application_id, number)
);
