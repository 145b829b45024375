-- Whether Salesforce tells of what changes there.

-- name: known_silence
-- Since when changes of an object are not told of, as far as that is known; and since when it is looked at without a break.
SELECT now.at,
  CASE WHEN s.looked_at BETWEEN now.at - interval '15 minutes' AND now.at THEN s.back_at ELSE now.at END AS back_at,
  s.since, coalesce(s.changed, 0)
FROM (SELECT app_now() AS at) AS now
LEFT JOIN silence s ON s.connection_id = %(connection_id)s AND s.object = %(object)s

-- name: heard_of
-- When a notification about an object, or about one of some records, was received last, and by which definition. A definition
-- that fires for changes of consent only says nothing of the others.
SELECT received_at, action_id
FROM (
  (SELECT received_at, action_id
   FROM notification
   WHERE finished_at >= %(start)s AND connection_id = %(connection_id)s AND object = %(object)s AND origin = 'message'
     AND NOT consent
   ORDER BY finished_at DESC
   LIMIT 1)
  UNION ALL
  (SELECT n.received_at, n.action_id
   FROM unnest(%(ids)s::text[]) AS c (record_id)
   CROSS JOIN LATERAL (
     SELECT received_at, action_id
     FROM notification
     WHERE connection_id = %(connection_id)s AND record_id = c.record_id AND state <> 'received' AND origin = 'message'
       AND NOT consent
     ORDER BY received_at DESC
     LIMIT 1) AS n)
  UNION ALL
  (SELECT received_at, action_id
   FROM notification
   WHERE state = 'received' AND NOT consent AND connection_id = %(connection_id)s AND object = %(object)s
     AND origin = 'message'
   ORDER BY seq DESC
   LIMIT 1)) AS heard
ORDER BY received_at DESC
LIMIT 1

-- name: remember_silence
-- What was seen of an object; the definition that told of it last stays on record.
INSERT INTO silence (connection_id, object, looked_at, back_at, action_id, since, changed)
VALUES (%(connection_id)s, %(object)s, app_now(), %(back_at)s, %(action_id)s, %(since)s, %(changed)s)
ON CONFLICT (connection_id, object) DO UPDATE
  SET looked_at = EXCLUDED.looked_at, back_at = EXCLUDED.back_at, action_id = coalesce(EXCLUDED.action_id, silence.action_id),
      since = EXCLUDED.since, changed = EXCLUDED.changed
