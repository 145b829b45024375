-- What of a plan is meant, by whole subjects: counted, and the rest left out.

-- name: count_meant
-- What is meant of a plan and not done yet, by what it is to people.
SELECT s.sign, count(*)
FROM plan_step s
JOIN meant_subject(
  %(connection_id)s::int, %(plan_id)s::bigint, %(contacts)s::text[], %(lists)s::text[], %(signs)s::text[],
  %(states)s::text[], %(numbers)s::int[], %(without_removals)s::bool) AS m USING (subject_kind, subject_key)
WHERE s.connection_id = %(connection_id)s AND s.plan_id = %(plan_id)s AND s.state = 'planned'
GROUP BY s.sign

-- name: leave_out
-- Steps of subjects that were not approved.
WITH meant AS MATERIALIZED (
  SELECT subject_kind, subject_key
  FROM meant_subject(
    %(connection_id)s::int, %(plan_id)s::bigint, %(contacts)s::text[], %(lists)s::text[], %(signs)s::text[],
    %(states)s::text[], %(numbers)s::int[], %(without_removals)s::bool)),
left_out AS (
  UPDATE step s
  SET state = 'skipped', outcome = %(outcome)s, finished_at = app_now()
  WHERE s.connection_id = %(connection_id)s AND s.plan_id = %(plan_id)s AND s.state = 'planned'
    AND NOT EXISTS (
      SELECT FROM meant m WHERE m.subject_kind = s.subject_kind AND m.subject_key = s.subject_key))
INSERT INTO interaction_ending (connection_id, run_id, ordinal, state, outcome, finished_at)
SELECT p.connection_id, p.run_id, p.ordinal, 'skipped', %(outcome)s, app_now()
FROM plan l
JOIN planned_interaction p ON p.connection_id = l.connection_id AND p.run_id = l.run_id
WHERE l.connection_id = %(connection_id)s AND l.id = %(plan_id)s
  AND NOT EXISTS (SELECT FROM meant m WHERE m.subject_kind = 'interaction' AND m.subject_key = p.external_id)
ON CONFLICT (connection_id, run_id, ordinal) DO NOTHING
