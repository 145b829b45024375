-- What is put off to a later time, told by a clock that has been set back since.

-- name: follow_clock_back
-- Bring nearer, by as much as the clock was set back, what has still to come.
WITH application AS (
  UPDATE api_application
  SET next_at = CASE WHEN next_at > app_now() THEN next_at - %(by)s::interval ELSE next_at END,
      token_next_at = CASE WHEN token_next_at > app_now() THEN token_next_at - %(by)s::interval ELSE token_next_at END
  WHERE greatest(next_at, token_next_at) > app_now()
), subject AS (
  UPDATE work
  SET due_at = CASE WHEN due_at > app_now() THEN due_at - %(by)s::interval ELSE due_at END,
      lease_until = lease_until - %(by)s::interval
  WHERE greatest(due_at, lease_until) > app_now()
), round AS (
  UPDATE bulk_round
  SET due_at = CASE WHEN due_at > app_now() THEN due_at - %(by)s::interval ELSE due_at END,
      lease_until = lease_until - %(by)s::interval
  WHERE greatest(due_at, lease_until) > app_now()
), status AS (
  UPDATE record_status
  SET write_due_at = CASE WHEN write_due_at > app_now() THEN write_due_at - %(by)s::interval ELSE write_due_at END,
      lease_until = lease_until - %(by)s::interval
  WHERE greatest(write_due_at, lease_until) > app_now()
), told AS (
  UPDATE alert_delivery
  SET due_at = due_at - %(by)s::interval
  WHERE delivered_at IS NULL AND due_at > app_now()
), standing AS (
  UPDATE alert
  SET came_at = least(came_at, app_now()), gone_at = least(gone_at, app_now())
  WHERE ended_at IS NULL AND greatest(came_at, gone_at) > app_now()
), run AS (
  UPDATE run
  SET lease_until = lease_until - %(by)s::interval
  WHERE lease_until > app_now()
)
UPDATE outage
SET probe_at = probe_at - %(by)s::interval
WHERE probe_at > app_now()
