-- name: connection_names
-- profile and overrides of one connection, locked: two activations take turns
SELECT profile, particulars
FROM connection
WHERE id = %(connection_id)s
FOR UPDATE;

-- name: names_of_connection
-- profile and overrides of one connection
SELECT profile, particulars
FROM connection
WHERE id = %(connection_id)s;

-- name: note_activation
-- a version came into force
INSERT INTO mapping_activation (connection_id, version_id, origin, activated_at, activated_by)
VALUES (%(connection_id)s, %(version_id)s, %(origin)s, app_now(), %(by)s);

-- name: last_from_files
-- the text that came from files last, whatever is in force now
SELECT v.digest
FROM mapping_activation a
JOIN mapping_version v ON v.connection_id = a.connection_id AND v.id = a.version_id
WHERE a.connection_id = %(connection_id)s
  AND a.origin = 'files'
ORDER BY a.id DESC
LIMIT 1;

-- name: activations
-- what came into force, the latest first
SELECT a.version_id, a.origin, a.activated_at, a.activated_by, v.is_active
FROM mapping_activation a
JOIN mapping_version v ON v.connection_id = a.connection_id AND v.id = a.version_id
WHERE a.connection_id = %(connection_id)s
ORDER BY a.id DESC
LIMIT %(count)s;

-- name: active_digest
-- which mapping a connection works with, and the names it is compiled with
SELECT v.id, v.digest, c.profile, c.particulars
FROM mapping_version v
JOIN connection c ON c.id = v.connection_id
WHERE v.connection_id = %(connection_id)s
  AND v.is_active;

-- name: version_digest
-- one version of a mapping, and the names it is compiled with
SELECT v.id, v.digest, c.profile, c.particulars
FROM mapping_version v
JOIN connection c ON c.id = v.connection_id
WHERE v.connection_id = %(connection_id)s
  AND v.id = %(id)s;

-- name: version_files
-- the files of one version, as typed
SELECT files
FROM mapping_version
WHERE connection_id = %(connection_id)s
  AND id = %(id)s;

-- name: deactivate
-- the version that was in force steps back
UPDATE mapping_version
SET is_active = false
WHERE connection_id = %(connection_id)s
  AND is_active;

-- name: activate_again
-- a version with the same text comes into force again
UPDATE mapping_version
SET is_active = true,
    activated_at = app_now(),
    activated_by = %(by)s,
    fault = NULL,
    fault_at = NULL
WHERE connection_id = %(connection_id)s
  AND digest = %(digest)s
RETURNING id;

-- name: note_fault
-- the version in force does not compile; returns whether that is news
UPDATE mapping_version v
SET fault = %(fault)s,
    fault_at = app_now()
FROM mapping_version before
WHERE v.connection_id = %(connection_id)s
  AND v.is_active
  AND (before.connection_id, before.id) = (v.connection_id, v.id)
RETURNING v.id, before.fault IS NULL;

-- name: clear_fault
-- the version in force compiles
UPDATE mapping_version
SET fault = NULL,
    fault_at = NULL
WHERE connection_id = %(connection_id)s
  AND is_active
  AND fault IS NOT NULL
RETURNING id;

-- name: add_version
-- a new text, in force at once
INSERT INTO mapping_version
  (connection_id, id, digest, files, made_at, made_by, activated_at, activated_by, is_active)
SELECT %(connection_id)s, coalesce(max(id), 0) + 1, %(digest)s, %(files)s::jsonb,
       app_now(), %(by)s, app_now(), %(by)s, true
FROM mapping_version
WHERE connection_id = %(connection_id)s
RETURNING id;

-- name: texts_in_force
-- what was in force, the latest first, each with its text
SELECT a.version_id, a.activated_at, v.files
FROM mapping_activation a
JOIN mapping_version v ON v.connection_id = a.connection_id AND v.id = a.version_id
WHERE a.connection_id = %(connection_id)s
ORDER BY a.id DESC
LIMIT %(count)s;
