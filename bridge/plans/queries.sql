-- Plans as people decide on them.

-- name: plan_record
-- A plan of a run.
SELECT p.connection_id, c.name AS connection, p.id, p.run_id,
  (SELECT max(a.id) FROM run a WHERE a.connection_id = p.connection_id AND a.applies_plan_id = p.id) AS applied_by,
  r.state AS run_state, r.job, coalesce(p.asked_by, r.asked_by) AS asked_by, p.state, p.wait_reason,
  p.undoes_plan_id AS undoes, p.restores, p.totals, p.made_at, p.approved_by, p.approved_at, p.finished_at
FROM plan p
JOIN connection c ON c.id = p.connection_id
JOIN run r ON r.connection_id = p.connection_id AND r.id = p.run_id
WHERE p.id = %(plan_id)s AND p.run_id IS NOT NULL

-- name: newest_plans
-- Plans of runs, the newest first.
SELECT p.id
FROM plan p
JOIN connection c ON c.id = p.connection_id
WHERE p.run_id IS NOT NULL
  AND (%(connection)s::text IS NULL OR c.name = %(connection)s)
  AND (%(state)s::text IS NULL OR p.state = %(state)s)
ORDER BY p.id DESC
LIMIT %(count)s

-- name: lock_plan
-- Whoever decides on a plan has it alone: the run first, as runs do.
SELECT FROM run r
JOIN plan p ON p.connection_id = r.connection_id AND p.run_id = r.id
WHERE p.connection_id = %(connection_id)s AND p.id = %(plan_id)s
FOR UPDATE OF r, p

-- name: run_under_way
-- The run of a job that would be in the way of another.
SELECT id
FROM run
WHERE connection_id = %(connection_id)s AND job = %(job)s AND finished_at IS NULL AND state <> 'waiting'

-- name: approve_plan
-- Exactly what is left planned of it is carried out.
UPDATE plan
SET state = 'approved', approved_by = %(by)s, approved_at = app_now()
WHERE connection_id = %(connection_id)s AND id = %(plan_id)s AND state = 'waiting'

-- name: resume_run
-- The run that waited for this approval goes on; no row where it does not wait.
UPDATE run
SET state = 'applying', reason = NULL
WHERE connection_id = %(connection_id)s AND id = %(run_id)s AND state = 'waiting'
RETURNING id

-- name: add_applying_run
-- A run that carries a stored plan out.
INSERT INTO run (connection_id, job, mode, origin, asked_by, asked_at, state, applies_plan_id)
VALUES (%(connection_id)s, %(job)s, 'apply', %(origin)s, %(by)s, app_now(), 'queued', %(plan_id)s)
RETURNING id

-- name: discard_plan
-- Nobody wants it.
UPDATE plan
SET state = 'discarded', finished_at = app_now()
WHERE connection_id = %(connection_id)s AND id = %(plan_id)s AND state = 'waiting'

-- name: cancel_waiting_run
-- The run that waited for its approval has nothing more to do.
UPDATE run
SET state = 'cancelled', reason = %(outcome)s, finished_at = app_now()
WHERE connection_id = %(connection_id)s AND id = %(run_id)s AND state = 'waiting'

-- name: skip_all
-- What was planned is not done.
UPDATE step
SET state = 'skipped', outcome = %(outcome)s, finished_at = app_now()
WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s AND state = 'planned'

-- name: addresses_of
-- The addresses that a person in Practifi, or a contact there, has or had; and the ids that they are known by.
SELECT email_key AS name
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND sf_id = %(id)s
UNION
SELECT c.email_key
FROM link l
JOIN cc_contact c ON c.connection_id = l.connection_id AND c.contact_id = l.cc_id
WHERE l.connection_id = %(connection_id)s AND l.kind = 'contact' AND l.sf_id = %(id)s
UNION
SELECT email_key
FROM cc_contact
WHERE connection_id = %(connection_id)s AND contact_id::text = %(id)s

-- name: ids_of_list
-- A list by either of its ids: the ids that it has on both sides.
SELECT sf_id AS name
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'list' AND sf_id = %(id)s
UNION
SELECT list_id::text
FROM cc_list
WHERE connection_id = %(connection_id)s AND list_id::text = %(id)s
UNION
SELECT unnest(ARRAY[sf_id, cc_id::text])
FROM link
WHERE connection_id = %(connection_id)s AND kind = 'list' AND (sf_id = %(id)s OR cc_id::text = %(id)s)

-- name: plan_steps
-- The steps of a plan in order, from a place on.
SELECT connection_id, plan_id, ordinal, key, kind, subject_kind, subject_key, detail, facts, mapping_version_id, reason,
  state, outcome, answer->'now' AS now
FROM step
WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s AND ordinal >= %(from_ordinal)s
  AND (NOT %(only_open)s OR finished_at IS NULL)
ORDER BY ordinal
LIMIT %(count)s

-- name: step_states
-- How many steps of a plan are in which state.
SELECT state, count(*)
FROM step
WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s
GROUP BY state

-- name: list_names
-- Names of the lists there, by id; and of Practifi's, by theirs.
SELECT list_id::text, name
FROM cc_list
WHERE connection_id = %(connection_id)s
UNION ALL
SELECT sf_id, name
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'list' AND name IS NOT NULL
