-- Writing Interactions, part by part of a plan, and what became of each.

-- name: planned_by
-- The run that made a plan, and whether something else may have been written since: no other run of the job begins while
-- one goes on, but one may while a plan waits.
SELECT run_id, run_id <> %(run_id)s OR approved_at IS NOT NULL
FROM plan
WHERE connection_id = %(connection_id)s AND id = %(plan_id)s

-- name: begin_part_again
-- The part that a process which has gone was about.
UPDATE interaction_part
SET attempts = attempts + 1, sent_at = app_now()
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND state = 'sending'
RETURNING first, last

-- name: begin_part
-- The next Interactions that are open are on their way from here on: up to so many of them and so many bytes.
WITH begins AS (
  SELECT coalesce(max(last) + 1, 0) AS first
  FROM interaction_part
  WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s),
open AS (
  SELECT p.ordinal,
    sum(octet_length(concat(p.subject, p.details)) + %(bytes_each)s) OVER (ORDER BY p.ordinal) AS bytes
  FROM planned_interaction p
  LEFT JOIN interaction_ending e ON e.connection_id = p.connection_id AND e.run_id = p.run_id AND e.ordinal = p.ordinal
  WHERE p.connection_id = %(connection_id)s AND p.run_id = %(run_id)s AND p.ordinal >= (SELECT first FROM begins)
    AND e.ordinal IS NULL
  ORDER BY p.ordinal
  LIMIT %(count)s)
INSERT INTO interaction_part (connection_id, run_id, first, last, state, attempts, sent_at)
SELECT %(connection_id)s, %(run_id)s, (SELECT first FROM begins), max(ordinal), 'sending', 1, app_now()
FROM open
WHERE bytes <= %(bytes)s OR ordinal = (SELECT min(ordinal) FROM open)
HAVING count(*) > 0
RETURNING first, last

-- name: refuse_stale
-- Interactions of a part that are not in Salesforce what they were when they were planned, nor what they shall be.
INSERT INTO interaction_ending (connection_id, run_id, ordinal, state, outcome, finished_at)
SELECT p.connection_id, p.run_id, p.ordinal, 'refused', %(stale)s, app_now()
FROM planned_interaction p
LEFT JOIN interaction i ON i.connection_id = p.connection_id AND i.external_id = p.external_id
WHERE p.connection_id = %(connection_id)s AND p.run_id = %(run_id)s AND p.ordinal BETWEEN %(first)s AND %(last)s
  AND i.written_fingerprint IS DISTINCT FROM p.stood AND i.written_fingerprint IS DISTINCT FROM p.fingerprint
ON CONFLICT (connection_id, run_id, ordinal) DO NOTHING

-- name: lines_to_send
-- What Interactions of a part have to say that are open, as lines of a file of comma-separated values, some hundreds
-- together, with their places and keys: of one begun again, those that are not known to be there.
SELECT array_agg(ordinal ORDER BY ordinal), array_agg(external_id ORDER BY ordinal), string_agg(
  concat(
    '"', replace(external_id, '"', '""'), '"',
    CASE WHEN %(has_subject)s THEN ',' || coalesce('"' || replace(nullif(subject, ''), '"', '""') || '"', %(cleared)s) END,
    CASE WHEN %(has_details)s THEN ',' || coalesce('"' || replace(nullif(details, ''), '"', '""') || '"', %(cleared)s) END,
    CASE WHEN %(has_time)s THEN ',' || coalesce(at, %(cleared)s) END,
    ',', practifi_contact,
    CASE WHEN %(has_client)s THEN ',' || coalesce(practifi_account, %(cleared)s) END,
    %(constants)s::text),
  '' ORDER BY ordinal)
FROM (
  SELECT p.ordinal, p.external_id, p.subject, p.details, p.at, p.practifi_contact, p.practifi_account
  FROM planned_interaction p
  WHERE p.connection_id = %(connection_id)s AND p.run_id = %(run_id)s AND p.ordinal BETWEEN %(first)s AND %(last)s
    AND NOT EXISTS (
      SELECT FROM interaction_ending e
      WHERE e.connection_id = %(connection_id)s AND e.run_id = %(run_id)s AND e.ordinal = p.ordinal)
    AND (NOT %(again)s OR NOT EXISTS (
      SELECT FROM interaction i
      WHERE i.connection_id = %(connection_id)s AND i.external_id = p.external_id AND i.written_fingerprint = p.fingerprint))) AS open
GROUP BY ordinal / 500
ORDER BY ordinal / 500

-- name: to_send
-- What Interactions of a part have to say that are open from a place on, and not known to be there.
SELECT p.ordinal, p.external_id, p.subject, p.details, p.at, p.practifi_contact, p.practifi_account
FROM planned_interaction p
WHERE p.connection_id = %(connection_id)s AND p.run_id = %(run_id)s AND p.ordinal BETWEEN %(first)s AND %(last)s
  AND NOT EXISTS (
    SELECT FROM interaction_ending e
    WHERE e.connection_id = %(connection_id)s AND e.run_id = %(run_id)s AND e.ordinal = p.ordinal)
  AND NOT EXISTS (
    SELECT FROM interaction i
    WHERE i.connection_id = %(connection_id)s AND i.external_id = p.external_id AND i.written_fingerprint = p.fingerprint)
ORDER BY p.ordinal
LIMIT %(count)s

-- name: keep_written
-- What became of Interactions that were sent: their ids and what stands there now, or Salesforce's sentence. The client
-- stays the one of the first time.
INSERT INTO interaction (connection_id, external_id, campaign_activity_id, contact_id, practifi_contact, practifi_account,
  sf_id, written_fingerprint, written_at, write_error, planned_run_id, planned_ordinal)
SELECT p.connection_id, p.external_id, p.campaign_activity_id, p.contact_id, p.practifi_contact, p.practifi_account, r.sf_id,
  CASE WHEN r.error IS NULL THEN p.fingerprint END, CASE WHEN r.error IS NULL THEN app_now() END, r.error,
  CASE WHEN r.error IS NULL THEN p.run_id END, CASE WHEN r.error IS NULL THEN p.ordinal END
FROM unnest(%(ordinals)s::int[], %(sf_ids)s::text[], %(errors)s::text[]) AS r (ordinal, sf_id, error)
JOIN planned_interaction p
  ON p.connection_id = %(connection_id)s AND p.run_id = %(run_id)s AND p.ordinal = r.ordinal
  AND p.ordinal BETWEEN %(from_ordinal)s AND %(to_ordinal)s
ORDER BY p.external_id
ON CONFLICT (connection_id, external_id) DO UPDATE
  SET practifi_contact = EXCLUDED.practifi_contact,
      sf_id = coalesce(EXCLUDED.sf_id, interaction.sf_id),
      written_fingerprint = coalesce(EXCLUDED.written_fingerprint, interaction.written_fingerprint),
      written_at = coalesce(EXCLUDED.written_at, interaction.written_at),
      write_error = EXCLUDED.write_error,
      planned_run_id = coalesce(EXCLUDED.planned_run_id, interaction.planned_run_id),
      planned_ordinal = coalesce(EXCLUDED.planned_ordinal, interaction.planned_ordinal)

-- name: keep_endings
-- Interactions that were not saved have ended.
INSERT INTO interaction_ending (connection_id, run_id, ordinal, state, outcome, answer, finished_at)
SELECT %(connection_id)s, %(run_id)s, r.ordinal, r.state, r.outcome, r.answer::jsonb, app_now()
FROM unnest(%(ordinals)s::int[], %(states)s::text[], %(outcomes)s::text[], %(answers)s::text[])
  AS r (ordinal, state, outcome, answer)
ON CONFLICT (connection_id, run_id, ordinal) DO NOTHING

-- name: end_part
-- All of a part that has not ended otherwise is there.
UPDATE interaction_part
SET state = 'confirmed', finished_at = app_now()
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND first = %(first)s AND state = 'sending'
