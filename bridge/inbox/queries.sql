-- name: store_messages
-- Stores a batch of messages and their notifications in one statement: all or nothing, one time for all.
-- A repeat that says the same is counted; one that differs replaces what was stored and is triaged again.
-- Sorted by key, so that two servers cannot lock each other out. Columns come as one text each, separated by a character
-- that no XML document holds (U+001F), and bytes end to end: an array of values costs several times as much on either side.
WITH clock AS MATERIALIZED (
  SELECT app_now() AS at
), arrived AS MATERIALIZED (
  SELECT encode(substr(%(ids)b::bytea, 16 * m.message::int - 15, 16), 'hex')::uuid AS id,
    m.connection_id::int, m.address::inet, m.encoding, m.action_id, m.consent::bool, m.first::int, m.message,
    substr(%(bodies)b::bytea, m.body_at::int, m.body_bytes::int) AS body
  FROM ROWS FROM (
      string_to_table(%(connection_ids)s::text, E'\x1f'), string_to_table(%(addresses)s::text, E'\x1f', ''),
      string_to_table(%(encodings)s::text, E'\x1f'), string_to_table(%(action_ids)s::text, E'\x1f', ''),
      string_to_table(%(consents)s::text, E'\x1f'), string_to_table(%(firsts)s::text, E'\x1f'),
      string_to_table(%(bodies_at)s::text, E'\x1f'), string_to_table(%(bodies_bytes)s::text, E'\x1f'))
    WITH ORDINALITY AS m (connection_id, address, encoding, action_id, consent, first, body_at, body_bytes, message)
), stored AS (
  INSERT INTO message (id, received_at, connection_id, from_address, encoding, body)
  SELECT id, clock.at, connection_id, address, encoding, body
  FROM arrived, clock
)
INSERT INTO notification AS known (connection_id, notification_id, message_id, received_at, ordinal, body_digest,
  first_received_at, times_received, action_id, object, record_id, consent, state, reason, finished_at)
SELECT DISTINCT ON (m.connection_id, n.notification_id COLLATE "C")
  m.connection_id, n.notification_id, m.id, clock.at, n.place - m.first,
  substr(%(digests)b::bytea, 32 * n.place::int - 31, 32), clock.at,
  count(*) OVER (PARTITION BY m.connection_id, n.notification_id COLLATE "C"),
  m.action_id, n.object, n.record_id, m.consent,
  CASE WHEN n.record_id IS NULL THEN 'ignored' ELSE 'received' END,
  CASE WHEN n.record_id IS NULL THEN 'no data' END,
  CASE WHEN n.record_id IS NULL THEN clock.at END
FROM clock,
  ROWS FROM (
      string_to_table(%(notification_ids)s::text, E'\x1f'), string_to_table(%(objects)s::text, E'\x1f', ''),
      string_to_table(%(record_ids)s::text, E'\x1f', ''), string_to_table(%(messages)s::text, E'\x1f'))
    WITH ORDINALITY AS n (notification_id, object, record_id, message, place)
JOIN arrived AS m ON m.message = n.message::bigint
ORDER BY m.connection_id, n.notification_id COLLATE "C", n.place DESC
ON CONFLICT (connection_id, notification_id) DO UPDATE
SET times_received = known.times_received + excluded.times_received,
    (message_id, received_at, ordinal, body_digest, action_id, object, record_id, consent,
     state, reason, finished_at, attempts, kept_xml, replay) = (
      SELECT known.message_id, known.received_at, known.ordinal, known.body_digest, known.action_id, known.object,
        known.record_id, known.consent, known.state, known.reason, known.finished_at, known.attempts, known.kept_xml,
        known.replay
      WHERE known.body_digest = excluded.body_digest
      UNION ALL
      SELECT excluded.message_id, excluded.received_at, excluded.ordinal, excluded.body_digest, excluded.action_id,
        excluded.object, excluded.record_id, excluded.consent, excluded.state, excluded.reason, excluded.finished_at,
        0, NULL, NULL
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
