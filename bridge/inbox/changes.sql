-- Changed records that were asked for, where no message tells of them.

-- name: polled_until
-- How far the changes of an object were asked for, and now.
SELECT at, app_now()
FROM (SELECT app_now()) AS t
LEFT JOIN watermark ON connection_id = %(connection_id)s AND source = %(source)s

-- name: add_changes
-- Changed records enter the same inbox, each with what it says; one that was seen before changes nothing.
INSERT INTO notification (connection_id, notification_id, origin, received_at, first_received_at, object, record_id,
  kept_xml)
SELECT %(connection_id)s, name, 'poll', at, app_now(), %(object)s, record_id, body
FROM unnest(%(names)s::text[], %(ids)s::text[], %(ats)s::timestamptz[], %(bodies)b::bytea[])
  AS c (name, record_id, at, body)
ORDER BY at, record_id
ON CONFLICT (connection_id, notification_id) DO NOTHING
RETURNING record_id

-- name: move_polled
-- The changes of an object were asked for up to here.
INSERT INTO watermark (connection_id, source, at)
VALUES (%(connection_id)s, %(source)s, %(at)s)
ON CONFLICT (connection_id, source) DO UPDATE
  SET at = greatest(watermark.at, EXCLUDED.at)
