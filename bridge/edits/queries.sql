-- Mapping files that somebody is writing, and what they would change.

-- name: keep_edit
-- What somebody has written so far, beside the version that was in force when they began.
INSERT INTO mapping_edit (connection_id, person_id, files, base_version_id, saved_at)
VALUES (%(connection_id)s, %(person_id)s, %(files)s, %(base)s, app_now())
ON CONFLICT (connection_id, person_id) DO UPDATE
  SET files = EXCLUDED.files, base_version_id = EXCLUDED.base_version_id, saved_at = EXCLUDED.saved_at

-- name: edit_of
-- What somebody has written so far.
SELECT files, base_version_id, saved_at
FROM mapping_edit
WHERE connection_id = %(connection_id)s AND person_id = %(person_id)s

-- name: discard_edit
-- It is in force, or not wanted.
DELETE FROM mapping_edit
WHERE connection_id = %(connection_id)s AND person_id = %(person_id)s

-- name: ask_count
-- Count whom some files would change; what was counted a while ago is counted anew.
INSERT INTO mapping_count (connection_id, version_id, digest, files, asked_at)
VALUES (%(connection_id)s, %(version_id)s, %(digest)s, %(files)s, app_now())
ON CONFLICT (connection_id, version_id, digest) DO UPDATE
  SET asked_at = EXCLUDED.asked_at, after_id = '', looked = 0, counts = '{}', fields = '{}', finished_at = NULL, fault = NULL
  WHERE mapping_count.finished_at < app_now() - interval '10 minutes'
RETURNING true

-- name: count_of
-- How far the counting has come.
SELECT looked, counts, fields, asked_at, finished_at, fault
FROM mapping_count
WHERE connection_id = %(connection_id)s AND version_id = %(version_id)s AND digest = %(digest)s

-- name: take_count
-- The counting that waits longest, for as long as this transaction lasts.
SELECT connection_id, version_id, digest, files, after_id, looked, counts, fields
FROM mapping_count
WHERE finished_at IS NULL
ORDER BY asked_at
LIMIT 1
FOR UPDATE SKIP LOCKED

-- name: keep_count
-- How far it has come now.
UPDATE mapping_count
SET after_id = %(after_id)s, looked = %(looked)s, counts = %(counts)s, fields = %(fields)s,
    finished_at = CASE WHEN %(is_done)s THEN app_now() END
WHERE connection_id = %(connection_id)s AND version_id = %(version_id)s AND digest = %(digest)s

-- name: give_count_up
-- It cannot be counted.
UPDATE mapping_count
SET finished_at = app_now(), fault = %(fault)s
WHERE connection_id = %(connection_id)s AND version_id = %(version_id)s AND digest = %(digest)s

-- name: records_after
-- The contacts whose fields are sent, in the order of their ids, with what is there: owners, and who would be made.
SELECT p.sf_id, p.fields, c.resource::text AS there
FROM practifi_record p
LEFT JOIN link l ON l.connection_id = p.connection_id AND l.kind = 'contact' AND l.sf_id = p.sf_id
LEFT JOIN cc_contact c ON c.connection_id = l.connection_id AND c.contact_id = l.cc_id AND c.deleted_at IS NULL
WHERE p.connection_id = %(connection_id)s AND p.kind = 'contact' AND p.deleted_at IS NULL AND p.email_key IS NOT NULL
  AND p.sf_id > %(after_id)s
  AND CASE WHEN l.sf_id IS NOT NULL THEN l.is_owner ELSE EXISTS (
    SELECT FROM practifi_record m
    WHERE m.connection_id = p.connection_id AND m.kind = 'membership' AND m.contact_id = p.sf_id AND m.deleted_at IS NULL)
  END
ORDER BY p.sf_id
LIMIT %(count)s

-- name: all_records
-- All of the same contacts, to be read in one stream.
SELECT p.sf_id, p.fields, c.resource::text AS there
FROM practifi_record p
LEFT JOIN link l ON l.connection_id = p.connection_id AND l.kind = 'contact' AND l.sf_id = p.sf_id
LEFT JOIN cc_contact c ON c.connection_id = l.connection_id AND c.contact_id = l.cc_id AND c.deleted_at IS NULL
WHERE p.connection_id = %(connection_id)s AND p.kind = 'contact' AND p.deleted_at IS NULL AND p.email_key IS NOT NULL
  AND CASE WHEN l.sf_id IS NOT NULL THEN l.is_owner ELSE EXISTS (
    SELECT FROM practifi_record m
    WHERE m.connection_id = p.connection_id AND m.kind = 'membership' AND m.contact_id = p.sf_id AND m.deleted_at IS NULL)
  END

-- name: records_of
-- Some contacts by their ids or addresses, whoever owns what is there.
SELECT p.sf_id, p.fields, c.resource::text AS there
FROM practifi_record p
LEFT JOIN link l ON l.connection_id = p.connection_id AND l.kind = 'contact' AND l.sf_id = p.sf_id
LEFT JOIN cc_contact c ON c.connection_id = l.connection_id AND c.contact_id = l.cc_id AND c.deleted_at IS NULL
WHERE p.connection_id = %(connection_id)s AND p.kind = 'contact' AND p.deleted_at IS NULL
  AND (p.sf_id = ANY(%(ids)s) OR p.email_key = ANY(%(keys)s))
ORDER BY p.sf_id

-- name: records_at_random
-- Some of the same contacts, by whole blocks of the table.
SELECT p.sf_id, nullif(concat_ws(' ', p.fields ->> 'FirstName', p.fields ->> 'LastName'), '') AS name, p.fields,
  c.resource::text AS there
FROM practifi_record p TABLESAMPLE SYSTEM (%(percent)s)
LEFT JOIN link l ON l.connection_id = p.connection_id AND l.kind = 'contact' AND l.sf_id = p.sf_id
LEFT JOIN cc_contact c ON c.connection_id = l.connection_id AND c.contact_id = l.cc_id AND c.deleted_at IS NULL
WHERE p.connection_id = %(connection_id)s AND p.kind = 'contact' AND p.deleted_at IS NULL AND p.email_key IS NOT NULL
  AND CASE WHEN l.sf_id IS NOT NULL THEN l.is_owner ELSE EXISTS (
    SELECT FROM practifi_record m
    WHERE m.connection_id = p.connection_id AND m.kind = 'membership' AND m.contact_id = p.sf_id AND m.deleted_at IS NULL)
  END
LIMIT %(count)s

-- name: rows_about
-- About how many rows the mirror has, as the planner thinks; none is known of a table that was never looked at.
SELECT greatest(reltuples, 0)::bigint
FROM pg_class
WHERE oid = 'practifi_record'::regclass

-- name: one_record
-- One contact or list, with what is there.
SELECT p.sf_id, p.fields, c.resource AS there
FROM practifi_record p
LEFT JOIN link l ON l.connection_id = p.connection_id AND l.kind = p.kind AND l.sf_id = p.sf_id
LEFT JOIN cc_contact c
  ON p.kind = 'contact' AND c.connection_id = l.connection_id AND c.contact_id = l.cc_id AND c.deleted_at IS NULL
WHERE p.connection_id = %(connection_id)s AND p.kind = %(kind)s AND p.sf_id = %(sf_id)s AND p.deleted_at IS NULL

-- name: found_by_address
-- The contacts of an address.
SELECT sf_id, nullif(concat_ws(' ', fields ->> 'FirstName', fields ->> 'LastName'), '') AS name
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND email_key = %(text)s AND deleted_at IS NULL
ORDER BY sf_id
LIMIT %(count)s

-- name: found_by_id
-- The contact or list of an id.
SELECT sf_id, coalesce(name, nullif(concat_ws(' ', fields ->> 'FirstName', fields ->> 'LastName'), '')) AS name
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = %(kind)s AND sf_id = %(text)s AND deleted_at IS NULL

-- name: found_by_name
-- The first contacts whose name has these words in it.
SELECT sf_id, called AS name
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND deleted_at IS NULL AND called ILIKE %(pattern)s
ORDER BY called, sf_id
LIMIT %(count)s

-- name: lists_by_name
-- The first lists whose name has these words in it.
SELECT sf_id, name
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'list' AND deleted_at IS NULL AND name ILIKE %(pattern)s
ORDER BY name, sf_id
LIMIT %(count)s

-- name: memberships_of
-- The memberships of a contact, with the list.
SELECT m.sf_id, m.fields, coalesce(list.name, m.list_id) AS name
FROM practifi_record m
LEFT JOIN practifi_record list
  ON list.connection_id = m.connection_id AND list.kind = 'list' AND list.sf_id = m.list_id
WHERE m.connection_id = %(connection_id)s AND m.kind = 'membership' AND m.contact_id = %(sf_id)s AND m.deleted_at IS NULL
ORDER BY 3, 1
LIMIT 50

-- name: owned
-- How many contacts there get their fields from a record.
SELECT count(*)
FROM link
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND is_owner

-- name: lists
-- Every list of Practifi.
SELECT sf_id, fields
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'list' AND deleted_at IS NULL
ORDER BY sf_id
LIMIT 2000

-- name: was_carried_out
-- Whether a plan of contacts was ever carried out: the first is the firm's own to ask for.
SELECT true
FROM run
WHERE connection_id = %(connection_id)s AND job = 'contacts' AND mode = 'apply' AND state = 'done'
LIMIT 1
