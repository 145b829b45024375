-- What pages read beside what the commands read.

-- name: nights
-- What the scheduled runs of each of the last days came to; days without one are not among them.
SELECT (asked_at AT TIME ZONE %(zone)s)::date AS day, count(*) AS runs, count(*) FILTER (WHERE state = 'failed') AS failed,
  count(*) FILTER (WHERE state = 'waiting' OR state = 'cancelled') AS stopped, max(id) AS run_id
FROM run
WHERE origin = 'schedule' AND asked_at > app_now() - make_interval(days => %(days)s)
  AND (%(connection_id)s::int IS NULL OR connection_id = %(connection_id)s)
GROUP BY 1
ORDER BY day

-- name: scores
-- How far both sides agreed at the last run of each job that compared them.
SELECT DISTINCT ON (c.name, s.job) c.name AS connection, s.job, s.run_id, s.taken_at, s.linked, s.agreeing,
  coalesce((s.causes ->> 'unexplained')::int, 0) AS unexplained
FROM integrity_score s
JOIN connection c ON c.id = s.connection_id
WHERE %(connection_id)s::int IS NULL OR s.connection_id = %(connection_id)s
ORDER BY c.name, s.job, s.run_id DESC

-- name: runs
-- A page of runs, the newest first.
SELECT connection_id, id
FROM run
WHERE (%(connection_id)s::int IS NULL OR connection_id = %(connection_id)s)
  AND (%(job)s::text IS NULL OR job = %(job)s)
  AND (%(state)s::text IS NULL OR state = %(state)s)
  AND (%(before)s::bigint IS NULL OR id < %(before)s)
ORDER BY id DESC
LIMIT %(count)s

-- name: usual_length
-- How long the last runs of a job took that did what this one does, in seconds; none where there was none.
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - started_at))::float
FROM (
  SELECT started_at, finished_at
  FROM run
  WHERE connection_id = %(connection_id)s AND job = %(job)s AND mode = %(mode)s AND state = 'done'
    AND extent IS NOT DISTINCT FROM %(extent)s
  ORDER BY id DESC
  LIMIT 10) AS last

-- name: run_ahead
-- The job that another run of the connection is at, and for which this one has to wait.
SELECT job
FROM run
WHERE connection_id = %(connection_id)s AND id <> %(run_id)s AND finished_at IS NULL AND state <> 'waiting'
  AND lease_until >= app_now()
ORDER BY id
LIMIT 1

-- name: plan_steps
-- A page of the steps of a plan, in order, from a place on: all, or those that are meant.
SELECT connection_id, plan_id, ordinal, key, kind, subject_kind, subject_key, detail, facts, mapping_version_id, reason, state,
  outcome, now
FROM plan_step
WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s AND ordinal BETWEEN %(from_ordinal)s AND %(to_ordinal)s
  AND (%(sign)s::text IS NULL OR sign = %(sign)s)
  AND (%(state)s::text IS NULL OR state = %(state)s)
  AND (%(names)s::text[] IS NULL OR subject_key = ANY(%(names)s) OR detail->>'contact_id' = ANY(%(names)s)
    OR detail->'body'->>'practifi_contact' = ANY(%(names)s)
    OR old_lists ?| %(names)s OR new_lists ?| %(names)s)
ORDER BY ordinal
LIMIT %(count)s

-- name: last_run_ids
-- The last run of each job of a connection, and the last one that has ended.
SELECT job, max(id), max(id) FILTER (WHERE finished_at IS NOT NULL)
FROM run
WHERE connection_id = %(connection_id)s
GROUP BY job

-- name: schedules
-- When the jobs of a connection are due.
SELECT job, cron, zone, enabled
FROM schedule
WHERE connection_id = %(connection_id)s
ORDER BY job

-- name: sizes
-- How much there is to read in Constant Contact, as far as the last reading saw it.
SELECT
  (SELECT count(*) FROM cc_list WHERE connection_id = %(connection_id)s AND deleted_at IS NULL) AS lists,
  (SELECT count(*) FROM cc_contact WHERE connection_id = %(connection_id)s AND deleted_at IS NULL) AS contacts,
  (SELECT count(*) FROM campaign_activity WHERE connection_id = %(connection_id)s) AS mailings

-- name: connection_facts
-- By whom and when the account was authorised, what its token may do and until when, and when a message came last.
SELECT c.cc_authorised_at AS authorised_at, c.cc_authorised_by AS authorised_by, c.cc_scopes AS scopes,
  t.connection_id IS NOT NULL AS has_token, t.expires_at AS token_ends_at,
  (SELECT received_at FROM message WHERE connection_id = %(connection_id)s ORDER BY received_at DESC LIMIT 1) AS heard_at,
  (SELECT id FROM mapping_version WHERE connection_id = %(connection_id)s AND is_active) AS mapping_version
FROM connection c
LEFT JOIN credential t ON t.connection_id = c.id AND t.kind = 'cc_token' AND t.slot = 0
WHERE c.id = %(connection_id)s

-- name: first_of_causes
-- The first dead letter of each cause, by which version of the mapping it was accepted, and the first run that could not do
-- for the same reason what it asks for.
SELECT n.cause, n.mapping_version_id, n.notification_id, (
  SELECT min(p.run_id)
  FROM notification_subject s
  JOIN step e ON e.connection_id = s.connection_id AND e.subject_kind = s.kind AND e.subject_key = s.key
  JOIN plan p ON p.connection_id = e.connection_id AND p.id = e.plan_id
  WHERE s.connection_id = %(connection_id)s AND s.notification_id = n.notification_id
    AND e.state IN ('refused', 'failed') AND e.outcome = n.reason AND e.finished_at <= n.finished_at) AS run_id
FROM (
  SELECT DISTINCT ON (coalesce(cause, 'unknown')) coalesce(cause, 'unknown') AS cause, mapping_version_id, notification_id, reason,
    finished_at
  FROM notification
  WHERE connection_id = %(connection_id)s AND state = 'dead'
  ORDER BY coalesce(cause, 'unknown'), finished_at, seq) AS n

-- name: inbox
-- A page of notifications, the newest first: all, or those in a state or about a record.
SELECT n.connection_id, n.notification_id, n.seq, c.name AS connection, n.object, n.record_id, n.state, n.reason, n.received_at,
  n.consent
FROM notification n
JOIN connection c ON c.id = n.connection_id
WHERE (%(connection_id)s::int IS NULL OR n.connection_id = %(connection_id)s)
  AND (%(state)s::text IS NULL OR n.state = %(state)s)
  AND (%(before)s::bigint IS NULL OR n.seq < %(before)s)
  AND (%(text)s::text IS NULL OR n.notification_id = %(text)s OR n.record_id = %(text)s
    OR (n.connection_id, n.notification_id) IN (
      SELECT connection_id, notification_id FROM notification_subject WHERE kind = 'address' AND key = lower(%(text)s)))
ORDER BY n.seq DESC
LIMIT %(count)s

-- name: message_of
-- The raw message of a notification, while it is kept.
SELECT m.encoding, m.body
FROM message m
WHERE m.received_at = %(received_at)s AND m.id = %(message_id)s

-- name: calls_for
-- What was last called for what a notification has made dirty, and what was answered.
SELECT s.plan_id, s.ordinal, s.kind, s.subject_key, s.detail, s.state, s.outcome, s.answer, s.attempts, s.sent_at,
  s.finished_at, s.reason
FROM notification_subject n
JOIN LATERAL (
  SELECT *
  FROM step
  WHERE connection_id = n.connection_id AND subject_kind = n.kind AND subject_key = n.key
  ORDER BY plan_id DESC, ordinal DESC
  LIMIT 5) AS s ON true
WHERE n.connection_id = %(connection_id)s AND n.notification_id = %(notification_id)s
ORDER BY s.plan_id DESC, s.ordinal
LIMIT 10
