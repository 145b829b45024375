-- name: connections
-- Every connection, which version of its mapping it works with and what is wrong with it, and since when its oldest change
-- of consent waits to be carried out, given up or not.
SELECT c.id, c.name, c.state, c.state_reason, v.id AS mapping_version, v.fault AS mapping_fault,
  consent.since AS consent_since
FROM connection c
LEFT JOIN mapping_version v ON v.connection_id = c.id AND v.is_active
LEFT JOIN (
  SELECT connection_id, min(since) AS since
  FROM (
    SELECT connection_id, first_received_at AS since
    FROM notification
    WHERE state = 'received' AND consent
    UNION ALL
    SELECT w.connection_id, coalesce((
        SELECT min(n.first_received_at)
        FROM notification_subject s
        JOIN notification n ON n.connection_id = s.connection_id AND n.notification_id = s.notification_id
        WHERE s.connection_id = w.connection_id AND s.kind = w.kind AND s.key = w.key
          AND s.generation > w.done AND n.state IN ('waiting', 'working', 'dead')), w.due_at)
    FROM work w
    WHERE w.consent_wanted > w.done) AS open
  GROUP BY connection_id) AS consent ON consent.connection_id = c.id
ORDER BY c.name

-- name: lanes
-- What waits in each lane: how much, since when the oldest is due, and what was given up.
SELECT w.connection_id, w.lane,
  count(*) FILTER (WHERE w.blocked_reason IS NULL) AS waiting,
  count(*) FILTER (WHERE w.lease_until >= app_now()) AS in_hand,
  count(*) FILTER (WHERE w.attempts > 0 AND w.blocked_reason IS NULL) AS retrying,
  count(*) FILTER (WHERE w.blocked_reason IS NOT NULL) AS given_up,
  min(w.due_at) FILTER (WHERE w.blocked_reason IS NULL AND w.due_at <= app_now() AND w.bulk_activity_id IS NULL
    AND (w.lease_until IS NULL OR w.lease_until < app_now())) AS due_since
FROM work w
WHERE w.done < w.wanted
GROUP BY w.connection_id, w.lane
ORDER BY w.connection_id, w.lane

-- name: notification_counts
-- Notifications that are kept, by state.
SELECT connection_id, state, count(*) AS count,
  min(received_at) FILTER (WHERE state = 'received') AS untriaged_since
FROM notification
GROUP BY connection_id, state
ORDER BY connection_id, state

-- name: dead_letters
-- Why notifications were given up, the most frequent causes first.
SELECT connection_id, coalesce(reason, 'no reason is kept') AS reason, count(*) AS count, max(finished_at) AS last_at
FROM notification
WHERE state = 'dead'
GROUP BY connection_id, coalesce(reason, 'no reason is kept')
ORDER BY count(*) DESC, coalesce(reason, 'no reason is kept')
LIMIT 5

-- name: budgets
-- The day of each API application that a connection uses; a day that has passed begins anew.
SELECT a.id, a.day_limit, a.consent_reserve,
  calls_used_today(a) AS used,
  CASE WHEN a.paused_until > app_now() THEN a.paused_until END AS paused_until,
  (date_trunc('day', app_now() AT TIME ZONE 'UTC') + interval '1 day') AT TIME ZONE 'UTC' AS begins_anew_at,
  array_agg(c.name ORDER BY c.name) AS connections
FROM api_application a
JOIN connection c ON c.api_application_id = a.id
GROUP BY a.id
ORDER BY a.id

-- name: last_runs
-- The last run of each job.
SELECT DISTINCT ON (r.connection_id, r.job) r.connection_id, r.id, r.job, r.mode, r.state, r.reason, r.asked_at, r.finished_at
FROM run r
ORDER BY r.connection_id, r.job, r.id DESC

-- name: worker_silence
-- Seconds since a worker that uses PostgreSQL as its broker was last heard of.
SELECT extract(epoch FROM now() - max(heartbeat_at))::float8
FROM dramatiq.worker

-- name: oldest_wakeup
-- Since when a wake-up waits to be taken, whatever the broker.
SELECT min(asked_at)
FROM wakeup
