-- Fields that somebody there sets back.

-- name: flapping_at
-- Fields at some addresses that are paused, or will be when they are set back once more.
SELECT key, field, ours, paused_at IS NOT NULL AS is_paused
FROM flapping_field
WHERE connection_id = %(connection_id)s AND key = ANY(%(keys)s)
  AND (paused_at IS NOT NULL OR (
    SELECT count(*) FROM unnest(set_back_at) AS at WHERE at > app_now() - make_interval(days => %(days)s)) >= %(times)s)
ORDER BY key, field

-- name: note_set_backs
-- The bridge has written a value over what somebody had set it back to. Another value begins anew.
INSERT INTO flapping_field AS f (connection_id, key, field, ours, theirs, set_back_at)
SELECT %(connection_id)s, key, field, ours, theirs, ARRAY[app_now()]
FROM unnest(%(keys)s::text[], %(fields)s::text[], %(ours)s::jsonb[], %(theirs)s::jsonb[]) AS set_back (key, field, ours, theirs)
ORDER BY key, field
ON CONFLICT (connection_id, key, field) DO UPDATE
  SET ours = EXCLUDED.ours, theirs = EXCLUDED.theirs, paused_at = NULL,
      set_back_at = CASE WHEN f.ours = EXCLUDED.ours
        THEN ARRAY(SELECT at FROM unnest(f.set_back_at) AS at WHERE at > app_now() - make_interval(days => %(days)s) ORDER BY at)
        ELSE '{}' END || EXCLUDED.set_back_at

-- name: pause_fields
-- They are not written any more.
UPDATE flapping_field f
SET paused_at = coalesce(f.paused_at, app_now()), theirs = p.theirs
FROM unnest(%(keys)s::text[], %(fields)s::text[], %(theirs)s::jsonb[]) AS p (key, field, theirs)
WHERE f.connection_id = %(connection_id)s AND f.key = p.key AND f.field = p.field
  AND (f.paused_at IS NULL OR f.theirs <> p.theirs)

-- name: forget_paused
-- Both sides agree, or Practifi says something else: what was paused is written as ever.
DELETE FROM flapping_field f
USING unnest(%(keys)s::text[], %(fields)s::text[]) AS p (key, field)
WHERE f.connection_id = %(connection_id)s AND f.key = p.key AND f.field = p.field

-- name: let_go_of_field
-- A person wants it written again.
DELETE FROM flapping_field
WHERE connection_id = %(connection_id)s AND key = %(key)s AND field = %(field)s AND paused_at IS NOT NULL
RETURNING field
