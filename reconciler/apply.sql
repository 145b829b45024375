-- Carrying plans out.

-- name: any_on_their_way
-- Whether a subject of a plan is in a bulk activity that has not ended.
SELECT EXISTS (
  SELECT FROM work w
  WHERE w.connection_id = %(connection_id)s AND w.bulk_activity_id IS NOT NULL
    AND EXISTS (
      SELECT FROM step s
      WHERE s.connection_id = w.connection_id AND s.subject_kind = w.kind AND s.subject_key = w.key
        AND s.plan_id = %(plan_id)s AND s.finished_at IS NULL))

-- name: held_in_bulk
-- How many subjects of a connection are in bulk activities.
SELECT count(*)
FROM work
WHERE connection_id = %(connection_id)s AND bulk_activity_id IS NOT NULL

-- name: went_in_bulk
-- Those of some addresses that a bulk activity has worked on since a plan was made.
SELECT DISTINCT subject_key
FROM step
WHERE connection_id = %(connection_id)s AND subject_kind = 'address' AND subject_key = ANY(%(keys)s)
  AND plan_id > %(plan_id)s AND bulk_activity_id IS NOT NULL AND state = 'confirmed'

-- name: still_there
-- Which of some contacts are not deleted there, as far as is known.
SELECT contact_id::text
FROM cc_contact
WHERE connection_id = %(connection_id)s AND contact_id = ANY(%(contact_ids)s::uuid[]) AND deleted_at IS NULL

-- name: last_ordinal
-- The last place of a plan.
SELECT coalesce(max(ordinal), -1)
FROM step
WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s
