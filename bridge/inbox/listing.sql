-- name: newest_notifications
-- What arrived last, of one connection or state where these are given.
SELECT c.name AS connection, n.connection_id, n.notification_id, n.origin, n.object, n.record_id, n.action_id, n.consent,
  n.state, n.reason, n.attempts, n.times_received, n.first_received_at, n.received_at, n.finished_at,
  n.message_id, n.ordinal, host(m.from_address) AS from_address
FROM notification AS n
JOIN connection AS c ON c.id = n.connection_id
LEFT JOIN message AS m ON m.received_at = n.received_at AND m.id = n.message_id
WHERE (%(state)s::text IS NULL OR n.state = %(state)s)
  AND (%(connection)s::text IS NULL OR c.name = %(connection)s)
ORDER BY n.seq DESC
LIMIT %(count)s

-- name: one_notification
-- One notification, in each connection that has received it.
SELECT c.name AS connection, n.connection_id, n.notification_id, n.origin, n.object, n.record_id, n.action_id, n.consent,
  n.state, n.reason, n.attempts, n.times_received, n.first_received_at, n.received_at, n.finished_at,
  n.message_id, n.ordinal, host(m.from_address) AS from_address
FROM notification AS n
JOIN connection AS c ON c.id = n.connection_id
LEFT JOIN message AS m ON m.received_at = n.received_at AND m.id = n.message_id
WHERE n.notification_id = %(notification_id)s
  AND (%(connection)s::text IS NULL OR c.name = %(connection)s)
ORDER BY c.name

-- name: replay
-- Triage reads it again, as if it had just arrived.
UPDATE notification
SET state = 'received', reason = NULL, attempts = 0, finished_at = NULL
WHERE connection_id = %(connection_id)s AND notification_id = %(notification_id)s
