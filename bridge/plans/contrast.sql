-- What a later decision does otherwise than a plan: its steps, and the members of lists.

-- name: newest_after
-- The newest plan of the same job that was made since, of those that are about everything.
SELECT max(p.id)
FROM plan p
JOIN run r ON r.connection_id = p.connection_id AND r.id = p.run_id
WHERE p.connection_id = %(connection_id)s AND p.id > %(plan_id)s AND r.job = %(job)s AND p.undoes_plan_id IS NULL
  AND r.about IS NULL

-- name: steps_against
-- How many steps a later plan adds, drops and changes. Steps of one kind and subject are the same step.
WITH step_of AS (
  SELECT plan_id, subject_kind, subject_key, kind, jsonb_agg(detail -> 'change' ORDER BY ordinal) AS does
  FROM plan_step
  WHERE connection_id = %(connection_id)s AND plan_id IN (%(plan_id)s, %(later_id)s)
  GROUP BY plan_id, subject_kind, subject_key, kind),
planned AS (SELECT subject_kind, subject_key, kind, does FROM step_of WHERE plan_id = %(plan_id)s),
later AS (SELECT subject_kind, subject_key, kind, does FROM step_of WHERE plan_id = %(later_id)s)
SELECT CASE WHEN planned.does IS NULL THEN 'added' WHEN later.does IS NULL THEN 'dropped' ELSE 'changed' END AS how, count(*)
FROM planned
FULL JOIN later USING (subject_kind, subject_key, kind)
WHERE planned.does IS DISTINCT FROM later.does
GROUP BY how

-- name: subjects_against
-- The first subjects with which a later plan does something else, in its order; those that it leaves alone come last.
WITH subject AS (
  SELECT plan_id, subject_kind, subject_key, jsonb_agg(jsonb_build_array(kind, detail -> 'change') ORDER BY ordinal) AS does,
    min(ordinal) AS place
  FROM plan_step
  WHERE connection_id = %(connection_id)s AND plan_id IN (%(plan_id)s, %(later_id)s)
  GROUP BY plan_id, subject_kind, subject_key),
planned AS (SELECT subject_kind, subject_key, does, place FROM subject WHERE plan_id = %(plan_id)s),
later AS (SELECT subject_kind, subject_key, does, place FROM subject WHERE plan_id = %(later_id)s)
SELECT subject_kind, subject_key
FROM planned
FULL JOIN later USING (subject_kind, subject_key)
WHERE planned.does IS DISTINCT FROM later.does
ORDER BY later.place, planned.place
LIMIT %(count)s

-- name: steps_of_subjects
-- The steps of a plan about some subjects, in order.
SELECT connection_id, plan_id, ordinal, key, kind, subject_kind, subject_key, detail, facts, mapping_version_id, reason, state,
  outcome, now
FROM plan_step
WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s
  AND (subject_kind, subject_key) IN (SELECT * FROM unnest(%(kinds)s::text[], %(keys)s::text[]))
ORDER BY ordinal

-- name: steps_refused
-- The same for steps that were refused as stale, beside what would be done of their subjects instead.
WITH refused AS (
  SELECT subject_kind, subject_key, kind, ordinal, detail -> 'change' AS change, now
  FROM plan_step
  WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s AND state = 'refused'
    AND jsonb_typeof(now) = 'array'),
planned AS (
  SELECT subject_kind, subject_key, kind, jsonb_agg(coalesce(change, '{}') ORDER BY ordinal) AS does
  FROM refused
  GROUP BY subject_kind, subject_key, kind),
later AS (
  SELECT subject_kind, subject_key, step.value ->> 'kind' AS kind,
    jsonb_agg(coalesce(step.value -> 'change', '{}') ORDER BY step.place) AS does
  FROM (SELECT DISTINCT ON (subject_kind, subject_key) * FROM refused ORDER BY subject_kind, subject_key, ordinal) AS first
  CROSS JOIN LATERAL jsonb_array_elements(first.now) WITH ORDINALITY AS step (value, place)
  GROUP BY subject_kind, subject_key, step.value ->> 'kind')
SELECT CASE WHEN planned.does IS NULL THEN 'added' WHEN later.does IS NULL THEN 'dropped' ELSE 'changed' END AS how, count(*)
FROM planned
FULL JOIN later USING (subject_kind, subject_key, kind)
WHERE planned.does IS DISTINCT FROM later.does
GROUP BY how

-- name: lists_refused
-- How many members a list was to gain by steps that were refused as stale, and would gain instead; less than none: lose.
WITH refused AS (
  SELECT subject_kind, subject_key, ordinal, detail #> '{change,list_memberships}' AS lists, now
  FROM plan_step
  WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s AND state = 'refused'
    AND jsonb_typeof(now) = 'array'),
later AS (
  SELECT step.value #> '{change,list_memberships}' AS lists
  FROM (SELECT DISTINCT ON (subject_kind, subject_key) * FROM refused ORDER BY subject_kind, subject_key, ordinal) AS first
  CROSS JOIN LATERAL jsonb_array_elements(first.now) AS step (value)),
pair AS (
  SELECT lists, 1 AS planned, 0 AS later FROM refused
  UNION ALL
  SELECT lists, 0, 1 FROM later)
SELECT list_id, sum(planned * gained)::int AS planned, sum(later * gained)::int AS later
FROM pair
CROSS JOIN LATERAL (
  SELECT value AS list_id, 1 AS gained
  FROM jsonb_array_elements_text(CASE jsonb_typeof(lists -> 1) WHEN 'array' THEN lists -> 1 ELSE '[]' END)
  UNION ALL
  SELECT value, -1
  FROM jsonb_array_elements_text(CASE jsonb_typeof(lists -> 0) WHEN 'array' THEN lists -> 0 ELSE '[]' END)) AS member
GROUP BY list_id
HAVING sum(planned * gained) <> sum(later * gained)
ORDER BY list_id
