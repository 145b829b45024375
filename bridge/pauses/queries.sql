-- name: add_pauses
-- Lanes of connections that stop; one that is paused already keeps who paused it, when and why.
INSERT INTO pause (connection_id, lane, paused_at, paused_by, reason)
SELECT connection_id, lane, app_now(), %(by)s, %(reason)s
FROM unnest(%(connection_ids)s::int[]) AS connection_id, unnest(%(lanes)s::smallint[]) AS lane
ORDER BY connection_id, lane
ON CONFLICT (connection_id, lane) DO NOTHING

-- name: end_pauses
-- These lanes go on. Returns those that were paused.
DELETE FROM pause
WHERE connection_id = ANY(%(connection_ids)s) AND lane = ANY(%(lanes)s::smallint[])
RETURNING connection_id, lane

-- name: end_pauses_of
-- Whatever somebody has paused of a connection goes on. Returns what was.
DELETE FROM pause
WHERE connection_id = %(connection_id)s AND paused_by = %(by)s
RETURNING lane

-- name: pauses
-- What is paused, by whom and why.
SELECT p.connection_id, c.name AS connection, p.lane, p.paused_at, p.paused_by, p.reason
FROM pause p
JOIN connection c ON c.id = p.connection_id
ORDER BY c.name, p.lane
