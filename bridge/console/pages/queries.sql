-- What pages read beside what the commands read.

-- name: nights
-- What the scheduled runs of each of the last days came to; days without one are not among them.
SELECT asked_at::date AS day, count(*) AS runs, count(*) FILTER (WHERE state = 'failed') AS failed,
  count(*) FILTER (WHERE state = 'waiting' OR state = 'cancelled') AS stopped, max(id) AS run_id
FROM run
WHERE origin = 'schedule' AND asked_at > app_now() - make_interval(days => %(days)s)
  AND (%(connection_id)s::int IS NULL OR connection_id = %(connection_id)s)
GROUP BY asked_at::date
ORDER BY day

-- name: scores
-- How far both sides agreed at the last run of each job that compared them.
SELECT DISTINCT ON (c.name, s.job) c.name AS connection, s.job, s.run_id, s.taken_at, s.linked, s.agreeing,
  coalesce((s.causes ->> 'unexplained')::int, 0) AS unexplained
FROM integrity_score s
JOIN connection c ON c.id = s.connection_id
WHERE %(connection_id)s::int IS NULL OR s.connection_id = %(connection_id)s
ORDER BY c.name, s.job, s.run_id DESC
