-- name: server_version
-- the version of PostgreSQL as a number and in words
SELECT current_setting('server_version_num')::int, current_setting('server_version');

-- name: recorded_messages
-- the field lists in force of the outbound messages that are recorded
SELECT DISTINCT ON (action_id) action_id, version, object, fields, lane
FROM outbound_definition
WHERE connection_id = %(connection_id)s AND in_force_from <= app_now()
ORDER BY action_id, version DESC;

-- name: outages
-- services that answer nobody at present
SELECT initcap(replace(system, '_', ' ')), since, reason
FROM outage
WHERE connection_id = %(connection_id)s AND probe_at IS NOT NULL
ORDER BY system;

-- name: count_lists
-- Lists that the account had when it was read last.
SELECT count(*)
FROM cc_list
WHERE connection_id = %(connection_id)s AND deleted_at IS NULL;

-- name: files_in_force
-- The text of the mapping that is in force.
SELECT files
FROM mapping_version
WHERE connection_id = %(connection_id)s AND is_active;

-- name: secrets
-- When each secret of a connection was stored, and when the certificate of a key ends.
SELECT kind, max(stored_at) AS stored_at,
  CASE WHEN kind = 'sf_key' THEN max(expires_at) END AS ends_at
FROM credential
WHERE connection_id = %(connection_id)s
GROUP BY kind
ORDER BY kind;

-- name: old_ids
-- Records whose field for the id holds a number, as the V2 API had them; some of these numbers.
WITH held AS (
  SELECT fields ->> %(name)s AS number
  FROM practifi_record
  WHERE connection_id = %(connection_id)s AND kind = %(kind)s AND deleted_at IS NULL
    AND fields ->> %(name)s ~ '^[0-9]{1,10}$')
SELECT count(*), (array_agg(number ORDER BY number))[1:%(most)s]
FROM held;

-- name: unlinked_lists_with_old_ids
-- List records that hold a number as the id and are not linked yet.
SELECT r.sf_id, r.fields ->> %(name)s
FROM practifi_record r
WHERE r.connection_id = %(connection_id)s AND r.kind = 'list' AND r.deleted_at IS NULL
  AND r.fields ->> %(name)s ~ '^[0-9]{1,10}$'
  AND NOT EXISTS (
    SELECT FROM link l WHERE l.connection_id = r.connection_id AND l.kind = 'list' AND l.sf_id = r.sf_id)
ORDER BY r.sf_id
LIMIT %(most)s;

-- name: note_list_ids
-- Ids that were written to list records a moment ago: our own writes come by no message.
UPDATE practifi_record r
SET fields = r.fields || jsonb_build_object(%(name)s::text, w.list_id), source = 'own_write'
FROM unnest(%(sf_ids)s::text[], %(list_ids)s::text[]) AS w (sf_id, list_id)
WHERE r.connection_id = %(connection_id)s AND r.kind = 'list' AND r.sf_id = w.sf_id;

-- name: access_checked
-- What the messages of a field list can carry was looked at: an absent field of it is null only from then on.
UPDATE outbound_definition
SET access_checked_at = CASE WHEN %(is_whole)s THEN app_now() END
WHERE connection_id = %(connection_id)s AND action_id = %(action_id)s AND version = %(version)s
  AND (%(is_whole)s OR access_checked_at IS NOT NULL);

-- name: has_backups
-- Whether backups are noted here.
SELECT to_regclass('backup') IS NOT NULL;
