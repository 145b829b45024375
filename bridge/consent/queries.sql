-- name: subject_of
-- The subject of an address or a person; made when it is first spoken of.
INSERT INTO consent_subject (connection_id, subject_id, kind, key, key_hash)
VALUES (%(connection_id)s, gen_random_uuid(), %(kind)s, %(key)s, %(key_hash)s)
ON CONFLICT (connection_id, kind, key_hash) DO UPDATE
  SET key = CASE WHEN consent_subject.erased_at IS NULL THEN EXCLUDED.key END
RETURNING subject_id

-- name: hash_key
-- The connection's secret for keyed hashes of addresses and ids; read without a lock, since every worker needs it.
SELECT value #>> '{}'
FROM setting
WHERE connection_id = %(connection_id)s AND name = 'consent_hash_key'

-- name: make_hash_key
-- The same where there is none yet; of two that make it at once, the first wins.
INSERT INTO setting (connection_id, name, value)
VALUES (%(connection_id)s, 'consent_hash_key', to_jsonb(%(fresh)s::text))
ON CONFLICT (connection_id, name) DO UPDATE
  SET value = setting.value
RETURNING value #>> '{}'

-- name: lock_head
-- One writer at a time appends to a connection's chain.
INSERT INTO consent_head (connection_id, seq, digest)
VALUES (%(connection_id)s, 0, '\x')
ON CONFLICT (connection_id) DO UPDATE
  SET seq = consent_head.seq
RETURNING seq, digest, app_now()

-- name: append_entry
-- One entry of the ledger; its digest covers the one before. What has become of a change is told beside it.
WITH entry AS (
  INSERT INTO consent_entry (connection_id, seq, address_id, person_id, list_id, side, change, acted_by, stage, about_seq,
    cause_kind, cause_id, user_id, at, answer, evidence_digest, previous, digest)
  VALUES (%(connection_id)s, %(seq)s, %(address_id)s, %(person_id)s, %(list_id)s, %(side)s, %(change)s, %(acted_by)s,
    %(stage)s, %(about_seq)s, %(cause_kind)s, %(cause_id)s, %(user_id)s, %(at)s, %(answer)s,
    %(evidence_digest)s, %(previous)s, %(digest)s)
  RETURNING connection_id, coalesce(about_seq, seq) AS seq, at, change, stage)
INSERT INTO consent_change (connection_id, seq, at, change, due_at, sent_at, confirmed_at, refused_at)
SELECT connection_id, seq, at, change, one_business_day_after(at), CASE stage WHEN 'sent' THEN at END,
  CASE stage WHEN 'confirmed' THEN at END, CASE stage WHEN 'refused' THEN at END
FROM entry
ON CONFLICT (connection_id, seq) DO UPDATE
  SET sent_at = coalesce(consent_change.sent_at, EXCLUDED.sent_at),
      confirmed_at = coalesce(consent_change.confirmed_at, EXCLUDED.confirmed_at),
      refused_at = coalesce(consent_change.refused_at, EXCLUDED.refused_at)

-- name: move_head
-- The chain ends here now.
UPDATE consent_head
SET seq = %(seq)s, digest = %(digest)s
WHERE connection_id = %(connection_id)s

-- name: add_box_change
-- A change of the box, once; returns nothing where it was recorded before. Salesforce's stamps are whole seconds:
-- a change that follows another of the same second is put right behind it.
INSERT INTO box_change (connection_id, contact_id, changed_at, ticked, user_id, is_own_user, seen_by, cause_id, seen_at)
SELECT %(connection_id)s, %(contact_id)s,
  greatest(%(changed_at)s::timestamptz, (
    SELECT max(b.changed_at) + interval '1 microsecond'
    FROM box_change b
    WHERE b.connection_id = %(connection_id)s AND b.contact_id = %(contact_id)s AND b.ticked <> %(ticked)s)),
  %(ticked)s, %(user_id)s, %(is_own_user)s, %(seen_by)s, %(cause_id)s, app_now()
ON CONFLICT (connection_id, contact_id, changed_at) DO NOTHING
RETURNING contact_id

-- name: stand
-- An opt-out stands from now on; a person's own is never replaced by the firm's.
INSERT INTO opt_out (connection_id, subject_id, list_id, acted_by, since, seq)
VALUES (%(connection_id)s, %(subject_id)s, %(list_id)s, %(acted_by)s, %(since)s, %(seq)s)
ON CONFLICT (connection_id, subject_id, list_id) DO UPDATE
  SET acted_by = EXCLUDED.acted_by, since = EXCLUDED.since, seq = EXCLUDED.seq
  WHERE opt_out.acted_by = 'firm' AND EXCLUDED.acted_by <> 'firm'
RETURNING acted_by

-- name: standing_of
-- What stands for one subject, as far as all mail is concerned.
SELECT acted_by, since
FROM opt_out
WHERE connection_id = %(connection_id)s AND subject_id = %(subject_id)s AND list_id IS NULL

-- name: lift_firm
-- The firm lifts its own opt-out, at once; an address keeps it while another sharer's box is ticked.
DELETE FROM opt_out o
USING consent_subject s
WHERE o.connection_id = %(connection_id)s AND o.list_id IS NULL AND o.acted_by = 'firm'
  AND s.connection_id = o.connection_id AND s.subject_id = o.subject_id
  AND (s.subject_id = %(person_id)s
       OR s.subject_id = %(address_id)s
          AND NOT EXISTS (
            SELECT FROM practifi_record r
            WHERE r.connection_id = o.connection_id AND r.kind = 'contact' AND r.deleted_at IS NULL
              AND r.email_key = %(email_key)s AND r.sf_id <> %(contact_id)s
              AND r.do_not_email IS NOT FALSE))

-- name: lift_all
-- A resubscription is confirmed: nothing stands for these subjects any more, complaints excepted.
DELETE FROM opt_out
WHERE connection_id = %(connection_id)s AND list_id IS NULL AND acted_by <> 'complaint'
  AND subject_id = ANY(%(subject_ids)s)

-- name: ask_back
-- Somebody asked that a person be mailed again; an open request is renewed. Whether the person had opted out themselves
-- is known here where that is on record: so all unticks of a mass load are counted before the first is decided.
INSERT INTO resubscription (connection_id, address_id, person_id, asked_seq, policy, state, made_at, unticked_at, is_own)
VALUES (%(connection_id)s, %(address_id)s, %(person_id)s, %(asked_seq)s, 'practifi', 'sending', app_now(), %(unticked_at)s,
  EXISTS (
    SELECT FROM opt_out
    WHERE connection_id = %(connection_id)s AND list_id IS NULL AND acted_by <> 'firm'
      AND subject_id IN (%(address_id)s, %(person_id)s)))
ON CONFLICT (connection_id, address_id, person_id) WHERE finished_at IS NULL DO UPDATE
  SET asked_seq = EXCLUDED.asked_seq, unticked_at = EXCLUDED.unticked_at,
      is_own = resubscription.is_own OR EXCLUDED.is_own

-- name: own_after_all
-- Open requests would lift what a person did themselves, as is known only now.
UPDATE resubscription
SET is_own = true
WHERE connection_id = %(connection_id)s AND finished_at IS NULL
  AND (address_id = %(address_id)s OR person_id = ANY(%(person_ids)s))

-- name: withdraw
-- A new tick takes back what an untick had asked for.
UPDATE resubscription
SET state = 'withdrawn', reason = %(reason)s, finished_at = app_now()
WHERE connection_id = %(connection_id)s AND person_id = %(person_id)s AND finished_at IS NULL

-- name: end_resubscriptions
-- What became of the open requests of an address.
UPDATE resubscription
SET state = %(state)s, policy = coalesce(%(policy)s, policy), reason = %(reason)s,
    is_own = is_own OR coalesce(%(policy)s <> 'firm', false),
    opted_out_at = coalesce(%(opted_out_at)s, opted_out_at),
    finished_at = CASE WHEN %(state)s IN ('confirmed', 'refused', 'not_confirmed', 'withdrawn') THEN app_now() END,
    evidence_due_at = CASE WHEN %(evidence)s AND evidence_at IS NULL THEN app_now() + interval '7 days'
                           ELSE evidence_due_at END
WHERE connection_id = %(connection_id)s AND id = ANY(%(ids)s) AND finished_at IS NULL
  AND (%(state)s <> 'held' OR approved_by IS NULL)                 -- somebody may have approved it since it was read

-- name: subjects_of_requests
-- Who some open requests are about, and the untick that each rests on.
SELECT id, address_id, person_id, asked_seq
FROM resubscription
WHERE connection_id = %(connection_id)s AND id = ANY(%(ids)s) AND finished_at IS NULL
ORDER BY id

-- name: give_evidence
-- Who asked, when and how; what is on record stays. Returns nothing where something is.
UPDATE resubscription
SET asked_via = %(via)s, asked_on = %(on)s, note = %(note)s, evidence_by = %(by)s, evidence_at = app_now()
WHERE connection_id = %(connection_id)s AND id = %(id)s AND evidence_at IS NULL
RETURNING address_id, person_id

-- name: open_resubscriptions
-- Open requests for some addresses, with the untick that each rests on, and whether that was one of too many at once: of
-- more than the limit, within the time, by whichever of them one begins to count. The time is that of the unticks, so that a
-- slow delivery lets nobody slip through; only as many neighbours are looked at as the limit says.
SELECT address.key_hash, r.id, r.state, r.policy, r.asked_seq, b.changed_at AS asked_at, person.key AS contact_id,
  e.user_id,
  r.approved_by IS NOT NULL AS is_approved, r.evidence_at IS NOT NULL AS has_evidence, r.person_asked_at,
  r.state = 'waiting_person' AND r.due_at <= app_now() AS is_overdue,
  e.side <> 'console' AND coalesce((                                -- a page shows the address that it asks about
    SELECT t.address_id IS DISTINCT FROM r.address_id
    FROM consent_entry t
    WHERE t.connection_id = r.connection_id AND t.person_id = r.person_id AND t.change = 'ticked' AND t.seq < r.asked_seq
    ORDER BY t.seq DESC
    LIMIT 1), false) AS was_ticked_elsewhere,
  EXISTS (
    SELECT
    FROM (
      SELECT at, lead(at, %(mass_limit)s::int) OVER (ORDER BY at) AS last_at
      FROM (
        (SELECT n.unticked_at AS at
         FROM resubscription n
         WHERE n.connection_id = r.connection_id AND n.is_own AND n.id <> r.id AND n.unticked_at <= r.unticked_at
         ORDER BY n.unticked_at DESC
         LIMIT %(mass_limit)s::int)
        UNION ALL
        (SELECT n.unticked_at
         FROM resubscription n
         WHERE n.connection_id = r.connection_id AND n.is_own AND n.id <> r.id AND n.unticked_at > r.unticked_at
         ORDER BY n.unticked_at
         LIMIT %(mass_limit)s::int)
        UNION ALL
        SELECT r.unticked_at) AS near) AS runs
    WHERE last_at - at <= make_interval(mins => %(mass_minutes)s::int) AND r.unticked_at BETWEEN at AND last_at) AS is_mass,
  EXISTS (                                                           -- as `bridge restore` pauses; ends with `bridge resume`
    SELECT FROM pause p
    WHERE p.connection_id = r.connection_id AND p.paused_by = 'bridge restore') AS is_after_restore
FROM resubscription r
JOIN consent_subject address ON address.connection_id = r.connection_id AND address.subject_id = r.address_id
JOIN consent_subject person ON person.connection_id = r.connection_id AND person.subject_id = r.person_id
JOIN consent_entry e ON e.connection_id = r.connection_id AND e.seq = r.asked_seq
JOIN LATERAL (
  SELECT changed_at
  FROM box_change b
  WHERE b.connection_id = r.connection_id AND b.contact_id = person.key AND NOT b.ticked
  ORDER BY changed_at DESC
  LIMIT 1) b ON true
WHERE r.connection_id = %(connection_id)s AND r.finished_at IS NULL AND address.kind = 'address'
  AND address.key_hash = ANY(%(key_hashes)s)
ORDER BY r.id

-- name: outstanding_evidence
-- Who at some addresses came back by whose untick, and nobody has said yet that the person asked for it; the last one of
-- each person.
SELECT DISTINCT ON (address.key_hash, person.key)
  address.key_hash, person.key AS contact_id, e.user_id, b.changed_at AS asked_at, r.id, r.opted_out_at
FROM resubscription r
JOIN consent_subject address ON address.connection_id = r.connection_id AND address.subject_id = r.address_id
JOIN consent_subject person ON person.connection_id = r.connection_id AND person.subject_id = r.person_id
JOIN consent_entry e ON e.connection_id = r.connection_id AND e.seq = r.asked_seq
JOIN LATERAL (
  SELECT changed_at
  FROM box_change b
  WHERE b.connection_id = r.connection_id AND b.contact_id = person.key AND NOT b.ticked
  ORDER BY changed_at DESC
  LIMIT 1) b ON true
WHERE r.connection_id = %(connection_id)s AND r.state = 'confirmed' AND r.evidence_due_at IS NOT NULL
  AND r.evidence_at IS NULL AND r.list_id IS NULL AND address.kind = 'address' AND address.key_hash = ANY(%(key_hashes)s)
ORDER BY address.key_hash, person.key, r.id DESC

-- name: standing
-- The opt-outs from all mail that stand for addresses or for people.
SELECT s.key_hash, s.kind, s.key, o.acted_by, o.since, o.seq
FROM opt_out o
JOIN consent_subject s ON s.connection_id = o.connection_id AND s.subject_id = o.subject_id
WHERE o.connection_id = %(connection_id)s AND o.list_id IS NULL
  AND (s.kind = 'address' AND s.key_hash = ANY(%(address_hashes)s)
       OR s.kind = 'person' AND s.key_hash = ANY(%(person_hashes)s))

-- name: tells_of_opt_out
-- Whether the ledger tells of an unsubscription of an address there, seen or sent, since a moment.
SELECT EXISTS (
  SELECT
  FROM consent_subject s
  JOIN consent_entry e ON e.connection_id = s.connection_id AND e.address_id = s.subject_id
  WHERE s.connection_id = %(connection_id)s AND s.kind = 'address' AND s.key_hash = %(key_hash)s
    AND e.side = 'constant_contact' AND e.change = 'opted_out' AND e.at >= %(since)s)

-- name: turned_down
-- Why the last request to mail each address again came to nothing; NULL where it went well, is open, or was taken back.
SELECT DISTINCT ON (address.key_hash) address.key_hash,
  CASE WHEN r.state IN ('refused', 'not_confirmed') THEN r.reason END
FROM resubscription r
JOIN consent_subject address ON address.connection_id = r.connection_id AND address.subject_id = r.address_id
WHERE r.connection_id = %(connection_id)s AND r.list_id IS NULL AND address.kind = 'address'
  AND address.key_hash = ANY(%(key_hashes)s)
ORDER BY address.key_hash, r.id DESC

-- name: rules
-- How the connection treats requests to come back, where that was ever set.
SELECT value
FROM setting
WHERE connection_id = %(connection_id)s AND name = 'consent_rules'
