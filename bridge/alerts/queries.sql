-- Alerts, and who was told of them.

-- name: look_alone
-- One process looks at a time; another one leaves this look to it.
SELECT pg_try_advisory_xact_lock(hashtext('bridge: alerts'))

-- name: open_alerts
-- Causes that have come and have not cleared.
SELECT id, cause, connection, about, came_at, told_at, gone_at
FROM alert
WHERE ended_at IS NULL
ORDER BY id

-- name: come
-- A cause that nobody knew of.
INSERT INTO alert (cause, connection, about, says, what_to_do, came_at)
VALUES (%(cause)s, %(connection)s, %(about)s, %(says)s, %(what_to_do)s, app_now())
ON CONFLICT (cause, connection, about) WHERE ended_at IS NULL DO NOTHING

-- name: tell
-- Alerts that have lasted.
UPDATE alert
SET told_at = app_now()
WHERE id = ANY(%(ids)s) AND told_at IS NULL

-- name: go
-- Alerts whose cause stands no more.
UPDATE alert
SET gone_at = app_now()
WHERE id = ANY(%(ids)s)

-- name: come_back
-- Alerts whose cause was gone for a moment only.
UPDATE alert
SET gone_at = NULL
WHERE id = ANY(%(ids)s)

-- name: clear
-- Alerts whose cause has been gone for long enough.
UPDATE alert
SET ended_at = app_now()
WHERE id = ANY(%(ids)s)

-- name: forget
-- Causes that were gone before anybody was told of them.
DELETE FROM alert
WHERE id = ANY(%(ids)s) AND told_at IS NULL

-- name: owe
-- Every outlet is to hear of every alert that stands; none hears that it does not hear.
INSERT INTO alert_delivery (alert_id, outlet, news, due_at)
SELECT a.id, o.outlet, 'came', app_now()
FROM alert a
CROSS JOIN unnest(%(outlets)s::text[]) AS o (outlet)
WHERE a.told_at IS NOT NULL AND a.ended_at IS NULL AND NOT (a.cause = 'alerts_untaken' AND a.about = o.outlet)
ORDER BY a.id, o.outlet
ON CONFLICT (alert_id, outlet, news) DO NOTHING

-- name: owe_cleared
-- Whoever was to hear of an alert is to hear that it has cleared.
INSERT INTO alert_delivery (alert_id, outlet, news, due_at)
SELECT alert_id, outlet, 'cleared', app_now()
FROM alert_delivery
WHERE alert_id = ANY(%(ids)s) AND news = 'came'
ORDER BY alert_id, outlet
ON CONFLICT (alert_id, outlet, news) DO NOTHING

-- name: take_due
-- The next message to an outlet, put off by the wait after a failure: a sender that dies is tried again then. That a cause
-- has cleared is told after that it came.
UPDATE alert_delivery d
SET attempts = d.attempts + 1, due_at = app_now() + least(interval '1 hour', interval '1 minute' * 2 ^ least(d.attempts, 10))
FROM alert a
WHERE a.id = d.alert_id
  AND (d.alert_id, d.outlet, d.news) = (
    SELECT n.alert_id, n.outlet, n.news
    FROM alert_delivery n
    WHERE n.delivered_at IS NULL AND n.outlet = %(outlet)s AND n.due_at <= app_now()
      AND (n.news = 'came'
        OR EXISTS (
          SELECT FROM alert_delivery came
          WHERE came.alert_id = n.alert_id AND came.outlet = n.outlet AND came.news = 'came'
            AND came.delivered_at IS NOT NULL))
    ORDER BY n.due_at, n.alert_id
    LIMIT 1
    FOR UPDATE SKIP LOCKED)
RETURNING d.alert_id, d.outlet, d.news, a.cause, a.connection, a.about, a.says, a.what_to_do, a.came_at, a.ended_at

-- name: note_taken
-- The outlet has the message; what it refused before is due at once.
WITH taken AS (
  UPDATE alert_delivery
  SET delivered_at = app_now(), failed_since = NULL, error = NULL
  WHERE alert_id = %(alert_id)s AND outlet = %(outlet)s AND news = %(news)s
  RETURNING outlet)
UPDATE alert_delivery d
SET due_at = app_now(), failed_since = NULL
FROM taken
WHERE d.outlet = taken.outlet AND d.delivered_at IS NULL AND d.failed_since IS NOT NULL
  AND NOT (d.alert_id = %(alert_id)s AND d.news = %(news)s)

-- name: note_refused
-- The outlet has not taken the message.
UPDATE alert_delivery
SET failed_since = coalesce(failed_since, app_now()), error = %(error)s
WHERE alert_id = %(alert_id)s AND outlet = %(outlet)s AND news = %(news)s

-- name: newest_alerts
-- What was told, the newest first, and which outlets have it.
SELECT a.id, a.cause, a.connection, a.about, a.says, a.what_to_do, a.came_at, a.ended_at,
  coalesce(array_agg(d.outlet || ' ' || d.news ORDER BY d.outlet, d.news) FILTER (WHERE d.delivered_at IS NOT NULL), '{}')
    AS taken,
  coalesce(array_agg(d.outlet || ' ' || d.news ORDER BY d.outlet, d.news)
    FILTER (WHERE d.alert_id IS NOT NULL AND d.delivered_at IS NULL), '{}') AS waiting
FROM alert a
LEFT JOIN alert_delivery d ON d.alert_id = a.id
WHERE a.told_at IS NOT NULL
GROUP BY a.id
ORDER BY a.ended_at IS NOT NULL, a.came_at DESC, a.id DESC
LIMIT %(count)s

-- name: remember_certificate
-- What was seen of a certificate.
INSERT INTO certificate (address, looked_at, ends_at, refused)
VALUES (%(address)s, app_now(), %(ends_at)s, %(refused)s)
ON CONFLICT (address) DO UPDATE
  SET looked_at = EXCLUDED.looked_at, ends_at = EXCLUDED.ends_at, refused = EXCLUDED.refused

-- name: certificate_is_due
-- Whether nobody has looked at a certificate for an hour.
SELECT NOT EXISTS (
  SELECT FROM certificate
  WHERE address = %(address)s AND looked_at BETWEEN app_now() - interval '1 hour' AND app_now())
