-- Planning Interactions: what happened in each mailing, whom it concerns, and what was written before.

-- name: mailings_with_events
-- Mailings in which something is known to have happened, in the order in which they were sent.
SELECT a.campaign_activity_id, a.campaign_name, a.detail, a.list_ids, a.first_sent_at, a.role = 'resend' AS is_resend, (
    SELECT min(o.first_sent_at)
    FROM campaign_activity o
    WHERE o.connection_id = a.connection_id AND o.campaign_id = a.campaign_id AND o.role = 'primary_email') AS original_sent_at
FROM campaign_activity a
WHERE a.connection_id = %(connection_id)s
  AND EXISTS (
    SELECT FROM engagement_event e
    WHERE e.connection_id = a.connection_id AND e.campaign_activity_id = a.campaign_activity_id)
ORDER BY a.first_sent_at NULLS LAST, a.campaign_activity_id

-- name: want_all_rows
-- A cursor is planned for its first tenth unless it is told otherwise; here every row is fetched. To compile the statement
-- anew for each mailing takes longer than it saves; and what does not fit into memory is written to disk and read again.
SELECT set_config('cursor_tuple_fraction', '1', true), set_config('jit', 'off', true), set_config('work_mem', '64MB', true)

-- name: acts
-- What each contact did in a mailing, counted; event by event where a record is written for each; to the minute, as it is
-- told, and when it was first. With it the person in Practifi; and, where that may be several or something was written
-- before, all of them, whether a membership of theirs is on one of the lists, and what was written; a person whose record
-- was merged into another goes on as that one. Acts of one client follow each other: Salesforce locks it for each record.
WITH act AS (
  SELECT contact_id, kind, count(*) AS count, min(occurred_at) AS first_at, max(occurred_at) AS last_at, link_url,
    bounce_code, reason, url_id
  FROM (
    SELECT contact_id, kind, occurred_at, detail ->> 'link_url' AS link_url, detail ->> 'bounce_code' AS bounce_code,
      detail ->> 'opt_out_reason' AS reason, CASE WHEN %(each_event)s THEN occurred_at END AS event_at,
      CASE WHEN %(each_event)s THEN url_id END AS url_id
    FROM engagement_event
    WHERE connection_id = %(connection_id)s AND campaign_activity_id = %(campaign_activity_id)s
      AND kind = ANY(%(kinds)s)) AS e
  GROUP BY contact_id, kind, link_url, bounce_code, reason, event_at, url_id),
written AS (
  SELECT i.contact_id, jsonb_agg(jsonb_build_array(i.external_id, coalesce(r.merged_into, i.practifi_contact),
    i.practifi_account, coalesce(r.deleted_at IS NOT NULL AND r.merged_into IS NULL, false),
    encode(i.written_fingerprint, 'hex'), i.planned_run_id, i.planned_ordinal))::text AS records
  FROM interaction i
  LEFT JOIN practifi_record r
    ON r.connection_id = i.connection_id AND r.kind = 'contact' AND r.sf_id = i.practifi_contact
  WHERE i.connection_id = %(connection_id)s AND i.campaign_activity_id = %(campaign_activity_id)s
  GROUP BY i.contact_id),
person AS (
  SELECT l.cc_id, count(*) AS count, min(r.sf_id) AS sf_id, min(r.account_id) AS account_id
  FROM link l
  JOIN practifi_record r
    ON r.connection_id = l.connection_id AND r.kind = 'contact' AND r.sf_id = l.sf_id AND r.deleted_at IS NULL
  WHERE l.connection_id = %(connection_id)s AND l.kind = 'contact' AND l.cc_id IN (SELECT contact_id FROM act)
  GROUP BY l.cc_id),
meant AS (
  SELECT DISTINCT m.contact_id
  FROM practifi_record m
  JOIN link list ON list.connection_id = m.connection_id AND list.kind = 'list' AND list.sf_id = m.list_id
  WHERE m.connection_id = %(connection_id)s AND m.kind = 'membership' AND m.deleted_at IS NULL
    AND list.cc_id = ANY(%(list_ids)s::uuid[])),
people AS (
  SELECT l.cc_id, jsonb_agg(jsonb_build_array(r.sf_id, r.account_id,
    concat_ws(' ', nullif(r.fields ->> 'FirstName', ''), nullif(r.fields ->> 'LastName', '')), l.is_owner,
    m.contact_id IS NOT NULL, l.made_at) ORDER BY r.sf_id)::text AS persons
  FROM link l
  JOIN practifi_record r
    ON r.connection_id = l.connection_id AND r.kind = 'contact' AND r.sf_id = l.sf_id AND r.deleted_at IS NULL
  LEFT JOIN meant m ON m.contact_id = r.sf_id
  WHERE l.connection_id = %(connection_id)s AND l.kind = 'contact'
    AND l.cc_id IN (SELECT cc_id FROM person WHERE count > 1 UNION ALL SELECT contact_id FROM written)
  GROUP BY l.cc_id)
SELECT a.contact_id::text, a.kind, a.count, date_trunc('minute', a.first_at), date_trunc('minute', a.last_at), a.link_url,
  a.bounce_code, a.reason, a.first_at, a.url_id, p.sf_id, p.account_id, o.persons, w.records
FROM act a
LEFT JOIN person p ON p.cc_id = a.contact_id
LEFT JOIN people o ON o.cc_id = a.contact_id
LEFT JOIN written w ON w.contact_id = a.contact_id
ORDER BY p.account_id, a.contact_id, a.first_at, a.kind, a.url_id

-- name: forget_planned
-- No Interactions are planned by a run.
DELETE FROM planned_interaction
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s

-- name: copy_planned
-- Interactions that were decided on, for a plan that is not whole yet.
COPY planned_interaction (connection_id, run_id, campaign_activity_id, has_client, mapping_version_id, ordinal, external_id,
  contact_id, practifi_contact, practifi_account, subject, details, at, fingerprint, stood, stood_run_id, stood_ordinal)
FROM STDIN
