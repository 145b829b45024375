-- The schema's version.

-- name: lock_migrations
-- Waits until no other process migrates; the lock goes with the session.
SELECT pg_advisory_lock(hashtext('bridge: migrations'))

-- name: unlock_migrations
-- Lets the next process migrate.
SELECT pg_advisory_unlock(hashtext('bridge: migrations'))

-- name: limit_lock_waits
-- Lets a statement fail when it waits too long for a table lock.
SELECT set_config('lock_timeout', %(seconds)s::float8 * 1000 || 'ms', false)

-- name: create_schema_version
-- Makes the table of applied migrations.
CREATE TABLE IF NOT EXISTS schema_version (
  version    int PRIMARY KEY,
  name       text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
)

-- name: has_schema_version
-- Tells whether anything was ever migrated here.
SELECT to_regclass('schema_version') IS NOT NULL

-- name: applied_versions
-- Lists the applied migrations.
SELECT version
FROM schema_version
ORDER BY version

-- name: insert_version
-- Notes that a migration was applied.
INSERT INTO schema_version (version, name)
VALUES (%(version)s, %(name)s)

-- name: grown_tables
-- Tables to which more was written than they had rows when they were last analysed, and the statement that does it.
SELECT c.relname, 'ANALYZE (SKIP_LOCKED) ' || c.oid::regclass
FROM pg_stat_user_tables s
JOIN pg_class c ON c.oid = s.relid
WHERE s.schemaname = current_schema() AND s.n_mod_since_analyze >= greatest(100, c.reltuples)
ORDER BY c.relname
