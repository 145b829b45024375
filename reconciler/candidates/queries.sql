-- Candidates: the addresses for which `decide` might have something to do or to record.

-- name: add_candidates
-- Addresses that have to be decided on.
INSERT INTO candidate (connection_id, key)
SELECT %(connection_id)s, key
FROM unnest(%(keys)s::text[]) AS key
ORDER BY key
ON CONFLICT (connection_id, key) DO NOTHING

-- name: add_candidates_of
-- The addresses that some records are about; whoever has none stands under their own id.
INSERT INTO candidate (connection_id, key)
SELECT DISTINCT %(connection_id)s::int, coalesce(c.email_key, c.sf_id)
FROM unnest(%(kinds)s::text[], %(ids)s::text[]) AS asked (kind, sf_id)
JOIN practifi_record r ON r.connection_id = %(connection_id)s AND r.kind = asked.kind AND r.sf_id = asked.sf_id
JOIN practifi_record c ON c.connection_id = %(connection_id)s AND c.kind = 'contact'
  AND c.sf_id = CASE asked.kind WHEN 'contact' THEN r.sf_id WHEN 'membership' THEN r.contact_id END
ORDER BY 2
ON CONFLICT (connection_id, key) DO NOTHING

-- name: next_candidates
-- The next addresses of a turn.
SELECT key
FROM candidate
WHERE connection_id = %(connection_id)s AND turn = %(turn)s AND key > %(after)s
ORDER BY key
LIMIT %(count)s

-- name: count_candidates
-- How many addresses are to be decided on.
SELECT count(*)
FROM candidate
WHERE connection_id = %(connection_id)s

-- name: forget_candidates
-- Nothing is left to do for these addresses.
DELETE FROM candidate
WHERE connection_id = %(connection_id)s AND key = ANY(%(keys)s)

-- name: select_read
-- Whoever an incremental run has read about: it read what changed, whether or not somebody had told the mirror of it before.
INSERT INTO candidate (connection_id, key)
SELECT connection_id, key
FROM compared_contact
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND key IS NOT NULL
UNION
SELECT connection_id, key
FROM compared_contact_there
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND key IS NOT NULL
UNION
SELECT m.connection_id, p.email_key
FROM compared_membership m
JOIN practifi_record p ON p.connection_id = m.connection_id AND p.kind = 'contact' AND p.sf_id = m.contact_id
WHERE m.connection_id = %(connection_id)s AND m.run_id = %(run_id)s AND p.email_key IS NOT NULL
ON CONFLICT (connection_id, key) DO NOTHING

-- name: select_all
-- Everybody who has an address: what was staged cannot be compared.
INSERT INTO candidate (connection_id, key)
SELECT DISTINCT connection_id, key
FROM compared_contact
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND key IS NOT NULL
UNION
SELECT connection_id, key
FROM compared_contact_there
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND key IS NOT NULL
ON CONFLICT (connection_id, key) DO NOTHING

-- name: select_differing
-- The values of a record differ from those of the contact at its address, unless somebody else's are sent there; a box is
-- ticked or not known and the contact can be mailed; a record cannot be mapped.
WITH differing AS (
  SELECT h.key, h.sf_id, t.contact_id,
    h.is_faulty OR h.do_not_email IS NULL
      OR (h.do_not_email AND NOT t.is_deleted AND t.permission IS DISTINCT FROM 'unsubscribed') AS is_certain
  FROM compared_contact h
  LEFT JOIN compared_contact_there t ON t.connection_id = h.connection_id AND t.run_id = h.run_id AND t.key = h.key
  WHERE h.connection_id = %(connection_id)s AND h.run_id = %(run_id)s AND h.key IS NOT NULL
    AND (h.compared <> t.compared AND NOT t.is_deleted
      OR h.is_faulty OR h.do_not_email IS NULL
      OR h.do_not_email AND NOT t.is_deleted AND t.permission IS DISTINCT FROM 'unsubscribed'))
INSERT INTO candidate (connection_id, key)
SELECT DISTINCT %(connection_id)s::int, d.key
FROM differing d
LEFT JOIN link o ON o.connection_id = %(connection_id)s AND o.kind = 'contact' AND o.cc_id = d.contact_id AND o.is_owner
WHERE d.is_certain OR o.sf_id IS NULL OR o.sf_id = d.sf_id
ON CONFLICT (connection_id, key) DO NOTHING

-- name: select_unlinked
-- A person is not linked to the one contact at their address, or nobody whose fields could be sent owns it.
INSERT INTO candidate (connection_id, key)
SELECT h.connection_id, h.key
FROM compared_contact h
LEFT JOIN compared_contact_there t ON t.connection_id = h.connection_id AND t.run_id = h.run_id AND t.key = h.key
LEFT JOIN link l ON l.connection_id = h.connection_id AND l.kind = 'contact' AND l.sf_id = h.sf_id
WHERE h.connection_id = %(connection_id)s AND h.run_id = %(run_id)s AND h.key IS NOT NULL
GROUP BY h.connection_id, h.key
HAVING bool_or(l.cc_id IS DISTINCT FROM t.contact_id)
  OR bool_or(h.compared IS NOT NULL AND t.contact_id IS NOT NULL)
    AND NOT bool_or(h.compared IS NOT NULL AND coalesce(l.is_owner, false))
ON CONFLICT (connection_id, key) DO NOTHING

-- name: select_elsewhere
-- A contact is linked to somebody who has another address now, or none; several contacts have one address.
INSERT INTO candidate (connection_id, key)
SELECT DISTINCT t.connection_id, t.key
FROM link l
JOIN compared_contact_there t ON t.connection_id = l.connection_id AND t.run_id = %(run_id)s AND t.contact_id = l.cc_id
JOIN compared_contact h ON h.connection_id = l.connection_id AND h.run_id = %(run_id)s AND h.sf_id = l.sf_id
WHERE l.connection_id = %(connection_id)s AND l.kind = 'contact' AND t.key IS NOT NULL AND h.key IS DISTINCT FROM t.key
UNION
SELECT connection_id, key
FROM compared_contact_there
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND key IS NOT NULL
GROUP BY connection_id, key
HAVING count(*) > 1
ON CONFLICT (connection_id, key) DO NOTHING

-- name: select_memberships
-- A membership is not as both sides agreed, or its status does not say so. Nothing is added where a box is ticked, an opt-out
-- is on record or the contact is unsubscribed, and nothing is put back that a person left by their own act.
WITH list AS (
  SELECT l.sf_id, c.list_id
  FROM link l
  JOIN cc_list c ON c.connection_id = l.connection_id AND c.list_id = l.cc_id AND c.deleted_at IS NULL
  WHERE l.connection_id = %(connection_id)s AND l.kind = 'list'),
opted_out AS (
  SELECT s.kind, s.key
  FROM opt_out o
  JOIN consent_subject s ON s.connection_id = o.connection_id AND s.subject_id = o.subject_id
  WHERE o.connection_id = %(connection_id)s AND o.list_id IS NULL),
blocked AS (                                 -- whoever of these can be mailed is chosen anyway
  SELECT h.key
  FROM compared_contact h
  LEFT JOIN opted_out p ON p.kind = 'person' AND p.key = h.sf_id
  WHERE h.connection_id = %(connection_id)s AND h.run_id = %(run_id)s AND (h.do_not_email OR p.key IS NOT NULL)
  UNION
  SELECT key
  FROM opted_out
  WHERE kind = 'address'),
membership AS (
  SELECT h.key, m.left_out AS own_left_out, h.left_out, t.contact_id AS there_id, t.is_deleted,
    m.left_out IS NULL AND h.left_out IS NULL AS takes_part,
    k.key IS NOT NULL OR coalesce(t.permission = 'unsubscribed', false) AS is_blocked,
    list.list_id, n.list_id IS NOT NULL AS is_on_it,
    b.contact_id IS NOT NULL AS has_base, b.cc_contact_id, b.cc_list_id, b.agreed_at, b.removed_at, b.lost_at,
    b.lost_by IS NOT DISTINCT FROM 'person' AS is_left, s.status, s.reason
  FROM compared_membership m
  JOIN compared_contact h ON h.connection_id = m.connection_id AND h.run_id = m.run_id AND h.sf_id = m.contact_id
  LEFT JOIN blocked k ON k.key = h.key
  LEFT JOIN compared_contact_there t ON t.connection_id = h.connection_id AND t.run_id = h.run_id AND t.key = h.key
  LEFT JOIN list ON list.sf_id = m.list_id
  LEFT JOIN compared_membership_there n
    ON n.connection_id = m.connection_id AND n.run_id = m.run_id AND n.contact_id = t.contact_id AND n.list_id = list.list_id
  LEFT JOIN membership_base b ON b.connection_id = m.connection_id AND b.contact_id = m.contact_id AND b.list_id = m.list_id
  LEFT JOIN record_status s ON s.connection_id = m.connection_id AND s.kind = 'membership' AND s.sf_id = m.sf_id
  WHERE m.connection_id = %(connection_id)s AND m.run_id = %(run_id)s AND m.contact_id IS NOT NULL AND m.list_id IS NOT NULL
    AND h.key IS NOT NULL)
INSERT INTO candidate (connection_id, key)
SELECT DISTINCT %(connection_id)s::int, key
FROM membership
WHERE CASE
    WHEN NOT takes_part THEN
      has_base AND (cc_contact_id IS DISTINCT FROM there_id OR NOT is_on_it AND NOT is_left AND NOT is_blocked)
    WHEN list_id IS NULL THEN true
    WHEN there_id IS NULL THEN NOT is_blocked
    WHEN is_deleted THEN true
    WHEN NOT has_base OR cc_contact_id IS DISTINCT FROM there_id OR cc_list_id IS DISTINCT FROM list_id OR removed_at IS NOT NULL
      THEN true
    WHEN is_on_it THEN agreed_at IS NULL OR lost_at IS NOT NULL
    ELSE NOT is_blocked AND NOT is_left
  END
  OR status IS DISTINCT FROM CASE
    WHEN NOT takes_part OR is_blocked OR NOT is_on_it THEN 'Not sent'
    ELSE 'Confirmed'
  END
  OR (own_left_out IS NOT NULL AND reason IS DISTINCT FROM own_left_out)
  OR (own_left_out IS NULL AND left_out IS NOT NULL AND (reason IS NOT DISTINCT FROM left_out) = is_blocked)
ON CONFLICT (connection_id, key) DO NOTHING

-- name: select_bases
-- What both sides agreed on is no membership any more, or was agreed on for a contact of another address. What a person left
-- by their own act is kept on record while the contact stays off that list.
WITH base AS (
  SELECT h.key AS key_here, t.key AS key_there
  FROM membership_base b
  LEFT JOIN compared_membership m ON m.connection_id = b.connection_id AND m.run_id = %(run_id)s
    AND m.contact_id = b.contact_id AND m.list_id = b.list_id
  LEFT JOIN compared_contact h
    ON h.connection_id = b.connection_id AND h.run_id = %(run_id)s AND h.sf_id = b.contact_id
  LEFT JOIN compared_contact_there t
    ON t.connection_id = b.connection_id AND t.run_id = %(run_id)s AND t.contact_id = b.cc_contact_id
  LEFT JOIN compared_membership_there n ON n.connection_id = b.connection_id AND n.run_id = %(run_id)s
    AND n.contact_id = b.cc_contact_id AND n.list_id = b.cc_list_id
  WHERE b.connection_id = %(connection_id)s
    AND (m.sf_id IS NULL AND (b.lost_by IS DISTINCT FROM 'person' OR n.list_id IS NOT NULL)
      OR m.sf_id IS NOT NULL AND t.key IS DISTINCT FROM h.key))
INSERT INTO candidate (connection_id, key)
SELECT %(connection_id)s, key_here
FROM base
WHERE key_here IS NOT NULL
UNION
SELECT %(connection_id)s, key_there
FROM base
WHERE key_there IS NOT NULL
ON CONFLICT (connection_id, key) DO NOTHING

-- name: select_statuses
-- A person's status does not say how they stand.
WITH opted_out AS (
  SELECT s.kind, s.key
  FROM opt_out o
  JOIN consent_subject s ON s.connection_id = o.connection_id AND s.subject_id = o.subject_id
  WHERE o.connection_id = %(connection_id)s AND o.list_id IS NULL),
blocked AS (                                 -- whoever of these can be mailed is chosen anyway
  SELECT h.key
  FROM compared_contact h
  LEFT JOIN opted_out p ON p.kind = 'person' AND p.key = h.sf_id
  WHERE h.connection_id = %(connection_id)s AND h.run_id = %(run_id)s AND (h.do_not_email OR p.key IS NOT NULL)
  UNION
  SELECT key
  FROM opted_out
  WHERE kind = 'address'),
on_a_list AS (
  SELECT DISTINCT contact_id
  FROM compared_membership_there
  WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s),
person AS (
  SELECT h.key, h.left_out, s.status, s.reason, coalesce(NOT t.is_deleted, false) AS is_there,
    k.key IS NOT NULL OR coalesce(t.permission = 'unsubscribed', false) AS is_blocked, t.permission,
    o.contact_id IS NOT NULL AS is_on_a_list
  FROM compared_contact h
  LEFT JOIN blocked k ON k.key = h.key
  LEFT JOIN compared_contact_there t ON t.connection_id = h.connection_id AND t.run_id = h.run_id AND t.key = h.key
  LEFT JOIN on_a_list o ON o.contact_id = t.contact_id
  LEFT JOIN record_status s ON s.connection_id = h.connection_id AND s.kind = 'contact' AND s.sf_id = h.sf_id
  WHERE h.connection_id = %(connection_id)s AND h.run_id = %(run_id)s AND h.key IS NOT NULL)
INSERT INTO candidate (connection_id, key)
SELECT DISTINCT %(connection_id)s::int, key
FROM person
WHERE status IS DISTINCT FROM CASE
    WHEN is_blocked THEN CASE WHEN is_there THEN 'Unsubscribed' ELSE 'Not sent' END
    WHEN left_out IS NOT NULL THEN 'Not sent'
    WHEN permission IN ('pending_confirmation', 'temp_hold') THEN 'Not mailable yet'
    WHEN NOT is_there OR NOT is_on_a_list THEN 'Not on a list'
    ELSE 'Subscribed'
  END
  OR (left_out IS NOT NULL AND (reason IS NOT DISTINCT FROM left_out) = is_blocked)
ON CONFLICT (connection_id, key) DO NOTHING

-- name: select_opted_out
-- An opt-out from all mail is on record and the contact is not unsubscribed; or the contact is, and nothing is on record for
-- its address, or only the firm's word where it was the person's.
WITH opted_out AS (
  SELECT s.kind, s.key, bool_or(o.acted_by <> 'firm') AS is_own
  FROM opt_out o
  JOIN consent_subject s ON s.connection_id = o.connection_id AND s.subject_id = o.subject_id
  WHERE o.connection_id = %(connection_id)s AND o.list_id IS NULL AND s.key IS NOT NULL
  GROUP BY s.kind, s.key),
address AS (
  SELECT key
  FROM opted_out
  WHERE kind = 'address'
  UNION
  SELECT h.key
  FROM opted_out o
  JOIN compared_contact h ON h.connection_id = %(connection_id)s AND h.run_id = %(run_id)s AND h.sf_id = o.key
  WHERE o.kind = 'person')
INSERT INTO candidate (connection_id, key)
SELECT t.connection_id, t.key
FROM compared_contact_there t
JOIN address a ON a.key = t.key
WHERE t.connection_id = %(connection_id)s AND t.run_id = %(run_id)s AND NOT t.is_deleted
  AND t.permission IS DISTINCT FROM 'unsubscribed'
UNION
SELECT t.connection_id, t.key
FROM compared_contact_there t
LEFT JOIN opted_out o ON o.kind = 'address' AND o.key = t.key
WHERE t.connection_id = %(connection_id)s AND t.run_id = %(run_id)s AND t.key IS NOT NULL AND t.permission = 'unsubscribed'
  AND (o.key IS NULL OR t.opt_out_source = 'Contact' AND NOT o.is_own)
ON CONFLICT (connection_id, key) DO NOTHING

-- name: select_undone
-- Somebody asked to be mailed again, or came back without evidence; something is to be delivered to an address, or was given
-- up there.
INSERT INTO candidate (connection_id, key)
SELECT r.connection_id, s.key
FROM resubscription r
JOIN consent_subject s ON s.connection_id = r.connection_id AND s.subject_id = r.address_id
WHERE r.connection_id = %(connection_id)s AND s.key IS NOT NULL
  AND (r.finished_at IS NULL OR r.state = 'confirmed' AND r.evidence_due_at IS NOT NULL AND r.evidence_at IS NULL)
UNION
SELECT connection_id, key
FROM work
WHERE connection_id = %(connection_id)s AND kind = 'address' AND (done < wanted OR bulk_activity_id IS NOT NULL)
ON CONFLICT (connection_id, key) DO NOTHING

-- name: erased_opt_outs
-- Opt-outs and requests of which only a hash is left.
SELECT s.kind, s.key_hash
FROM consent_subject s
WHERE s.connection_id = %(connection_id)s AND s.key IS NULL
  AND (EXISTS (
      SELECT FROM opt_out o
      WHERE o.connection_id = s.connection_id AND o.subject_id = s.subject_id AND o.list_id IS NULL)
    OR EXISTS (
      SELECT FROM resubscription r
      WHERE r.connection_id = s.connection_id AND r.address_id = s.subject_id AND r.evidence_at IS NULL))

-- name: compared_people
-- Everybody who has an address.
SELECT sf_id, key
FROM compared_contact
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND key IS NOT NULL

-- name: forget_strangers
-- Nothing is decided on contacts that nobody in Practifi is or was, and whose address has not opted out; nor on people who
-- have no address.
DELETE FROM candidate a
WHERE a.connection_id = %(connection_id)s
  AND NOT EXISTS (
    SELECT FROM practifi_record p
    WHERE p.connection_id = a.connection_id AND p.kind = 'contact' AND p.deleted_at IS NULL AND p.email_key = a.key)
  AND NOT EXISTS (
    SELECT
    FROM cc_contact c
    JOIN link l ON l.connection_id = c.connection_id AND l.kind = 'contact' AND l.cc_id = c.contact_id
    WHERE c.connection_id = a.connection_id AND c.email_key = a.key)
  AND NOT EXISTS (
    SELECT
    FROM cc_contact c
    JOIN membership_base b ON b.connection_id = c.connection_id AND b.cc_contact_id = c.contact_id
    WHERE c.connection_id = a.connection_id AND c.email_key = a.key)
  AND NOT EXISTS (
    SELECT
    FROM cc_contact c
    JOIN consent_subject s ON s.connection_id = c.connection_id AND s.kind = 'address' AND s.key = c.email_key
    JOIN opt_out o ON o.connection_id = s.connection_id AND o.subject_id = s.subject_id AND o.list_id IS NULL
    WHERE c.connection_id = a.connection_id AND c.email_key = a.key AND c.deleted_at IS NULL)

-- name: analyse_candidates
-- A night may have a million of them and the next a dozen: the planner is told.
ANALYZE (SKIP_LOCKED) candidate

-- name: begin_turns
-- Every address has its turn first.
UPDATE candidate
SET turn = 0
WHERE connection_id = %(connection_id)s AND turn <> 0

-- name: take_turns
-- Contacts that may go along to another address are decided on after that address; those between two others in between.
WITH move AS (
  SELECT p.email_key AS to_key, c.email_key AS from_key
  FROM candidate a
  JOIN practifi_record p
    ON p.connection_id = a.connection_id AND p.kind = 'contact' AND p.deleted_at IS NULL AND p.email_key = a.key
  JOIN link l ON l.connection_id = p.connection_id AND l.kind = 'contact' AND l.sf_id = p.sf_id AND l.is_owner
  JOIN cc_contact c ON c.connection_id = l.connection_id AND c.contact_id = l.cc_id AND c.deleted_at IS NULL
  WHERE a.connection_id = %(connection_id)s AND c.email_key <> p.email_key)
UPDATE candidate a
SET turn = CASE WHEN a.key IN (SELECT to_key FROM move) THEN 1 ELSE 2 END
WHERE a.connection_id = %(connection_id)s AND a.key IN (SELECT from_key FROM move)
