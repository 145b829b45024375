-- name: take_slot
-- one API call, if it may start within ahead_ms, and its count by lane; no row: not now
-- lateness of a caller is forgiven up to 25 ms, so that a paced caller keeps the rate; with a gap
-- of 260 ms five grants still span 4 * 260 - 25 ms and more
WITH granted AS (
  UPDATE api_application
  SET next_at = greatest(next_at, app_now() - interval '25 milliseconds')
                + make_interval(secs => gap_ms / 1000.0),
      used = CASE WHEN day = (app_now() AT TIME ZONE 'UTC')::date THEN used ELSE 0 END + 1,
      day = (app_now() AT TIME ZONE 'UTC')::date
  WHERE id = %(application_id)s
    AND (paused_until IS NULL OR paused_until <= app_now())
    AND next_at <= app_now() + make_interval(secs => %(ahead_ms)s / 1000.0)
    AND (day <> (app_now() AT TIME ZONE 'UTC')::date
         OR used < day_limit - CASE WHEN %(lane)s = 0 THEN 0 ELSE consent_reserve END)
  RETURNING id, day, next_at - make_interval(secs => gap_ms / 1000.0) AS starts_at
), counted AS (
  INSERT INTO api_usage AS u (api_application_id, day, connection_id, lane, used)
  SELECT id, day, %(connection_id)s, %(lane)s, 1
  FROM granted
  ON CONFLICT (api_application_id, day, connection_id, lane) DO UPDATE
  SET used = u.used + 1
)
SELECT greatest(starts_at, app_now()) AS starts_at,
       greatest(0, extract(epoch FROM starts_at - app_now()))::float8 AS wait_s
FROM granted;

-- name: next_slot
-- why no slot was granted: the day is spent, or until when to wait
SELECT coalesce(pause_reason = 'quota_exceeded' AND paused_until > app_now(), false)
       OR (day = (app_now() AT TIME ZONE 'UTC')::date
           AND used >= day_limit - CASE WHEN %(lane)s = 0 THEN 0 ELSE consent_reserve END)
         AS is_spent,
       greatest(0, extract(epoch FROM
         greatest(next_at, coalesce(paused_until, '-infinity')) - app_now()))::float8 AS wait_s,
       CASE WHEN pause_reason = 'quota_exceeded' AND paused_until > app_now() THEN paused_until
            ELSE (date_trunc('day', app_now() AT TIME ZONE 'UTC') + interval '1 day')
                 AT TIME ZONE 'UTC'
       END AS until
FROM api_application
WHERE id = %(application_id)s;

-- name: push_back
-- the vendor answered "throttled": nobody calls for a while
UPDATE api_application
SET next_at = greatest(next_at, app_now() + make_interval(secs => %(seconds)s))
WHERE id = %(application_id)s;

-- name: spend_day
-- the vendor answered "quota exceeded": nobody calls before its midnight; just after ours its
-- clock may still be in the day before, so look again soon
UPDATE api_application
SET pause_reason = 'quota_exceeded',
    paused_until = CASE
      WHEN (app_now() AT TIME ZONE 'UTC')::time < time '00:10' THEN app_now() + interval '1 minute'
      ELSE (date_trunc('day', app_now() AT TIME ZONE 'UTC') + interval '1 day') AT TIME ZONE 'UTC'
    END
WHERE id = %(application_id)s;

-- name: token_wait
-- seconds until the token end point may be asked again
SELECT greatest(0, extract(epoch FROM token_next_at - app_now()))::float8
FROM api_application
WHERE id = %(application_id)s;

-- name: push_back_token
-- the token end point failed: all workers leave it alone for a while
UPDATE api_application
SET token_next_at = app_now() + make_interval(secs => %(seconds)s)
WHERE id = %(application_id)s;
