-- The clock of consent: of each change, when it was seen, sent and confirmed.

-- name: clock
-- A page of changes, the newest first: all, or those of a person, of a kind, or that stand so.
SELECT *
FROM (
  SELECT e.seq, e.at, e.change, e.side, e.acted_by, e.user_id, e.cause_kind, e.cause_id, address.key AS address,
    person.key AS contact_id, r.name, s.sent_at, s.confirmed_at, s.refused_at, s.answer,
    CASE
      WHEN e.change NOT IN ('ticked', 'unticked') THEN 'recorded'
      WHEN s.confirmed_at IS NOT NULL THEN 'confirmed'
      WHEN s.refused_at IS NOT NULL THEN 'refused'
      WHEN s.sent_at IS NOT NULL THEN 'sent'
      ELSE 'seen'
    END AS stands,
    e.change IN ('ticked', 'unticked') AND coalesce(s.sent_at, s.confirmed_at) IS NOT NULL
      AND coalesce(s.confirmed_at, app_now()) > one_business_day_after(e.at) AS is_late
  FROM consent_entry e
  LEFT JOIN consent_subject address ON address.connection_id = e.connection_id AND address.subject_id = e.address_id
  LEFT JOIN consent_subject person ON person.connection_id = e.connection_id AND person.subject_id = e.person_id
  LEFT JOIN practifi_record r ON r.connection_id = e.connection_id AND r.kind = 'contact' AND r.sf_id = person.key
  CROSS JOIN LATERAL (
    SELECT min(a.at) FILTER (WHERE a.stage = 'sent') AS sent_at, min(a.at) FILTER (WHERE a.stage = 'confirmed') AS confirmed_at,
      min(a.at) FILTER (WHERE a.stage = 'refused') AS refused_at, max(a.answer) FILTER (WHERE a.stage = 'refused') AS answer
    FROM consent_entry a
    WHERE a.connection_id = e.connection_id AND a.about_seq = e.seq) AS s
  WHERE e.connection_id = %(connection_id)s AND e.stage = 'seen'
    AND (%(days)s::int IS NULL OR e.at >= app_now() - make_interval(days => %(days)s))
    AND (%(change)s::text IS NULL OR e.change = %(change)s)
    AND (%(seqs)s::bigint[] IS NULL OR e.seq = ANY(%(seqs)s))
    AND (%(before)s::bigint IS NULL OR e.seq < %(before)s)) AS found
WHERE %(stands)s::text IS NULL OR stands = %(stands)s OR is_late AND %(stands)s = 'late'
ORDER BY seq DESC
LIMIT %(count)s
