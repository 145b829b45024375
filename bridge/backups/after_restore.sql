-- What surrounds a dump that is put back; all of it is one transaction with the dump.

-- name: limit_lock_waits
-- Whoever still uses a table makes the restore fail, instead of waiting for it.
SET LOCAL lock_timeout = '10s'

-- name: usual_path
-- The dump has looked for every name in its own schema only.
SELECT set_config('search_path', reset_val, false)
FROM pg_settings
WHERE name = 'search_path'

-- name: drop_logins
-- The logins that the backup has of a connection, where there are newer ones: a refresh token is good for one use.
DELETE FROM credential k
USING connection c
WHERE c.id = k.connection_id AND c.name = %(name)s AND c.organization_id IS NOT DISTINCT FROM %(organization_id)s

-- name: put_login_back
-- One of the logins of now, if the backup knows the connection as well.
INSERT INTO credential (connection_id, kind, slot, key_id, ciphertext, version, expires_at, stored_at)
SELECT id, %(kind)s, %(slot)s, %(key_id)s, %(ciphertext)s, %(version)s, %(expires_at)s, %(stored_at)s
FROM connection
WHERE name = %(name)s AND organization_id IS NOT DISTINCT FROM %(organization_id)s

-- name: stop_deliveries
-- Nothing but opt-outs is carried out until a person has looked at what the backup does not know.
INSERT INTO pause (connection_id, lane, paused_at, paused_by, reason)
SELECT id, lane, app_now(), %(by)s, %(reason)s
FROM connection, unnest(%(lanes)s::smallint[]) AS lane
ON CONFLICT (connection_id, lane) DO UPDATE
SET paused_at = EXCLUDED.paused_at, paused_by = EXCLUDED.paused_by, reason = EXCLUDED.reason

-- name: stop_runs
-- A run that was under way rests on what both sides were then: whoever takes it up ends it.
UPDATE run
SET cancel_asked_at = app_now(), lease_token = NULL, lease_until = NULL
WHERE finished_at IS NULL AND state <> 'waiting'

-- name: note_restoration
-- This database remembers nothing of the time between the two.
INSERT INTO restoration (restored_at, taken_at, digest, restored_by)
VALUES (app_now(), %(taken_at)s, %(digest)s, %(by)s)

-- name: note_backup_again
-- The backup itself is not in what it holds.
INSERT INTO backup (taken_at, took_s, path, bytes, digest, schema_version, with_keys, made_by)
VALUES (%(taken_at)s, 0, %(path)s, %(bytes)s, %(digest)s, %(schema_version)s, %(with_keys)s, %(by)s)
