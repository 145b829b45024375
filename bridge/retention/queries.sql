-- What is let go when it has been kept long enough: `count` at most of each, and who is at the same leaves the others to it.

-- name: sessions
-- What has ended opens nothing.
WITH links AS (
  DELETE FROM console_link
  WHERE ends_at <= app_now() - make_interval(secs => %(after_s)s)),
launches AS (
  DELETE FROM console_launch
  WHERE ends_at <= app_now() - make_interval(secs => %(after_s)s))
DELETE FROM console_session
WHERE ctid = ANY(ARRAY(
  SELECT ctid
  FROM console_session
  WHERE ends_at <= app_now() - make_interval(secs => %(after_s)s)
  LIMIT %(count)s
  FOR UPDATE SKIP LOCKED))

-- name: record_access
-- What is not believed any more.
DELETE FROM console_record_access
WHERE ctid = ANY(ARRAY(
  SELECT ctid
  FROM console_record_access
  WHERE asked_at < app_now() - make_interval(secs => %(after_s)s)
  ORDER BY asked_at
  LIMIT %(count)s
  FOR UPDATE SKIP LOCKED))

-- name: permission_sets
-- The same of permission sets.
DELETE FROM console_permission_set
WHERE ctid = ANY(ARRAY(
  SELECT ctid
  FROM console_permission_set
  WHERE asked_at < app_now() - make_interval(secs => %(after_s)s)
  LIMIT %(count)s
  FOR UPDATE SKIP LOCKED))

-- name: clients
-- The same of clients.
DELETE FROM console_client
WHERE ctid = ANY(ARRAY(
  SELECT ctid
  FROM console_client
  WHERE asked_at < app_now() - make_interval(secs => %(after_s)s)
  LIMIT %(count)s
  FOR UPDATE SKIP LOCKED))

-- name: mapping_counts
-- What was counted is of interest for a while; a counting that is under way goes on.
DELETE FROM mapping_count
WHERE ctid = ANY(ARRAY(
  SELECT ctid
  FROM mapping_count
  WHERE asked_at < app_now() - make_interval(secs => %(after_s)s)
  LIMIT %(count)s
  FOR UPDATE SKIP LOCKED))

-- name: bulk_drafts
-- Drafts that nobody has gone on with; whom they named goes with them.
DELETE FROM bulk_create
WHERE ctid = ANY(ARRAY(
  SELECT ctid
  FROM bulk_create
  WHERE state = 'draft' AND changed_at <= app_now() - make_interval(secs => %(after_s)s)
  LIMIT %(count)s
  FOR UPDATE SKIP LOCKED))

-- name: bulk_saves
-- What was saved, undone or discarded so long ago that plans of runs are not kept either.
DELETE FROM bulk_create
WHERE ctid = ANY(ARRAY(
  SELECT ctid
  FROM bulk_create
  WHERE finished_at <= app_now() - make_interval(secs => %(after_s)s)
  LIMIT %(count)s
  FOR UPDATE SKIP LOCKED))

-- name: saves
-- One press of Save each, with its rows.
WITH old AS (
  SELECT connection_id, key
  FROM console_save
  WHERE made_at <= app_now() - make_interval(secs => %(after_s)s)
  LIMIT %(count)s
  FOR UPDATE SKIP LOCKED),
rows AS (
  DELETE FROM console_saved r
  USING old
  WHERE r.connection_id = old.connection_id AND r.save_key = old.key)
DELETE FROM console_save s
USING old
WHERE s.connection_id = old.connection_id AND s.key = old.key

-- name: planned_interactions
-- Interactions that a run drafted without a plan, and those that no part of an ended plan has begun. What was sent stays: the
-- next plan tells from it what an Interaction was before.
DELETE FROM planned_interaction
WHERE ctid = ANY(ARRAY(
  SELECT p.ctid
  FROM (
    SELECT r.connection_id, r.id AS run_id, 0 AS first, 2147483647 AS last
    FROM run r
    WHERE r.job = 'activities' AND r.finished_at <= app_now() - make_interval(secs => %(after_s)s)
      AND NOT EXISTS (SELECT FROM plan l WHERE l.connection_id = r.connection_id AND l.run_id = r.id)
    UNION ALL
    SELECT t.connection_id, t.run_id, t.first, t.last
    FROM interaction_part t
    WHERE t.state = 'skipped' AND t.finished_at <= app_now() - make_interval(secs => %(after_s)s)) AS unsent
  JOIN planned_interaction p
    ON p.connection_id = unsent.connection_id AND p.run_id = unsent.run_id AND p.ordinal BETWEEN unsent.first AND unsent.last
  LIMIT %(count)s
  FOR UPDATE OF p SKIP LOCKED))

-- name: differences
-- Single differences of both sides, as steps are.
DELETE FROM integrity_difference
WHERE ctid = ANY(ARRAY(
  SELECT d.ctid
  FROM integrity_score s
  JOIN integrity_difference d ON d.connection_id = s.connection_id AND d.run_id = s.run_id
  WHERE s.taken_at < app_now() - make_interval(secs => %(after_s)s)
  LIMIT %(count)s
  FOR UPDATE OF d SKIP LOCKED))

-- name: looks
-- Nightly looks of the doctor, but for the last at which both sides of a connection were seen: the next is compared with it.
DELETE FROM doctor_look
WHERE ctid = ANY(ARRAY(
  SELECT ctid
  FROM doctor_look l
  WHERE l.begun_at < app_now() - make_interval(secs => %(after_s)s)
    AND l.due_at IS DISTINCT FROM (
      SELECT max(s.due_at)
      FROM doctor_look s
      WHERE s.connection_id = l.connection_id AND s.shape IS NOT NULL)
  LIMIT %(count)s
  FOR UPDATE SKIP LOCKED))

-- name: alerts
-- Alerts that have cleared, as runs are.
DELETE FROM alert
WHERE ctid = ANY(ARRAY(
  SELECT ctid
  FROM alert
  WHERE ended_at < app_now() - make_interval(secs => %(after_s)s)
  LIMIT %(count)s
  FOR UPDATE SKIP LOCKED))

-- name: steps
-- What was decided for one address or list alone, but for the last plan of each: that one says why it stands as it does.
DELETE FROM step
WHERE ctid = ANY(ARRAY(
  SELECT s.ctid
  FROM plan p
  JOIN step s ON s.connection_id = p.connection_id AND s.plan_id = p.id
  WHERE p.run_id IS NULL AND p.finished_at <= app_now() - make_interval(secs => %(after_s)s)
    AND EXISTS (
      SELECT FROM step l
      WHERE l.connection_id = s.connection_id AND l.subject_kind = s.subject_kind AND l.subject_key = s.subject_key
        AND l.plan_id > s.plan_id)
  LIMIT %(count)s
  FOR UPDATE OF s SKIP LOCKED))

-- name: plans
-- Plans of which no step is left.
DELETE FROM plan
WHERE ctid = ANY(ARRAY(
  SELECT p.ctid
  FROM plan p
  WHERE p.run_id IS NULL AND p.finished_at <= app_now() - make_interval(secs => %(after_s)s)
    AND NOT EXISTS (SELECT FROM step s WHERE s.connection_id = p.connection_id AND s.plan_id = p.id)
    AND NOT EXISTS (SELECT FROM run r WHERE r.connection_id = p.connection_id AND r.applies_plan_id = p.id)
    AND NOT EXISTS (SELECT FROM plan u WHERE u.connection_id = p.connection_id AND u.undoes_plan_id = p.id)
  LIMIT %(count)s
  FOR UPDATE OF p SKIP LOCKED))

-- name: runs
-- Runs with their plan and its steps. A plan that another run has carried out, or taken back, goes after that one. A plan may
-- be large: a few at a time.
WITH old AS (
  SELECT r.connection_id, r.id
  FROM run r
  WHERE r.finished_at <= app_now() - make_interval(secs => %(after_s)s)
    AND NOT EXISTS (
      SELECT FROM plan p
      WHERE p.connection_id = r.connection_id AND p.run_id = r.id
        AND (p.finished_at IS NULL OR p.finished_at > app_now() - make_interval(secs => %(after_s)s)
          OR EXISTS (SELECT FROM run a WHERE a.connection_id = p.connection_id AND a.applies_plan_id = p.id AND a.id <> r.id)
          OR EXISTS (
            SELECT FROM plan u
            WHERE u.connection_id = p.connection_id AND u.undoes_plan_id = p.id AND u.run_id IS DISTINCT FROM r.id)))
  ORDER BY r.finished_at
  LIMIT least(%(count)s, 10)
  FOR UPDATE OF r SKIP LOCKED),
steps AS (
  DELETE FROM step s
  USING old, plan p
  WHERE p.connection_id = old.connection_id AND p.run_id = old.id AND s.connection_id = p.connection_id AND s.plan_id = p.id),
plans AS (
  DELETE FROM plan p
  USING old
  WHERE p.connection_id = old.connection_id AND p.run_id = old.id),
checkpoints AS (
  DELETE FROM checkpoint c
  USING old
  WHERE c.connection_id = old.connection_id AND c.run_id = old.id),
times AS (
  DELETE FROM schedule_fire f
  USING old
  WHERE f.connection_id = old.connection_id AND f.run_id = old.id)
DELETE FROM run r
USING old
WHERE r.connection_id = old.connection_id AND r.id = old.id

-- name: events
-- What people did with one mailing, all of it together: what is told of a mailing is counted from all its events, and a mailing
-- without events is told of no more.
DELETE FROM engagement_event e
USING (
  SELECT a.connection_id, a.campaign_activity_id
  FROM campaign_activity a
  WHERE coalesce(a.last_sent_at, a.first_sent_at) <= app_now() - make_interval(secs => %(after_s)s)
    AND EXISTS (
      SELECT FROM engagement_event o
      WHERE o.connection_id = a.connection_id AND o.campaign_activity_id = a.campaign_activity_id)
  ORDER BY coalesce(a.last_sent_at, a.first_sent_at)
  LIMIT least(%(count)s, 1)) AS old
WHERE e.connection_id = old.connection_id AND e.campaign_activity_id = old.campaign_activity_id
