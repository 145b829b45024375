-- Schedules: what is due, and who was first to see it.

-- name: add_schedules
-- Every connection that works gets the default schedules, once.
INSERT INTO schedule (connection_id, job, cron, zone, since)
SELECT c.id, d.job, d.cron, %(zone)s, app_now()
FROM connection c, unnest(%(jobs)s::text[], %(crons)s::text[]) AS d (job, cron)
WHERE c.state = 'active'
ON CONFLICT (connection_id, job) DO NOTHING

-- name: schedules
-- What may fire, and since when nothing has.
SELECT s.connection_id, s.job, s.cron, s.zone,
  greatest(s.since, (SELECT max(f.due_at) FROM schedule_fire f
                     WHERE f.connection_id = s.connection_id AND f.job = s.job)) AS last_at,
  s.first_planned_at IS NOT NULL AS is_planned, app_now() AS moment
FROM schedule s
JOIN connection c ON c.id = s.connection_id
WHERE s.enabled AND c.state = 'active'
ORDER BY s.connection_id, s.job

-- name: lock_schedule
-- One scheduler at a time looks closely; the others see then what it has done.
SELECT FROM schedule
WHERE connection_id = %(connection_id)s AND job = %(job)s
FOR UPDATE

-- name: fire
-- Only the first scheduler to see a due time gets the row; none does where a later one was seen.
INSERT INTO schedule_fire (connection_id, job, due_at)
SELECT %(connection_id)s, %(job)s, %(due_at)s
WHERE NOT EXISTS (
  SELECT FROM schedule_fire
  WHERE connection_id = %(connection_id)s AND job = %(job)s AND due_at > %(due_at)s)
ON CONFLICT (connection_id, job, due_at) DO NOTHING
RETURNING due_at

-- name: fired
-- The run that came of it.
UPDATE schedule_fire
SET run_id = %(run_id)s
WHERE connection_id = %(connection_id)s AND job = %(job)s AND due_at = %(due_at)s
