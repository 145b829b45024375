-- name: find_notification
-- Who received a notification of this id.
SELECT n.connection_id, n.record_id, n.object
FROM connection c
JOIN notification n ON n.connection_id = c.id AND n.notification_id = %(asked)s

-- name: find_record
-- Who has a record of this id.
SELECT r.connection_id, r.kind
FROM connection c
CROSS JOIN unnest(ARRAY['contact', 'list', 'membership']) AS k (kind)
JOIN practifi_record r ON r.connection_id = c.id AND r.kind = k.kind AND r.sf_id = %(sf_id)s

-- name: find_told
-- Who was told of a record that is not mirrored.
SELECT DISTINCT n.connection_id, n.object
FROM connection c
JOIN notification n ON n.connection_id = c.id AND n.record_id = ANY(%(ids)s)

-- name: find_address
-- Who knows an address, on either side.
SELECT connection_id
FROM practifi_record
WHERE connection_id IN (SELECT id FROM connection) AND kind = 'contact' AND deleted_at IS NULL AND email_key = %(key)s
UNION
SELECT connection_id
FROM cc_contact
WHERE connection_id IN (SELECT id FROM connection) AND email_key = %(key)s

-- name: find_there
-- Whose contact, list or bulk activity a Constant Contact id is.
SELECT connection_id, 'cc_contact' AS kind, email_key AS key
FROM cc_contact
WHERE connection_id IN (SELECT id FROM connection) AND contact_id = %(cc_id)s
UNION ALL
SELECT o.connection_id, 'cc_list', l.sf_id
FROM cc_list o
LEFT JOIN link l ON l.connection_id = o.connection_id AND l.kind = 'list' AND l.cc_id = o.list_id AND l.is_owner
WHERE o.connection_id IN (SELECT id FROM connection) AND o.list_id = %(cc_id)s
UNION ALL
SELECT connection_id, 'bulk_activity', id::text
FROM bulk_activity
WHERE activity_id = %(cc_id)s

-- name: find_job
-- Whose run, plan or bulk activity a number is.
SELECT connection_id
FROM run
WHERE %(kind)s = 'run' AND id = %(number)s
UNION ALL
SELECT connection_id
FROM plan
WHERE %(kind)s = 'plan' AND id = %(number)s
UNION ALL
SELECT connection_id
FROM bulk_activity
WHERE %(kind)s = 'bulk_activity' AND id = %(number)s

-- name: record
-- A record as it is mirrored.
SELECT kind, sf_id, source, seen_at, deleted_at, merged_into, email_key, contact_id, fields, unknown_fields
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = %(kind)s AND sf_id = %(sf_id)s

-- name: notification
-- The notification of an id, or the newest of a record; those that changed nothing come last.
SELECT notification_id, object, record_id, state, reason, received_at, finished_at, times_received
FROM notification
WHERE connection_id = %(connection_id)s
  AND (notification_id = %(notification_id)s
       OR %(notification_id)s::text IS NULL AND record_id = ANY(%(ids)s))
ORDER BY state IN ('superseded', 'ignored'), received_at DESC
LIMIT 1

-- name: work
-- What waits for an address, a record without one, or a list, and what its notifications say meanwhile.
SELECT w.kind, w.key, w.lane, w.done < w.wanted AS is_dirty, w.due_at, w.attempts, w.blocked_reason, w.lease_until,
  w.bulk_activity_id, (
    SELECT n.reason
    FROM notification_subject s
    JOIN notification n ON n.connection_id = s.connection_id AND n.notification_id = s.notification_id
    WHERE s.connection_id = w.connection_id AND s.kind = w.kind AND s.key = w.key
      AND n.state IN ('waiting', 'working') AND n.reason IS NOT NULL
    ORDER BY n.received_at DESC
    LIMIT 1) AS waits_because
FROM work w
WHERE w.connection_id = %(connection_id)s AND w.kind = %(kind)s AND w.key = %(key)s

-- name: last_steps
-- The steps of the last plan of a subject.
SELECT s.plan_id, s.kind, s.state, s.outcome, s.sent_at, s.finished_at
FROM step s
WHERE s.connection_id = %(connection_id)s AND s.subject_kind = %(kind)s AND s.subject_key = %(key)s
  AND s.plan_id = (
    SELECT max(l.plan_id)
    FROM step l
    WHERE l.connection_id = %(connection_id)s AND l.subject_kind = %(kind)s AND l.subject_key = %(key)s)
ORDER BY s.ordinal

-- name: written
-- How a record stands, and whether Practifi has it.
SELECT status, reason, since, confirmed_at, written_at, write_error, write_due_at
FROM record_status
WHERE connection_id = %(connection_id)s AND kind = %(kind)s AND sf_id = %(sf_id)s

-- name: request
-- The last request to mail an address again.
SELECT r.state, r.reason, r.made_at
FROM resubscription r
JOIN consent_subject s ON s.connection_id = r.connection_id AND s.subject_id = r.address_id
WHERE r.connection_id = %(connection_id)s AND r.list_id IS NULL AND s.kind = 'address' AND s.key_hash = %(key_hash)s
ORDER BY r.id DESC
LIMIT 1

-- name: lists
-- Lists of Practifi and their counterparts.
SELECT asked.sf_id, r.name, l.cc_id IS NOT NULL AS is_linked, l.cc_id::text AS cc_id, o.name AS name_there,
  CASE WHEN l.cc_id IS NOT NULL AND o.list_id IS NULL THEN app_now() ELSE o.deleted_at END AS deleted_there_at,
  w.blocked_reason
FROM unnest(%(list_ids)s::text[]) AS asked (sf_id)
LEFT JOIN practifi_record r ON r.connection_id = %(connection_id)s AND r.kind = 'list' AND r.sf_id = asked.sf_id
LEFT JOIN link l ON l.connection_id = %(connection_id)s AND l.kind = 'list' AND l.sf_id = asked.sf_id
LEFT JOIN cc_list o ON o.connection_id = l.connection_id AND o.list_id = l.cc_id
LEFT JOIN work w ON w.connection_id = %(connection_id)s AND w.kind = 'list' AND w.key = asked.sf_id AND w.done < w.wanted

-- name: mailing
-- The mailing of a campaign: the one that a contact did something in, else the newest that was sent.
SELECT a.campaign_activity_id, a.campaign_name AS name, a.status, a.first_sent_at, a.counts_at IS NOT NULL AS is_read,
  a.list_ids
FROM campaign_activity a
WHERE a.connection_id = %(connection_id)s
  AND (lower(btrim(a.campaign_name)) = lower(btrim(%(campaign)s))
       OR %(campaign)s IN (a.campaign_id::text, a.campaign_activity_id::text))
ORDER BY
  EXISTS (
    SELECT FROM engagement_event e
    WHERE e.connection_id = a.connection_id AND e.campaign_activity_id = a.campaign_activity_id
      AND e.contact_id = %(contact_id)s::uuid) DESC,
  a.role = 'primary_email' DESC, a.first_sent_at DESC NULLS LAST, a.campaign_activity_id
LIMIT 1

-- name: events
-- What is known of one contact in a mailing.
SELECT kind, count(*) AS count, min(occurred_at) AS first_at, max(detail ->> 'bounce_code') AS bounce_code
FROM engagement_event
WHERE connection_id = %(connection_id)s AND campaign_activity_id = %(mailing)s AND contact_id = %(contact_id)s::uuid
GROUP BY kind
ORDER BY min(occurred_at), kind

-- name: joined_at
-- When people were first put on one of some lists there.
SELECT min(m.created_at)
FROM practifi_record m
JOIN link l ON l.connection_id = m.connection_id AND l.kind = 'list' AND l.sf_id = m.list_id
WHERE m.connection_id = %(connection_id)s AND m.kind = 'membership' AND m.deleted_at IS NULL
  AND m.contact_id = ANY(%(contact_ids)s) AND l.cc_id = ANY(%(list_ids)s::uuid[])

-- name: interaction
-- What was written of one contact in a mailing.
SELECT sf_id, written_at, write_error
FROM interaction
WHERE connection_id = %(connection_id)s AND campaign_activity_id = %(mailing)s AND contact_id = %(contact_id)s::uuid
ORDER BY external_id
LIMIT 1

-- name: run
-- A run, and the plan that it makes or carries out.
SELECT r.job || ' run, ' || r.mode AS what, r.state, r.reason, r.asked_by, r.asked_at AS at, r.finished_at,
  coalesce(r.lease_until >= app_now() AND r.reason IS NULL, false) AS is_held,
  coalesce(r.counters -> 'rejected', '{}') AS rejected,
  coalesce(
    r.applies_plan_id,
    (SELECT max(p.id) FROM plan p WHERE p.connection_id = r.connection_id AND p.run_id = r.id)) AS plan_id
FROM run r
WHERE r.connection_id = %(connection_id)s AND r.id = %(number)s

-- name: plan
-- A plan.
SELECT 'plan of ' || p.origin AS what, p.state, p.wait_reason AS reason, p.asked_by, p.made_at AS at, p.finished_at,
  false AS is_held, '{}'::jsonb AS rejected, p.id AS plan_id
FROM plan p
WHERE p.connection_id = %(connection_id)s AND p.id = %(number)s

-- name: bulk_activity
-- A bulk activity.
SELECT b.kind AS what, b.state, b.status #>> '{activity_errors,0}' AS reason, NULL AS asked_by, b.posted_at AS at,
  b.finished_at, false AS is_held, '{}'::jsonb AS rejected, NULL::bigint AS plan_id
FROM bulk_activity b
WHERE b.connection_id = %(connection_id)s AND b.id = %(number)s

-- name: outcomes
-- What became of the steps of a plan that did not go as planned, by reason.
SELECT state, coalesce(outcome, 'no reason is kept') AS outcome, count(*) AS count
FROM (
  SELECT state, outcome
  FROM step
  WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s
  UNION ALL
  SELECT e.state, e.outcome
  FROM plan l
  JOIN interaction_ending e ON e.connection_id = l.connection_id AND e.run_id = l.run_id
  WHERE l.connection_id = %(connection_id)s AND l.id = %(plan_id)s) AS s
WHERE state IN ('refused', 'failed')
GROUP BY state, coalesce(outcome, 'no reason is kept')
ORDER BY count(*) DESC, 1, 2
LIMIT 10
