-- name: bodies
-- Raw messages.
SELECT m.id, m.encoding, m.body
FROM message m
JOIN unnest(%(received)s::timestamptz[], %(ids)s::uuid[]) AS asked (received_at, id)
  ON m.received_at = asked.received_at AND m.id = asked.id

-- name: kept_parts
-- What was kept of notifications whose raw message is gone.
SELECT n.connection_id, n.notification_id, n.kept_xml
FROM notification n
JOIN unnest(%(connection_ids)s::int[], %(notification_ids)s::text[]) AS asked (connection_id, notification_id)
  ON n.connection_id = asked.connection_id AND n.notification_id = asked.notification_id
WHERE n.kept_xml IS NOT NULL
