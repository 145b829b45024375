-- name: stage_practifi
-- A page of Salesforce records, as they were read.
INSERT INTO staged_practifi_record (connection_id, run_id, kind, sf_id, record)
SELECT %(connection_id)s, %(run_id)s, %(kind)s, r ->> 'Id', r
FROM jsonb_array_elements(%(records)s::jsonb) AS r

-- name: stage_cc
-- A page of lists or contacts of Constant Contact, as they were read.
INSERT INTO staged_cc_resource (connection_id, run_id, kind, cc_id, resource)
SELECT %(connection_id)s, %(run_id)s, %(kind)s, (r ->> %(id_name)s)::uuid, r
FROM jsonb_array_elements(%(resources)s::jsonb) AS r

-- name: staged_practifi
-- The next staged records of a kind in the order of their ids, each as it was read last.
SELECT DISTINCT ON (sf_id) sf_id, record
FROM staged_practifi_record
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND kind = %(kind)s AND sf_id > %(after)s
ORDER BY sf_id, seq DESC
LIMIT %(count)s

-- name: missing_practifi
-- Records that the mirror has and the snapshot has not, and that nobody has told of since it began.
SELECT m.sf_id
FROM practifi_record m
WHERE m.connection_id = %(connection_id)s AND m.kind = %(kind)s AND m.deleted_at IS NULL AND m.seen_at < %(begun_at)s
  AND NOT EXISTS (
    SELECT FROM staged_practifi_record s
    WHERE s.connection_id = m.connection_id AND s.run_id = %(run_id)s AND s.kind = m.kind AND s.sf_id = m.sf_id)
ORDER BY m.sf_id

-- name: changed_cc_lists
-- Staged lists that differ from the mirror, unless it learned something newer.
SELECT DISTINCT ON (s.cc_id) s.resource
FROM staged_cc_resource s
LEFT JOIN cc_list m ON m.connection_id = s.connection_id AND m.list_id = s.cc_id
WHERE s.connection_id = %(connection_id)s AND s.run_id = %(run_id)s AND s.kind = 'list'
  AND (m.list_id IS NULL OR m.seen_at < %(begun_at)s)
ORDER BY s.cc_id, s.seq DESC

-- name: missing_cc_lists
-- Lists that the mirror has and the account has not any more.
SELECT m.list_id::text
FROM cc_list m
WHERE m.connection_id = %(connection_id)s AND m.deleted_at IS NULL AND m.seen_at < %(begun_at)s
  AND NOT EXISTS (
    SELECT FROM staged_cc_resource s
    WHERE s.connection_id = m.connection_id AND s.run_id = %(run_id)s AND s.kind = 'list' AND s.cc_id = m.list_id)
ORDER BY m.list_id

-- name: changed_cc_contacts
-- The next staged contacts that differ from the mirror, unless it learned something newer.
SELECT DISTINCT ON (s.cc_id) s.cc_id::text, s.resource
FROM staged_cc_resource s
LEFT JOIN cc_contact m ON m.connection_id = s.connection_id AND m.contact_id = s.cc_id
WHERE s.connection_id = %(connection_id)s AND s.run_id = %(run_id)s AND s.kind = 'contact'
  AND s.cc_id > %(after)s::uuid
  AND (m.contact_id IS NULL OR (m.seen_at < %(begun_at)s AND m.resource IS DISTINCT FROM s.resource))
ORDER BY s.cc_id, s.seq DESC
LIMIT %(count)s

-- name: missing_cc_contacts
-- Contacts that the mirror has and no page of the snapshot showed; deleted ones are shown as well.
SELECT m.contact_id::text
FROM cc_contact m
WHERE m.connection_id = %(connection_id)s AND m.seen_at < %(begun_at)s
  AND NOT EXISTS (
    SELECT FROM staged_cc_resource s
    WHERE s.connection_id = m.connection_id AND s.run_id = %(run_id)s AND s.kind = 'contact' AND s.cc_id = m.contact_id)
ORDER BY m.contact_id
