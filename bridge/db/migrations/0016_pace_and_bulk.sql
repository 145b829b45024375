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

-- The day of the vendor's count, what is used of it, and where a lane's part of it ends: before what is kept for the lanes
-- that are more urgent.
CREATE FUNCTION utc_today() RETURNS date
  LANGUAGE sql VOLATILE
  RETURN (app_now() AT TIME ZONE 'UTC')::date;

-- A day that has begun is not given back when a clock is set back over midnight: its calls would be counted anew.
CREATE FUNCTION day_of_calls(a api_application) RETURNS date
  LANGUAGE sql VOLATILE
  RETURN CASE WHEN a.day = utc_today() + 1 THEN a.day ELSE utc_today() END;

CREATE FUNCTION calls_used_today(a api_application) RETURNS int
  LANGUAGE sql VOLATILE
  RETURN CASE WHEN a.day = day_of_calls(a) THEN a.used ELSE 0 END;

CREATE FUNCTION calls_open_to(a api_application, lane int) RETURNS int
  LANGUAGE sql IMMUTABLE
  RETURN a.day_limit - CASE WHEN lane > 0 THEN a.consent_reserve ELSE 0 END
                     - CASE WHEN lane > 1 THEN a.interactive_reserve ELSE 0 END
                     - CASE WHEN lane > 2 THEN a.webhook_reserve ELSE 0 END;

-- Whether bulk may take in what waits of a subject: no consent, nothing that goes one by one or failed too often, and an
-- address that is known. PostgreSQL puts the expression into the statement that asks.
CREATE FUNCTION fits_bulk(w work) RETURNS bool
  LANGUAGE sql IMMUTABLE
  RETURN w.kind = 'address' AND w.lane > 1 AND w.consent_wanted <= w.done AND w.single_generation < w.wanted
    AND w.attempts < 3 AND position('@' IN w.key) > 0;

-- What a bulk round may take in now: it waits, is due, and nobody holds it or has paused its lane.
CREATE VIEW backlog AS
SELECT w.connection_id, w.kind, w.key
FROM work w
WHERE fits_bulk(w) AND w.done < w.wanted AND w.blocked_reason IS NULL AND w.due_at <= app_now()
  AND w.bulk_activity_id IS NULL AND (w.lease_until IS NULL OR w.lease_until < app_now())
  AND NOT EXISTS (SELECT FROM pause p WHERE p.connection_id = w.connection_id AND p.lane = w.lane);

-- Taken in by address, some hundred at a time: without this, each time all that were taken in before are passed over.
CREATE INDEX work_backlog ON work (connection_id, key)
  WHERE kind = 'address' AND done < wanted AND blocked_reason IS NULL AND bulk_activity_id IS NULL;
