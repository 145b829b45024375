-- The clock of consent: of each change, when it was seen, sent and confirmed.

-- name: clock
-- A page of changes, the newest first: all, or those of a person, of a kind, or that stand so.
WITH became AS (
  SELECT *,
    CASE
      WHEN change NOT IN ('ticked', 'unticked') THEN 'recorded'
      WHEN confirmed_at IS NOT NULL THEN 'confirmed'
      WHEN refused_at IS NOT NULL THEN 'refused'
      WHEN sent_at IS NOT NULL THEN 'sent'
      ELSE 'seen'
    END AS stands,
    change IN ('ticked', 'unticked') AND coalesce(sent_at, confirmed_at) IS NOT NULL
      AND coalesce(confirmed_at, %(now)s::timestamptz) > due_at AS is_late
  FROM consent_change
  WHERE connection_id = %(connection_id)s
    AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)
    AND (%(change)s::text IS NULL OR change = %(change)s)
    AND (%(seqs)s::bigint[] IS NULL OR seq = ANY(%(seqs)s))
    AND (%(before)s::bigint IS NULL OR seq < %(before)s)),
shown AS MATERIALIZED (
  SELECT *
  FROM became
  WHERE %(stands)s::text IS NULL OR stands = %(stands)s OR is_late AND %(stands)s = 'late'
  ORDER BY seq DESC
  LIMIT %(count)s)
SELECT e.seq, e.at, e.change, e.side, e.acted_by, e.user_id, e.cause_kind, e.cause_id, address.key AS address,
  person.key AS contact_id, CASE WHEN r.sf_id IS NOT NULL THEN contact_name(r) END AS name, s.sent_at, s.confirmed_at, s.refused_at, s.stands, s.is_late,
  (SELECT max(a.answer)
   FROM consent_entry a
   WHERE a.connection_id = e.connection_id AND a.about_seq = e.seq AND a.stage = 'refused') AS answer
FROM shown s
JOIN consent_entry e ON e.connection_id = s.connection_id AND e.seq = s.seq
LEFT JOIN consent_subject address ON address.connection_id = e.connection_id AND address.subject_id = e.address_id
LEFT JOIN consent_subject person ON person.connection_id = e.connection_id AND person.subject_id = e.person_id
LEFT JOIN practifi_record r ON r.connection_id = e.connection_id AND r.kind = 'contact' AND r.sf_id = person.key
ORDER BY e.seq DESC
