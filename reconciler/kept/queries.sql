-- Putting back what a snapshot has kept.

-- name: contacts_now
-- Contacts there as they were just read, deleted ones too.
SELECT contact_id::text, email_key, resource
FROM cc_contact
WHERE connection_id = %(connection_id)s AND contact_id = ANY(%(contact_ids)s::uuid[])

-- name: count_contacts
-- How many contacts there are now.
SELECT count(*)
FROM cc_contact
WHERE connection_id = %(connection_id)s AND deleted_at IS NULL

-- name: lists_now
-- Lists there as they were just read, each with the record in Practifi that it is.
SELECT t.list_id::text, t.name, r.sf_id, r.name AS name_here
FROM cc_list t
LEFT JOIN link l ON l.connection_id = t.connection_id AND l.kind = 'list' AND l.cc_id = t.list_id AND l.is_owner
LEFT JOIN practifi_record r
  ON r.connection_id = l.connection_id AND r.kind = 'list' AND r.sf_id = l.sf_id AND r.deleted_at IS NULL
WHERE t.connection_id = %(connection_id)s AND t.deleted_at IS NULL

-- name: add_planned_run
-- The run that stands for a plan which rests on what another run has just read.
INSERT INTO run (connection_id, job, mode, origin, asked_by, asked_at, state, started_at, finished_at)
VALUES (%(connection_id)s, %(job)s, 'plan', 'cli', %(by)s, app_now(), 'done', app_now(), app_now())
RETURNING id

-- name: forget_planned_run
-- There is nothing to put back, so nothing stands for it.
DELETE FROM run
WHERE connection_id = %(connection_id)s AND id = %(run_id)s

-- name: statuses_since
-- When the bridge last gave each of some records another status.
SELECT sf_id, since
FROM record_status
WHERE connection_id = %(connection_id)s AND kind = %(kind)s AND sf_id = ANY(%(ids)s)
