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

-- name: differing
-- The values of a record differ from those of the contact at its address, unless somebody else's are sent there; where write
-- rules ask what is there, what is compared of a record is a pattern that fits whatever they leave alone. A box is
-- ticked or not known and the contact can be mailed; a record cannot be mapped.
WITH differing AS (
  SELECT h.key, h.sf_id, t.contact_id,
    h.is_faulty OR h.do_not_email IS NULL
      OR (h.do_not_email AND NOT t.is_deleted AND t.permission IS DISTINCT FROM 'unsubscribed') AS is_certain
  FROM compared_contact h
  LEFT JOIN compared_contact_there t ON t.connection_id = h.connection_id AND t.run_id = h.run_id AND t.key = h.key
  WHERE h.connection_id = %(connection_id)s AND h.run_id = %(run_id)s AND h.key IS NOT NULL
    AND (CASE WHEN %(is_by_pattern)s::bool THEN t.compared NOT LIKE h.compared ELSE h.compared <> t.compared END
      AND NOT t.is_deleted
      OR h.is_faulty OR h.do_not_email IS NULL
      OR h.do_not_email AND NOT t.is_deleted AND t.permission IS DISTINCT FROM 'unsubscribed'))
SELECT d.key
FROM differing d
LEFT JOIN link o ON o.connection_id = %(connection_id)s AND o.kind = 'contact' AND o.cc_id = d.contact_id AND o.is_owner
WHERE d.is_certain OR o.sf_id IS NULL OR o.sf_id = d.sf_id

-- name: people
-- A person is not linked to the one contact at their address, or nobody whose fields could be sent owns it; their status does
-- not say how they stand; a contact is linked to somebody who has another address now, or none; several contacts have one
-- address.
WITH person AS MATERIALIZED (                -- but for those whom one look shows to be mailed as both sides have it
  SELECT h.sf_id, h.key, h.left_out, h.compared IS NOT NULL AS can_own, t.contact_id AS there_id,
    coalesce(NOT t.is_deleted, false) AS is_there, t.permission, coalesce(cardinality(t.lists) > 0, false) AS is_on_a_list,
    l.cc_id AS linked_to, l.is_owner, s.status, s.reason
  FROM compared_contact h
  LEFT JOIN compared_contact_there t ON t.connection_id = h.connection_id AND t.run_id = h.run_id AND t.key = h.key
  LEFT JOIN link l ON l.connection_id = h.connection_id AND l.kind = 'contact' AND l.sf_id = h.sf_id
  LEFT JOIN record_status s ON s.connection_id = h.connection_id AND s.kind = 'contact' AND s.sf_id = h.sf_id
  WHERE h.connection_id = %(connection_id)s AND h.run_id = %(run_id)s AND (h.key IS NOT NULL OR l.cc_id IS NOT NULL)
    AND (h.compared IS NOT NULL AND h.left_out IS NULL AND NOT h.do_not_email AND NOT t.is_deleted
      AND t.permission NOT IN ('unsubscribed', 'pending_confirmation', 'temp_hold')
      AND l.cc_id = t.contact_id AND l.is_owner
      AND s.status = CASE WHEN cardinality(t.lists) > 0 THEN 'Subscribed' ELSE 'Not on a list' END) IS NOT TRUE),
owned AS (                                   -- by somebody else at the address whose fields can be sent
  SELECT DISTINCT h.key
  FROM compared_contact h
  JOIN link l ON l.connection_id = h.connection_id AND l.kind = 'contact' AND l.sf_id = h.sf_id AND l.is_owner
  WHERE h.connection_id = %(connection_id)s AND h.run_id = %(run_id)s AND h.compared IS NOT NULL
    AND h.key IN (SELECT key FROM person WHERE can_own AND linked_to = there_id AND NOT is_owner)),
standing AS (
  SELECT p.*, w.key IS NOT NULL AS is_owned, k.key IS NOT NULL OR coalesce(p.permission = 'unsubscribed', false) AS is_blocked
  FROM person p
  LEFT JOIN owned w ON w.key = p.key
  LEFT JOIN blocked_address k
    ON k.connection_id = %(connection_id)s AND k.run_id = %(run_id)s AND k.key = p.key
  WHERE p.key IS NOT NULL)
SELECT key
FROM standing
WHERE linked_to IS DISTINCT FROM there_id
  OR (can_own AND linked_to IS NOT NULL AND NOT is_owner AND NOT is_owned)
  OR status IS DISTINCT FROM CASE
    WHEN is_blocked THEN CASE WHEN is_there THEN 'Unsubscribed' ELSE 'Not sent' END
    WHEN left_out IS NOT NULL THEN 'Not sent'
    WHEN permission IN ('pending_confirmation', 'temp_hold') THEN 'Not mailable yet'
    WHEN NOT is_there OR NOT is_on_a_list THEN 'Not on a list'
    ELSE 'Subscribed'
  END
  OR (left_out IS NOT NULL AND (reason IS NOT DISTINCT FROM left_out) = is_blocked)
UNION
SELECT t.key
FROM person p
JOIN compared_contact_there t
  ON t.connection_id = %(connection_id)s AND t.run_id = %(run_id)s AND t.contact_id = p.linked_to
WHERE t.key IS NOT NULL AND p.key IS DISTINCT FROM t.key
UNION
SELECT key
FROM compared_contact_there
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND key IS NOT NULL
GROUP BY key
HAVING count(*) > 1

-- name: memberships
-- A membership is not as both sides agreed, or its status does not say so; what they agreed on is no membership any more, or
-- was agreed on for a contact of another address. Nothing is added where a box is ticked, an opt-out is on record or the
-- contact is unsubscribed, and nothing is put back that a person left by their own act: that is kept on record while the
-- contact stays off the list.
WITH list AS NOT MATERIALIZED (
  SELECT l.sf_id, c.list_id
  FROM link l
  JOIN cc_list c ON c.connection_id = l.connection_id AND c.list_id = l.cc_id AND c.deleted_at IS NULL
  WHERE l.connection_id = %(connection_id)s AND l.kind = 'list'),
membership AS NOT MATERIALIZED (
  SELECT sf_id, contact_id, list_id, left_out
  FROM compared_membership
  WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND contact_id IS NOT NULL AND list_id IS NOT NULL),
base AS NOT MATERIALIZED (
  SELECT contact_id, list_id, cc_contact_id, cc_list_id, lost_by IS NOT DISTINCT FROM 'person' AS is_left,
    agreed_at IS NOT NULL AND lost_at IS NULL AS is_agreed, removed_at IS NOT NULL AS is_removed
  FROM membership_base
  WHERE connection_id = %(connection_id)s),
doubtful AS MATERIALIZED (                   -- but for those that one look shows to be as agreed and told, and the contact mailed
  SELECT h.key, m.sf_id, m.left_out AS own_left_out, h.left_out, list.list_id, t.key AS base_key, t.lists AS base_lists,
    b.contact_id IS NOT NULL AS has_base, b.cc_contact_id, b.cc_list_id, b.is_left, b.is_agreed, b.is_removed,
    s.status, s.reason
  FROM membership m
  FULL JOIN base b USING (contact_id, list_id)
  LEFT JOIN list ON list.sf_id = m.list_id
  LEFT JOIN compared_contact h
    ON h.connection_id = %(connection_id)s AND h.run_id = %(run_id)s AND h.sf_id = contact_id
  LEFT JOIN compared_contact_there t
    ON t.connection_id = %(connection_id)s AND t.run_id = %(run_id)s AND t.contact_id = b.cc_contact_id
  LEFT JOIN record_status s
    ON s.connection_id = %(connection_id)s AND s.kind = 'membership' AND s.sf_id = m.sf_id
  WHERE (m.left_out IS NULL AND h.left_out IS NULL AND h.key = t.key AND NOT t.is_deleted AND t.permission <> 'unsubscribed'
    AND b.cc_list_id = list.list_id AND b.cc_list_id = ANY(t.lists) AND b.is_agreed AND NOT b.is_removed
    AND s.status = 'Confirmed') IS NOT TRUE),
standing AS (
  SELECT d.key, d.own_left_out, d.left_out, d.own_left_out IS NULL AND d.left_out IS NULL AS takes_part,
    t.contact_id AS there_id, t.is_deleted, k.key IS NOT NULL OR coalesce(t.permission = 'unsubscribed', false) AS is_blocked,
    d.list_id, coalesce(d.list_id = ANY(t.lists), false) AS is_on_it,
    d.has_base, d.cc_contact_id, d.cc_list_id, coalesce(d.is_left, false) AS is_left, d.is_agreed, d.is_removed,
    d.status, d.reason
  FROM doubtful d
  LEFT JOIN blocked_address k
    ON k.connection_id = %(connection_id)s AND k.run_id = %(run_id)s AND k.key = d.key
  LEFT JOIN compared_contact_there t
    ON t.connection_id = %(connection_id)s AND t.run_id = %(run_id)s AND t.key = d.key
  WHERE d.sf_id IS NOT NULL AND d.key IS NOT NULL),
parted AS (
  SELECT key, base_key
  FROM doubtful
  WHERE has_base
    AND CASE WHEN sf_id IS NULL THEN NOT is_left OR cc_list_id = ANY(base_lists) ELSE base_key IS DISTINCT FROM key END)
SELECT key
FROM standing
WHERE CASE
    WHEN NOT takes_part THEN
      has_base AND (cc_contact_id IS DISTINCT FROM there_id OR NOT is_on_it AND NOT is_left AND NOT is_blocked)
    WHEN list_id IS NULL THEN true
    WHEN there_id IS NULL THEN NOT is_blocked
    WHEN is_deleted THEN true
    WHEN NOT has_base OR cc_contact_id IS DISTINCT FROM there_id OR cc_list_id IS DISTINCT FROM list_id OR is_removed THEN true
    WHEN is_on_it THEN NOT is_agreed
    ELSE NOT is_blocked AND NOT is_left
  END
  OR status IS DISTINCT FROM CASE
    WHEN NOT takes_part OR is_blocked OR NOT is_on_it THEN 'Not sent'
    ELSE 'Confirmed'
  END
  OR (own_left_out IS NOT NULL AND reason IS DISTINCT FROM own_left_out)
  OR (own_left_out IS NULL AND left_out IS NOT NULL AND (reason IS NOT DISTINCT FROM left_out) = is_blocked)
UNION
SELECT key
FROM parted
WHERE key IS NOT NULL
UNION
SELECT base_key
FROM parted
WHERE base_key IS NOT NULL

-- name: opted_out
-- An opt-out from all mail is on record and the contact is not unsubscribed; or the contact is, and nothing is on record for
-- its address, or only the firm's word where it was the person's, or an opt-out whose carrying out the ledger tells nothing
-- of: somebody else unsubscribed the contact.
WITH opted_out AS (
  SELECT kind, key, subject_id, acted_by <> 'firm' AS is_own
  FROM standing_opt_out
  WHERE connection_id = %(connection_id)s),
address AS (
  SELECT key
  FROM opted_out
  WHERE kind = 'address'
  UNION
  SELECT h.key
  FROM opted_out o
  JOIN compared_contact h ON h.connection_id = %(connection_id)s AND h.run_id = %(run_id)s AND h.sf_id = o.key
  WHERE o.kind = 'person')
SELECT t.key
FROM compared_contact_there t
JOIN address a ON a.key = t.key
WHERE t.connection_id = %(connection_id)s AND t.run_id = %(run_id)s AND NOT t.is_deleted
  AND t.permission IS DISTINCT FROM 'unsubscribed'
UNION
SELECT t.key
FROM compared_contact_there t
LEFT JOIN opted_out o ON o.kind = 'address' AND o.key = t.key
WHERE t.connection_id = %(connection_id)s AND t.run_id = %(run_id)s AND t.key IS NOT NULL AND t.permission = 'unsubscribed'
  AND CASE
    WHEN o.key IS NULL THEN true
    WHEN t.opt_out_source = 'Contact' THEN NOT o.is_own
    ELSE EXISTS (
      SELECT
      FROM cc_contact c
      WHERE c.connection_id = t.connection_id AND c.contact_id = t.contact_id AND c.opt_out_at IS NOT NULL
        AND NOT EXISTS (
          SELECT FROM consent_entry e
          WHERE e.connection_id = t.connection_id AND e.address_id = o.subject_id AND e.side = 'constant_contact'
            AND e.change = 'opted_out' AND e.at >= c.opt_out_at - %(clocks_differ)s::interval))
  END

-- name: select_undone
-- Somebody asked to be mailed again, or came back without evidence; something is to be delivered to an address, or was given
-- up there.
INSERT INTO candidate (connection_id, key)
SELECT r.connection_id, s.key
FROM resubscription r
JOIN consent_subject s ON s.connection_id = r.connection_id AND s.subject_id = r.address_id
WHERE r.connection_id = %(connection_id)s AND s.key IS NOT NULL
  AND (r.finished_at IS NULL
    OR r.state = 'confirmed' AND r.evidence_due_at IS NOT NULL AND r.evidence_at IS NULL AND r.list_id IS NULL)
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
    JOIN standing_opt_out o ON o.connection_id = c.connection_id AND o.kind = 'address' AND o.key = c.email_key
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
