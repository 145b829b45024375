-- Whom a change of a policy concerns, as far as the mirror knows; a run decides on each.

-- name: shared_people
-- People who have their address with somebody else; and those of them whose address is one household's.
SELECT coalesce(sum(n), 0)::int, coalesce(sum(n) FILTER (WHERE households = 1), 0)::int
FROM (
  SELECT count(*) AS n, count(DISTINCT coalesce(account_id, sf_id)) AS households
  FROM practifi_record
  WHERE connection_id = %(connection_id)s AND kind = 'contact' AND deleted_at IS NULL AND email_key IS NOT NULL
  GROUP BY email_key
  HAVING count(*) > 1) AS shared

-- name: foreign_people
-- People of Practifi whom only Constant Contact has on a list of Practifi's; and those of them who have not opted out.
SELECT count(DISTINCT c.email_key)::int,
  (count(DISTINCT c.email_key) FILTER (WHERE c.permission IS DISTINCT FROM 'unsubscribed'))::int
FROM cc_contact c
JOIN practifi_record p
  ON p.connection_id = c.connection_id AND p.kind = 'contact' AND p.email_key = c.email_key AND p.deleted_at IS NULL
JOIN cc_membership m ON m.connection_id = c.connection_id AND m.contact_id = c.contact_id
JOIN link l ON l.connection_id = m.connection_id AND l.kind = 'list' AND l.cc_id = m.list_id
LEFT JOIN membership_base b
  ON b.connection_id = c.connection_id AND b.cc_contact_id = c.contact_id AND b.cc_list_id = m.list_id
WHERE c.connection_id = %(connection_id)s AND c.deleted_at IS NULL AND b.contact_id IS NULL

-- name: lists_apart
-- Lists that only Constant Contact has; those deleted in Practifi and still there; those of Practifi that are gone there.
SELECT
  (SELECT count(*)::int
   FROM cc_list t
   WHERE t.connection_id = %(connection_id)s AND t.deleted_at IS NULL AND NOT EXISTS (
     SELECT FROM link l WHERE l.connection_id = t.connection_id AND l.kind = 'list' AND l.cc_id = t.list_id)),
  (count(*) FILTER (WHERE r.deleted_at IS NOT NULL AND t.deleted_at IS NULL))::int,
  (count(*) FILTER (WHERE r.deleted_at IS NULL AND t.deleted_at IS NOT NULL))::int
FROM link l
JOIN practifi_record r ON r.connection_id = l.connection_id AND r.kind = 'list' AND r.sf_id = l.sf_id
JOIN cc_list t ON t.connection_id = l.connection_id AND t.list_id = l.cc_id
WHERE l.connection_id = %(connection_id)s AND l.kind = 'list'
