-- Planned Interactions as steps of their plan: how they stand, and what becomes of those that nobody sends.

-- name: interaction_steps
-- Planned Interactions in order, from a place on: they have no gaps, so as many places are as many steps.
SELECT connection_id, plan_id, ordinal, key, kind, subject_kind, subject_key, detail, facts, mapping_version_id, reason,
  state, outcome, answer->'now' AS now
FROM interaction_step
WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s AND ordinal >= %(from_ordinal)s
  AND ordinal < %(from_ordinal)s + %(count)s::bigint
  AND (NOT %(only_open)s OR finished_at IS NULL)
ORDER BY ordinal

-- name: interaction_states
-- How many of a plan are in which state: those of its parts, but for the ones that ended otherwise.
WITH made AS (
  SELECT run_id
  FROM plan
  WHERE connection_id = %(connection_id)s AND id = %(plan_id)s),
part AS (
  SELECT t.first, t.last, t.state
  FROM interaction_part t
  WHERE t.connection_id = %(connection_id)s AND t.run_id = (SELECT run_id FROM made)),
ending AS (
  SELECT e.state, coalesce(t.state, 'planned') AS otherwise, count(*) AS n
  FROM interaction_ending e
  LEFT JOIN part t ON e.ordinal BETWEEN t.first AND t.last
  WHERE e.connection_id = %(connection_id)s AND e.run_id = (SELECT run_id FROM made)
  GROUP BY 1, 2),
counted AS (
  SELECT 'planned' AS state, coalesce(max(ordinal) + 1, 0) - (SELECT coalesce(sum(last - first + 1), 0) FROM part) AS n
  FROM planned_interaction
  WHERE connection_id = %(connection_id)s AND run_id = (SELECT run_id FROM made)
  UNION ALL
  SELECT state, last - first + 1 FROM part
  UNION ALL
  SELECT state, n FROM ending
  UNION ALL
  SELECT otherwise, -n FROM ending)
SELECT state, sum(n)::bigint
FROM counted
GROUP BY state
HAVING sum(n) > 0

-- name: skip_interactions
-- Interactions that no part of these plans has begun will not be.
INSERT INTO interaction_part (connection_id, run_id, first, last, state, outcome, finished_at)
SELECT l.connection_id, l.run_id, n.first, n.last, 'skipped', %(outcome)s, app_now()
FROM plan l
CROSS JOIN LATERAL (
  SELECT
    (SELECT coalesce(max(t.last) + 1, 0)
     FROM interaction_part t
     WHERE t.connection_id = l.connection_id AND t.run_id = l.run_id) AS first,
    (SELECT max(p.ordinal)
     FROM planned_interaction p
     WHERE p.connection_id = l.connection_id AND p.run_id = l.run_id) AS last) AS n
WHERE l.connection_id = %(connection_id)s AND l.id = ANY(%(plan_ids)s) AND n.first <= n.last

-- name: fail_interactions
-- What became of Interactions that were on their way is seen by the next run, which looks them up.
WITH part AS (
  SELECT t.connection_id, t.run_id, t.first, t.last
  FROM interaction_part t
  JOIN plan l ON l.connection_id = t.connection_id AND l.run_id = t.run_id
  WHERE l.connection_id = %(connection_id)s AND l.id = %(plan_id)s AND t.state = 'sending'),
failed AS (
  INSERT INTO interaction_ending (connection_id, run_id, ordinal, state, outcome, finished_at)
  SELECT p.connection_id, p.run_id, p.ordinal, 'failed', %(outcome)s, app_now()
  FROM part t
  JOIN planned_interaction p
    ON p.connection_id = t.connection_id AND p.run_id = t.run_id AND p.ordinal BETWEEN t.first AND t.last
  LEFT JOIN interaction i ON i.connection_id = p.connection_id AND i.external_id = p.external_id
  WHERE i.written_fingerprint IS DISTINCT FROM p.fingerprint
  ON CONFLICT (connection_id, run_id, ordinal) DO NOTHING)
UPDATE interaction_part t
SET state = 'confirmed', finished_at = app_now()
FROM part
WHERE t.connection_id = part.connection_id AND t.run_id = part.run_id AND t.first = part.first
