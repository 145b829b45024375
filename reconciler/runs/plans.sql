-- The plans of runs and their steps.

-- name: add_plan
-- Everything that a run decided, before any of it is done.
INSERT INTO plan (connection_id, origin, run_id, undoes_plan_id, restores, restores_at, asked_by, state, wait_reason, totals,
  made_at, finished_at)
VALUES (%(connection_id)s, 'reconcile', %(run_id)s, %(undoes)s, %(restores)s, %(restores_at)s, %(asked_by)s, %(state)s,
  %(wait_reason)s, %(totals)s,
  app_now(), CASE WHEN %(state)s = 'done' THEN app_now() END)
RETURNING id

-- name: analyse_steps
-- Without this the planner takes the plan that was just stored for a few rows, and looks at all of it for each of them.
ANALYZE (SKIP_LOCKED) step

-- name: copy_drafted
-- Steps that were decided on, for a plan that is not whole yet.
COPY drafted_step (connection_id, run_id, ordinal, key, kind, subject_kind, subject_key, lane, detail, before, facts, reason,
  mapping_version_id)
FROM STDIN

-- name: forget_drafted
-- Nothing is drafted for the plan of a run.
DELETE FROM drafted_step
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s

-- name: move_drafted
-- The plan is whole: the steps of whoever opts out come first, then those of whoever takes a contact along.
INSERT INTO step (connection_id, plan_id, ordinal, key, kind, subject_kind, subject_key, lane, detail, before, facts,
  mapping_version_id, reason, state)
SELECT connection_id, %(plan_id)s, %(first)s + row_number() OVER (ORDER BY NOT opts_out, NOT moves, ordinal) - 1, key, kind,
  subject_kind, subject_key, lane, detail, before, decode(facts, 'hex'), coalesce(mapping_version_id, %(mapping_version_id)s), reason, 'planned'
FROM (
  SELECT *,
    bool_or(kind = 'unsubscribe') OVER (PARTITION BY subject_kind, subject_key) AS opts_out,
    bool_or(kind = 'move_address') OVER (PARTITION BY subject_kind, subject_key) AS moves
  FROM drafted_step
  WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s) AS drafted

-- name: keep_candidates
-- The addresses of drafted steps are looked at again by the next run.
INSERT INTO candidate (connection_id, key)
SELECT DISTINCT connection_id, subject_key
FROM drafted_step
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND subject_kind = 'address'
ORDER BY 2
ON CONFLICT (connection_id, key) DO NOTHING

-- name: next_ordinal
-- Where further steps of a plan go.
SELECT coalesce(max(ordinal) + 1, 0)
FROM step
WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s

-- name: plan_of_run
-- The plan that a run goes on with: the one that it was asked to carry out, else its own.
SELECT p.id, p.state, p.wait_reason, p.undoes_plan_id AS undoes, p.restores_at, coalesce(p.totals->'held', '[]') AS held,
  EXISTS (
    SELECT FROM step s
    WHERE s.connection_id = p.connection_id AND s.plan_id = p.id AND s.kind = 'unsubscribe'
      AND s.finished_at IS NULL) AS has_opt_outs
FROM run r
JOIN plan p ON p.connection_id = r.connection_id
  AND (p.id = r.applies_plan_id OR (r.applies_plan_id IS NULL AND p.run_id = r.id))
WHERE r.connection_id = %(connection_id)s AND r.id = %(run_id)s
ORDER BY p.id DESC
LIMIT 1

-- name: begin_plan
-- What was approved is being carried out.
UPDATE plan
SET state = 'applying', wait_reason = NULL
WHERE connection_id = %(connection_id)s AND id = %(plan_id)s AND state = 'approved'

-- name: older_plans
-- Plans of a job that nobody applied; a newer one takes their place, unless it is about a part alone.
UPDATE plan p
SET state = 'discarded', wait_reason = NULL, finished_at = app_now()
FROM run r
WHERE p.connection_id = %(connection_id)s AND p.state = 'waiting' AND p.run_id <> %(run_id)s
  AND (r.connection_id, r.id) = (p.connection_id, p.run_id) AND r.job = %(job)s
  AND NOT EXISTS (
    SELECT FROM run newer
    WHERE newer.connection_id = %(connection_id)s AND newer.id = %(run_id)s AND newer.about IS NOT NULL)
RETURNING p.id

-- name: end_runs_of
-- Runs that waited for an approval of one of these plans wait no longer.
UPDATE run r
SET state = 'cancelled', reason = %(outcome)s, finished_at = app_now()
FROM plan p
WHERE p.connection_id = %(connection_id)s AND p.id = ANY(%(plan_ids)s)
  AND (r.connection_id, r.id) = (p.connection_id, p.run_id) AND r.state = 'waiting'

-- name: skip_steps
-- Steps that are not begun will not be.
UPDATE step
SET state = 'skipped', outcome = %(outcome)s, finished_at = app_now()
WHERE connection_id = %(connection_id)s AND plan_id = ANY(%(plan_ids)s) AND state = 'planned' AND sent_with IS NULL

-- name: close_in_bulk
-- Steps of a part of a plan whose address a bulk activity has brought to where it is wanted, with nothing left to do.
UPDATE step s
SET state = 'confirmed', outcome = 'in bulk', finished_at = app_now()
FROM plan p
WHERE p.connection_id = %(connection_id)s AND p.id = %(plan_id)s
  AND s.connection_id = p.connection_id AND s.plan_id = p.id AND s.ordinal BETWEEN %(first)s AND %(last)s
  AND s.subject_kind = 'address' AND s.finished_at IS NULL
  AND EXISTS (
    SELECT FROM step b
    WHERE b.connection_id = s.connection_id AND b.subject_kind = s.subject_kind AND b.subject_key = s.subject_key
      AND b.plan_id > s.plan_id AND b.bulk_activity_id IS NOT NULL AND b.state = 'confirmed' AND b.outcome IS NULL
      AND (b.detail->>'takes_back')::bigint 
        IS NOT DISTINCT FROM coalesce(p.undoes_plan_id, CASE WHEN p.restores IS NOT NULL THEN p.id END))

-- name: take_out_of_bulk
-- Subjects of a plan that wait in a bulk activity which was not sent are taken out of it.
WITH member AS (
  SELECT m.plan_id, m.ordinal, m.subject_key, m.bulk_activity_id
  FROM bulk_activity a
  JOIN step m ON m.connection_id = a.connection_id AND m.bulk_activity_id = a.id AND m.state = 'planned'
  WHERE a.connection_id = %(connection_id)s AND a.state = 'prepared' AND a.sent_at IS NULL
    AND EXISTS (
      SELECT FROM step s
      WHERE s.connection_id = m.connection_id AND s.subject_kind = 'address' AND s.subject_key = m.subject_key
        AND s.plan_id = %(plan_id)s AND s.state = 'planned')),
freed AS (
  UPDATE work w
  SET bulk_activity_id = NULL
  FROM member
  WHERE w.connection_id = %(connection_id)s AND w.kind = 'address' AND w.key = member.subject_key
    AND w.bulk_activity_id = member.bulk_activity_id)
UPDATE step s
SET state = 'skipped', outcome = %(outcome)s, finished_at = app_now()
FROM member
WHERE s.connection_id = %(connection_id)s AND s.plan_id = member.plan_id AND s.ordinal = member.ordinal

-- name: leave_to_activities
-- Steps of a plan whose subject is in a bulk activity that was sent end with that.
UPDATE step s
SET sent_with = w.bulk_activity_id
FROM work w
WHERE s.connection_id = %(connection_id)s AND s.plan_id = %(plan_id)s AND s.subject_kind = 'address' AND s.state = 'planned'
  AND w.connection_id = s.connection_id AND w.kind = s.subject_kind AND w.key = s.subject_key
  AND w.bulk_activity_id IS NOT NULL

-- name: steps_at
-- The steps of some addresses in a plan, in order.
SELECT connection_id, plan_id, ordinal, key, kind, subject_kind, subject_key, detail, facts, mapping_version_id, reason,
  state, outcome, answer->'now' AS now
FROM step
WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s AND subject_kind = 'address'
  AND subject_key = ANY(%(keys)s)
ORDER BY ordinal

-- name: open_steps_of
-- The open steps of one kind of a plan, in order, from a place on.
SELECT connection_id, plan_id, ordinal, key, kind, subject_kind, subject_key, detail, facts, mapping_version_id, reason,
  state, outcome, answer->'now' AS now
FROM step
WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s AND kind = %(kind)s AND finished_at IS NULL
  AND ordinal >= %(from_ordinal)s
ORDER BY ordinal
LIMIT %(count)s

-- name: opt_out_steps
-- The open steps of subjects that a plan unsubscribes, in order, from a place on.
SELECT connection_id, plan_id, ordinal, key, kind, subject_kind, subject_key, detail, facts, mapping_version_id, reason,
  state, outcome, answer->'now' AS now
FROM step
WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s AND ordinal >= %(from_ordinal)s AND finished_at IS NULL
  AND (subject_kind, subject_key) IN (
    SELECT subject_kind, subject_key
    FROM step
    WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s AND kind = 'unsubscribe' AND finished_at IS NULL)
ORDER BY ordinal
LIMIT %(count)s

-- name: open_totals
-- Subjects of a plan with open steps, those that are addresses and only made or changed, and the calls of all.
WITH open_step AS (
  SELECT ordinal, kind, subject_kind, subject_key, (detail->>'calls')::int AS calls,
    (subject_kind, subject_key) IS DISTINCT FROM (lag(subject_kind) OVER plan, lag(subject_key) OVER plan) AS is_first,
    (subject_kind, subject_key) IS NOT DISTINCT FROM (lead(subject_kind) OVER plan, lead(subject_key) OVER plan) AS has_more
  FROM step
  WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s AND finished_at IS NULL
  WINDOW plan AS (ORDER BY ordinal))
SELECT count(*) FILTER (WHERE is_first) AS subjects,
  count(*) FILTER (
    WHERE is_first AND NOT has_more AND subject_kind = 'address' AND kind IN ('create_contact', 'update_contact')) AS plain,
  coalesce(sum(calls), 0)::bigint AS calls
FROM open_step

-- name: send_step
-- The step is on its way: from here on its effect may exist.
UPDATE step
SET state = 'sending', attempts = attempts + 1, sent_at = app_now()
WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s AND ordinal = %(ordinal)s AND finished_at IS NULL

-- name: end_step
-- What became of a step; one that has ended stays as it is.
UPDATE step
SET state = %(state)s, outcome = %(outcome)s, answer = %(answer)s, finished_at = app_now()
WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s AND ordinal = %(ordinal)s AND finished_at IS NULL

-- name: end_steps
-- What became of several steps; those that have ended stay as they are.
UPDATE step s
SET state = e.state, outcome = e.outcome, answer = e.answer, finished_at = app_now()
FROM unnest(%(ordinals)s::int[], %(states)s::text[], %(outcomes)s::text[], %(answers)s::jsonb[])
  AS e (ordinal, state, outcome, answer)
WHERE s.connection_id = %(connection_id)s AND s.plan_id = %(plan_id)s AND s.ordinal = e.ordinal AND s.finished_at IS NULL

-- name: end_plan
-- The plan is as done as it gets.
UPDATE plan
SET state = 'done', finished_at = app_now()
WHERE connection_id = %(connection_id)s AND id = %(plan_id)s AND finished_at IS NULL
