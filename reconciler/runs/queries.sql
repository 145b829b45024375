-- Runs: who asked, who holds them, how far they are.

-- name: claim_run
-- Lease one run that nobody holds. SKIP LOCKED: who holds it may be writing just now.
UPDATE run
SET lease_token = %(token)s, lease_until = app_now() + make_interval(secs => %(lease_s)s),
    started_at = coalesce(started_at, app_now()), reason = NULL
WHERE (connection_id, id) = (
  SELECT connection_id, id
  FROM run
  WHERE connection_id = %(connection_id)s AND id = %(run_id)s AND finished_at IS NULL AND state <> 'waiting'
    AND (lease_until IS NULL OR lease_until < app_now())
  FOR UPDATE SKIP LOCKED)
RETURNING connection_id, id, job, mode, extent, origin, asked_by, state, started_at, coalesce(about, '{}') AS "only",
  undoes_plan_id AS undoes

-- name: next_run
-- The oldest run that nobody holds, of a connection that has no other one under way.
SELECT r.connection_id, r.id
FROM run r
WHERE r.finished_at IS NULL AND r.state <> 'waiting' AND (r.lease_until IS NULL OR r.lease_until < app_now())
  AND NOT EXISTS (
    SELECT FROM run other
    WHERE other.connection_id = r.connection_id AND other.id <> r.id AND other.finished_at IS NULL
      AND other.reason IS NULL AND other.lease_until >= app_now())
ORDER BY r.asked_at, r.id
LIMIT 1

-- name: renew_run
-- Extend the lease and keep the row locked until the transaction ends; no row where it was taken over.
UPDATE run
SET lease_until = app_now() + make_interval(secs => %(lease_s)s)
WHERE connection_id = %(connection_id)s AND id = %(run_id)s AND lease_token = %(token)s AND finished_at IS NULL
RETURNING cancel_asked_at IS NOT NULL AS is_cancelled

-- name: settle_extent
-- How the run reads, chosen before its first page.
UPDATE run
SET extent = %(extent)s
WHERE connection_id = %(connection_id)s AND id = %(run_id)s AND lease_token = %(token)s AND applies_plan_id IS NULL

-- name: enter_state
-- The run moves on.
UPDATE run
SET state = %(state)s, progress = '{}'
WHERE connection_id = %(connection_id)s AND id = %(run_id)s AND lease_token = %(token)s

-- name: save_progress
-- What the run is doing now.
UPDATE run
SET progress = %(progress)s
WHERE connection_id = %(connection_id)s AND id = %(run_id)s AND lease_token = %(token)s

-- name: add_note
-- Something that a person should know of the run, said once.
UPDATE run
SET notes = notes || %(note)s::text
WHERE connection_id = %(connection_id)s AND id = %(run_id)s AND lease_token = %(token)s AND NOT %(note)s::text = ANY (notes)

-- name: save_counters
-- What became of everything that the run read.
UPDATE run
SET counters = %(counters)s
WHERE connection_id = %(connection_id)s AND id = %(run_id)s AND lease_token = %(token)s

-- name: read_counters
-- What a run that goes on had counted.
SELECT counters
FROM run
WHERE connection_id = %(connection_id)s AND id = %(run_id)s

-- name: end_run
-- The end, by whoever holds the lease; no row where it was taken over.
UPDATE run
SET state = %(state)s, reason = %(reason)s, progress = %(progress)s, finished_at = app_now(),
    lease_token = NULL, lease_until = NULL
WHERE connection_id = %(connection_id)s AND id = %(run_id)s AND lease_token = %(token)s
RETURNING id

-- name: wait_run
-- A person has to approve the plan; nobody takes the run up before that.
UPDATE run
SET state = 'waiting', reason = %(reason)s, progress = '{}', lease_token = NULL, lease_until = NULL
WHERE connection_id = %(connection_id)s AND id = %(run_id)s AND lease_token = %(token)s
RETURNING id

-- name: release_run
-- Give the lease back: the next process goes on.
UPDATE run
SET lease_token = NULL, lease_until = NULL
WHERE connection_id = %(connection_id)s AND id = %(run_id)s AND lease_token = %(token)s

-- name: pause_run
-- Nobody goes on before a time: a lease that nobody holds.
UPDATE run
SET lease_token = gen_random_uuid(), lease_until = greatest(%(until)s, app_now()), reason = %(reason)s
WHERE connection_id = %(connection_id)s AND id = %(run_id)s AND lease_token = %(token)s

-- name: first_plan_made
-- The plan-only run of a schedule has been: from now on its runs apply.
UPDATE schedule
SET first_planned_at = app_now()
WHERE connection_id = %(connection_id)s AND job = %(job)s AND first_planned_at IS NULL

-- name: find_checkpoint
-- How far a source was read.
SELECT cursor, row_count, complete
FROM checkpoint
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND source = %(source)s

-- name: save_checkpoint
-- A page was staged in this transaction.
INSERT INTO checkpoint (connection_id, run_id, source, cursor, row_count, complete)
VALUES (%(connection_id)s, %(run_id)s, %(source)s, %(cursor)s, %(row_count)s, %(complete)s)
ON CONFLICT (connection_id, run_id, source) DO UPDATE
  SET cursor = EXCLUDED.cursor, row_count = EXCLUDED.row_count, complete = EXCLUDED.complete

-- name: forget_checkpoint
-- The source is read from its start.
DELETE FROM checkpoint
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND source = %(source)s

-- name: restart_checkpoint
-- The source is read from its start once more.
UPDATE checkpoint
SET cursor = NULL, row_count = 0, complete = false, restarts = restarts + 1
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND source = %(source)s
RETURNING restarts

-- name: staged_practifi_count
-- Rows that are staged of one kind of record.
SELECT count(*)
FROM staged_practifi_record
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND kind = %(kind)s

-- name: staged_cc_count
-- Rows that are staged of one kind of resource.
SELECT count(*)
FROM staged_cc_resource
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND kind = %(kind)s

-- name: unstage_practifi
-- Nothing of one kind of record is staged any more.
WITH contacts AS (
  DELETE FROM compared_contact
  WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND %(kind)s::text = 'contact'
), memberships AS (
  DELETE FROM compared_membership
  WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND %(kind)s::text = 'membership'
)
DELETE FROM staged_practifi_record
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND kind = %(kind)s

-- name: unstage_cc
-- Nothing of one kind of resource is staged any more.
WITH contacts AS (
  DELETE FROM compared_contact_there
  WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND %(kind)s::text = 'contact'
)
DELETE FROM staged_cc_resource
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND kind = %(kind)s

-- name: drop_snapshot
-- A run that ended needs neither its snapshot nor its checkpoints.
WITH records AS (
  DELETE FROM staged_practifi_record WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s
), resources AS (
  DELETE FROM staged_cc_resource WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s
), contacts AS (
  DELETE FROM compared_contact WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s
), contacts_there AS (
  DELETE FROM compared_contact_there WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s
), memberships AS (
  DELETE FROM compared_membership WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s
), steps AS (
  DELETE FROM drafted_step WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s
), interactions AS (
  DELETE FROM planned_interaction
  WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s
    AND NOT EXISTS (SELECT FROM plan WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s)
)
DELETE FROM checkpoint
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s
