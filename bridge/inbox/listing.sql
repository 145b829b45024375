-- name: newest_notifications
-- What arrived last, of one connection or state where these are given.
SELECT c.name AS connection, n.connection_id, n.notification_id, n.origin, n.object, n.record_id, n.action_id, n.consent,
  n.state, n.reason, n.cause, n.attempts, n.times_received, n.first_received_at, n.received_at, n.finished_at,
  n.message_id, n.ordinal, n.mapping_version_id, host(m.from_address) AS from_address
FROM notification AS n
JOIN connection AS c ON c.id = n.connection_id
LEFT JOIN message AS m ON m.received_at = n.received_at AND m.id = n.message_id
WHERE (%(state)s::text IS NULL OR n.state = %(state)s)
  AND (%(connection)s::text IS NULL OR c.name = %(connection)s)
ORDER BY n.seq DESC
LIMIT %(count)s

-- name: causes
-- Dead letters by what one act can mend: how many, of how many people, since when, and the latest one's reason.
SELECT c.name AS connection, coalesce(n.cause, 'unknown') AS cause, count(DISTINCT n.notification_id) AS notifications,
  count(DISTINCT s.key) FILTER (WHERE s.kind = 'address') AS people,
  min(n.finished_at) AS since, max(n.finished_at) AS latest,
  coalesce((array_agg(n.reason ORDER BY n.finished_at DESC, n.seq DESC))[1], '') AS reason
FROM notification AS n
JOIN connection AS c ON c.id = n.connection_id
LEFT JOIN notification_subject AS s
  ON s.connection_id = n.connection_id AND s.notification_id = n.notification_id
WHERE n.state = 'dead' AND (%(connection)s::text IS NULL OR c.name = %(connection)s)
GROUP BY c.name, coalesce(n.cause, 'unknown')
ORDER BY count(DISTINCT n.notification_id) DESC, c.name, coalesce(n.cause, 'unknown')

-- name: one_notification
-- One notification, in each connection that has received it.
SELECT c.name AS connection, n.connection_id, n.notification_id, n.origin, n.object, n.record_id, n.action_id, n.consent,
  n.state, n.reason, n.cause, n.attempts, n.times_received, n.first_received_at, n.received_at, n.finished_at,
  n.message_id, n.ordinal, n.mapping_version_id, host(m.from_address) AS from_address
FROM notification AS n
JOIN connection AS c ON c.id = n.connection_id
LEFT JOIN message AS m ON m.received_at = n.received_at AND m.id = n.message_id
WHERE n.notification_id = %(notification_id)s
  AND (%(connection)s::text IS NULL OR c.name = %(connection)s)
ORDER BY c.name

-- name: replay
-- Triage reads it again, as if it had just arrived.
UPDATE notification
SET state = 'received', reason = NULL, cause = NULL, attempts = 0, finished_at = NULL, replay = %(mode)s
WHERE connection_id = %(connection_id)s AND notification_id = %(notification_id)s

-- name: dead_of_causes
-- How many dead letters of some causes can be replayed, and the present moment: what dies later is left alone.
SELECT count(*), app_now()
FROM notification AS n
JOIN connection AS c ON c.id = n.connection_id
WHERE n.state = 'dead' AND n.record_id IS NOT NULL AND coalesce(n.cause, 'unknown') = ANY(%(causes)s)
  AND (%(connection)s::text IS NULL OR c.name = %(connection)s)
  AND (%(mode)s <> 'as_accepted' OR n.mapping_version_id IS NOT NULL)

-- name: replay_of_causes
-- The same for dead letters of some causes, the oldest first.
UPDATE notification AS n
SET state = 'received', reason = NULL, cause = NULL, attempts = 0, finished_at = NULL, replay = %(mode)s
FROM (
  SELECT n.connection_id, n.notification_id
  FROM notification AS n
  JOIN connection AS c ON c.id = n.connection_id
  WHERE n.state = 'dead' AND n.record_id IS NOT NULL AND coalesce(n.cause, 'unknown') = ANY(%(causes)s)
    AND n.finished_at <= %(until)s
    AND (%(connection)s::text IS NULL OR c.name = %(connection)s)
    AND (%(mode)s <> 'as_accepted' OR n.mapping_version_id IS NOT NULL)
  ORDER BY n.seq
  LIMIT %(count)s
  FOR UPDATE OF n SKIP LOCKED) AS dead
WHERE n.connection_id = dead.connection_id AND n.notification_id = dead.notification_id
RETURNING n.notification_id, n.consent, (SELECT c.name FROM connection AS c WHERE c.id = n.connection_id)
