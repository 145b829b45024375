-- Writing Interactions: which steps are sent, and what became of each. A step rests on what was known to stand in
-- Salesforce when it was planned, of which it has the digest.

-- name: begin_steps
-- The next steps of a plan are on their way from here on, up to so many of them and so many bytes; those whose ground
-- has moved are refused.
WITH open AS (
  SELECT s.ordinal, s.subject_key, s.facts, sum(octet_length(s.detail ->> 'body')) OVER (ORDER BY s.ordinal) AS bytes
  FROM (
    SELECT ordinal, subject_key, facts, detail
    FROM step
    WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s AND ordinal >= %(from_ordinal)s
      AND finished_at IS NULL
    ORDER BY ordinal
    LIMIT %(count)s) AS s),
known AS (
  SELECT o.ordinal, o.facts = sha256(coalesce(i.written_fingerprint, '')) AS is_fresh
  FROM open o
  LEFT JOIN interaction i ON i.connection_id = %(connection_id)s AND i.external_id = o.subject_key
  WHERE o.bytes <= %(bytes)s OR o.ordinal = (SELECT min(ordinal) FROM open))
UPDATE step s
SET state = CASE WHEN k.is_fresh THEN 'sending' ELSE 'refused' END,
    outcome = CASE WHEN NOT k.is_fresh THEN %(stale)s END,
    finished_at = CASE WHEN NOT k.is_fresh THEN app_now() END,
    attempts = s.attempts + k.is_fresh::int,
    sent_at = CASE WHEN k.is_fresh THEN app_now() ELSE s.sent_at END
FROM known k
WHERE s.connection_id = %(connection_id)s AND s.plan_id = %(plan_id)s AND s.ordinal = k.ordinal
RETURNING s.ordinal

-- name: sent_bodies
-- What steps that are on their way have to say.
SELECT ordinal, subject_key, detail #> '{body,fields}'
FROM step
WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s AND ordinal BETWEEN %(first)s AND %(last)s
  AND state = 'sending'
ORDER BY ordinal

-- name: keep_written
-- What became of Interactions that were sent: their ids and what stands there now, or Salesforce's sentence. The client
-- stays the one of the first time.
INSERT INTO interaction (connection_id, external_id, campaign_activity_id, contact_id, practifi_contact, practifi_account,
  sf_id, written_fingerprint, written_at, write_error)
SELECT s.connection_id, s.subject_key, (b.campaign_activity_id)::uuid, (s.detail ->> 'contact_id')::uuid,
  b.practifi_contact, b.practifi_account, r.sf_id, CASE WHEN r.error IS NULL THEN decode(b.fingerprint, 'hex') END,
  CASE WHEN r.error IS NULL THEN app_now() END, r.error
FROM unnest(%(ordinals)s::int[], %(sf_ids)s::text[], %(errors)s::text[]) AS r (ordinal, sf_id, error)
JOIN step s ON s.connection_id = %(connection_id)s AND s.plan_id = %(plan_id)s AND s.ordinal = r.ordinal
CROSS JOIN LATERAL jsonb_to_record(s.detail -> 'body')
  AS b (campaign_activity_id text, practifi_contact text, practifi_account text, fingerprint text)
WHERE s.state = 'sending'
ORDER BY s.subject_key
ON CONFLICT (connection_id, external_id) DO UPDATE
  SET practifi_contact = EXCLUDED.practifi_contact,
      sf_id = coalesce(EXCLUDED.sf_id, interaction.sf_id),
      written_fingerprint = coalesce(EXCLUDED.written_fingerprint, interaction.written_fingerprint),
      written_at = coalesce(EXCLUDED.written_at, interaction.written_at),
      write_error = EXCLUDED.write_error

-- name: end_sent
-- These steps have ended.
UPDATE step s
SET state = r.state, outcome = r.outcome, answer = r.answer::jsonb, finished_at = app_now()
FROM unnest(%(ordinals)s::int[], %(states)s::text[], %(outcomes)s::text[], %(answers)s::text[])
  AS r (ordinal, state, outcome, answer)
WHERE s.connection_id = %(connection_id)s AND s.plan_id = %(plan_id)s AND s.ordinal = r.ordinal AND s.state = 'sending'
