-- Taking a plan back.

-- name: add_planned_run
-- The run that stands for a plan which a person asked for and which reads nothing.
INSERT INTO run (connection_id, job, mode, origin, asked_by, asked_at, state, started_at, finished_at)
VALUES (%(connection_id)s, %(job)s, 'plan', 'cli', %(by)s, app_now(), 'done', app_now(), app_now())
RETURNING id

-- name: forget_planned_run
-- There is nothing to take back, so nothing stands for it.
DELETE FROM run
WHERE connection_id = %(connection_id)s AND id = %(run_id)s

-- name: count_adopted
-- Membership records that a plan has made, or found.
SELECT count(*)
FROM step
WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s AND kind = 'adopt_membership' AND state = 'confirmed'
