-- Campaigns in Salesforce that stand for mailings, and their members.

-- name: mailings_to_show
-- Mailings of which Interactions were written since their members were, as their campaigns are or shall be.
SELECT a.campaign_activity_id, a.campaign_name || CASE a.role WHEN 'resend' THEN ' (resend)' ELSE '' END AS name,
  a.first_sent_at, c.sf_id, c.written_name, i.until
FROM campaign_activity a
JOIN (
  SELECT campaign_activity_id, max(written_at) AS until
  FROM interaction
  WHERE connection_id = %(connection_id)s AND sf_id IS NOT NULL
  GROUP BY campaign_activity_id) AS i ON i.campaign_activity_id = a.campaign_activity_id
LEFT JOIN mailing_campaign c
  ON c.connection_id = a.connection_id AND c.campaign_activity_id = a.campaign_activity_id
WHERE a.connection_id = %(connection_id)s AND (c.members_until IS NULL OR c.members_until < i.until)
ORDER BY a.first_sent_at NULLS LAST, a.campaign_activity_id

-- name: keep_campaign
-- The campaign of a mailing, as it was written.
INSERT INTO mailing_campaign (connection_id, campaign_activity_id, sf_id, written_name)
VALUES (%(connection_id)s, %(campaign_activity_id)s, %(sf_id)s, %(name)s)
ON CONFLICT (connection_id, campaign_activity_id) DO UPDATE
  SET sf_id = EXCLUDED.sf_id, written_name = EXCLUDED.written_name

-- name: members_wanted
-- People with an Interaction of a mailing, and all kinds of what their contacts did; an automatic reply is no bounce.
SELECT i.practifi_contact,
  array_agg(DISTINCT CASE WHEN e.kind = 'bounce' AND e.detail ->> 'bounce_code' = 'V' THEN 'send' ELSE e.kind END)
FROM (
  SELECT DISTINCT practifi_contact, contact_id
  FROM interaction
  WHERE connection_id = %(connection_id)s AND campaign_activity_id = %(campaign_activity_id)s AND sf_id IS NOT NULL) AS i
JOIN engagement_event e ON e.connection_id = %(connection_id)s AND e.campaign_activity_id = %(campaign_activity_id)s
  AND e.contact_id = i.contact_id
GROUP BY i.practifi_contact
ORDER BY i.practifi_contact

-- name: members_written
-- Statuses that Salesforce has.
SELECT practifi_contact, status
FROM campaign_member
WHERE connection_id = %(connection_id)s AND campaign_activity_id = %(campaign_activity_id)s

-- name: keep_members
-- Members that were written.
INSERT INTO campaign_member (connection_id, campaign_activity_id, practifi_contact, status)
SELECT %(connection_id)s, %(campaign_activity_id)s, person, status
FROM unnest(%(people)s::text[], %(statuses)s::text[]) AS w (person, status)
ORDER BY person
ON CONFLICT (connection_id, campaign_activity_id, practifi_contact) DO UPDATE
  SET status = EXCLUDED.status

-- name: members_are_written
-- All Interactions that were written up to a moment are members.
UPDATE mailing_campaign
SET members_until = %(until)s
WHERE connection_id = %(connection_id)s AND campaign_activity_id = %(campaign_activity_id)s
