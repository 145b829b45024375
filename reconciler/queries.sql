-- name: touched
-- The addresses that a plan may have changed something for: its own, and those of everybody who is, was or shared a
-- contact that was written since.
WITH written AS (
  SELECT c.contact_id, c.email_key
  FROM plan p
  JOIN cc_contact c ON c.connection_id = p.connection_id AND c.seen_at >= p.made_at
  WHERE p.connection_id = %(connection_id)s AND p.id = %(plan_id)s),
address AS (
  SELECT subject_key AS email_key
  FROM step
  WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s AND subject_kind = 'address'
  UNION
  SELECT email_key FROM written),
person AS (
  SELECT p.sf_id, p.email_key
  FROM practifi_record p
  JOIN address a ON a.email_key = p.email_key
  WHERE p.connection_id = %(connection_id)s AND p.kind = 'contact' AND p.deleted_at IS NULL
  UNION
  SELECT l.sf_id, p.email_key
  FROM link l
  JOIN written w ON w.contact_id = l.cc_id
  LEFT JOIN practifi_record p ON p.connection_id = l.connection_id AND p.kind = 'contact' AND p.sf_id = l.sf_id
    AND p.deleted_at IS NULL
  WHERE l.connection_id = %(connection_id)s AND l.kind = 'contact'
  UNION
  SELECT b.contact_id, p.email_key
  FROM membership_base b
  JOIN written w ON w.contact_id = b.cc_contact_id
  LEFT JOIN practifi_record p ON p.connection_id = b.connection_id AND p.kind = 'contact' AND p.sf_id = b.contact_id
    AND p.deleted_at IS NULL
  WHERE b.connection_id = %(connection_id)s)
SELECT email_key FROM address WHERE email_key IS NOT NULL
UNION
SELECT email_key FROM person WHERE email_key IS NOT NULL
UNION
SELECT c.email_key
FROM person p
JOIN link l ON l.connection_id = %(connection_id)s AND l.kind = 'contact' AND l.sf_id = p.sf_id
JOIN cc_contact c ON c.connection_id = l.connection_id AND c.contact_id = l.cc_id AND c.email_key IS NOT NULL
UNION
SELECT c.email_key
FROM person p
JOIN membership_base b ON b.connection_id = %(connection_id)s AND b.contact_id = p.sf_id
JOIN cc_contact c ON c.connection_id = b.connection_id AND c.contact_id = b.cc_contact_id AND c.email_key IS NOT NULL
ORDER BY 1

-- name: given_up
-- Which of some addresses a plan could not do something for.
SELECT DISTINCT subject_key
FROM step
WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s AND subject_kind = 'address' AND subject_key = ANY(%(keys)s)
  AND state IN ('refused', 'failed', 'skipped')

-- name: shown_without_address
-- People without an address who are on a list or were shown as something else, and their memberships, as far as they are not
-- shown so.
WITH person AS (
  SELECT sf_id
  FROM practifi_record
  WHERE connection_id = %(connection_id)s AND kind = 'contact' AND deleted_at IS NULL AND email_key IS NULL
    AND unknown_fields = '{}'),
membership AS (
  SELECT m.sf_id, m.contact_id
  FROM practifi_record m
  JOIN person p ON p.sf_id = m.contact_id
  WHERE m.connection_id = %(connection_id)s AND m.kind = 'membership' AND m.deleted_at IS NULL)
SELECT shown.kind, shown.sf_id
FROM (
  SELECT 'contact' AS kind, sf_id, sf_id IN (SELECT contact_id FROM membership) AS is_on_a_list
  FROM person
  UNION ALL
  SELECT 'membership', sf_id, true
  FROM membership) AS shown
LEFT JOIN record_status s ON s.connection_id = %(connection_id)s AND s.kind = shown.kind AND s.sf_id = shown.sf_id
WHERE CASE WHEN s.sf_id IS NULL THEN shown.is_on_a_list
           ELSE (s.status, s.reason) IS DISTINCT FROM (%(status)s, %(reason)s) END

-- name: lists_to_decide
-- Every list of Practifi, with the list there that it is linked to.
SELECT p.sf_id, p.name, p.fields, p.deleted_at IS NOT NULL AS is_deleted, cardinality(p.unknown_fields) > 0 AS is_unknown,
  l.cc_id::text AS linked_to, l.agreed_name,
  there.name AS name_there, there.deleted_at IS NOT NULL AS is_deleted_there, there.list_id IS NOT NULL AS is_there
FROM practifi_record p
LEFT JOIN link l ON l.connection_id = p.connection_id AND l.kind = 'list' AND l.sf_id = p.sf_id
LEFT JOIN cc_list there ON there.connection_id = l.connection_id AND there.list_id = l.cc_id
WHERE p.connection_id = %(connection_id)s AND p.kind = 'list'
ORDER BY p.name, p.sf_id

-- name: gone_on_both_sides
-- Lists that were deleted in Practifi and are not in Constant Contact any more, while something still tells of them.
SELECT l.sf_id, l.cc_id::text
FROM link l
JOIN practifi_record p ON p.connection_id = l.connection_id AND p.kind = 'list' AND p.sf_id = l.sf_id
LEFT JOIN cc_list there ON there.connection_id = l.connection_id AND there.list_id = l.cc_id
WHERE l.connection_id = %(connection_id)s AND l.kind = 'list' AND p.deleted_at IS NOT NULL
  AND (there.list_id IS NULL OR there.deleted_at IS NOT NULL)

-- name: lists_there
-- The lists of the account that are not deleted, and whether a record is linked to each.
SELECT o.list_id::text, o.name,
  EXISTS (
    SELECT FROM link x
    WHERE x.connection_id = o.connection_id AND x.kind = 'list' AND x.cc_id = o.list_id) AS is_taken
FROM cc_list o
WHERE o.connection_id = %(connection_id)s AND o.deleted_at IS NULL
ORDER BY o.list_id
