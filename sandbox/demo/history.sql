-- Nights before the demo began, as the runs of that time would have left them: three runs a night, their plans, what a few of
-- those changed, and how far both sides agreed.
WITH firm AS (
  SELECT id AS connection_id FROM connection WHERE name = %(connection)s),
change AS (                                  -- one field is changed back by hand three times: it flaps
  SELECT *
  FROM (VALUES
    (26, 'ngozi.okafor@example.org', 'job_title', 'Architect (ret.)', 'Architect'),
    (24, 'ebba.lindqvist@example.com', 'last_name', 'Lindquist', 'Lindqvist'),
    (20, 'luc.beaumont@example.org', 'job_title', 'Cook', 'Chef'),
    (20, 'claire.beaumont@example.org', 'job_title', 'Doctor', 'Surgeon'),
    (13, 'ngozi.okafor@example.org', 'job_title', 'Architect (ret.)', 'Architect'),
    (11, 'kwame.mensah@example.com', 'first_name', 'Kwami', 'Kwame'),
    (6, 'ngozi.okafor@example.org', 'job_title', 'Architect (ret.)', 'Architect'),
    (3, 'abena.mensah@example.com', 'job_title', 'Lawyer', 'Judge')) AS c (night, who, field, old, new)),
night AS (
  SELECT n, date_trunc('day', app_now()) - make_interval(days => n) AS begins
  FROM generate_series(1, %(nights)s) AS n),
job AS (
  SELECT *
  FROM (VALUES (1, 'lists', interval '1 hour', 6), (2, 'contacts', interval '1 hour 15 minutes', 41),
    (3, 'activities', interval '2 hours 30 minutes', 12)) AS j (place, job, due, took_s)),
wanted AS (
  SELECT night.n, job.job, job.place, night.begins + job.due AS asked_at, job.took_s,
    CASE WHEN night.n = 17 AND job.job = 'contacts' THEN 'failed' WHEN night.n = 9 AND job.job = 'contacts' THEN 'cancelled'
      ELSE 'done' END AS state,
    (SELECT count(*) FROM change WHERE night = night.n AND job.job = 'contacts')::int AS changes
  FROM night
  CROSS JOIN job),
ran AS (
  INSERT INTO run (connection_id, job, mode, extent, origin, asked_by, asked_at, state, reason, counters, started_at, finished_at)
  SELECT connection_id, job, 'apply', CASE WHEN n %% 7 = 0 OR job <> 'contacts' THEN 'full' ELSE 'incremental' END, 'schedule',
    'schedule', asked_at, state,
    CASE state
      WHEN 'failed' THEN 'Constant Contact does not answer (HTTP 503)'
      WHEN 'cancelled' THEN 'the plan was discarded by Olive Marsh' END,
    CASE WHEN state <> 'failed' THEN jsonb_build_object(
      'read', CASE job WHEN 'lists' THEN 3 WHEN 'contacts' THEN 55 ELSE 1 END,
      'unchanged', CASE job WHEN 'lists' THEN 0 WHEN 'contacts' THEN 44 - changes ELSE 1 END, 'planned', changes,
      'skipped', CASE job
        WHEN 'lists' THEN '{"only in Constant Contact": 3}'
        WHEN 'contacts' THEN '{"no e-mail address": 2, "only in Constant Contact": 9}'
        ELSE '{}' END::jsonb,
      'rejected', '{}'::jsonb) ELSE '{}' END,
    asked_at + interval '2 seconds', asked_at + make_interval(secs => took_s + n %% 5)
  FROM wanted
  CROSS JOIN firm
  ORDER BY asked_at
  RETURNING connection_id, id, job, asked_at, state),
told AS (
  SELECT ran.*, wanted.n, wanted.changes
  FROM ran
  JOIN wanted ON wanted.job = ran.job AND wanted.asked_at = ran.asked_at),
planned AS (
  INSERT INTO plan (connection_id, origin, run_id, asked_by, state, totals, made_at, finished_at)
  SELECT connection_id, 'reconcile', id, 'schedule', CASE WHEN state = 'done' THEN 'done' ELSE 'discarded' END,
    jsonb_build_object('steps', changes, 'by_sign', jsonb_build_object('change', changes), 'calls', 2 * changes),
    asked_at + interval '5 seconds', asked_at + interval '30 seconds'
  FROM told
  WHERE state <> 'failed'
  ORDER BY asked_at
  RETURNING connection_id, id, run_id, finished_at),
stepped AS (
  INSERT INTO step (connection_id, plan_id, ordinal, key, kind, subject_kind, subject_key, lane, detail, facts, reason, state,
    outcome, sent_at, finished_at)
  SELECT planned.connection_id, planned.id, row_number() OVER (PARTITION BY planned.id ORDER BY c.who) - 1,
    'recorded ' || c.night || ' ' || c.who, 'update_contact', 'address', c.who, 3,
    jsonb_build_object('body', '{}'::jsonb, 'calls', 2, 'change', jsonb_build_object(c.field, jsonb_build_array(c.old, c.new))),
    '', 'changed in Constant Contact by hand', 'confirmed', 'seen in Constant Contact', planned.finished_at, planned.finished_at
  FROM planned
  JOIN told ON told.id = planned.run_id AND told.job = 'contacts'
  JOIN change c ON c.night = told.n
  RETURNING 1)
INSERT INTO integrity_score (connection_id, run_id, job, taken_at, linked, agreeing, causes, fields)
SELECT connection_id, id, job, asked_at + interval '20 seconds', CASE job WHEN 'lists' THEN 3 ELSE 44 END,
  CASE job WHEN 'lists' THEN 3 ELSE 44 - changes END,
  CASE WHEN changes > 0 THEN jsonb_build_object('changed_there', changes) ELSE '{}' END,
  CASE WHEN changes > 0 THEN (
    SELECT jsonb_object_agg(field, jsonb_build_object('differing', n, 'flapping', 0))
    FROM (SELECT field, count(*) AS n FROM change WHERE night = told.n GROUP BY field) AS f) ELSE '{}' END
FROM told
WHERE job <> 'activities' AND state <> 'failed'
ORDER BY asked_at
