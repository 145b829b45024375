-- What a person has to settle: found by runs, chosen by people, cleared when its cause is gone.

-- name: keep_found
-- The open rows of one kind are what was found just now; what was not found is settled.
WITH found AS (
  SELECT key, candidates
  FROM jsonb_to_recordset(%(found)s::jsonb) AS f (key text, candidates jsonb)),
settled AS (
  UPDATE unresolved u
  SET finished_at = app_now()
  WHERE u.connection_id = %(connection_id)s AND u.kind = %(kind)s AND u.finished_at IS NULL
    AND u.key NOT IN (SELECT key FROM found))
INSERT INTO unresolved (connection_id, kind, key, candidates, found_at)
SELECT %(connection_id)s, %(kind)s, key, candidates, app_now()
FROM found
ORDER BY key
ON CONFLICT (connection_id, kind, key) WHERE finished_at IS NULL DO UPDATE
  SET candidates = EXCLUDED.candidates
  WHERE unresolved.candidates <> EXCLUDED.candidates

-- name: drop_choices
-- Whoever was chosen and has the address no more is nobody's choice.
UPDATE unresolved u
SET choice = NULL
WHERE u.connection_id = %(connection_id)s AND u.choice IS NOT NULL
  AND NOT EXISTS (
    SELECT FROM practifi_record p
    WHERE p.connection_id = u.connection_id AND p.kind = 'contact' AND p.sf_id = u.choice ->> 'contact'
      AND p.email_key = u.key AND p.deleted_at IS NULL)

-- name: shared_addresses
-- Addresses that several people with a membership have, where no rule says whose fields are sent and nobody has chosen.
SELECT p.email_key, jsonb_agg(jsonb_build_object('contact', p.sf_id) ORDER BY p.sf_id)
FROM practifi_record p
WHERE p.connection_id = %(connection_id)s AND p.kind = 'contact' AND p.deleted_at IS NULL AND p.email_key IS NOT NULL
  AND EXISTS (
    SELECT FROM practifi_record m
    WHERE m.connection_id = p.connection_id AND m.kind = 'membership' AND m.contact_id = p.sf_id AND m.deleted_at IS NULL)
  AND NOT EXISTS (
    SELECT FROM unresolved u
    WHERE u.connection_id = p.connection_id AND u.key = p.email_key AND u.choice IS NOT NULL)
GROUP BY p.email_key
HAVING count(*) > 1 AND (%(asks)s::bool OR count(*) FILTER (WHERE p.fields ->> %(primary_member)s::text = 'true') <> 1)

-- name: duplicates
-- Records of one name and one address, unless somebody has chosen one of them.
SELECT p.email_key, jsonb_agg(jsonb_build_object('contact', p.sf_id) ORDER BY p.sf_id)
FROM practifi_record p
WHERE p.connection_id = %(connection_id)s AND p.kind = 'contact' AND p.deleted_at IS NULL AND p.email_key IS NOT NULL
  AND p.fields ->> 'LastName' IS NOT NULL
  AND NOT EXISTS (
    SELECT FROM unresolved u
    WHERE u.connection_id = p.connection_id AND u.key = p.email_key AND u.choice IS NOT NULL)
GROUP BY p.email_key, lower(btrim(p.fields ->> 'FirstName')), lower(btrim(p.fields ->> 'LastName'))
HAVING count(*) > 1

-- name: of_another_account
-- Records that hold the id of a contact that the account does not have, not even as a deleted one.
SELECT p.sf_id, jsonb_build_array(jsonb_build_object('contact', p.sf_id, 'constant_contact_id', p.fields ->> %(cc_id)s::text))
FROM practifi_record p
WHERE p.connection_id = %(connection_id)s AND p.kind = 'contact' AND p.deleted_at IS NULL
  AND p.fields ->> %(cc_id)s::text <> ''
  AND NOT EXISTS (
    SELECT FROM cc_contact c
    WHERE c.connection_id = p.connection_id
      AND c.contact_id = CASE WHEN p.fields ->> %(cc_id)s::text ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                              THEN (p.fields ->> %(cc_id)s::text)::uuid END)

-- name: open_rows
-- What waits for a person, the oldest first.
SELECT u.id, c.name AS connection, u.kind, u.key AS about, u.candidates, u.found_at
FROM unresolved u
JOIN connection c ON c.id = u.connection_id
WHERE u.finished_at IS NULL AND (%(connection)s::text IS NULL OR c.name = %(connection)s)
ORDER BY u.found_at, u.id

-- name: lock_row
-- One row, open or settled.
SELECT u.connection_id, u.kind, u.key, u.candidates, u.choice, u.finished_at
FROM unresolved u
JOIN connection c ON c.id = u.connection_id
WHERE u.id = %(id)s AND (%(connection)s::text IS NULL OR c.name = %(connection)s)
FOR UPDATE OF u

-- name: forget_choices
-- One choice an address: the newest counts.
UPDATE unresolved
SET choice = NULL
WHERE connection_id = %(connection_id)s AND key = %(key)s AND choice IS NOT NULL

-- name: choose
-- Somebody has said whose fields are sent.
UPDATE unresolved
SET choice = jsonb_build_object('contact', %(contact)s::text), chosen_by = %(by)s, finished_at = app_now()
WHERE connection_id = %(connection_id)s AND id = %(id)s

-- name: unchoose
-- Nobody has said it any more: it waits again, unless it was found anew meanwhile.
UPDATE unresolved u
SET choice = NULL, chosen_by = %(by)s,
    finished_at = CASE WHEN EXISTS (
      SELECT FROM unresolved o
      WHERE o.connection_id = u.connection_id AND o.kind = u.kind AND o.key = u.key AND o.finished_at IS NULL)
      THEN u.finished_at END
WHERE u.connection_id = %(connection_id)s AND u.id = %(id)s

-- name: rule_settles
-- The shared addresses that are open and for which a rule says whose fields are sent, the oldest first.
SELECT u.key
FROM unresolved u
WHERE u.connection_id = %(connection_id)s AND u.kind = 'shared_address' AND u.finished_at IS NULL
  AND (%(primary_member)s::text IS NULL OR (
    SELECT count(*)
    FROM practifi_record p
    WHERE p.connection_id = u.connection_id AND p.kind = 'contact' AND p.email_key = u.key AND p.deleted_at IS NULL
      AND p.fields ->> %(primary_member)s::text = 'true') = 1)
ORDER BY u.id

-- name: settle_shared
-- A rule says whose fields are sent: nobody has to choose any more.
UPDATE unresolved
SET finished_at = app_now()
WHERE connection_id = %(connection_id)s AND kind = 'shared_address' AND finished_at IS NULL AND key = ANY(%(keys)s)
