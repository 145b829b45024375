-- What people have saved on the pages of clients.

-- name: begin_save
-- A save begins, once; one that was begun and never ended is taken over. No row: it is done, or somebody is at it.
INSERT INTO console_save AS known (connection_id, key, page, account_id, person_id, made_at, lease_until)
VALUES (%(connection_id)s, %(key)s, %(page)s, %(account_id)s, %(person_id)s, app_now(),
  app_now() + make_interval(secs => %(lease_s)s))
ON CONFLICT (connection_id, key) DO UPDATE
  SET lease_until = EXCLUDED.lease_until
  WHERE known.lease_until < app_now() AND known.person_id = EXCLUDED.person_id
RETURNING key

-- name: is_begun
-- Whether a save of this key was begun, and nobody has to take it over.
SELECT EXISTS (
  SELECT
  FROM console_save
  WHERE connection_id = %(connection_id)s AND key = %(key)s AND (lease_until IS NULL OR lease_until > app_now()))

-- name: add_rows
-- What it asks for; a save that is taken over asks for what it asked for.
INSERT INTO console_saved (connection_id, save_key, place, act, contact_id, list_id, sf_id)
SELECT %(connection_id)s, %(key)s, place, act, contact_id, list_id, sf_id
FROM unnest(%(acts)s::text[], %(contact_ids)s::text[], %(list_ids)s::text[], %(sf_ids)s::text[])
  WITH ORDINALITY AS asked (act, contact_id, list_id, sf_id, place)
ON CONFLICT DO NOTHING

-- name: rows_of_save
-- What one save asks for, and what is known of it.
SELECT place, act, contact_id, list_id, sf_id, outcome
FROM console_saved
WHERE connection_id = %(connection_id)s AND save_key = %(key)s
ORDER BY place

-- name: end_rows
-- What Practifi said of each row.
UPDATE console_saved AS row
SET outcome = told.outcome, says = told.says, sf_id = coalesce(told.sf_id, row.sf_id), subject_key = told.subject_key,
    saved_at = app_now()
FROM unnest(%(places)s::int[], %(outcomes)s::text[], %(says)s::text[], %(sf_ids)s::text[], %(subject_keys)s::text[])
  AS told (place, outcome, says, sf_id, subject_key)
WHERE row.connection_id = %(connection_id)s AND row.save_key = %(key)s AND row.place = told.place

-- name: end_save
-- It is over.
UPDATE console_save
SET lease_until = NULL
WHERE connection_id = %(connection_id)s AND key = %(key)s

-- name: who_removed
-- Who removed memberships by a page, and when.
SELECT DISTINCT ON (r.sf_id) r.sf_id, p.name, r.saved_at
FROM console_saved r
JOIN console_save s ON s.connection_id = r.connection_id AND s.key = r.save_key
JOIN console_person p ON p.id = s.person_id
WHERE r.connection_id = %(connection_id)s AND r.sf_id = ANY(%(sf_ids)s) AND r.act = 'remove' AND r.outcome = 'saved'
ORDER BY r.sf_id, r.saved_at DESC

-- name: removals_begun
-- Memberships that saves would have removed of which nobody knows the end, and when the first of these was pressed.
SELECT r.sf_id, min(s.made_at)
FROM console_saved r
JOIN console_save s ON s.connection_id = r.connection_id AND s.key = r.save_key
WHERE r.connection_id = %(connection_id)s AND r.sf_id = ANY(%(sf_ids)s) AND r.act = 'remove' AND r.outcome IS NULL
GROUP BY r.sf_id

-- name: gone_since
-- When the mirror saw memberships go.
SELECT sf_id, deleted_at
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'membership' AND sf_id = ANY(%(sf_ids)s) AND deleted_at IS NOT NULL

-- name: saved_on_page
-- What somebody has saved since they opened the page, oldest first, and when the address was carried on since.
SELECT r.save_key, r.act, r.contact_id, r.list_id, r.sf_id, r.outcome, r.says, r.subject_key, r.saved_at,
  s.made_at, s.lease_until > app_now() AS is_saving, coalesce(l.name, r.list_id) AS list_name, (
    SELECT max(t.finished_at)
    FROM step t
    WHERE t.connection_id = r.connection_id AND t.subject_kind = 'address' AND t.subject_key = r.subject_key
      AND t.state = 'confirmed' AND t.finished_at >= r.saved_at) AS confirmed_at
FROM console_save s
JOIN console_saved r ON r.connection_id = s.connection_id AND r.save_key = s.key
LEFT JOIN practifi_record l ON l.connection_id = r.connection_id AND l.kind = 'list' AND l.sf_id = r.list_id
WHERE s.connection_id = %(connection_id)s AND s.page = %(page)s AND s.person_id = %(person_id)s
  AND s.account_id = %(account_id)s
ORDER BY s.made_at, r.save_key, r.place
