-- Path secrets while one is replaced by another.

-- name: path_secret_slots
-- The valid path secrets of a connection, the older one first, and how old each is in seconds.
SELECT slot, extract(epoch FROM app_now() - stored_at)::float8 AS age_s
FROM credential
WHERE connection_id = %(connection_id)s AND kind = 'path_secret'
ORDER BY slot
FOR UPDATE

-- name: end_old_path_secret
-- The older one is not accepted any more.
DELETE FROM credential
WHERE connection_id = %(connection_id)s AND kind = 'path_secret' AND slot = 0

-- name: move_path_secret
-- The newer one makes room for the next.
UPDATE credential
SET slot = 0
WHERE connection_id = %(connection_id)s AND kind = 'path_secret' AND slot = 1
