-- Runs as people ask for them and look at them.

-- name: add_run
-- Ask for a run; no row where one of this job is under way.
INSERT INTO run (connection_id, job, mode, origin, asked_by, asked_at, state, extent, accepts_fewer, about)
VALUES (%(connection_id)s, %(job)s, %(mode)s, %(origin)s, %(asked_by)s, app_now(), 'queued', %(extent)s,
  %(accepts_fewer)s, %(only)s)
ON CONFLICT (connection_id, job) WHERE finished_at IS NULL AND state <> 'waiting' DO NOTHING
RETURNING id

-- name: add_undo
-- Ask for the plan that takes another one back; no row where a run of its job is under way.
INSERT INTO run (connection_id, job, mode, origin, asked_by, asked_at, state, undoes_plan_id)
VALUES (%(connection_id)s, %(job)s, 'plan', %(origin)s, %(asked_by)s, app_now(), 'queued', %(plan_id)s)
ON CONFLICT (connection_id, job) WHERE finished_at IS NULL AND state <> 'waiting' DO NOTHING
RETURNING id

-- name: active_run
-- The run of a job that is under way.
SELECT id
FROM run
WHERE connection_id = %(connection_id)s AND job = %(job)s AND finished_at IS NULL AND state <> 'waiting'

-- name: ask_cancel
-- A person asks a run to stop; one that waits for a time need not wait for it.
UPDATE run
SET cancel_asked_at = coalesce(cancel_asked_at, app_now()),
    lease_token = CASE WHEN reason IS NULL THEN lease_token END,
    lease_until = CASE WHEN reason IS NULL THEN lease_until END
WHERE connection_id = %(connection_id)s AND id = %(run_id)s AND finished_at IS NULL
RETURNING coalesce(lease_until >= app_now(), false) AS is_held

-- name: run_record
-- One run with the plan that it makes or carries out.
SELECT r.connection_id, c.name AS connection_name, r.id, r.job, r.mode, r.origin, r.asked_by, r.asked_at, r.state,
  r.reason, r.counters, r.progress,
  r.lease_token IS NOT NULL AND r.lease_until >= app_now() AND r.reason IS NULL AS is_held,
  r.lease_until, r.started_at, r.finished_at, p.id AS plan_id, p.state AS plan_state, coalesce(p.totals, '{}') AS totals,
  r.applies_plan_id, r.extent, r.accepts_fewer, r.notes, coalesce(r.about, '{}') AS "only",
  r.undoes_plan_id
FROM run r
JOIN connection c ON c.id = r.connection_id
LEFT JOIN LATERAL (
  SELECT id, state, totals
  FROM plan
  WHERE connection_id = r.connection_id
    AND (id = r.applies_plan_id OR (r.applies_plan_id IS NULL AND run_id = r.id))
  ORDER BY id DESC
  LIMIT 1) p ON true
WHERE r.connection_id = %(connection_id)s AND r.id = %(run_id)s

-- name: newest_runs
-- Which runs there were, the newest first.
SELECT r.connection_id, r.id
FROM run r
JOIN connection c ON c.id = r.connection_id
WHERE %(connection)s::text IS NULL OR c.name = %(connection)s
ORDER BY r.asked_at DESC, r.id DESC
LIMIT %(count)s

-- name: connection_of_run
-- Whose run has this number.
SELECT connection_id
FROM run
WHERE id = %(run_id)s
