-- What API applications may do and have done today, for people; and how their limits are set.

-- name: applications
-- limits and what is used of the UTC day, of the application of one connection or of all
SELECT a.id, a.per_second, a.day_limit, a.consent_reserve, a.interactive_reserve, a.webhook_reserve,
       calls_used_today(a) AS used,
       CASE WHEN a.paused_until > app_now() THEN a.paused_until END AS paused_until,
       app_now() AS moment
FROM api_application a
WHERE EXISTS (
  SELECT FROM connection c
  WHERE c.api_application_id = a.id AND c.name = coalesce(%(connection)s, c.name))
ORDER BY a.id

-- name: users
-- the connections of an application, and the calls of the UTC day of each by lane
SELECT c.id, c.name, c.api_share, c.state,
       coalesce((SELECT jsonb_object_agg(u.lane, u.used)
                 FROM api_usage u
                 WHERE u.api_application_id = c.api_application_id AND u.connection_id = c.id
                   AND u.day = utc_today()), '{}') AS used
FROM connection c
WHERE c.api_application_id = %(application_id)s
ORDER BY c.name

-- name: backlog
-- subjects that wait for calls of an application, by lane: those that are dirty, and those of plans that runs carry out
SELECT lane, count(*)
FROM (
  SELECT w.lane
  FROM work w
  JOIN connection c ON c.id = w.connection_id
  WHERE c.api_application_id = %(application_id)s
    AND w.done < w.wanted AND w.blocked_reason IS NULL AND w.bulk_activity_id IS NULL
  UNION ALL
  SELECT s.lane
  FROM plan p
  JOIN connection c ON c.id = p.connection_id
  JOIN step s ON s.connection_id = p.connection_id AND s.plan_id = p.id
  WHERE c.api_application_id = %(application_id)s AND p.state = 'applying' AND p.run_id IS NOT NULL
    AND s.state = 'planned' AND s.subject_kind IN ('address', 'list')
  GROUP BY s.connection_id, s.plan_id, s.lane, s.subject_kind, s.subject_key) AS waiting
GROUP BY lane

-- name: set_limits
-- what the vendor allows an application, and what is kept of it for whom
UPDATE api_application
SET per_second = %(per_second)s, gap_ms = %(gap_ms)s, day_limit = %(per_day)s, consent_reserve = %(consent_reserve)s,
    interactive_reserve = %(interactive_reserve)s, webhook_reserve = %(webhook_reserve)s
WHERE id = %(application_id)s

-- name: set_share
-- the weight of a connection among those that use its application
UPDATE connection
SET api_share = %(share)s
WHERE name = %(connection)s
