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
INSERT INTO mapping_activation
  (connection_id, version_id, origin, applies_to, activated_at, activated_by, settled_at)
SELECT %(connection_id)s, %(version_id)s, %(origin)s, %(applies_to)s, app_now(), %(by)s,
       CASE WHEN %(applies_to)s = 'new'
         OR NOT EXISTS (
           SELECT FROM run
           WHERE connection_id = %(connection_id)s AND job = 'contacts' AND mode = 'apply' AND state = 'done')
       THEN app_now() END;

-- name: vintages
-- the versions by which records go, from the last that was about everybody on
SELECT version_id, activated_at
FROM mapping_activation
WHERE connection_id = %(connection_id)s
  AND id >= (
    SELECT max(id)
    FROM mapping_activation
    WHERE connection_id = %(connection_id)s
      AND applies_to = 'all')
ORDER BY id;

-- name: unsettled
-- the version in force, where no run has brought everybody up to it yet
SELECT version_id
FROM mapping_activation
WHERE connection_id = %(connection_id)s
  AND id = (SELECT max(id) FROM mapping_activation WHERE connection_id = %(connection_id)s)
  AND settled_at IS NULL;

-- name: settle
-- a plan that brings everybody up to a version is carried out
UPDATE mapping_activation
SET settled_at = app_now()
WHERE connection_id = %(connection_id)s
  AND settled_at IS NULL
  AND id <= (
    SELECT max(id)
    FROM mapping_activation
    WHERE connection_id = %(connection_id)s
      AND version_id = %(version_id)s);

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
SELECT a.version_id, a.origin, a.activated_at, a.activated_by, v.is_active, a.applies_to
FROM mapping_activation a
JOIN mapping_version v ON v.connection_id = a.connection_id AND v.id = a.version_id
WHERE a.connection_id = %(connection_id)s
ORDER BY a.id DESC
LIMIT %(count)s;

-- name: active_digest
-- which mapping a connection works with, the names it is compiled with, and whether it leaves some to older ones
SELECT v.id, v.digest, c.profile, c.particulars, coalesce((
  SELECT applies_to = 'new'
  FROM mapping_activation
  WHERE connection_id = v.connection_id
  ORDER BY id DESC
  LIMIT 1), false)
FROM mapping_version v
JOIN connection c ON c.id = v.connection_id
WHERE v.connection_id = %(connection_id)s
  AND v.is_active;

-- name: version_digest
-- one version of a mapping, and the names it is compiled with
SELECT v.id, v.digest, c.profile, c.particulars, false
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

-- name: version_of_plan
-- the version that the steps of a plan were decided by
SELECT max(mapping_version_id)
FROM step
WHERE connection_id = %(connection_id)s
  AND plan_id = %(plan_id)s
HAVING max(mapping_version_id) IS NOT NULL;

-- name: keep_pending
-- a text that came by files and waits for somebody's word; one that was turned down is not asked about again
INSERT INTO mapping_pending
  (connection_id, digest, files, arrived_at, arrived_by, reason, loosens, version_id, state)
VALUES (%(connection_id)s, %(digest)s, %(files)s, app_now(), %(by)s, %(reason)s, %(loosens)s, %(version_id)s, 'pending')
ON CONFLICT (connection_id) DO UPDATE
  SET digest = EXCLUDED.digest,
      files = EXCLUDED.files,
      reason = EXCLUDED.reason,
      loosens = EXCLUDED.loosens,
      version_id = EXCLUDED.version_id,
      arrived_at = CASE WHEN mapping_pending.digest = EXCLUDED.digest THEN mapping_pending.arrived_at
        ELSE EXCLUDED.arrived_at END,
      arrived_by = EXCLUDED.arrived_by,
      state = CASE WHEN mapping_pending.digest = EXCLUDED.digest THEN mapping_pending.state ELSE 'pending' END,
      decided_at = CASE WHEN mapping_pending.digest = EXCLUDED.digest THEN mapping_pending.decided_at END,
      decided_by = CASE WHEN mapping_pending.digest = EXCLUDED.digest THEN mapping_pending.decided_by END
RETURNING state;

-- name: pending
-- the text that waits for somebody's word
SELECT digest, files, arrived_at, arrived_by, reason, loosens, version_id
FROM mapping_pending
WHERE connection_id = %(connection_id)s
  AND state = 'pending';

-- name: reject_pending
-- it does not come into force, and is not asked about again
UPDATE mapping_pending
SET state = 'rejected',
    decided_at = app_now(),
    decided_by = %(by)s
WHERE connection_id = %(connection_id)s
  AND state = 'pending'
RETURNING digest;

-- name: forget_pending
-- a text is in force, or the folder is what is in force
DELETE FROM mapping_pending
WHERE connection_id = %(connection_id)s
  AND (digest = %(digest)s OR %(origin)s = 'files');

-- name: texts_in_force
-- what was in force, the latest first, each with its text
SELECT a.version_id, a.activated_at, v.files
FROM mapping_activation a
JOIN mapping_version v ON v.connection_id = a.connection_id AND v.id = a.version_id
WHERE a.connection_id = %(connection_id)s
ORDER BY a.id DESC
LIMIT %(count)s;
