-- name: policies
-- The policies of a connection, where any was ever set.
SELECT value
FROM setting
WHERE connection_id = %(connection_id)s AND name = 'policies'

-- name: lock_connection
-- Whoever changes policies does so one after the other: each change rests on those before.
SELECT FROM connection
WHERE id = %(connection_id)s
FOR UPDATE

-- name: store_policies
-- How a connection is treated from now on.
INSERT INTO setting (connection_id, name, value)
VALUES (%(connection_id)s, 'policies', %(policies)s)
ON CONFLICT (connection_id, name) DO UPDATE
  SET value = EXCLUDED.value

-- name: note_changes
-- Who has changed what.
INSERT INTO policy_change (connection_id, name, old, new, changed_by, changed_at)
SELECT %(connection_id)s, name, old, new, %(by)s, app_now()
FROM unnest(%(names)s::text[], %(olds)s::text[], %(news)s::text[]) AS c (name, old, new)

-- name: changes
-- What was changed, newest first.
SELECT name, old, new, changed_by, changed_at
FROM policy_change
WHERE connection_id = %(connection_id)s
ORDER BY id DESC
LIMIT %(count)s

-- name: disown_shared
-- Nobody owns a contact that several people are, unless a person has chosen one: the next decision goes by the policy.
UPDATE link
SET is_owner = false
FROM (
  SELECT o.sf_id
  FROM link o
  WHERE o.connection_id = %(connection_id)s AND o.kind = 'contact' AND o.is_owner
    AND EXISTS (
      SELECT FROM link other
      WHERE other.connection_id = o.connection_id AND other.kind = 'contact' AND other.cc_id = o.cc_id
        AND other.sf_id <> o.sf_id)
    AND NOT EXISTS (
      SELECT FROM unresolved u
      WHERE u.connection_id = o.connection_id AND u.choice ->> 'contact' = o.sf_id)
  ORDER BY o.sf_id
  FOR UPDATE) AS shared
WHERE link.connection_id = %(connection_id)s AND link.kind = 'contact' AND link.sf_id = shared.sf_id

-- name: note_shared
-- The next run decides on every address that several people have.
INSERT INTO candidate (connection_id, key)
SELECT connection_id, email_key
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND deleted_at IS NULL AND email_key IS NOT NULL
GROUP BY connection_id, email_key
HAVING count(*) > 1
ORDER BY email_key
ON CONFLICT (connection_id, key) DO NOTHING

-- name: note_foreign
-- The next run decides on everybody whom Practifi knows and who is on a list that nothing agreed on tells of.
INSERT INTO candidate (connection_id, key)
SELECT DISTINCT c.connection_id, c.email_key
FROM cc_contact c
JOIN practifi_record p
  ON p.connection_id = c.connection_id AND p.kind = 'contact' AND p.email_key = c.email_key AND p.deleted_at IS NULL
JOIN cc_membership m ON m.connection_id = c.connection_id AND m.contact_id = c.contact_id
LEFT JOIN membership_base b
  ON b.connection_id = c.connection_id AND b.cc_contact_id = c.contact_id AND b.cc_list_id = m.list_id
WHERE c.connection_id = %(connection_id)s AND c.deleted_at IS NULL AND b.contact_id IS NULL
ORDER BY c.email_key
ON CONFLICT (connection_id, key) DO NOTHING
