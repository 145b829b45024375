-- How many addresses and contacts a full run does not decide on, and why.

-- name: others
-- Addresses that are no candidates: of everybody in Practifi, of every contact there that is or was somebody's, and of every
-- one whose address has opted out.
WITH stranger AS MATERIALIZED (
  SELECT t.contact_id, t.key, t.is_deleted
  FROM compared_contact_there t
  WHERE t.connection_id = %(connection_id)s AND t.run_id = %(run_id)s AND t.key IS NOT NULL
    AND NOT EXISTS (
      SELECT FROM compared_contact h
      WHERE h.connection_id = %(connection_id)s AND h.run_id = %(run_id)s AND h.key = t.key)),
address AS (
  SELECT key
  FROM compared_contact
  WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND key IS NOT NULL
  UNION
  SELECT t.key
  FROM stranger t
  WHERE EXISTS (
      SELECT FROM link l
      WHERE l.connection_id = %(connection_id)s AND l.kind = 'contact' AND l.cc_id = t.contact_id)
    OR EXISTS (
      SELECT FROM membership_base b
      WHERE b.connection_id = %(connection_id)s AND b.cc_contact_id = t.contact_id)
    OR NOT t.is_deleted AND EXISTS (
      SELECT FROM standing_opt_out o
      WHERE o.connection_id = %(connection_id)s AND o.kind = 'address' AND o.key = t.key))
SELECT count(*)
FROM address a
WHERE NOT EXISTS (SELECT FROM candidate c WHERE c.connection_id = %(connection_id)s AND c.key = a.key)

-- name: left_out
-- Of these, those of whose people on a list each takes no part, by the reason of the first.
WITH member AS (
  SELECT h.key, h.sf_id, h.left_out
  FROM compared_contact h
  WHERE h.connection_id = %(connection_id)s AND h.run_id = %(run_id)s
    AND h.key IN (
      SELECT o.key
      FROM compared_contact o
      WHERE o.connection_id = %(connection_id)s AND o.run_id = %(run_id)s AND o.left_out IS NOT NULL AND o.key IS NOT NULL)
    AND h.sf_id IN (
      SELECT m.contact_id
      FROM compared_membership m
      WHERE m.connection_id = %(connection_id)s AND m.run_id = %(run_id)s AND m.contact_id IS NOT NULL
        AND m.list_id IS NOT NULL)),
address AS (
  SELECT key, (array_agg(left_out ORDER BY sf_id))[1] AS reason
  FROM member
  GROUP BY key
  HAVING bool_and(left_out IS NOT NULL))
SELECT a.reason, count(*)
FROM address a
WHERE NOT EXISTS (SELECT FROM candidate c WHERE c.connection_id = %(connection_id)s AND c.key = a.key)
GROUP BY a.reason
ORDER BY a.reason

-- name: without_address
-- People whom nobody can mail, for want of an address.
SELECT count(*)
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND deleted_at IS NULL AND email_key IS NULL

-- name: only_there
-- Contacts that nobody in Practifi is or was, and whose address has not opted out.
SELECT count(*)
FROM compared_contact_there t
WHERE t.connection_id = %(connection_id)s AND t.run_id = %(run_id)s AND NOT t.is_deleted
  AND NOT EXISTS (
    SELECT FROM compared_contact h
    WHERE h.connection_id = t.connection_id AND h.run_id = t.run_id AND h.key = t.key)
  AND NOT EXISTS (
    SELECT FROM link l
    WHERE l.connection_id = t.connection_id AND l.kind = 'contact' AND l.cc_id = t.contact_id)
  AND NOT EXISTS (
    SELECT FROM membership_base b
    WHERE b.connection_id = t.connection_id AND b.cc_contact_id = t.contact_id)
  AND NOT EXISTS (
    SELECT FROM standing_opt_out o
    WHERE o.connection_id = t.connection_id AND o.kind = 'address' AND o.key = t.key)

-- name: foreign_memberships
-- Members that only Constant Contact has, of people whom Practifi knows, by the name of the list: counted and left alone. Where
-- the policy deals with them, those are left that it does not: of lists without a record, and of whoever cannot be mailed.
WITH not_agreed AS MATERIALIZED (
  SELECT t.key, n.list_id, t.permission IN ('implicit', 'explicit') AS is_mailable
  FROM compared_contact_there t
  CROSS JOIN LATERAL unnest(t.lists) AS n (list_id)
  WHERE t.connection_id = %(connection_id)s AND t.run_id = %(run_id)s AND t.key IS NOT NULL AND NOT t.is_deleted
    AND NOT EXISTS (
      SELECT FROM membership_base b
      WHERE b.connection_id = %(connection_id)s AND b.cc_contact_id = t.contact_id AND b.cc_list_id = n.list_id)),
person AS (
  SELECT sf_id, key
  FROM compared_contact
  WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND key IN (SELECT key FROM not_agreed)),
asked AS (
  SELECT p.key, l.cc_id
  FROM person p
  JOIN compared_membership m ON m.connection_id = %(connection_id)s AND m.run_id = %(run_id)s AND m.contact_id = p.sf_id
  JOIN link l ON l.connection_id = m.connection_id AND l.kind = 'list' AND l.sf_id = m.list_id)
SELECT l.name, count(*)
FROM not_agreed n
JOIN cc_list l ON l.connection_id = %(connection_id)s AND l.list_id = n.list_id AND l.deleted_at IS NULL
WHERE n.key IN (SELECT key FROM person)
  AND NOT EXISTS (SELECT FROM asked a WHERE a.key = n.key AND a.cc_id = n.list_id)
  AND NOT (%(by_policy)s AND n.is_mailable AND EXISTS (
    SELECT
    FROM link k
    JOIN practifi_record r
      ON r.connection_id = k.connection_id AND r.kind = 'list' AND r.sf_id = k.sf_id AND r.deleted_at IS NULL
    WHERE k.connection_id = l.connection_id AND k.kind = 'list' AND k.cc_id = l.list_id))
GROUP BY l.name
ORDER BY l.name
