-- What the pages of lists read.

-- name: lists
-- A page of the lists in Practifi, by name: how many shall be on each, how many are confirmed, and what Constant Contact counts.
SELECT r.sf_id AS id, r.name, s.status, s.reason, there.member_count,
  (SELECT count(*) FROM practifi_record m
   WHERE m.connection_id = r.connection_id AND m.kind = 'membership' AND m.list_id = r.sf_id AND m.deleted_at IS NULL) AS total,
  (SELECT count(*) FROM membership_base b
   WHERE b.connection_id = r.connection_id AND b.list_id = r.sf_id
     AND b.agreed_at IS NOT NULL AND b.removed_at IS NULL AND b.lost_at IS NULL) AS confirmed
FROM practifi_record r
LEFT JOIN record_status s ON s.connection_id = r.connection_id AND s.kind = 'list' AND s.sf_id = r.sf_id
LEFT JOIN link l ON l.connection_id = r.connection_id AND l.kind = 'list' AND l.sf_id = r.sf_id
LEFT JOIN cc_list there ON there.connection_id = l.connection_id AND there.list_id = l.cc_id AND there.deleted_at IS NULL
WHERE r.connection_id = %(connection_id)s AND r.kind = 'list' AND r.deleted_at IS NULL
ORDER BY lower(r.name), r.sf_id
OFFSET %(skip)s
LIMIT %(count)s

-- name: list
-- One list in Practifi, and the one there that it is.
SELECT r.sf_id AS id, r.name, s.status, s.reason, there.member_count, there.list_id AS there_id,
  (SELECT count(*) FROM practifi_record m
   WHERE m.connection_id = r.connection_id AND m.kind = 'membership' AND m.list_id = r.sf_id AND m.deleted_at IS NULL) AS total,
  (SELECT count(*) FROM membership_base b
   WHERE b.connection_id = r.connection_id AND b.list_id = r.sf_id
     AND b.agreed_at IS NOT NULL AND b.removed_at IS NULL AND b.lost_at IS NULL) AS confirmed
FROM practifi_record r
LEFT JOIN record_status s ON s.connection_id = r.connection_id AND s.kind = 'list' AND s.sf_id = r.sf_id
LEFT JOIN link l ON l.connection_id = r.connection_id AND l.kind = 'list' AND l.sf_id = r.sf_id
LEFT JOIN cc_list there ON there.connection_id = l.connection_id AND there.list_id = l.cc_id AND there.deleted_at IS NULL
WHERE r.connection_id = %(connection_id)s AND r.kind = 'list' AND r.deleted_at IS NULL AND r.sf_id = %(list_id)s

-- name: not_sent
-- Why memberships of a list were not sent, and how many.
SELECT coalesce(s.reason, 'no reason is known'), count(*)
FROM record_status s
JOIN practifi_record m ON m.connection_id = s.connection_id AND m.kind = 'membership' AND m.sf_id = s.sf_id
WHERE s.connection_id = %(connection_id)s AND s.kind = 'membership' AND s.status = 'Not sent'
  AND m.list_id = %(list_id)s AND m.deleted_at IS NULL
GROUP BY s.reason
ORDER BY count(*) DESC, s.reason

-- name: people
-- How many people shall be on a list, and how many addresses they have.
SELECT count(DISTINCT m.contact_id), count(DISTINCT c.email_key)
FROM practifi_record m
LEFT JOIN practifi_record c
  ON c.connection_id = m.connection_id AND c.kind = 'contact' AND c.sf_id = m.contact_id AND c.deleted_at IS NULL
WHERE m.connection_id = %(connection_id)s AND m.kind = 'membership' AND m.deleted_at IS NULL AND m.list_id = %(list_id)s

-- name: foreign
-- Who is on a list there and was never on it in Practifi, each with the contact in Practifi that has the address, if any does. Nearly
-- all members are agreed on: these are left out first, all at once, and only the others are looked up.
WITH others AS MATERIALIZED (
  SELECT contact_id
  FROM cc_membership
  WHERE connection_id = %(connection_id)s AND list_id = %(there_id)s
  EXCEPT
  SELECT cc_contact_id
  FROM membership_base
  WHERE connection_id = %(connection_id)s AND list_id = %(list_id)s AND cc_list_id = %(there_id)s
    AND agreed_at IS NOT NULL AND removed_at IS NULL AND lost_at IS NULL),
alone AS MATERIALIZED (
  SELECT contact_id
  FROM others
  WHERE NOT EXISTS (
    SELECT FROM membership_base b
    WHERE b.connection_id = %(connection_id)s AND b.cc_contact_id = others.contact_id AND b.cc_list_id = %(there_id)s))
SELECT t.email_key AS key, t.resource #>> '{email_address,address}' AS address, here.sf_id AS contact_id, here.name,
  t.permission IN ('implicit', 'explicit') AS is_mailable
FROM alone
JOIN cc_contact t ON t.connection_id = %(connection_id)s AND t.contact_id = alone.contact_id AND t.deleted_at IS NULL
LEFT JOIN LATERAL (
  SELECT p.sf_id, contact_name(p) AS name
  FROM practifi_record p
  WHERE p.connection_id = t.connection_id AND p.kind = 'contact' AND p.deleted_at IS NULL AND p.email_key = t.email_key
  ORDER BY p.created_at, p.sf_id
  LIMIT 1) AS here ON true
WHERE NOT EXISTS (
  SELECT FROM practifi_record p
  JOIN practifi_record m ON m.connection_id = p.connection_id AND m.kind = 'membership' AND m.contact_id = p.sf_id
  WHERE p.connection_id = t.connection_id AND p.kind = 'contact' AND p.deleted_at IS NULL AND p.email_key = t.email_key
    AND m.list_id = %(list_id)s AND m.deleted_at IS NULL)
ORDER BY here.sf_id IS NULL, here.name, t.email_key
LIMIT %(most)s

-- name: left_there
-- Whom Practifi has on a list that Constant Contact does not have them on any more, those first who left it by their own act.
SELECT b.contact_id, contact_name(c) AS name, c.email_key AS address, c.account_id, b.lost_at, b.lost_by = 'person' AS is_own_act
FROM membership_base b
JOIN practifi_record c ON c.connection_id = b.connection_id AND c.kind = 'contact' AND c.sf_id = b.contact_id AND c.deleted_at IS NULL
WHERE b.connection_id = %(connection_id)s AND b.list_id = %(list_id)s AND b.lost_at IS NOT NULL AND b.removed_at IS NULL
  AND EXISTS (
    SELECT FROM practifi_record m
    WHERE m.connection_id = b.connection_id AND m.kind = 'membership' AND m.deleted_at IS NULL
      AND m.contact_id = b.contact_id AND m.list_id = b.list_id)
ORDER BY b.lost_by <> 'person', b.lost_at DESC
LIMIT %(most)s

-- name: on_no_list
-- How many contacts in Practifi are on no list, from two indexes alone: a membership outlives its contact by a poll at most.
SELECT greatest(0,
  (SELECT count(*)
   FROM practifi_record
   WHERE connection_id = %(connection_id)s AND kind = 'contact' AND deleted_at IS NULL)
  - (SELECT count(DISTINCT contact_id)
     FROM practifi_record
     WHERE connection_id = %(connection_id)s AND kind = 'membership' AND deleted_at IS NULL))
