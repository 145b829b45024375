-- name: take_untriaged
-- Notifications that nobody has read yet, oldest first; those flagged as consent have a process of their own. Those of a
-- connection whose mapping does not compile are left alone but for once a minute: they must not hide what others wait for.
SELECT n.ctid::text, n.connection_id, n.notification_id, n.message_id, n.received_at, n.ordinal, n.origin, n.object,
  n.record_id, n.action_id, n.replay, n.merged_into
FROM notification n
WHERE n.state = 'received' AND NOT n.consent
  AND EXISTS (
    SELECT FROM mapping_version v
    WHERE v.connection_id = n.connection_id AND v.is_active
      AND (v.fault_at IS NULL OR v.fault_at < app_now() - interval '1 minute'))
ORDER BY n.seq
LIMIT %(count)s
FOR UPDATE OF n SKIP LOCKED

-- name: take_untriaged_consent
-- The same for notifications whose definition fires only when a consent field changes.
SELECT n.ctid::text, n.connection_id, n.notification_id, n.message_id, n.received_at, n.ordinal, n.origin, n.object,
  n.record_id, n.action_id, n.replay, n.merged_into
FROM notification n
WHERE n.state = 'received' AND n.consent
  AND EXISTS (
    SELECT FROM mapping_version v
    WHERE v.connection_id = n.connection_id AND v.is_active
      AND (v.fault_at IS NULL OR v.fault_at < app_now() - interval '1 minute'))
ORDER BY n.seq
LIMIT %(count)s
FOR UPDATE OF n SKIP LOCKED

-- name: end_triage
-- What triage made of each notification; joined by physical place, since this transaction holds the rows.
UPDATE notification n
SET state = t.state, reason = t.reason, cause = t.cause, replay = NULL,
    mapping_version_id = CASE WHEN n.replay IS NULL THEN %(mapping_version_id)s ELSE n.mapping_version_id END,
    finished_at = CASE WHEN t.state IN ('superseded', 'ignored', 'dead', 'done') THEN app_now() END
FROM unnest(%(tids)s::tid[], %(states)s::text[], %(reasons)s::text[], %(causes)s::text[])
  AS t (tid, state, reason, cause)
WHERE n.ctid = t.tid

-- name: waited_for
-- What a notification made dirty before.
SELECT kind, key
FROM notification_subject
WHERE connection_id = %(connection_id)s AND notification_id = %(notification_id)s

-- name: replay_as_accepted
-- Subjects that nothing else waits for are delivered once as the notification was accepted.
UPDATE work w
SET replay_of = %(notification_id)s
WHERE w.connection_id = %(connection_id)s
  AND (w.kind, w.key) IN (SELECT kind, key FROM unnest(%(kinds)s::text[], %(keys)s::text[]) AS s (kind, key))
  AND NOT EXISTS (
    SELECT FROM notification_subject s
    JOIN notification n USING (connection_id, notification_id)
    WHERE s.connection_id = w.connection_id AND s.kind = w.kind AND s.key = w.key
      AND n.state IN ('waiting', 'working') AND n.notification_id <> %(notification_id)s)

-- name: definitions
-- The field lists of some messages, each with since when it is in force, the newest first: an absent field that is listed,
-- and readable by the sending user, is null.
SELECT action_id, in_force_from, fields
FROM outbound_definition
WHERE connection_id = %(connection_id)s AND action_id = ANY(%(action_ids)s)
  AND access_checked_at >= in_force_from
ORDER BY action_id, version DESC

-- name: note_definitions_heard
-- When each definition last sent something.
UPDATE outbound_definition d
SET last_received_at = greatest(d.last_received_at, h.at)
FROM unnest(%(action_ids)s::text[], %(ats)s::timestamptz[]) AS h (action_id, at)
WHERE d.connection_id = %(connection_id)s AND d.action_id = h.action_id

-- name: add_deletes
-- Deleted records enter the same inbox; one that was seen before changes nothing.
INSERT INTO notification (connection_id, notification_id, origin, received_at, first_received_at, object, record_id,
  merged_into)
SELECT %(connection_id)s, 'deleted-' || record_id || '-' || extract(epoch FROM deleted_at)::bigint, 'poll',
  deleted_at, app_now(), %(object)s, record_id, merged_into
FROM unnest(%(ids)s::text[], %(ats)s::timestamptz[], %(winners)s::text[]) AS d (record_id, deleted_at, merged_into)
ORDER BY record_id
ON CONFLICT (connection_id, notification_id) DO NOTHING
RETURNING record_id

-- name: met
-- Which of some records the mirror has ever met.
SELECT DISTINCT sf_id
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = ANY('{contact,membership,list}') AND sf_id = ANY(%(ids)s)

-- name: new_deletes
-- Which of some deletions are not in the inbox yet.
SELECT d.record_id
FROM unnest(%(ids)s::text[], %(ats)s::timestamptz[]) AS d (record_id, deleted_at)
WHERE NOT EXISTS (
  SELECT FROM notification n
  WHERE n.connection_id = %(connection_id)s
    AND n.notification_id = 'deleted-' || d.record_id || '-' || extract(epoch FROM d.deleted_at)::bigint)
ORDER BY d.record_id

-- name: note_merged
-- A record goes on as the one that it was merged into. Returns nothing where that is known.
UPDATE practifi_record
SET merged_into = %(winner)s
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND sf_id = %(loser)s
  AND merged_into IS DISTINCT FROM %(winner)s
RETURNING sf_id

-- name: merged_on
-- What a record was merged into, if it is known to have gone itself.
SELECT merged_into
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND sf_id = %(winner)s
  AND deleted_at IS NOT NULL AND merged_into IS NOT NULL

-- name: doubt_memberships
-- Memberships of a record that was merged into another one: whose they are now has to be read. Returns which.
UPDATE practifi_record
SET unknown_fields = ARRAY(SELECT DISTINCT unnest(unknown_fields || %(path)s::text))
WHERE connection_id = %(connection_id)s AND kind = 'membership' AND contact_id = %(loser)s AND deleted_at IS NULL
RETURNING sf_id

-- name: doubt_winner
-- The record that is left: its values have to be read. Returns its address, where it is known.
UPDATE practifi_record
SET unknown_fields = ARRAY(SELECT DISTINCT unnest(unknown_fields || %(path)s::text))
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND sf_id = %(winner)s AND deleted_at IS NULL
RETURNING email_key

-- name: inherit_left_lists
-- Lists that the person left by their own act stay left; where the other record is on one of them itself, it stays so.
INSERT INTO membership_base (connection_id, contact_id, list_id, cc_contact_id, cc_list_id, seen_at, lost_at, lost_by)
SELECT connection_id, %(winner)s, list_id, cc_contact_id, cc_list_id, seen_at, lost_at, lost_by
FROM membership_base
WHERE connection_id = %(connection_id)s AND contact_id = %(loser)s AND lost_by = 'person'
ON CONFLICT (connection_id, contact_id, list_id) DO NOTHING

-- name: watermark
-- How far a source was read.
SELECT at, app_now()
FROM (SELECT app_now()) AS t
LEFT JOIN watermark ON connection_id = %(connection_id)s AND source = %(source)s

-- name: move_watermark
-- The source was read up to here.
INSERT INTO watermark (connection_id, source, at)
VALUES (%(connection_id)s, %(source)s, %(at)s)
ON CONFLICT (connection_id, source) DO UPDATE
  SET at = greatest(watermark.at, EXCLUDED.at)
