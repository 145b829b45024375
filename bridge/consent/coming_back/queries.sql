-- Requests to mail a person again, as people see and answer them.

-- name: requests
-- Requests in some states, or whose evidence is outstanding; the oldest first.
SELECT r.id, c.name AS connection, r.connection_id, r.state, r.policy, r.reason, person.key AS contact_id, address.key AS address,
  r.list_id::text AS list_id, r.unticked_at, e.user_id AS unticked_by, r.opted_out_at, r.person_asked_at, r.due_at, r.evidence_due_at, r.approved_by
FROM resubscription r
JOIN connection c ON c.id = r.connection_id
JOIN consent_subject address ON address.connection_id = r.connection_id AND address.subject_id = r.address_id
JOIN consent_subject person ON person.connection_id = r.connection_id AND person.subject_id = r.person_id
JOIN consent_entry e ON e.connection_id = r.connection_id AND e.seq = r.asked_seq
WHERE (%(connection_id)s::int IS NULL OR r.connection_id = %(connection_id)s)
  AND (r.state = ANY(%(states)s)
       OR %(outstanding)s AND r.state = 'confirmed' AND r.evidence_due_at IS NOT NULL AND r.evidence_at IS NULL)
ORDER BY r.unticked_at, r.connection_id, r.id

-- name: count_requests
-- How many requests wait for whom: held ones, those without evidence, and how many of these are overdue.
SELECT count(*) FILTER (WHERE state = 'held') AS held,
  count(*) FILTER (WHERE state <> 'held') AS without_evidence,
  count(*) FILTER (WHERE state <> 'held' AND evidence_due_at < app_now()) AS overdue
FROM resubscription
WHERE (%(connection_id)s::int IS NULL OR connection_id = %(connection_id)s) AND evidence_at IS NULL
  AND (state IN ('held', 'waiting_evidence') OR state = 'confirmed' AND evidence_due_at IS NOT NULL)

-- name: connections_of_requests
-- Whose requests these are: their chains are locked first, as by everybody.
SELECT DISTINCT connection_id
FROM resubscription
WHERE (%(connection_id)s::int IS NULL OR connection_id = %(connection_id)s)
  AND (id = ANY(%(ids)s::bigint[]) OR %(ids)s::bigint[] IS NULL AND state = 'held')
ORDER BY connection_id

-- name: lock_requests
-- Requests of these numbers, or all that are held; nobody else answers them meanwhile.
SELECT r.connection_id, r.id, r.state, r.address_id, r.person_id, r.asked_seq, address.key AS address,
  r.evidence_at, r.evidence_due_at
FROM resubscription r
JOIN consent_subject address ON address.connection_id = r.connection_id AND address.subject_id = r.address_id
WHERE (%(connection_id)s::int IS NULL OR r.connection_id = %(connection_id)s)
  AND (r.id = ANY(%(ids)s::bigint[]) OR %(ids)s::bigint[] IS NULL AND r.state = 'held')
ORDER BY r.connection_id, r.id
FOR UPDATE OF r

-- name: approve
-- A held request goes on.
UPDATE resubscription
SET state = 'sending', approved_by = %(by)s, reason = NULL
WHERE connection_id = %(connection_id)s AND id = %(id)s

-- name: overdue
-- Addresses whose person has not confirmed in time.
SELECT r.connection_id, address.key
FROM resubscription r
JOIN consent_subject address ON address.connection_id = r.connection_id AND address.subject_id = r.address_id
LEFT JOIN work w ON w.connection_id = r.connection_id AND w.kind = 'address' AND w.key = address.key
WHERE r.state = 'waiting_person' AND r.due_at <= app_now() AND address.key IS NOT NULL
  AND (w.key IS NULL OR w.done = w.wanted)

-- name: store_rules
-- How a connection treats requests to come back, and who said so.
INSERT INTO setting (connection_id, name, value)
VALUES (%(connection_id)s, 'consent_rules', %(rules)s)
ON CONFLICT (connection_id, name) DO UPDATE
  SET value = EXCLUDED.value

-- name: open_request
-- The open request of a person at an address, and what it waits for.
SELECT id, state
FROM resubscription
WHERE connection_id = %(connection_id)s AND address_id = %(address_id)s AND person_id = %(person_id)s
  AND finished_at IS NULL
