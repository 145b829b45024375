-- name: ask_wakeup
-- Note that topics have work; returns those that nobody had asked for, or whose wake-up got lost.
INSERT INTO wakeup (topic, asked_at)
SELECT topic, app_now()
FROM unnest(%(topics)s::text[]) AS topic
ORDER BY topic
ON CONFLICT (topic) DO UPDATE
  SET asked_at = EXCLUDED.asked_at
  WHERE wakeup.asked_at NOT BETWEEN app_now() - interval '10 seconds' AND app_now() + interval '1 second'
RETURNING topic

-- name: leave_to_watch
-- The broker cannot be told: whoever watches over wake-ups need not wait until these count as overlooked.
UPDATE wakeup
SET asked_at = app_now() - interval '1 minute'
WHERE topic = ANY (%(topics)s)

-- name: overlooked_wakeups
-- Wake-ups that the broker has not brought to anybody in time.
SELECT topic
FROM wakeup
WHERE topic = ANY (%(topics)s) AND asked_at < app_now() - make_interval(secs => %(after_s)s)
ORDER BY asked_at

-- name: take_wakeup
-- A worker takes the wake-up before it looks for work, so that whatever comes later asks anew.
DELETE FROM wakeup
WHERE topic = %(topic)s

-- name: topics_with_work
-- What a sweep finds waiting, whatever became of its wake-up.
SELECT 'triage' AS topic
WHERE EXISTS (SELECT FROM notification WHERE state = 'received' AND NOT consent)
UNION ALL
SELECT 'triage-consent'
WHERE EXISTS (SELECT FROM notification WHERE state = 'received' AND consent)
UNION ALL
SELECT 'deliver-consent'
WHERE EXISTS (
  SELECT FROM work
  WHERE lane = 0 AND done < wanted AND blocked_reason IS NULL AND due_at <= app_now()
    AND (lease_until IS NULL OR lease_until < app_now()))
UNION ALL
SELECT 'deliver'
WHERE EXISTS (
  SELECT FROM work
  WHERE lane > 0 AND done < wanted AND blocked_reason IS NULL AND due_at <= app_now()
    AND (lease_until IS NULL OR lease_until < app_now()) AND bulk_activity_id IS NULL)
UNION ALL
SELECT 'bulk'
WHERE EXISTS (
  SELECT FROM bulk_round
  WHERE due_at <= app_now() AND (lease_until IS NULL OR lease_until < app_now()))
UNION ALL
SELECT 'bulk-create'
WHERE EXISTS (
  SELECT FROM bulk_create
  WHERE due_at <= app_now() AND (lease_until IS NULL OR lease_until < app_now()))
UNION ALL
SELECT 'write-back'
WHERE EXISTS (
  SELECT FROM record_status
  WHERE write_due_at <= app_now() AND (lease_until IS NULL OR lease_until < app_now()))
UNION ALL
SELECT 'runs'
WHERE EXISTS (
  SELECT FROM run
  WHERE finished_at IS NULL AND state <> 'waiting' AND (lease_until IS NULL OR lease_until < app_now()))
UNION ALL
SELECT 'mappings'
WHERE EXISTS (SELECT FROM mapping_count WHERE finished_at IS NULL)
