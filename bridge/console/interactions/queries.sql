-- What people did with mailings, as pages of clients and contacts show it.

-- name: connections_that_know
-- Connections of some that know a client or a contact.
SELECT id
FROM unnest(%(connection_ids)s::int[]) AS c (id)
WHERE EXISTS (SELECT FROM practifi_record r WHERE r.connection_id = c.id AND r.kind = 'contact' AND r.sf_id = %(sf_id)s)
  OR EXISTS (
    SELECT FROM practifi_record r
    WHERE r.connection_id = c.id AND r.kind = 'contact' AND r.deleted_at IS NULL AND r.account_id = %(sf_id)s)
  OR EXISTS (SELECT FROM interaction i WHERE i.connection_id = c.id AND i.practifi_account = %(sf_id)s)
ORDER BY id

-- name: client_name
-- The name of a client, by its own record or by that of one of its people.
SELECT coalesce((
    SELECT a.name
    FROM practifi_record a
    WHERE a.connection_id = %(connection_id)s AND a.kind = 'account' AND a.sf_id = %(sf_id)s), (
    SELECT p.fields ->> %(path)s::text
    FROM practifi_record p
    WHERE p.connection_id = %(connection_id)s AND p.kind = 'contact' AND p.account_id = %(sf_id)s AND p.deleted_at IS NULL
      AND p.fields ->> %(path)s::text IS NOT NULL
    LIMIT 1))

-- name: people_named
-- People by their ids: name, client, and whether Do Not Email is ticked.
SELECT sf_id, coalesce(
    nullif(concat_ws(' ', nullif(fields ->> 'FirstName', ''), nullif(fields ->> 'LastName', '')), ''), name, sf_id) AS name,
  account_id, do_not_email
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND sf_id = ANY(%(ids)s)

-- name: same_person
-- A contact, and the records that were merged into it.
SELECT sf_id
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND merged_into = %(sf_id)s

-- name: engagement
-- What people did with mailings, the latest mailings first: of a client, or of a contact. Counted from the events, as the
-- records in Salesforce are.
WITH about AS (
  SELECT i.campaign_activity_id, i.contact_id, i.practifi_contact, i.practifi_account, min(i.sf_id) AS sf_id,
    max(i.write_error) AS write_error
  FROM interaction i
  WHERE i.connection_id = %(connection_id)s
    AND (i.practifi_account = %(account_id)s OR i.practifi_contact = ANY(%(contact_ids)s))
  GROUP BY i.campaign_activity_id, i.contact_id, i.practifi_contact, i.practifi_account),
latest AS (
  SELECT about.*, a.campaign_name, a.role = 'resend' AS is_resend
  FROM about
  JOIN campaign_activity a ON a.connection_id = %(connection_id)s AND a.campaign_activity_id = about.campaign_activity_id
  WHERE %(mailing_id)s::uuid IS NULL OR a.campaign_activity_id = %(mailing_id)s
  ORDER BY a.first_sent_at DESC NULLS LAST, a.campaign_activity_id, about.practifi_contact
  LIMIT %(count)s)
SELECT l.campaign_activity_id AS mailing_id, l.campaign_name AS campaign, l.is_resend, coalesce(r.merged_into, l.practifi_contact)
    AS contact_id,
  l.practifi_account AS account_id, l.sf_id, l.write_error, e.*
FROM latest l
LEFT JOIN practifi_record r ON r.connection_id = %(connection_id)s AND r.kind = 'contact' AND r.sf_id = l.practifi_contact
CROSS JOIN LATERAL (
  SELECT max(occurred_at) AS newest_at, min(occurred_at) FILTER (WHERE kind = 'send') AS sent_at,
    count(*) FILTER (WHERE kind = 'open') AS opened, count(*) FILTER (WHERE kind = 'click') AS clicked,
    count(*) FILTER (WHERE kind = 'forward') AS forwarded, count(*) FILTER (WHERE kind = 'optout') AS opted_out,
    coalesce(array_agg(DISTINCT detail ->> 'bounce_code') FILTER (WHERE kind = 'bounce' AND detail ? 'bounce_code'), '{}')
      AS bounce_codes
  FROM engagement_event v
  WHERE v.connection_id = %(connection_id)s AND v.contact_id = l.contact_id AND v.campaign_activity_id = l.campaign_activity_id
    AND v.kind = ANY(%(kinds)s)) AS e

-- name: last_read
-- When what people did was last read from Constant Contact.
SELECT max(finished_at)
FROM run
WHERE connection_id = %(connection_id)s AND job = 'activities' AND state = 'done'

-- name: mailing
-- A mailing as people see it, when it was read, and when it is looked at next.
SELECT detail ->> 'subject' AS subject_line, detail ->> 'from_name' AS from_name, detail ->> 'from_email' AS from_email,
  detail ->> 'permalink' AS permalink, first_sent_at, counts_at, next_look_at
FROM campaign_activity
WHERE connection_id = %(connection_id)s AND campaign_activity_id = %(mailing_id)s

-- name: contacts_there
-- The contacts there whose acts in a mailing are shown for a person.
SELECT DISTINCT contact_id
FROM interaction
WHERE connection_id = %(connection_id)s AND campaign_activity_id = %(mailing_id)s AND practifi_contact = ANY(%(contact_ids)s)

-- name: events
-- What happened, in the order of time.
SELECT kind, occurred_at, detail ->> 'link_url' AS link_url, detail ->> 'bounce_code' AS bounce_code,
  detail ->> 'opt_out_reason' AS reason
FROM engagement_event
WHERE connection_id = %(connection_id)s AND campaign_activity_id = %(mailing_id)s AND contact_id = ANY(%(there_ids)s)
  AND kind = ANY(%(kinds)s)
ORDER BY occurred_at, array_position(ARRAY['send', 'bounce', 'open', 'click', 'forward', 'optout'], kind), url_id
LIMIT %(count)s

-- name: links
-- The links that were clicked, and how often.
SELECT coalesce(detail ->> 'link_url', 'a link'), count(*)
FROM engagement_event
WHERE connection_id = %(connection_id)s AND campaign_activity_id = %(mailing_id)s AND contact_id = ANY(%(there_ids)s)
  AND kind = 'click' AND 'click' = ANY(%(kinds)s)
GROUP BY 1
ORDER BY 2 DESC, 1

-- name: sharers
-- Who else uses the address of a contact there.
SELECT DISTINCT l.sf_id
FROM link l
JOIN practifi_record r ON r.connection_id = l.connection_id AND r.kind = 'contact' AND r.sf_id = l.sf_id AND r.deleted_at IS NULL
WHERE l.connection_id = %(connection_id)s AND l.kind = 'contact' AND l.cc_id = ANY(%(there_ids)s) AND l.sf_id <> %(sf_id)s
ORDER BY l.sf_id
