-- What no rule settles, as the page Unresolved shows it.

-- name: open_rows
-- What waits for a person, the oldest first, a page at a time.
SELECT id, kind, key AS about, candidates, found_at
FROM unresolved
WHERE connection_id = %(connection_id)s AND finished_at IS NULL AND (%(kind)s::text IS NULL OR kind = %(kind)s)
  AND id > %(after)s
ORDER BY id
LIMIT %(count)s

-- name: open_counts
-- How much of each kind waits.
SELECT kind, count(*)
FROM unresolved
WHERE connection_id = %(connection_id)s AND finished_at IS NULL
GROUP BY kind

-- name: one_row
-- One row, open or settled.
SELECT id, kind, key AS about, candidates, found_at, choice ->> 'contact' AS choice, chosen_by, finished_at
FROM unresolved
WHERE connection_id = %(connection_id)s AND id = %(id)s

-- name: chosen_rows
-- Whom people have chosen lately, the newest first.
SELECT id, kind, key AS about, candidates, found_at, choice ->> 'contact' AS choice, chosen_by, finished_at
FROM unresolved
WHERE connection_id = %(connection_id)s AND choice IS NOT NULL
ORDER BY finished_at DESC, id DESC
LIMIT 20

-- name: records
-- What is known of some contacts and lists of Practifi, and whose fields are sent now.
SELECT p.sf_id, coalesce(p.name, nullif(concat_ws(' ', p.fields ->> 'FirstName', p.fields ->> 'LastName'), '')) AS name,
  client.name AS client, p.do_not_email, p.created_at, coalesce(l.is_owner, false) AS is_sent,
  ARRAY(
    SELECT coalesce(list.name, m.list_id)
    FROM practifi_record m
    LEFT JOIN practifi_record list
      ON list.connection_id = m.connection_id AND list.kind = 'list' AND list.sf_id = m.list_id
    WHERE m.connection_id = p.connection_id AND m.kind = 'membership' AND m.contact_id = p.sf_id AND m.deleted_at IS NULL
    ORDER BY 1
    LIMIT 50) AS lists
FROM practifi_record p
LEFT JOIN practifi_record client
  ON client.connection_id = p.connection_id AND client.kind = 'account' AND client.sf_id = p.account_id
LEFT JOIN link l ON l.connection_id = p.connection_id AND l.kind = p.kind AND l.sf_id = p.sf_id
WHERE p.connection_id = %(connection_id)s AND p.kind IN ('contact', 'list') AND p.sf_id = ANY(%(ids)s)
  AND p.deleted_at IS NULL
