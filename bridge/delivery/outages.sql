-- name: outages
-- Services of a connection that failed lately: reason, since when, and the seconds until somebody may try (NULL: all may).
SELECT system, reason, since, extract(epoch FROM probe_at - app_now())::float8
FROM outage
WHERE connection_id = %(connection_id)s

-- name: take_probe
-- One worker at a time asks a service that was down; if it dies, another asks later.
UPDATE outage
SET probe_at = app_now() + make_interval(secs => %(lease_s)s)
WHERE connection_id = %(connection_id)s AND system = %(system)s AND probe_at <= app_now()
RETURNING system

-- name: give_probe_back
-- Who was to ask found nothing to ask.
UPDATE outage
SET probe_at = app_now()
WHERE connection_id = %(connection_id)s AND system = %(system)s

-- name: count_failure
-- One more failure in a row; those of long ago count for nothing, unless the service is known to be down.
INSERT INTO outage (connection_id, system, since, failures, failed_at, reason)
VALUES (%(connection_id)s, %(system)s, app_now(), 1, app_now(), %(reason)s)
ON CONFLICT (connection_id, system) DO UPDATE
  SET (since, failures) = (
        SELECT CASE WHEN is_another THEN EXCLUDED.since ELSE outage.since END,
          CASE WHEN is_another THEN 1 ELSE outage.failures + 1 END
        FROM (SELECT outage.probe_at IS NULL AND outage.failed_at < app_now() - interval '10 minutes') AS t (is_another)),
      failed_at = EXCLUDED.failed_at,
      reason = EXCLUDED.reason
RETURNING failures, extract(epoch FROM app_now() - since)::float8

-- name: postpone_probe
-- The service is down: nobody asks it before this.
UPDATE outage
SET probe_at = app_now() + make_interval(secs => %(wait_s)s)
WHERE connection_id = %(connection_id)s AND system = %(system)s

-- name: end_outage
-- The service answers. Returns since when it was down, where it was.
DELETE FROM outage
WHERE connection_id = %(connection_id)s AND system = %(system)s
RETURNING CASE WHEN probe_at IS NOT NULL THEN since END

-- name: wake_waiting
-- What waits for a service that answers again is due at once. Nothing was wrong with what has failed in the outage alone: the
-- time for which it is tried begins here. What somebody holds is being tried anyway.
UPDATE work AS waiting
SET due_at = app_now(),
    attempts = CASE WHEN waiting.failing_since >= %(since)s THEN 0 ELSE waiting.attempts END,
    failing_since = CASE WHEN waiting.failing_since >= %(since)s THEN app_now() ELSE waiting.failing_since END
FROM (
  SELECT connection_id, kind, key
  FROM work
  WHERE connection_id = %(connection_id)s AND waits_for = %(system)s AND done < wanted
    AND (due_at > app_now() OR failing_since >= %(since)s)
  ORDER BY kind, key
  FOR UPDATE SKIP LOCKED) AS late
WHERE waiting.connection_id = late.connection_id AND waiting.kind = late.kind AND waiting.key = late.key
