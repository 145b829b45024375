-- name: make_partitions
-- Makes the partitions of today and tomorrow (UTC), so that a day of messages can be dropped at once. A day of which the
-- default partition holds messages already gets none: those are deleted by age.
DO $$
DECLARE
  today   date := (app_now() AT TIME ZONE 'UTC')::date;
  day     date;
  name    text;
  starts  timestamptz;
  ends    timestamptz;
BEGIN
  PERFORM set_config('lock_timeout', '2s', true);        -- receiving waits behind this lock: never wait long for it
  FOREACH day IN ARRAY ARRAY[today, today + 1] LOOP
    name := 'message_' || to_char(day, 'YYYYMMDD');
    starts := day::timestamp AT TIME ZONE 'UTC';
    ends := (day + 1)::timestamp AT TIME ZONE 'UTC';
    CONTINUE WHEN to_regclass(name) IS NOT NULL;
    LOCK TABLE message IN ACCESS EXCLUSIVE MODE;
    CONTINUE WHEN to_regclass(name) IS NOT NULL
      OR EXISTS (SELECT FROM message_default WHERE received_at >= starts AND received_at < ends);
    EXECUTE format('CREATE TABLE %I PARTITION OF message FOR VALUES FROM (%L) TO (%L) WITH (toast_tuple_target = 8160)',
      name, starts, ends);
  END LOOP;
END $$

-- name: messages_to_keep
-- Messages that are about to go and of which something must stay: what dead letters and unfinished notifications said.
-- A day more than `drop_partitions` looks at, so that midnight may pass between the two.
SELECT n.message_id, n.received_at, array_agg(n.connection_id) AS connection_ids,
  array_agg(n.notification_id) AS notification_ids, array_agg(n.ordinal::int) AS ordinals
FROM notification n
WHERE n.received_at < app_now() - interval '13 days'
  AND n.kept_xml IS NULL AND (n.finished_at IS NULL OR n.state = 'dead')
  AND EXISTS (SELECT FROM message m WHERE m.received_at = n.received_at AND m.id = n.message_id)
GROUP BY n.message_id, n.received_at
LIMIT %(count)s

-- name: message_to_keep
-- One raw message.
SELECT encoding, body
FROM message
WHERE received_at = %(received_at)s AND id = %(message_id)s

-- name: keep_parts
-- Keeps notifications' own part of a message, unless a newer message has replaced it meanwhile.
UPDATE notification n
SET kept_xml = k.part
FROM unnest(%(connection_ids)b::int[], %(notification_ids)b::text[], %(parts)b::bytea[])
  AS k (connection_id, notification_id, part)
WHERE n.connection_id = k.connection_id AND n.notification_id = k.notification_id AND n.message_id = %(message_id)s

-- name: drop_partitions
-- Drops the days whose messages are all older than 14 days.
DO $$
DECLARE
  oldest text := 'message_' || to_char((app_now() - interval '14 days') AT TIME ZONE 'UTC', 'YYYYMMDD');
  name   text;
BEGIN
  PERFORM set_config('lock_timeout', '2s', true);
  FOR name IN
    SELECT c.relname
    FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
    WHERE inhparent = 'message'::regclass AND c.relname ~ '^message_[0-9]{8}$' AND c.relname < oldest
  LOOP
    LOCK TABLE message IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('DROP TABLE IF EXISTS %I', name);
  END LOOP;
END $$

-- name: delete_default
-- Deletes some messages older than 14 days that no partition of a day held.
DELETE FROM message_default
WHERE ctid = ANY (ARRAY(
  SELECT ctid
  FROM message_default
  WHERE received_at < app_now() - interval '14 days'
  LIMIT %(count)s))

-- name: delete_ended
-- Deletes some notifications 30 days after their end; dead letters stay. Never sooner than 8 days: Salesforce may repeat
-- a message for 7, and a repeat of a notification that is not known any more would be taken for a new one.
DELETE FROM notification
WHERE ctid = ANY (ARRAY(
  SELECT ctid
  FROM notification
  WHERE finished_at < app_now() - interval '30 days' AND state <> 'dead'
  ORDER BY finished_at
  LIMIT %(count)s
  FOR UPDATE SKIP LOCKED))
