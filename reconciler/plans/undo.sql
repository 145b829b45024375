-- Taking a plan back.

-- name: add_planned_run
-- The run that stands for a plan which a person asked for and which reads nothing.
INSERT INTO run (connection_id, job, mode, origin, asked_by, asked_at, state, started_at, finished_at)
VALUES (%(connection_id)s, %(job)s, 'plan', 'cli', %(by)s, app_now(), 'done', app_now(), app_now())
RETURNING id
