-- Backups of the database: what is in it, what was made of it, what it was restored from.

-- name: export_snapshot
-- Lets another session see exactly what this transaction sees.
SELECT pg_export_snapshot(), app_now(), current_setting('server_version_num')::int

-- name: tables
-- Every table that keeps its rows through a crash, by schema and name.
SELECT n.nspname, c.relname
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = 'p'
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%%'
ORDER BY n.nspname, c.relname

-- name: schemas
-- The schemas of this database that are its own.
SELECT nspname
FROM pg_namespace
WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\_%%'
ORDER BY nspname

-- name: newest_migration
-- The schema that the database has.
SELECT coalesce(max(version), 0)
FROM schema_version

-- name: key_ids
-- The keys that stored secrets were encrypted with.
SELECT DISTINCT key_id
FROM credential
ORDER BY key_id

-- name: other_sessions
-- How many others use this database now.
SELECT count(*)
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'

-- name: has_credentials
-- Tells whether this is a database of the bridge, whose logins are newer than those of any backup.
SELECT to_regclass('credential') IS NOT NULL AND to_regclass('connection') IS NOT NULL

-- name: logins
-- The logins of every connection, as they are stored.
SELECT c.name, c.organization_id, k.kind, k.slot, k.key_id, k.ciphertext, k.version, k.expires_at, k.stored_at
FROM credential k
JOIN connection c ON c.id = k.connection_id
ORDER BY c.name, k.kind, k.slot

-- name: server_version
-- What the server is.
SELECT current_setting('server_version_num')::int

-- name: note_backup
-- A backup was made and found whole.
INSERT INTO backup (taken_at, took_s, path, bytes, digest, schema_version, with_keys, made_by)
VALUES (%(taken_at)s, %(took_s)s, %(path)s, %(bytes)s, %(digest)s, %(schema_version)s, %(with_keys)s, %(by)s)

-- name: newest_backup
-- The backup of which most is known.
SELECT taken_at, took_s, path, bytes, digest, schema_version, with_keys, made_by,
  extract(epoch FROM app_now() - taken_at)::float8 AS age_s
FROM backup
ORDER BY taken_at DESC, id DESC
LIMIT 1

-- name: restored
-- Connections whose deliveries a restore has stopped, and the newest run since that has compared all their contacts.
SELECT c.id AS connection_id, c.name AS connection, max(p.paused_at) AS restored_at,
  (SELECT max(r.id)
   FROM run r
   WHERE r.connection_id = c.id AND r.job = 'contacts' AND r.mode = 'plan' AND r.state = 'done'
     AND r.about IS NULL AND r.asked_at > max(p.paused_at)) AS run_id
FROM pause p
JOIN connection c ON c.id = p.connection_id
WHERE p.paused_by = %(by)s AND c.id = ANY(%(connection_ids)s)
GROUP BY c.id, c.name
ORDER BY c.name
