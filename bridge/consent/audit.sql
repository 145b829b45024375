-- The ledger as an auditor reads it: every entry with whom it is about, as far as that has not been erased.

-- name: head
-- Where the chain ends.
SELECT seq, digest
FROM consent_head
WHERE connection_id = %(connection_id)s

-- name: sealed_entries
-- The whole chain, in order.
SELECT seq, at, address_id, person_id, list_id, side, change, acted_by, stage, about_seq, cause_kind, cause_id, user_id,
  answer, evidence_digest, previous, digest
FROM consent_entry
WHERE connection_id = %(connection_id)s
ORDER BY seq

-- name: exported_entries
-- Entries with whom they are about, evidence with what it said while the person has not been erased; `seqs` NULL: all of them.
SELECT e.seq, e.at, e.side, e.change, e.stage, e.about_seq, e.acted_by,
  address.key AS address, encode(address.key_hash, 'hex') AS address_hash,
  person.key AS contact_id, encode(person.key_hash, 'hex') AS contact_hash,
  e.list_id, e.cause_kind, e.cause_id, e.user_id, e.answer,
  r.asked_via AS evidence_via, r.asked_on AS evidence_on, r.note AS evidence_note, encode(e.evidence_digest, 'hex') AS evidence_digest,
  encode(e.previous, 'hex') AS previous, encode(e.digest, 'hex') AS digest
FROM consent_entry e
LEFT JOIN consent_subject address ON address.connection_id = e.connection_id AND address.subject_id = e.address_id
LEFT JOIN consent_subject person ON person.connection_id = e.connection_id AND person.subject_id = e.person_id
LEFT JOIN resubscription r ON e.change = 'evidence' AND e.cause_kind = 'request' AND r.connection_id = e.connection_id AND r.id::text = e.cause_id
WHERE e.connection_id = %(connection_id)s AND (%(seqs)s::bigint[] IS NULL OR e.seq = ANY(%(seqs)s))
ORDER BY e.seq

-- name: entries_about
-- Numbers of the entries about somebody: a person and the addresses that they were spoken of with, or one address; and
-- what was sent, confirmed or refused about any of these.
WITH named AS (
  SELECT subject_id
  FROM consent_subject
  WHERE connection_id = %(connection_id)s AND (kind, key_hash) IN (('person', %(person_hash)s), ('address', %(address_hash)s))
), subjects AS (
  SELECT subject_id FROM named
  UNION
  SELECT e.address_id
  FROM consent_entry e
  JOIN named n ON n.subject_id = e.person_id
  WHERE e.connection_id = %(connection_id)s AND e.address_id IS NOT NULL
), seen AS (
  SELECT e.seq
  FROM subjects s
  JOIN consent_entry e ON e.connection_id = %(connection_id)s AND e.address_id = s.subject_id
  UNION
  SELECT e.seq
  FROM subjects s
  JOIN consent_entry e ON e.connection_id = %(connection_id)s AND e.person_id = s.subject_id
)
SELECT seq FROM seen
UNION
SELECT e.seq
FROM consent_entry e
JOIN seen ON seen.seq = e.about_seq
WHERE e.connection_id = %(connection_id)s
ORDER BY seq

-- name: note_export
-- The last export of the whole ledger: where the chain ended then.
INSERT INTO setting (connection_id, name, value)
VALUES (%(connection_id)s, 'consent_last_export', %(head)s)
ON CONFLICT (connection_id, name) DO UPDATE
  SET value = EXCLUDED.value

-- name: last_export
-- Where the chain ended at the last export of the whole ledger.
SELECT (value ->> 'seq')::bigint, decode(value ->> 'digest', 'hex')
FROM setting
WHERE connection_id = %(connection_id)s AND name = 'consent_last_export'

-- name: lags
-- How long changes took from seen to confirmed, in seconds, how many have not been confirmed, and how many of both were not
-- confirmed within one business day (Monday to Friday, UTC); by direction.
SELECT change, count(confirmed_at) AS confirmed,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM confirmed_at - at)::float) AS median_s,
  max(extract(epoch FROM confirmed_at - at))::float AS worst_s,
  count(*) FILTER (WHERE confirmed_at IS NULL AND sent_at IS NOT NULL) AS sent_only,
  count(*) FILTER (WHERE coalesce(sent_at, confirmed_at) IS NOT NULL AND coalesce(confirmed_at, %(now)s) > due_at) AS late
FROM consent_change
WHERE connection_id = %(connection_id)s AND change IN ('ticked', 'unticked') AND at >= %(since)s
GROUP BY change
ORDER BY change

-- name: gaps
-- What happened between the two is not in the ledger: the database was put back to the first.
SELECT taken_at, restored_at
FROM restoration
ORDER BY restored_at;
