-- name: connections
-- Every connection, which version of its mapping it works with and what is wrong with it, and since when its oldest change
-- of consent waits to be carried out, given up or not.
SELECT c.id, c.name, c.state, c.state_reason, v.id AS mapping_version, v.fault AS mapping_fault,
  waiting.reason AS mapping_waits, consent.since AS consent_since
FROM connection c
LEFT JOIN mapping_version v ON v.connection_id = c.id AND v.is_active
LEFT JOIN mapping_pending waiting ON waiting.connection_id = c.id AND waiting.state = 'pending'
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

-- name: open_notifications
-- What waits of connections that cannot work on it: for whoever looks often, where counting all of them would cost much.
SELECT n.connection_id, n.state, n.count, n.untriaged_since
FROM connection c
CROSS JOIN LATERAL (                         -- for each such connection alone: most have nothing to be counted
  SELECT m.connection_id, m.state, count(*) AS count, min(m.received_at) FILTER (WHERE m.state = 'received') AS untriaged_since
  FROM notification m
  WHERE m.connection_id = c.id AND m.state IN ('received', 'waiting', 'working')
  GROUP BY m.connection_id, m.state) AS n
WHERE c.state = 'unconnected'
  OR NOT EXISTS (SELECT FROM mapping_version v WHERE v.connection_id = c.id AND v.is_active)
ORDER BY n.connection_id, n.state

-- name: failed_runs
-- Jobs whose last run failed: none that does as much has ended well since.
SELECT DISTINCT ON (r.connection_id, r.job) r.connection_id, r.job, r.id, r.reason, r.finished_at
FROM run r
WHERE r.state = 'failed'
  AND NOT EXISTS (
    SELECT FROM run later
    WHERE later.connection_id = r.connection_id AND later.job = r.job AND later.id > r.id
      AND later.state = 'done' AND later.mode IN ('apply', r.mode))
ORDER BY r.connection_id, r.job, r.id DESC

-- name: schedules
-- When each job of a connection that works is due, and the latest due time or start that a run has met.
SELECT s.connection_id, s.job, s.cron, s.zone, s.since,
  (SELECT max(greatest(r.started_at, f.due_at))
   FROM run r
   LEFT JOIN schedule_fire f ON f.connection_id = r.connection_id AND f.run_id = r.id
   WHERE r.connection_id = s.connection_id AND r.job = s.job AND r.started_at IS NOT NULL) AS met_at
FROM schedule s
JOIN connection c ON c.id = s.connection_id
WHERE s.enabled AND c.state = 'active'
ORDER BY s.connection_id, s.job

-- name: held_plans
-- Plans of runs that a guard has stopped.
SELECT p.connection_id, p.id, r.job, p.wait_reason AS reason
FROM plan p
JOIN run r ON r.connection_id = p.connection_id AND r.id = p.run_id
WHERE p.run_id IS NOT NULL AND r.mode = 'apply' AND p.state = 'waiting' AND p.wait_reason IS NOT NULL
ORDER BY p.connection_id, p.id

-- name: rejections
-- What the last run of each job that ended well has read and could not take.
SELECT DISTINCT ON (r.connection_id, r.job) r.connection_id, r.job, r.id AS run_id, (r.counters ->> 'read')::int AS read,
  (SELECT coalesce(sum(count::int), 0) FROM jsonb_each_text(r.counters -> 'rejected') AS by_reason (reason, count))::int
    AS rejected
FROM run r
WHERE r.state = 'done' AND (r.counters ->> 'read')::int > 0
ORDER BY r.connection_id, r.job, r.id DESC

-- name: integrity
-- How far both sides agreed at the last run that compared them, and what was usual before.
SELECT last.connection_id, last.job, last.run_id, last.linked, last.agreeing, last.causes, before.usual
FROM (
  SELECT DISTINCT ON (connection_id, job) *
  FROM integrity_score
  ORDER BY connection_id, job, taken_at DESC, run_id DESC) AS last
CROSS JOIN LATERAL (
  SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY agreeing::float8 / linked) AS usual
  FROM (
    SELECT agreeing, linked
    FROM integrity_score s
    WHERE s.connection_id = last.connection_id AND s.job = last.job AND s.linked > 0 AND s.run_id <> last.run_id
    ORDER BY s.taken_at DESC
    LIMIT 14) AS earlier) AS before
ORDER BY last.connection_id, last.job

-- name: silences
-- Objects whose records changed without a notification, and the definitions that should have told of it.
SELECT s.connection_id, s.object, s.since, s.changed,
  coalesce((
      SELECT array_agg(DISTINCT d.action_id ORDER BY d.action_id)
      FROM outbound_definition d
      WHERE d.connection_id = s.connection_id AND d.object = s.object AND d.lane > 0),
    array_remove(ARRAY[s.action_id], NULL)) AS definitions
FROM silence s
JOIN connection c ON c.id = s.connection_id
WHERE s.since IS NOT NULL AND c.state = 'active'
ORDER BY s.connection_id, s.object

-- name: token_ends
-- When refresh tokens end that nobody uses (developer guide, "OAuth2 refresh tokens").
SELECT connection_id, stored_at + interval '180 days' AS ends_at
FROM credential
WHERE kind = 'cc_token'
ORDER BY connection_id

-- name: login_ends
-- When the certificates end that Salesforce knows the keys of logins by.
SELECT connection_id, expires_at AS ends_at
FROM credential
WHERE kind = 'sf_key' AND expires_at IS NOT NULL
ORDER BY connection_id

-- name: certificates
-- Certificates that Salesforce meets.
SELECT address, ends_at, refused
FROM certificate
WHERE address = ANY(%(addresses)s)
ORDER BY address

-- name: outlets
-- How the alerts to each outlet get on.
SELECT o.name,
  count(d.alert_id) FILTER (WHERE d.delivered_at IS NULL) AS waiting,
  min(d.failed_since) FILTER (WHERE d.delivered_at IS NULL) AS failed_since,
  (array_agg(d.error ORDER BY d.due_at DESC) FILTER (WHERE d.delivered_at IS NULL AND d.error IS NOT NULL))[1] AS error,
  max(d.delivered_at) AS delivered_at
FROM unnest(%(outlets)s::text[]) AS o (name)
LEFT JOIN alert_delivery d ON d.outlet = o.name
GROUP BY o.name
ORDER BY o.name

-- name: night_changes
-- What both sides changed before the last nightly look, and matters.
SELECT l.connection_id, c ->> 'about' AS about, c ->> 'says' AS says
FROM (
  SELECT DISTINCT ON (connection_id) connection_id, changes
  FROM doctor_look
  WHERE finished_at IS NOT NULL
  ORDER BY connection_id, due_at DESC) l,
  jsonb_array_elements(l.changes) c
WHERE (c ->> 'matters')::bool
UNION ALL
SELECT NULL, c ->> 'about', c ->> 'says'
FROM setting s, jsonb_array_elements(s.value -> 'changes') c
WHERE s.connection_id IS NULL AND s.name = 'doctor_installation' AND (c ->> 'matters')::bool
ORDER BY connection_id, about

-- name: night_failures
-- Checks that failed at the last nightly look.
SELECT l.connection_id, f ->> 'cause' AS cause, f ->> 'says' AS says, f ->> 'advice' AS advice
FROM (
  SELECT DISTINCT ON (connection_id) connection_id, findings
  FROM doctor_look
  WHERE finished_at IS NOT NULL
  ORDER BY connection_id, due_at DESC) l,
  jsonb_array_elements(l.findings) f
WHERE f ->> 'state' = 'failed'
ORDER BY l.connection_id, cause, f ->> 'about'
