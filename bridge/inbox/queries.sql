-- name: store_messages
-- Stores a batch of messages and their notifications in one statement: all or nothing, one time for all.
-- A repeat that says the same is counted; one that differs replaces what was stored and is triaged again.
-- Sorted by key, so that two servers cannot lock each other out.
WITH clock AS MATERIALIZED (
  SELECT app_now() AS at
), arrived AS MATERIALIZED (
  SELECT gen_random_uuid() AS id, m.*
  FROM unnest(%(connection_ids)b::int[], %(addresses)b::text[], %(encodings)b::text[], %(bodies)b::bytea[],
              %(action_ids)b::text[], %(consents)b::bool[], %(firsts)b::int[])
    WITH ORDINALITY AS m (connection_id, address, encoding, body, action_id, consent, first, message)
), stored AS (
  INSERT INTO message (id, received_at, connection_id, from_address, encoding, body)
  SELECT id, clock.at, connection_id, address::inet, encoding, body
  FROM arrived, clock
)
INSERT INTO notification AS known (connection_id, notification_id, message_id, received_at, ordinal, body_digest,
  first_received_at, times_received, action_id, object, record_id, consent, state, reason, finished_at)
SELECT DISTINCT ON (m.connection_id, n.notification_id COLLATE "C")
  m.connection_id, n.notification_id, m.id, clock.at, n.place - m.first, n.digest, clock.at,
  count(*) OVER (PARTITION BY m.connection_id, n.notification_id COLLATE "C"),
  m.action_id, n.object, n.record_id, m.consent,
  CASE WHEN n.record_id IS NULL THEN 'ignored' ELSE 'received' END,
  CASE WHEN n.record_id IS NULL THEN 'no data' END,
  CASE WHEN n.record_id IS NULL THEN clock.at END
FROM clock,
  unnest(%(notification_ids)b::text[], %(objects)b::text[], %(record_ids)b::text[], %(digests)b::bytea[],
         %(messages)b::int[])
    WITH ORDINALITY AS n (notification_id, object, record_id, digest, message, place)
JOIN arrived AS m ON m.message = n.message
ORDER BY m.connection_id, n.notification_id COLLATE "C", n.place DESC
ON CONFLICT (connection_id, notification_id) DO UPDATE
SET times_received = known.times_received + excluded.times_received,
    (message_id, received_at, ordinal, body_digest, action_id, object, record_id, consent,
     state, reason, finished_at, attempts, kept_xml) = (
      SELECT known.message_id, known.received_at, known.ordinal, known.body_digest, known.action_id, known.object,
        known.record_id, known.consent, known.state, known.reason, known.finished_at, known.attempts, known.kept_xml
      WHERE known.body_digest = excluded.body_digest
      UNION ALL
      SELECT excluded.message_id, excluded.received_at, excluded.ordinal, excluded.body_digest, excluded.action_id,
        excluded.object, excluded.record_id, excluded.consent, excluded.state, excluded.reason, excluded.finished_at,
        0, NULL
      WHERE known.body_digest IS DISTINCT FROM excluded.body_digest)

-- name: consent_definitions
-- The definitions that fire only when a consent field changes: their notifications are flagged at receipt.
SELECT DISTINCT connection_id, action_id
FROM outbound_definition
WHERE lane = 0

-- name: inbox_backlog
-- What waits for triage: how much, and the age of the oldest in seconds.
SELECT count(*), coalesce(extract(epoch FROM app_now() - min(received_at)), 0)::float8
FROM notification
WHERE state = 'received'

-- name: connections_without_mapping
-- Connections whose notifications wait because no mapping is active.
SELECT name
FROM connection AS c
WHERE NOT EXISTS (SELECT FROM mapping_version AS v WHERE v.connection_id = c.id AND v.is_active)
ORDER BY name
