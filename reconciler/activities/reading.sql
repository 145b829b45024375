-- Reading engagement: mailings, what is to be read of each, and the events themselves.
-- `detail` of a mailing has what people see of it, and under `reading` how far its reports were read: `due`, the kinds
-- that are to be read, and `until`, the newest event of each kind that was read to its end.

-- name: known_campaigns
-- Campaigns whose mailings are known, as they stood then.
SELECT DISTINCT ON (campaign_id) campaign_id, (detail ->> 'campaign_updated_at')::timestamptz
FROM campaign_activity
WHERE connection_id = %(connection_id)s
ORDER BY campaign_id, campaign_activity_id

-- name: keep_mailings
-- The mailings of a campaign as they stand now; how far they were read stays.
INSERT INTO campaign_activity (connection_id, campaign_activity_id, campaign_id, role, campaign_name, status, detail, list_ids)
SELECT %(connection_id)s, campaign_activity_id, %(campaign_id)s, role, %(campaign_name)s, %(status)s, detail,
  ARRAY(SELECT jsonb_array_elements_text(lists)::uuid)
FROM jsonb_to_recordset(%(mailings)s) AS m (campaign_activity_id uuid, role text, detail jsonb, lists jsonb)
ORDER BY campaign_activity_id
ON CONFLICT (connection_id, campaign_activity_id) DO UPDATE
  SET role = EXCLUDED.role, campaign_name = EXCLUDED.campaign_name, status = EXCLUDED.status,
      detail = campaign_activity.detail || EXCLUDED.detail, list_ids = EXCLUDED.list_ids

-- name: reported_mailings
-- Mailings that have reports, with what decides whether they are read.
SELECT campaign_activity_id, counts, coalesce(next_look_at <= app_now(), false) AS is_due,
  app_now() - coalesce(last_sent_at, (detail ->> 'campaign_updated_at')::timestamptz) AS age,
  coalesce(detail #> '{reading,due}', '[]') AS left_over
FROM campaign_activity
WHERE connection_id = %(connection_id)s AND role IN ('primary_email', 'resend')
  AND (detail ->> 'campaign_updated_at')::timestamptz > app_now() - %(horizon)s::interval
ORDER BY campaign_activity_id

-- name: choose_mailings
-- These mailings are read now; what was due before and has not been read stays due.
UPDATE campaign_activity a
SET counts = m.counts,
    next_look_at = coalesce(app_now() + make_interval(secs => m.look_in_s), a.next_look_at),
    detail = jsonb_set(
      a.detail, '{reading}',
      coalesce(a.detail -> 'reading', '{}') || jsonb_build_object('due', (
        SELECT coalesce(jsonb_agg(DISTINCT kind), '[]')
        FROM (SELECT jsonb_array_elements(m.due) UNION SELECT jsonb_array_elements(a.detail #> '{reading,due}')) AS k (kind))))
FROM jsonb_to_recordset(%(mailings)s) AS m (campaign_activity_id uuid, counts jsonb, due jsonb, look_in_s float)
WHERE a.connection_id = %(connection_id)s AND a.campaign_activity_id = m.campaign_activity_id

-- name: mailings_to_read
-- What is to be read: a mailing, a kind, and the newest event of it that is known for certain; newest mailings first.
SELECT campaign_activity_id, kind, (detail #>> ARRAY['reading', 'until', kind])::timestamptz AS until
FROM campaign_activity, jsonb_array_elements_text(detail #> '{reading,due}') AS kind
WHERE connection_id = %(connection_id)s
ORDER BY first_sent_at DESC NULLS FIRST, campaign_activity_id,
  array_position(ARRAY['send', 'open', 'click', 'bounce', 'optout', 'forward'], kind)

-- name: copy_events
-- Events that are not known.
COPY engagement_event (connection_id, campaign_activity_id, kind, contact_id, occurred_at, url_id, detail)
FROM STDIN

-- name: keep_events
-- Events of one page: how many were not known, and who of these opted out when. The vendor's rows have no id, and pages
-- may repeat them.
WITH kept AS (
  INSERT INTO engagement_event (connection_id, campaign_activity_id, kind, contact_id, occurred_at, url_id, detail)
  SELECT DISTINCT ON (contact_id, occurred_at, url_id)
    %(connection_id)s, %(campaign_activity_id)s, %(kind)s, contact_id::uuid, occurred_at, url_id, detail::jsonb
  FROM unnest(%(contact_ids)b::text[], %(occurred_at)b::timestamptz[], %(url_ids)b::text[], %(details)b::text[])
    AS e (contact_id, occurred_at, url_id, detail)
  ORDER BY contact_id, occurred_at, url_id
  ON CONFLICT (connection_id, campaign_activity_id, kind, contact_id, occurred_at, url_id) DO NOTHING
  RETURNING contact_id, occurred_at)
SELECT count(*), array_agg(contact_id) FILTER (WHERE %(kind)s = 'optout'),
  array_agg(occurred_at) FILTER (WHERE %(kind)s = 'optout')
FROM kept

-- name: held
-- Events of one kind of a mailing that are known.
SELECT count(*)
FROM engagement_event
WHERE connection_id = %(connection_id)s AND campaign_activity_id = %(campaign_activity_id)s AND kind = %(kind)s

-- name: end_kind
-- A kind was read to its end: it is not due any more, and what is newer than this is read the next time.
UPDATE campaign_activity
SET detail = detail || jsonb_build_object('reading', jsonb_build_object(
      'due', coalesce(detail #> '{reading,due}', '[]') - %(kind)s::text,
      'until', coalesce(detail #> '{reading,until}', '{}') || jsonb_build_object(%(kind)s::text, greatest(
        %(newest)s::timestamptz, (detail #>> ARRAY['reading', 'until', %(kind)s::text])::timestamptz)))),
    counts_at = app_now()
WHERE connection_id = %(connection_id)s AND campaign_activity_id = %(campaign_activity_id)s

-- name: keep_sent_times
-- When a mailing was sent first and last, as far as its sends are known.
UPDATE campaign_activity a
SET first_sent_at = coalesce(s.first_at, a.first_sent_at), last_sent_at = coalesce(s.last_at, a.last_sent_at)
FROM (
  SELECT min(occurred_at) AS first_at, max(occurred_at) AS last_at
  FROM engagement_event
  WHERE connection_id = %(connection_id)s AND campaign_activity_id = %(campaign_activity_id)s AND kind = 'send') AS s
WHERE a.connection_id = %(connection_id)s AND a.campaign_activity_id = %(campaign_activity_id)s

-- name: opted_out
-- Contacts that opted out: who has the address now, whether they opted in again by their own act since, and who they
-- are in Practifi.
SELECT e.contact_id, e.occurred_at, c.email_key,
  coalesce(c.resource #>> '{email_address,opt_in_source}' = 'Contact'
    AND (c.resource #>> '{email_address,opt_in_date}')::timestamptz > e.occurred_at, false) AS is_back,
  ARRAY(
    SELECT l.sf_id
    FROM link l
    WHERE l.connection_id = %(connection_id)s AND l.kind = 'contact' AND l.cc_id = e.contact_id
    ORDER BY l.sf_id) AS people
FROM unnest(%(contact_ids)s::uuid[], %(occurred_at)s::timestamptz[]) AS e (contact_id, occurred_at)
LEFT JOIN cc_contact c ON c.connection_id = %(connection_id)s AND c.contact_id = e.contact_id
ORDER BY e.occurred_at DESC, e.contact_id

-- name: lifted_at
-- When an address was last subscribed again through the bridge.
SELECT max(e.at)
FROM consent_entry e
JOIN consent_subject s ON s.connection_id = e.connection_id AND s.subject_id = e.address_id
WHERE e.connection_id = %(connection_id)s AND e.change = 'opted_in' AND e.stage IN ('confirmed', 'seen')
  AND s.kind = 'address' AND s.key_hash = %(key_hash)s
