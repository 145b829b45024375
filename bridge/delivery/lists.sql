-- Lists that are deleted: what is on its way, and what is left of them.

-- name: deletion_under_way
-- A deletion of a list there that was begun and has not ended, with the activity that does it if that is known.
SELECT plan_id, ordinal, answer ->> 'activity_id'
FROM step
WHERE connection_id = %(connection_id)s AND subject_kind = 'list' AND subject_key = %(key)s AND kind = 'delete_list'
  AND state IN ('sending', 'sent') AND generation IS NOT NULL
ORDER BY plan_id DESC
LIMIT 1

-- name: close_deletion
-- A deletion that nobody waited for until its end has taken effect.
UPDATE step
SET state = 'confirmed', outcome = 'it was gone when it was looked for', finished_at = app_now()
WHERE connection_id = %(connection_id)s AND subject_kind = 'list' AND subject_key = %(key)s AND kind = 'delete_list'
  AND state IN ('sending', 'sent') AND generation IS NOT NULL

-- name: settle_deleted_list
-- A list is gone on both sides, and nobody is on it: what people left by their own act stays on record.
WITH member AS (
  DELETE FROM cc_membership
  WHERE connection_id = %(connection_id)s AND list_id = %(list_id)s::uuid
  RETURNING contact_id),
contact AS (
  UPDATE cc_contact c
  SET resource = jsonb_set(c.resource, '{list_memberships}', (c.resource -> 'list_memberships') - %(list_id)s::text)
  FROM (SELECT contact_id FROM member ORDER BY contact_id) AS m
  WHERE c.connection_id = %(connection_id)s AND c.contact_id = m.contact_id AND c.resource ? 'list_memberships'),
base AS (
  DELETE FROM membership_base
  WHERE connection_id = %(connection_id)s AND cc_list_id = %(list_id)s::uuid AND lost_by IS DISTINCT FROM 'person'),
list AS (
  DELETE FROM cc_list
  WHERE connection_id = %(connection_id)s AND list_id = %(list_id)s::uuid)
DELETE FROM link
WHERE connection_id = %(connection_id)s AND kind = 'list' AND cc_id = %(list_id)s::uuid

-- name: pass_list_on
-- The list of a record that was deleted goes on as that of another record.
DELETE FROM link l
USING practifi_record r
WHERE l.connection_id = %(connection_id)s AND l.kind = 'list' AND l.cc_id = %(list_id)s::uuid AND l.sf_id <> %(key)s
  AND r.connection_id = l.connection_id AND r.kind = 'list' AND r.sf_id = l.sf_id AND r.deleted_at IS NOT NULL

-- name: agree_on_names
-- Both sides have these names for their lists.
UPDATE link l
SET agreed_name = a.name
FROM unnest(%(sf_ids)s::text[], %(names)s::text[]) AS a (sf_id, name)
WHERE l.connection_id = %(connection_id)s AND l.kind = 'list' AND l.sf_id = a.sf_id AND l.agreed_name IS DISTINCT FROM a.name
