-- name: policies
-- The policies of a connection, where any was ever set.
SELECT value
FROM setting
WHERE connection_id = %(connection_id)s AND name = 'policies'

-- name: lock_connection
-- Whoever changes policies does so one after the other: each change rests on those before.
SELECT FROM connection
WHERE id = %(connection_id)s
FOR UPDATE

-- name: store_policies
-- How a connection is treated from now on.
INSERT INTO setting (connection_id, name, value)
VALUES (%(connection_id)s, 'policies', %(policies)s)
ON CONFLICT (connection_id, name) DO UPDATE
  SET value = EXCLUDED.value

-- name: note_changes
-- Who has changed what.
INSERT INTO policy_change (connection_id, name, old, new, changed_by, changed_at)
SELECT %(connection_id)s, name, old, new, %(by)s, app_now()
FROM unnest(%(names)s::text[], %(olds)s::text[], %(news)s::text[]) AS c (name, old, new)

-- name: changes
-- What was changed, newest first.
SELECT name, old, new, changed_by, changed_at
FROM policy_change
WHERE connection_id = %(connection_id)s
ORDER BY id DESC
LIMIT %(count)s
