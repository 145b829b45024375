-- What is a candidate because of what the firm has decided.

-- name: foreign
-- A contact that can be mailed is on a list of Practifi's, of which neither a record nor anything agreed on tells.
WITH list AS (
  SELECT DISTINCT c.list_id
  FROM link l
  JOIN cc_list c ON c.connection_id = l.connection_id AND c.list_id = l.cc_id AND c.deleted_at IS NULL
  JOIN practifi_record r
    ON r.connection_id = l.connection_id AND r.kind = 'list' AND r.sf_id = l.sf_id AND r.deleted_at IS NULL
  WHERE l.connection_id = %(connection_id)s AND l.kind = 'list'),
asked AS (
  SELECT DISTINCT h.key, l.cc_id
  FROM compared_membership m
  JOIN compared_contact h ON h.connection_id = m.connection_id AND h.run_id = m.run_id AND h.sf_id = m.contact_id
  JOIN link l ON l.connection_id = m.connection_id AND l.kind = 'list' AND l.sf_id = m.list_id
  WHERE m.connection_id = %(connection_id)s AND m.run_id = %(run_id)s AND h.key IS NOT NULL)
SELECT t.key
FROM compared_contact_there t
CROSS JOIN LATERAL unnest(t.lists) AS n (list_id)
JOIN list ON list.list_id = n.list_id
JOIN compared_contact h ON h.connection_id = t.connection_id AND h.run_id = t.run_id AND h.key = t.key
LEFT JOIN asked a ON a.key = t.key AND a.cc_id = n.list_id
LEFT JOIN membership_base b ON b.connection_id = t.connection_id AND b.cc_contact_id = t.contact_id AND b.cc_list_id = n.list_id
WHERE t.connection_id = %(connection_id)s AND t.run_id = %(run_id)s AND NOT t.is_deleted
  AND t.permission IN ('implicit', 'explicit') AND a.key IS NULL AND b.contact_id IS NULL

-- name: greet_households
-- Several people of one household who share an address are compared by its name.
UPDATE compared_contact h
SET compared = h.as_household
FROM (
  SELECT key
  FROM compared_contact
  WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND key IS NOT NULL AND compared IS NOT NULL
  GROUP BY key
  HAVING count(*) > 1 AND count(household) = count(*) AND count(DISTINCT household) = 1) AS shared
WHERE h.connection_id = %(connection_id)s AND h.run_id = %(run_id)s AND h.key = shared.key AND h.compared IS NOT NULL
