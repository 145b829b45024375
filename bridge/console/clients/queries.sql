-- A client, its people, and how their memberships stand.

-- name: connections_with
-- Connections whose mirror knows people of a client.
SELECT DISTINCT connection_id
FROM practifi_record
WHERE connection_id = ANY(%(connection_ids)s) AND kind = 'contact' AND deleted_at IS NULL AND account_id = %(account_id)s

-- name: people_of_account
-- The people whose record names a client as theirs.
SELECT sf_id
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND deleted_at IS NULL AND account_id = %(account_id)s
ORDER BY created_at, sf_id

-- name: known_client
-- What Salesforce has told of a client, and whether that is still believed.
SELECT name, ways, asked_at > app_now() - make_interval(secs => %(believed_s)s) AS is_believed
FROM console_client
WHERE connection_id = %(connection_id)s AND account_id = %(account_id)s

-- name: keep_client
-- What Salesforce has just told of a client.
INSERT INTO console_client (connection_id, account_id, name, ways, asked_at)
VALUES (%(connection_id)s, %(account_id)s, %(name)s, %(ways)s, app_now())
ON CONFLICT (connection_id, account_id) DO UPDATE
  SET name = EXCLUDED.name, ways = EXCLUDED.ways, asked_at = EXCLUDED.asked_at

-- name: with_sharers
-- Some people, and everybody who has an address of theirs.
SELECT other.sf_id
FROM practifi_record one
JOIN practifi_record other
  ON other.connection_id = one.connection_id AND other.kind = 'contact' AND other.deleted_at IS NULL
    AND other.email_key = one.email_key
WHERE one.connection_id = %(connection_id)s AND one.kind = 'contact' AND one.deleted_at IS NULL AND one.sf_id = ANY(%(ids)s)
UNION
SELECT sf_id
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND deleted_at IS NULL AND sf_id = ANY(%(ids)s)

-- name: contacts
-- People as the mirror has them.
SELECT sf_id, email_key, do_not_email, fields
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND deleted_at IS NULL AND sf_id = ANY(%(ids)s)

-- name: memberships
-- The memberships of people, and what was last said of each.
SELECT m.sf_id, m.contact_id, m.list_id, coalesce(l.name, m.list_id) AS list_name, m.created_at, s.status, s.reason,
  s.confirmed_at
FROM practifi_record m
LEFT JOIN practifi_record l ON l.connection_id = m.connection_id AND l.kind = 'list' AND l.sf_id = m.list_id
LEFT JOIN record_status s ON s.connection_id = m.connection_id AND s.kind = 'membership' AND s.sf_id = m.sf_id
WHERE m.connection_id = %(connection_id)s AND m.kind = 'membership' AND m.deleted_at IS NULL AND m.list_id IS NOT NULL
  AND m.contact_id = ANY(%(ids)s)
ORDER BY lower(l.name), m.sf_id

-- name: lists
-- The lists of Practifi.
SELECT sf_id, coalesce(name, sf_id)
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'list' AND deleted_at IS NULL
ORDER BY lower(name), sf_id

-- name: left_lists
-- Lists that people have left by their own act, and when that was seen.
SELECT contact_id, list_id, lost_at
FROM membership_base
WHERE connection_id = %(connection_id)s AND contact_id = ANY(%(ids)s) AND lost_by = 'person'

-- name: reactivated
-- When people came back to all mail, where that is not a day ago.
SELECT s.key AS contact_id, max(r.finished_at) AS at
FROM resubscription r
JOIN consent_subject s ON s.connection_id = r.connection_id AND s.subject_id = r.person_id
WHERE r.connection_id = %(connection_id)s AND r.state = 'confirmed' AND r.list_id IS NULL
  AND r.finished_at > app_now() - interval '1 day' AND s.key = ANY(%(ids)s)
GROUP BY s.key

-- name: work_at
-- How far the addresses of people are carried on.
SELECT key, done < wanted AS is_open, blocked_reason, due_at, waits_for, lease_until > app_now() AS is_held,
  EXISTS (SELECT FROM pause p WHERE p.connection_id = work.connection_id AND p.lane = work.lane) AS is_paused
FROM work
WHERE connection_id = %(connection_id)s AND kind = 'address' AND key = ANY(%(keys)s)

-- name: surroundings
-- The time, when Constant Contact last told of one of these addresses, and since when it answers nobody.
SELECT app_now(), (
  SELECT max(seen_at)
  FROM cc_contact
  WHERE connection_id = %(connection_id)s AND email_key = ANY(%(keys)s)), (
  SELECT since
  FROM outage
  WHERE connection_id = %(connection_id)s AND system = 'constant_contact' AND probe_at IS NOT NULL)
