-- Planning Interactions: what happened in each mailing, whom it concerns, and what was written before.

-- name: mailings_with_events
-- Mailings in which something is known to have happened, in the order in which they were sent.
SELECT a.campaign_activity_id, a.campaign_name, a.detail, a.list_ids, a.first_sent_at
FROM campaign_activity a
WHERE a.connection_id = %(connection_id)s
  AND EXISTS (
    SELECT FROM engagement_event e
    WHERE e.connection_id = a.connection_id AND e.campaign_activity_id = a.campaign_activity_id)
ORDER BY a.first_sent_at NULLS LAST, a.campaign_activity_id

-- name: tallies
-- What each contact did in a mailing, counted; event by event where a record is written for each.
SELECT contact_id, kind, count(*) AS count, min(occurred_at) AS first_at, max(occurred_at) AS last_at, link_url, bounce_code,
  reason, url_id
FROM (
  SELECT contact_id, kind, occurred_at, detail ->> 'link_url' AS link_url, detail ->> 'bounce_code' AS bounce_code,
    detail ->> 'opt_out_reason' AS reason, CASE WHEN %(each_event)s THEN occurred_at END AS event_at,
    CASE WHEN %(each_event)s THEN url_id END AS url_id
  FROM engagement_event
  WHERE connection_id = %(connection_id)s AND campaign_activity_id = %(campaign_activity_id)s
    AND kind = ANY(%(kinds)s)) AS e
GROUP BY contact_id, kind, link_url, bounce_code, reason, event_at, url_id
ORDER BY contact_id, first_at, kind, url_id

-- name: people_of_mailing
-- Who the contacts of a mailing are in Practifi, and whether a membership of their own is on one of its lists.
SELECT l.cc_id, r.sf_id, r.account_id, r.fields ->> 'FirstName' AS first_name, r.fields ->> 'LastName' AS last_name,
  l.is_owner, l.made_at,
  EXISTS (
    SELECT
    FROM practifi_record m
    JOIN link list ON list.connection_id = m.connection_id AND list.kind = 'list' AND list.sf_id = m.list_id
    WHERE m.connection_id = r.connection_id AND m.kind = 'membership' AND m.deleted_at IS NULL
      AND m.contact_id = r.sf_id AND list.cc_id = ANY(%(list_ids)s::uuid[])) AS is_meant
FROM link l
JOIN practifi_record r
  ON r.connection_id = l.connection_id AND r.kind = 'contact' AND r.sf_id = l.sf_id AND r.deleted_at IS NULL
WHERE l.connection_id = %(connection_id)s AND l.kind = 'contact'
  AND l.cc_id IN (
    SELECT contact_id
    FROM engagement_event
    WHERE connection_id = %(connection_id)s AND campaign_activity_id = %(campaign_activity_id)s)
ORDER BY l.cc_id, r.sf_id

-- name: written_of_mailing
-- What was written of a mailing; a person whose record was merged into another goes on as that one.
SELECT i.contact_id, i.external_id, coalesce(r.merged_into, i.practifi_contact) AS practifi_contact, i.practifi_account,
  coalesce(r.deleted_at IS NOT NULL AND r.merged_into IS NULL, false) AS is_gone, i.written_fingerprint
FROM interaction i
LEFT JOIN practifi_record r ON r.connection_id = i.connection_id AND r.kind = 'contact' AND r.sf_id = i.practifi_contact
WHERE i.connection_id = %(connection_id)s AND i.campaign_activity_id = %(campaign_activity_id)s

-- name: last_fields
-- What was last written of some Interactions, as far as their steps are kept.
SELECT DISTINCT ON (subject_key) subject_key, detail #> '{body,fields}'
FROM step
WHERE connection_id = %(connection_id)s AND subject_kind = 'interaction' AND state = 'confirmed'
  AND subject_key = ANY(%(keys)s)
ORDER BY subject_key, plan_id DESC, ordinal DESC

-- name: fingerprints
-- What is known to stand in Salesforce of some Interactions.
SELECT external_id, written_fingerprint
FROM interaction
WHERE connection_id = %(connection_id)s AND external_id = ANY(%(keys)s)

-- name: keep_written
-- What became of Interactions that were sent: their ids and what stands there now, or Salesforce's sentence. The client
-- stays the one of the first time.
INSERT INTO interaction (connection_id, external_id, campaign_activity_id, contact_id, practifi_contact, practifi_account,
  sf_id, written_fingerprint, written_at, write_error)
SELECT %(connection_id)s, external_id, campaign_activity_id, contact_id, practifi_contact, practifi_account, sf_id,
  decode(fingerprint, 'hex'), CASE WHEN error IS NULL THEN app_now() END, error
FROM jsonb_to_recordset(%(rows)s) AS w (external_id text, campaign_activity_id uuid, contact_id uuid,
  practifi_contact text, practifi_account text, sf_id text, fingerprint text, error text)
ORDER BY external_id
ON CONFLICT (connection_id, external_id) DO UPDATE
  SET practifi_contact = EXCLUDED.practifi_contact,
      sf_id = coalesce(EXCLUDED.sf_id, interaction.sf_id),
      written_fingerprint = coalesce(EXCLUDED.written_fingerprint, interaction.written_fingerprint),
      written_at = coalesce(EXCLUDED.written_at, interaction.written_at),
      write_error = EXCLUDED.write_error
