-- name: mark_work
-- Make subjects dirty; a lane is raised, never lowered, while something waits. Returns the generation of each.
INSERT INTO work (connection_id, kind, key, lane, wanted, done, consent_wanted, due_at, origin)
SELECT %(connection_id)s, kind, key, CASE WHEN consent THEN 0 ELSE %(lane)s END, 1, 0,
  CASE WHEN consent THEN 1 ELSE 0 END, app_now(), origin
FROM unnest(%(kinds)s::text[], %(keys)s::text[], %(consents)s::bool[], %(origins)s::text[]) AS m (kind, key, consent, origin)
ORDER BY kind, key
ON CONFLICT (connection_id, kind, key) DO UPDATE
  SET wanted = work.wanted + 1,
      consent_wanted = CASE WHEN EXCLUDED.lane = 0 THEN work.wanted + 1 ELSE work.consent_wanted END,
      lane = CASE WHEN work.done < work.wanted THEN least(work.lane, EXCLUDED.lane) ELSE EXCLUDED.lane END,
      due_at = CASE WHEN work.done < work.wanted AND EXCLUDED.lane > 0 AND work.attempts > 0
                    THEN least(work.due_at, app_now() + interval '5 seconds') ELSE app_now() END,
      attempts = CASE WHEN work.blocked_reason IS NULL THEN work.attempts ELSE 0 END,
      failing_since = CASE WHEN work.blocked_reason IS NULL THEN work.failing_since END,
      blocked_reason = NULL, waits_for = NULL, replay_of = NULL,
      origin = CASE WHEN work.done < work.wanted THEN work.origin ELSE EXCLUDED.origin END
RETURNING kind, key, wanted

-- name: peek_work
-- Work that is due, so much of each connection, most urgent first, but for what goes in bulk; nothing is claimed by looking.
-- What waits out an outage is left alone while nobody may ask. A connection that Salesforce refuses still sends opt-outs: a
-- message that ticks the box is believed.
SELECT c.id, w.kind, w.key, w.lane
FROM connection c
LEFT JOIN bulk_round r ON r.connection_id = c.id AND r.takes_backlog
CROSS JOIN LATERAL (
  SELECT kind, key, lane, due_at
  FROM work
  WHERE connection_id = c.id
    AND lane BETWEEN %(lane_from)s AND %(lane_to)s AND done < wanted AND blocked_reason IS NULL
    AND due_at <= app_now() AND (lease_until IS NULL OR lease_until < app_now())
    AND (c.state = 'active' OR lane = 0)
    AND NOT EXISTS (SELECT FROM pause p WHERE p.connection_id = work.connection_id AND p.lane = work.lane)
    AND (waits_for IS NULL OR NOT EXISTS (
      SELECT FROM outage o WHERE o.connection_id = work.connection_id AND o.system = work.waits_for AND o.probe_at > app_now()))
    AND (lane = 0 OR bulk_activity_id IS NULL)
    AND (r.connection_id IS NULL OR NOT fits_bulk(work))
  ORDER BY lane, due_at, key
  LIMIT %(count)s) AS w
WHERE (c.state = 'active' OR c.state = 'paused' AND c.paused_by = 'salesforce') AND NOT c.id = ANY(%(skipped)s::int[])
ORDER BY w.lane, w.due_at, c.id, w.key

-- name: claim_work
-- Lease the first subjects that are still due and free, and whose lane nobody has paused since they were seen.
WITH free AS (
  SELECT w.connection_id, w.kind, w.key
  FROM unnest(%(kinds)s::text[], %(keys)s::text[]) WITH ORDINALITY AS due (kind, key, number)
  JOIN work w ON w.connection_id = %(connection_id)s AND w.kind = due.kind AND w.key = due.key
  WHERE w.done < w.wanted AND w.blocked_reason IS NULL AND w.due_at <= app_now()
    AND (w.lease_until IS NULL OR w.lease_until < app_now())
    AND (w.bulk_activity_id IS NULL OR w.lane = 0)
    AND NOT EXISTS (SELECT FROM pause p WHERE p.connection_id = w.connection_id AND p.lane = w.lane)
  ORDER BY due.number
  LIMIT %(count)s
  FOR UPDATE OF w SKIP LOCKED)
UPDATE work
SET lease_token = %(token)s, lease_until = app_now() + make_interval(secs => %(lease_s)s)
FROM free
WHERE work.connection_id = free.connection_id AND work.kind = free.kind AND work.key = free.key
RETURNING work.kind, work.key, wanted AS generation, lane, attempts, consent_wanted > done AS is_consent,
  coalesce(extract(epoch FROM app_now() - failing_since), 0)::float8 AS failing_s, replay_of, origin

-- name: claim_beside
-- Lease a second subject that a change of address needs, whether it is dirty or not.
INSERT INTO work (connection_id, kind, key, lane, wanted, done, due_at, lease_token, lease_until)
VALUES (%(connection_id)s, %(kind)s, %(key)s, 2, 0, 0, app_now(), %(token)s,
  app_now() + make_interval(secs => %(lease_s)s))
ON CONFLICT (connection_id, kind, key) DO UPDATE
  SET lease_token = EXCLUDED.lease_token, lease_until = EXCLUDED.lease_until
  WHERE (work.lease_until IS NULL OR work.lease_until < app_now()) AND work.bulk_activity_id IS NULL
RETURNING key

-- name: hold_work
-- Lease subjects whether they are dirty or not, in the order of all locks; those that somebody else has are left out.
INSERT INTO work AS held (connection_id, kind, key, lane, wanted, done, due_at, lease_token, lease_until)
SELECT %(connection_id)s, %(kind)s, key, %(lane)s, 0, 0, app_now(), %(token)s,
  app_now() + make_interval(secs => %(lease_s)s)
FROM unnest(%(keys)s::text[]) AS asked (key)
ORDER BY key
ON CONFLICT (connection_id, kind, key) DO UPDATE
  SET lease_token = EXCLUDED.lease_token, lease_until = EXCLUDED.lease_until
  WHERE (held.lease_until IS NULL OR held.lease_until < app_now()) AND held.bulk_activity_id IS NULL
RETURNING key, wanted, %(lane)s::int AS lane, attempts, consent_wanted > done AS is_consent, 'reconcile' AS origin

-- name: let_go
-- Give held subjects back as they were.
UPDATE work AS held
SET lease_token = NULL, lease_until = NULL
FROM (
  SELECT connection_id, kind, key
  FROM work
  WHERE connection_id = %(connection_id)s AND kind = %(kind)s AND key = ANY(%(keys)s) AND lease_token = ANY(%(tokens)s)
  ORDER BY key
  FOR UPDATE) AS ours
WHERE held.connection_id = ours.connection_id AND held.kind = ours.kind AND held.key = ours.key

-- name: lease_states
-- Of leases that still hold: whether consent wants the subject meanwhile, and whether half of the time is over.
SELECT key, consent_wanted > done, lease_until < app_now() + make_interval(secs => %(lease_s)s / 2.0)
FROM work
WHERE connection_id = %(connection_id)s AND kind = %(kind)s AND key = ANY(string_to_array(%(joined_keys)s, E'\n'))
  AND lease_token = %(token)s AND lease_until > app_now()

-- name: renew_leases
-- Renew leases that still hold, and tell of each whether consent wants the subject meanwhile.
WITH ours AS (
  SELECT w.connection_id, w.kind, w.key
  FROM unnest(%(keys)s::text[], %(tokens)s::uuid[]) AS held (key, token)
  JOIN work w
    ON w.connection_id = %(connection_id)s AND w.kind = %(kind)s AND w.key = held.key AND w.lease_token = held.token
  WHERE w.lease_until > app_now()
  ORDER BY w.key
  FOR UPDATE OF w)
UPDATE work
SET lease_until = app_now() + make_interval(secs => %(lease_s)s)
FROM ours
WHERE work.connection_id = ours.connection_id AND work.kind = ours.kind AND work.key = ours.key
RETURNING work.key, consent_wanted > done

-- name: finish_work
-- Subjects are as the generation that was read wants them. Nothing is written of one whose lease is lost.
WITH ours AS (
  SELECT w.connection_id, w.kind, w.key, f.generation
  FROM unnest(%(keys)s::text[], %(tokens)s::uuid[], %(generations)s::bigint[]) AS f (key, token, generation)
  JOIN work w
    ON w.connection_id = %(connection_id)s AND w.kind = %(kind)s AND w.key = f.key AND w.lease_token = f.token
  ORDER BY w.key
  FOR UPDATE OF w)
UPDATE work
SET done = greatest(done, generation), lease_token = NULL, lease_until = NULL, attempts = 0, failing_since = NULL,
    failed_at = NULL, waits_for = NULL, behind = NULL, replay_of = CASE WHEN wanted > generation THEN replay_of END,
    due_at = app_now(),
    lane = CASE WHEN wanted > generation AND lane = 0 AND consent_wanted <= generation THEN 2 ELSE lane END
FROM ours
WHERE work.connection_id = ours.connection_id AND work.kind = ours.kind AND work.key = ours.key
RETURNING work.key

-- name: release_work
-- Give a lease back: the subject is looked at again when it is due, and at once where consent came in since the claim;
-- after a failure then within seconds, for what fails may itself have asked to be looked at again.
UPDATE work
SET lease_token = NULL, lease_until = NULL,
    due_at = app_now() + make_interval(secs => CASE
      WHEN consent_wanted > %(generation)s THEN least(%(after_s)s, 5 * %(attempt)s)
      ELSE %(after_s)s END),
    attempts = attempts + %(attempt)s, blocked_reason = %(blocked_reason)s, waits_for = %(waits_for)s,
    behind = nullif(%(behind)s::text[], '{}'),
    failing_since = CASE WHEN %(attempt)s > 0 THEN coalesce(failing_since, app_now()) ELSE failing_since END,
    failed_at = CASE WHEN %(attempt)s > 0 THEN app_now() ELSE failed_at END
WHERE connection_id = %(connection_id)s AND kind = %(kind)s AND key = %(key)s AND lease_token = %(token)s

-- name: wake_behind
-- What waits for subjects that are done is due at once. What somebody has locked is being looked at anyway: whoever
-- gives it back looks after that whether it has to wait.
UPDATE work AS waiting
SET due_at = app_now(), behind = NULL
FROM (
  SELECT connection_id, kind, key
  FROM work
  WHERE connection_id = %(connection_id)s AND kind = %(kind)s AND behind && %(keys)s::text[] AND due_at > app_now()
  FOR UPDATE SKIP LOCKED) AS ours
WHERE waiting.connection_id = ours.connection_id AND waiting.kind = ours.kind AND waiting.key = ours.key

-- name: done_behind
-- Which of the subjects that one waits for are not there to wait for any more; whoever is just ending one is waited for.
SELECT key
FROM work
WHERE connection_id = %(connection_id)s AND kind = %(kind)s AND key = ANY(%(behind)s)
  AND (done >= wanted OR blocked_reason IS NOT NULL OR attempts >= 4)
ORDER BY key
FOR SHARE

-- name: release_beside
-- Give back the lease of the second subject; it is looked at again if it is dirty.
UPDATE work
SET lease_token = NULL, lease_until = NULL
WHERE connection_id = %(connection_id)s AND kind = %(kind)s AND key = %(key)s AND lease_token = %(token)s

-- name: accepted
-- Where a notification's own part of a message is, and the mapping that was in force when it was accepted.
SELECT connection_id, notification_id, message_id, received_at, ordinal, record_id, mapping_version_id
FROM notification
WHERE connection_id = %(connection_id)s AND notification_id = %(notification_id)s

-- name: pending_work
-- Which of some subjects wait or are worked on, and have not been given up; and the seconds until each may be settled.
SELECT key, CASE
    WHEN lease_until > app_now() THEN 0
    WHEN bulk_activity_id IS NOT NULL
      OR EXISTS (SELECT FROM pause p WHERE p.connection_id = work.connection_id AND p.lane = work.lane) THEN 30
    ELSE extract(epoch FROM greatest(due_at, (
      SELECT probe_at FROM outage o WHERE o.connection_id = work.connection_id AND o.system = work.waits_for)) - app_now())
  END::float8
FROM work
WHERE connection_id = %(connection_id)s AND kind = %(kind)s AND key = ANY(%(keys)s)
  AND done < wanted AND blocked_reason IS NULL AND attempts < 4

-- name: add_subjects
-- What notifications made dirty; they are done when the work has reached these generations.
INSERT INTO notification_subject (connection_id, notification_id, kind, key, generation)
SELECT %(connection_id)s, notification_id, kind, key, generation
FROM unnest(%(notification_ids)s::text[], %(kinds)s::text[], %(keys)s::text[], %(generations)s::bigint[])
  AS s (notification_id, kind, key, generation)
ORDER BY notification_id, kind, key
ON CONFLICT (connection_id, notification_id, kind, key) DO UPDATE
  SET generation = EXCLUDED.generation

-- name: pass_subjects_on
-- Notifications that waited for a contact's address wait for the address from now on.
INSERT INTO notification_subject (connection_id, notification_id, kind, key, generation)
SELECT s.connection_id, s.notification_id, 'address', %(to_key)s, %(generation)s
FROM notification_subject s
JOIN notification n USING (connection_id, notification_id)
WHERE s.connection_id = %(connection_id)s AND s.kind = 'address' AND s.key = %(from_key)s AND n.finished_at IS NULL
ON CONFLICT (connection_id, notification_id, kind, key) DO UPDATE
  SET generation = greatest(notification_subject.generation, EXCLUDED.generation)

-- name: lock_shared_notifications
-- Notifications of these subjects that made another one dirty too: of two workers that end their subjects at once, the
-- second waits here and sees what the first has done.
SELECT n.notification_id
FROM notification n
WHERE n.connection_id = %(connection_id)s AND n.state IN ('waiting', 'working')
  AND n.notification_id IN (
    SELECT s.notification_id
    FROM notification_subject s
    WHERE s.connection_id = %(connection_id)s AND s.kind = %(kind)s AND s.key = ANY(%(keys)s)
      AND EXISTS (
        SELECT FROM notification_subject other
        WHERE other.connection_id = s.connection_id AND other.notification_id = s.notification_id
          AND (other.kind, other.key) <> (s.kind, s.key)))
ORDER BY n.notification_id
FOR UPDATE OF n

-- name: finish_notifications
-- Notifications end when everything they made dirty is done.
UPDATE notification n
SET state = 'done', reason = ended.reason, finished_at = app_now()
FROM (
  SELECT DISTINCT ON (s.notification_id) s.notification_id, f.reason
  FROM unnest(%(keys)s::text[], %(reasons)s::text[]) AS f (key, reason)
  JOIN notification_subject s ON s.connection_id = %(connection_id)s AND s.kind = %(kind)s AND s.key = f.key
  JOIN work w ON w.connection_id = s.connection_id AND w.kind = s.kind AND w.key = s.key AND w.done >= s.generation
  ORDER BY s.notification_id, f.key) AS ended
WHERE n.connection_id = %(connection_id)s AND n.notification_id = ended.notification_id AND n.state IN ('waiting', 'working')
  AND NOT EXISTS (
    SELECT FROM notification_subject s
    JOIN work w ON w.connection_id = s.connection_id AND w.kind = s.kind AND w.key = s.key
    WHERE s.connection_id = n.connection_id AND s.notification_id = n.notification_id AND w.done < s.generation)

-- name: note_on_notifications
-- Why notifications of a subject still wait.
UPDATE notification n
SET reason = %(reason)s, attempts = n.attempts + %(attempt)s
FROM notification_subject s
WHERE s.connection_id = %(connection_id)s AND s.kind = %(kind)s AND s.key = %(key)s
  AND n.connection_id = s.connection_id AND n.notification_id = s.notification_id
  AND n.state IN ('waiting', 'working')

-- name: bury_notifications
-- Notifications of a subject that nobody but a person can mend: dead letters, with their own part of the message kept.
UPDATE notification n
SET state = 'dead', reason = %(reason)s, cause = %(cause)s, finished_at = app_now(), attempts = n.attempts + 1
FROM notification_subject s
WHERE s.connection_id = %(connection_id)s AND s.kind = %(kind)s AND s.key = %(key)s
  AND n.connection_id = s.connection_id AND n.notification_id = s.notification_id
  AND n.state IN ('waiting', 'working')
  AND (%(older_s)s::float8 IS NULL OR n.received_at <= app_now() - make_interval(secs => %(older_s)s))

-- name: still_waiting
-- Whether a notification of a subject still waits for it.
SELECT EXISTS (
  SELECT FROM notification_subject s
  JOIN notification n USING (connection_id, notification_id)
  WHERE s.connection_id = %(connection_id)s AND s.kind = %(kind)s AND s.key = %(key)s
    AND n.state IN ('waiting', 'working'))

-- name: bury_notifications_of
-- Notifications of single records at an address whose other records went well.
UPDATE notification n
SET state = 'dead', reason = b.reason, cause = b.cause, finished_at = app_now(), attempts = n.attempts + 1
FROM notification_subject s,
  unnest(%(record_ids)s::text[], %(reasons)s::text[], %(causes)s::text[]) AS b (record_id, reason, cause)
WHERE s.connection_id = %(connection_id)s AND s.kind = %(kind)s AND s.key = %(key)s
  AND n.connection_id = s.connection_id AND n.notification_id = s.notification_id
  AND n.state IN ('waiting', 'working') AND left(n.record_id, 15) = left(b.record_id, 15)

-- name: people_at
-- Everybody whose record has one of these addresses now, and everybody linked to a contact that has it there.
SELECT found.at, r.sf_id, r.account_id, r.created_at, r.email_key, r.do_not_email, r.fields, r.unknown_fields,
  l.cc_id, l.is_owner, l.made_at,
  EXISTS (
    SELECT FROM unresolved u
    WHERE u.connection_id = r.connection_id AND u.key = r.email_key AND u.choice ->> 'contact' = r.sf_id) AS is_chosen
FROM (
  SELECT here.email_key AS at, here.sf_id
  FROM practifi_record here
  WHERE here.connection_id = %(connection_id)s AND here.kind = 'contact' AND here.deleted_at IS NULL
    AND here.email_key = ANY(%(keys)s)
  UNION
  SELECT there.email_key, linked.sf_id
  FROM cc_contact there
  JOIN link linked
    ON linked.connection_id = there.connection_id AND linked.kind = 'contact' AND linked.cc_id = there.contact_id
  WHERE there.connection_id = %(connection_id)s AND there.email_key = ANY(%(keys)s)) AS found
JOIN practifi_record r ON r.connection_id = %(connection_id)s AND r.kind = 'contact' AND r.sf_id = found.sf_id
LEFT JOIN link l ON l.connection_id = r.connection_id AND l.kind = 'contact' AND l.sf_id = r.sf_id
WHERE r.deleted_at IS NULL
ORDER BY found.at, r.sf_id

-- name: decided
-- What a firm has decided: its rules of coming back, and its policies.
SELECT name, value
FROM setting
WHERE connection_id = %(connection_id)s AND name IN ('consent_rules', 'policies')

-- name: list_records
-- The lists there that a list of Practifi is, by their record; of several records that of the owner.
SELECT DISTINCT ON (there.list_id) there.list_id::text, r.sf_id
FROM link l
JOIN cc_list there ON there.connection_id = l.connection_id AND there.list_id = l.cc_id AND there.deleted_at IS NULL
JOIN practifi_record r
  ON r.connection_id = l.connection_id AND r.kind = 'list' AND r.sf_id = l.sf_id AND r.deleted_at IS NULL
WHERE l.connection_id = %(connection_id)s AND l.kind = 'list'
ORDER BY there.list_id, NOT l.is_owner, r.sf_id

-- name: memberships_of
-- The memberships of contacts as Practifi has them now, with the list's counterpart there unless it was deleted there.
SELECT m.sf_id, m.contact_id, m.list_id, m.fields, m.unknown_fields, there.list_id AS cc_id, list.name
FROM practifi_record m
LEFT JOIN link l ON l.connection_id = m.connection_id AND l.kind = 'list' AND l.sf_id = m.list_id
LEFT JOIN cc_list there
  ON there.connection_id = l.connection_id AND there.list_id = l.cc_id AND there.deleted_at IS NULL
LEFT JOIN practifi_record list
  ON list.connection_id = m.connection_id AND list.kind = 'list' AND list.sf_id = m.list_id
WHERE m.connection_id = %(connection_id)s AND m.kind = 'membership' AND m.deleted_at IS NULL
  AND m.contact_id = ANY(%(contact_ids)s)
ORDER BY m.sf_id

-- name: bases_at
-- What both sides last agreed on, for some people or for one contact there; of a list that was deleted there without it. And,
-- where that is asked, whether a person's membership has ended, not only gone to another address with them.
SELECT b.contact_id, b.list_id, b.cc_contact_id, there.list_id AS cc_list_id, b.removed_at, b.agreed_at, b.lost_by,
  %(asks_ended)s::bool
    AND EXISTS (
      SELECT FROM practifi_record p
      WHERE p.connection_id = b.connection_id AND p.kind = 'contact' AND p.sf_id = b.contact_id)
    AND NOT EXISTS (
      SELECT FROM practifi_record m
      WHERE m.connection_id = b.connection_id AND m.kind = 'membership' AND m.contact_id = b.contact_id
        AND m.list_id = b.list_id AND m.deleted_at IS NULL) AS is_ended
FROM membership_base b
LEFT JOIN cc_list there
  ON there.connection_id = b.connection_id AND there.list_id = b.cc_list_id AND there.deleted_at IS NULL
WHERE b.connection_id = %(connection_id)s
  AND (b.contact_id = ANY(%(contact_ids)s) OR b.cc_contact_id = ANY(%(cc_contact_ids)s::uuid[]))

-- name: contacts_there
-- What is known of Constant Contact's contacts at these addresses, or linked to these people.
SELECT contact_id, email_key, address_since, resource, answered, sent_fingerprint, sent_at, deleted_at, confirmation_sent_at
FROM cc_contact
WHERE connection_id = %(connection_id)s
  AND (email_key = ANY(%(keys)s) OR contact_id = ANY(%(cc_contact_ids)s::uuid[]))
ORDER BY contact_id

-- name: steps_in_flight
-- Kinds of the steps of subjects whose answer never came, or was never confirmed: their effect must be looked up. A run's
-- own steps have no generation: they are foreseen, and carried out by steps made at delivery. Those that went in bulk are
-- looked up by their round.
SELECT subject_key, kind, bool_or(state = 'sent')
FROM step
WHERE connection_id = %(connection_id)s AND subject_kind = %(kind)s AND subject_key = ANY(%(keys)s)
  AND state IN ('planned', 'sending', 'sent') AND generation IS NOT NULL AND bulk_activity_id IS NULL
GROUP BY subject_key, kind

-- name: own_lists_in_flight
-- Where a step whose answer never came put a contact on a list, that is the bridge's doing, whoever asks for it now.
-- Kept under the contact's own id: whatever nobody asks for is taken off again.
INSERT INTO membership_base (connection_id, contact_id, list_id, cc_contact_id, cc_list_id, seen_at, removed_at, agreed_at)
SELECT DISTINCT s.connection_id, %(cc_contact_id)s::text, l.sf_id, %(cc_contact_id)s::uuid, l.cc_id,
  app_now(), app_now(), app_now()
FROM step s
CROSS JOIN LATERAL jsonb_array_elements_text(s.detail -> 'body' -> 'list_memberships') AS sent (list_id)
JOIN link l ON l.connection_id = s.connection_id AND l.kind = 'list' AND l.cc_id = sent.list_id::uuid
WHERE s.connection_id = %(connection_id)s AND s.subject_kind = %(kind)s AND s.subject_key = %(key)s
  AND s.state IN ('planned', 'sending', 'sent') AND s.generation IS NOT NULL
  AND s.before ? 'list_memberships' AND NOT s.before -> 'list_memberships' ? sent.list_id
ON CONFLICT (connection_id, contact_id, list_id) DO NOTHING

-- name: free_list_named
-- A list there of this name that no record of Practifi is linked to, but for one that was deleted.
SELECT o.list_id
FROM cc_list o
WHERE o.connection_id = %(connection_id)s AND o.deleted_at IS NULL AND lower(btrim(o.name)) = lower(btrim(%(name)s))
  AND NOT EXISTS (
    SELECT FROM link l
    LEFT JOIN practifi_record r ON r.connection_id = l.connection_id AND r.kind = 'list' AND r.sf_id = l.sf_id
    WHERE l.connection_id = o.connection_id AND l.kind = 'list' AND l.cc_id = o.list_id AND r.deleted_at IS NULL)
ORDER BY o.list_id
LIMIT 1

-- name: list_names_sent
-- Names under which a list may be there although nobody knows it: their answer never came, or was not yet acted upon.
SELECT DISTINCT s.detail -> 'body' ->> 'name'
FROM step s
WHERE s.connection_id = %(connection_id)s AND s.subject_kind = %(kind)s AND s.subject_key = %(key)s
  AND s.generation IS NOT NULL
  AND (s.state IN ('planned', 'sending', 'sent')
       OR s.state = 'confirmed' AND s.kind = 'create_list'
          AND NOT EXISTS (
            SELECT FROM link l
            WHERE l.connection_id = s.connection_id AND l.kind = 'list' AND l.sf_id = s.subject_key))

-- name: close_steps_in_flight
-- A worker took the subject over and looks everything up anew.
UPDATE step
SET state = 'skipped', outcome = 'the answer was lost; looked up and decided again', finished_at = app_now()
WHERE connection_id = %(connection_id)s AND subject_kind = %(kind)s AND subject_key = %(key)s
  AND state IN ('planned', 'sending', 'sent') AND generation IS NOT NULL AND bulk_activity_id IS NULL

-- name: close_plans
-- Plans with steps of these subjects and without an open one are done; that of a run ends with the run.
UPDATE plan p
SET state = 'done', finished_at = app_now()
WHERE p.connection_id = %(connection_id)s AND p.state = 'applying' AND p.run_id IS NULL
  AND p.id IN (
    SELECT plan_id FROM step
    WHERE connection_id = %(connection_id)s AND subject_kind = %(kind)s AND subject_key = ANY(%(keys)s))
  AND NOT EXISTS (
    SELECT FROM step s
    WHERE s.connection_id = p.connection_id AND s.plan_id = p.id AND s.finished_at IS NULL)

-- name: open_plans
-- Plans that are applied as they are made, in the given order, with their steps; the first of each is on its way.
WITH made AS (
  INSERT INTO plan (connection_id, origin, state, made_at)
  SELECT %(connection_id)s, origin, 'applying', app_now()
  FROM unnest(%(origins)s::text[]) AS asked (origin)
  RETURNING id, origin),
-- Plans of one origin are alike: which of them is whose is settled here.
asked AS (
  SELECT origin, place, row_number() OVER (PARTITION BY origin ORDER BY place) AS number
  FROM unnest(%(origins)s::text[]) WITH ORDINALITY AS asked (origin, place)),
numbered AS (
  SELECT made.id, asked.place - 1 AS place
  FROM (SELECT id, origin, row_number() OVER (PARTITION BY origin ORDER BY id) AS number FROM made) AS made
  JOIN asked USING (origin, number)),
steps AS (
  INSERT INTO step (connection_id, plan_id, ordinal, key, kind, subject_kind, subject_key, lane, generation, detail, before,
    facts, mapping_version_id, reason, state, sent_at, attempts)
  SELECT %(connection_id)s, numbered.id, s.ordinal, s.key, s.kind, s.subject_kind, s.subject_key, s.lane, s.generation, s.detail,
    s.before, decode(s.facts, 'hex'), s.mapping_version_id, s.reason,
    CASE WHEN s.ordinal = 0 THEN 'sending' ELSE 'planned' END, CASE WHEN s.ordinal = 0 THEN app_now() END, (s.ordinal = 0)::int
  FROM jsonb_to_recordset(%(steps)s::jsonb) AS s (place int, ordinal int, key text, kind text, subject_kind text,
    subject_key text, lane smallint, generation bigint, detail jsonb, before jsonb, facts text, mapping_version_id int,
    reason text)
  JOIN numbered USING (place))
SELECT id
FROM numbered
ORDER BY place

-- name: send_step
-- The step is on its way: from here on its effect may exist.
UPDATE step
SET state = 'sending', sent_at = app_now(), attempts = attempts + 1
WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s AND ordinal = %(ordinal)s

-- name: answer_steps
-- Calls were answered; what some of them did is still to be read back.
UPDATE step
SET state = CASE WHEN a.confirmed THEN 'confirmed' ELSE 'sent' END, answer = a.answer,
    finished_at = CASE WHEN a.confirmed THEN app_now() END
FROM unnest(%(plan_ids)s::bigint[], %(ordinals)s::int[], %(answers)s::jsonb[], %(confirmed)s::bool[])
  AS a (plan_id, ordinal, answer, confirmed)
WHERE step.connection_id = %(connection_id)s AND step.plan_id = a.plan_id AND step.ordinal = a.ordinal

-- name: note_person_asked
-- Constant Contact has mailed its one confirmation to a contact; the person has 30 days.
WITH mailed AS (
  UPDATE cc_contact
  SET confirmation_sent_at = app_now()
  WHERE connection_id = %(connection_id)s AND contact_id = %(contact_id)s)
UPDATE resubscription
SET state = 'waiting_person', policy = 'confirm', is_own = true, reason = NULL, person_asked_at = app_now(),
    due_at = app_now() + interval '30 days'
WHERE connection_id = %(connection_id)s AND id = ANY(%(ids)s) AND finished_at IS NULL

-- name: note_confirmation_used
-- Constant Contact says that it mailed its one confirmation to a contact before.
UPDATE cc_contact
SET confirmation_sent_at = coalesce(confirmation_sent_at, app_now())
WHERE connection_id = %(connection_id)s AND contact_id = %(contact_id)s

-- name: end_step
-- What became of a step.
UPDATE step
SET state = %(state)s, outcome = %(outcome)s, answer = %(answer)s, finished_at = app_now()
WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s AND ordinal = %(ordinal)s

-- name: skip_rest
-- Steps behind one that did not end well are decided again, not sent.
UPDATE step
SET state = 'skipped', outcome = %(outcome)s, finished_at = app_now()
WHERE connection_id = %(connection_id)s AND plan_id = %(plan_id)s AND finished_at IS NULL

-- name: still_at
-- Which of some people still have the address at which they were.
SELECT r.sf_id
FROM unnest(%(keys)s::text[], %(contact_ids)s::text[]) AS were (email_key, sf_id)
JOIN practifi_record r
  ON r.connection_id = %(connection_id)s AND r.kind = 'contact' AND r.sf_id = were.sf_id AND r.email_key = were.email_key
WHERE r.deleted_at IS NULL

-- name: link_people
-- Who is which contact there; one of the sharers owns it.
INSERT INTO link (connection_id, kind, sf_id, cc_id, is_owner, made_at)
SELECT %(connection_id)s, %(kind)s, sf_id, cc_id, false, app_now()
FROM unnest(%(sf_ids)s::text[], %(cc_ids)s::uuid[]) AS l (sf_id, cc_id)
ORDER BY sf_id
ON CONFLICT (connection_id, kind, sf_id) DO UPDATE
  SET cc_id = EXCLUDED.cc_id, is_owner = false, made_at = EXCLUDED.made_at
  WHERE link.cc_id <> EXCLUDED.cc_id

-- name: unlink_people
-- People who are the contact of their former address no more.
DELETE FROM link
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND sf_id = ANY(%(sf_ids)s)

-- name: disown
-- Nobody owns these contacts for the moment between two owners.
UPDATE link
SET is_owner = false
FROM unnest(%(sf_ids)s::text[], %(cc_ids)s::uuid[]) AS owner (sf_id, cc_id)
WHERE link.connection_id = %(connection_id)s AND link.kind = %(kind)s AND link.cc_id = owner.cc_id AND link.is_owner
  AND link.sf_id <> owner.sf_id

-- name: own
-- These records' fields are sent.
UPDATE link
SET is_owner = true
FROM unnest(%(sf_ids)s::text[], %(cc_ids)s::uuid[]) AS owner (sf_id, cc_id)
WHERE link.connection_id = %(connection_id)s AND link.kind = %(kind)s AND link.cc_id = owner.cc_id
  AND link.sf_id = owner.sf_id AND NOT link.is_owner

-- name: agree
-- Both sides were seen to have these memberships. One that still stands at a former contact there leaves a row of its
-- own behind, under that contact's id, so that it is taken off there whenever that address has its turn; one that the
-- person left there by their own act leaves that behind, so that nobody else's membership puts the address back on it.
WITH agreed AS (
  SELECT cc_contact_id, contact_id, list_id, cc_list_id, agreed
  FROM unnest(%(cc_contact_ids)s::uuid[], %(contact_ids)s::text[], %(list_ids)s::text[], %(cc_list_ids)s::uuid[],
    %(agreed)s::bool[]) AS a (cc_contact_id, contact_id, list_id, cc_list_id, agreed)),
left_behind AS (
  INSERT INTO membership_base AS left_there (connection_id, contact_id, list_id, cc_contact_id, cc_list_id, seen_at,
    removed_at, agreed_at, lost_at, lost_by)
  SELECT DISTINCT ON (b.cc_contact_id, b.list_id) b.connection_id, b.cc_contact_id::text, b.list_id, b.cc_contact_id,
    b.cc_list_id, b.seen_at, app_now(), b.agreed_at, b.lost_at, b.lost_by
  FROM membership_base b
  JOIN agreed a ON a.contact_id = b.contact_id AND a.list_id = b.list_id
  LEFT JOIN cc_membership m
    ON m.connection_id = b.connection_id AND m.contact_id = b.cc_contact_id AND m.list_id = b.cc_list_id
  WHERE b.connection_id = %(connection_id)s AND b.cc_contact_id <> a.cc_contact_id
    AND (m.contact_id IS NOT NULL OR b.lost_by = 'person')
  ORDER BY b.cc_contact_id, b.list_id, b.lost_at
  ON CONFLICT (connection_id, contact_id, list_id) DO UPDATE
    SET lost_at = coalesce(left_there.lost_at, EXCLUDED.lost_at), lost_by = coalesce(left_there.lost_by, EXCLUDED.lost_by))
INSERT INTO membership_base (connection_id, contact_id, list_id, cc_contact_id, cc_list_id, seen_at, agreed_at)
SELECT %(connection_id)s, contact_id, list_id, cc_contact_id, cc_list_id, app_now(),
  CASE WHEN agreed THEN app_now() END
FROM agreed
ORDER BY contact_id, list_id
ON CONFLICT (connection_id, contact_id, list_id) DO UPDATE
  SET cc_contact_id = EXCLUDED.cc_contact_id, cc_list_id = EXCLUDED.cc_list_id, seen_at = EXCLUDED.seen_at,
      agreed_at = coalesce(EXCLUDED.agreed_at, membership_base.agreed_at),
      removed_at = NULL, removed_by = NULL,
      lost_at = CASE WHEN EXCLUDED.agreed_at IS NULL THEN membership_base.lost_at END,
      lost_by = CASE WHEN EXCLUDED.agreed_at IS NULL THEN membership_base.lost_by END

-- name: forget_bases
-- Memberships that Practifi removed: nothing is left to agree on once they are off the list there, but for what a person
-- left by their own act. A row stays while its contact, which may be another one by now, is seen on its list: somebody
-- else's membership may keep it there, and whoever goes last takes it off. Where a contact there goes with its last list, a
-- row of another contact stays for whoever settles that one: it is why the contact goes.
WITH gone AS (
  SELECT b.contact_id, b.list_id, b.cc_contact_id, m.contact_id IS NOT NULL AS is_on_it,
    %(contacts_go)s AND b.cc_contact_id IS DISTINCT FROM %(cc_contact_id)s::uuid AND EXISTS (
      SELECT FROM cc_contact c
      WHERE c.connection_id = b.connection_id AND c.contact_id = b.cc_contact_id AND c.deleted_at IS NULL) AS is_another_s
  FROM unnest(%(contact_ids)s::text[], %(list_ids)s::text[]) AS g (contact_id, list_id)
  JOIN membership_base b
    ON b.connection_id = %(connection_id)s AND b.contact_id = g.contact_id AND b.list_id = g.list_id
  LEFT JOIN cc_membership m
    ON m.connection_id = b.connection_id AND m.contact_id = b.cc_contact_id AND m.list_id = b.cc_list_id
  WHERE b.lost_by IS DISTINCT FROM 'person'
  ORDER BY b.contact_id, b.list_id
  FOR UPDATE OF b),
kept AS (
  UPDATE membership_base b
  SET removed_at = coalesce(b.removed_at, app_now())
  FROM gone
  WHERE gone.is_on_it AND gone.cc_contact_id = %(cc_contact_id)s::uuid
    AND b.connection_id = %(connection_id)s AND b.contact_id = gone.contact_id AND b.list_id = gone.list_id)
DELETE FROM membership_base b
USING gone
WHERE NOT gone.is_on_it AND NOT gone.is_another_s
  AND b.connection_id = %(connection_id)s AND b.contact_id = gone.contact_id AND b.list_id = gone.list_id

-- name: lose_bases
-- The person left these lists by their own act: no sync puts them back. Returns those that were not known before.
UPDATE membership_base
SET lost_at = app_now(), lost_by = 'person'
WHERE connection_id = %(connection_id)s AND lost_at IS NULL
  AND (contact_id, list_id) IN (
    SELECT contact_id, list_id FROM unnest(%(contact_ids)s::text[], %(list_ids)s::text[]) AS b (contact_id, list_id))
RETURNING contact_id, cc_contact_id, cc_list_id

-- name: recount_lists
-- The number of confirmed members of these lists may be another one; it is written back where it is.
UPDATE record_status s
SET write_due_at = app_now()
FROM (
  SELECT sf_id
  FROM record_status
  WHERE connection_id = %(connection_id)s AND kind = 'list' AND sf_id = ANY(%(list_ids)s) AND write_due_at IS NULL
  ORDER BY sf_id
  FOR UPDATE) AS counted
WHERE s.connection_id = %(connection_id)s AND s.kind = 'list' AND s.sf_id = counted.sf_id

-- name: set_statuses
-- What people see of a record; it goes back to Practifi only where it differs from what was written.
INSERT INTO record_status (connection_id, kind, sf_id, status, reason, since, confirmed_at, write_due_at)
SELECT %(connection_id)s, kind, sf_id, status, reason, app_now(), CASE WHEN confirmed THEN app_now() END, app_now()
FROM unnest(%(kinds)s::text[], %(ids)s::text[], %(statuses)s::text[], %(reasons)s::text[], %(confirmed)s::bool[])
  AS s (kind, sf_id, status, reason, confirmed)
ORDER BY kind, sf_id
ON CONFLICT (connection_id, kind, sf_id) DO UPDATE
  SET status = EXCLUDED.status,
      reason = EXCLUDED.reason,
      since = CASE WHEN (record_status.status, record_status.reason) IS DISTINCT FROM (EXCLUDED.status, EXCLUDED.reason)
                   THEN EXCLUDED.since ELSE record_status.since END,
      confirmed_at = CASE WHEN EXCLUDED.confirmed_at IS NULL THEN NULL
                          WHEN record_status.status = EXCLUDED.status THEN coalesce(record_status.confirmed_at, EXCLUDED.confirmed_at)
                          ELSE EXCLUDED.confirmed_at END,
      write_due_at = app_now()

-- name: known_to_be_out
-- Contacts of which it was confirmed that they are unsubscribed.
SELECT sf_id
FROM record_status
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND sf_id = ANY(%(ids)s)
  AND status = 'Unsubscribed' AND confirmed_at IS NOT NULL

-- name: list_state
-- All that is known of one list on both sides.
SELECT r.sf_id, r.fields, r.unknown_fields, r.deleted_at, l.cc_id, l.agreed_name, c.name, c.deleted_at
FROM (SELECT %(connection_id)s::int AS connection_id, %(key)s::text AS sf_id) asked
LEFT JOIN practifi_record r ON r.connection_id = asked.connection_id AND r.kind = 'list' AND r.sf_id = asked.sf_id
LEFT JOIN link l ON l.connection_id = asked.connection_id AND l.kind = 'list' AND l.sf_id = asked.sf_id
LEFT JOIN cc_list c ON c.connection_id = asked.connection_id AND c.list_id = l.cc_id

-- name: list_owner
-- Which Practifi list a list there belongs to; one that was deleted has none.
SELECT l.sf_id
FROM link l
LEFT JOIN practifi_record r ON r.connection_id = l.connection_id AND r.kind = 'list' AND r.sf_id = l.sf_id
WHERE l.connection_id = %(connection_id)s AND l.kind = 'list' AND l.cc_id = %(cc_id)s AND l.is_owner
  AND r.deleted_at IS NULL

-- name: members_of_list
-- The addresses of everybody on a list: dirty once the list exists there.
SELECT DISTINCT c.email_key
FROM practifi_record m
JOIN practifi_record c ON c.connection_id = m.connection_id AND c.kind = 'contact' AND c.sf_id = m.contact_id
WHERE m.connection_id = %(connection_id)s AND m.kind = 'membership' AND m.deleted_at IS NULL
  AND m.list_id = %(list_id)s AND c.deleted_at IS NULL AND c.email_key IS NOT NULL

-- name: unread
-- Records of some subjects that must be read back before anything is decided about them. Each way to them has an index of
-- its own. That of addresses leaves deleted people out: theirs are found from the memberships that are unread.
SELECT r.kind, r.sf_id
FROM practifi_record r
WHERE r.connection_id = %(connection_id)s AND r.deleted_at IS NULL AND r.unknown_fields <> '{}'
  AND r.kind = 'contact' AND r.email_key = ANY(%(keys)s)
UNION
SELECT r.kind, r.sf_id
FROM practifi_record r
WHERE r.connection_id = %(connection_id)s AND r.deleted_at IS NULL AND r.unknown_fields <> '{}'
  AND r.kind IN ('contact', 'list', 'membership') AND r.sf_id = ANY(%(keys)s)
UNION
SELECT r.kind, r.sf_id
FROM practifi_record c
JOIN practifi_record r ON r.connection_id = c.connection_id AND r.kind = 'membership' AND r.contact_id = c.sf_id
WHERE c.connection_id = %(connection_id)s AND c.kind = 'contact' AND c.deleted_at IS NULL
  AND c.email_key = ANY(%(keys)s) AND r.deleted_at IS NULL AND r.unknown_fields <> '{}'
UNION
SELECT r.kind, r.sf_id
FROM practifi_record r
JOIN practifi_record c ON c.connection_id = r.connection_id AND c.kind = 'contact' AND c.sf_id = r.contact_id
WHERE r.connection_id = %(connection_id)s AND r.kind = 'membership' AND r.deleted_at IS NULL AND r.unknown_fields <> '{}'
  AND (c.sf_id = ANY(%(keys)s) OR c.deleted_at IS NOT NULL AND c.email_key = ANY(%(keys)s))

-- name: is_unsubscribing
-- Whether an unsubscription of an address was sent whose effect nobody has seen yet.
SELECT EXISTS (
  SELECT
  FROM step
  WHERE connection_id = %(connection_id)s AND subject_kind = 'address' AND subject_key = %(key)s
    AND kind = 'unsubscribe' AND state IN ('sending', 'sent'))

-- name: heirs_of
-- Records into which people of a contact there were merged since a moment, or in its second, those into which these were merged in
-- turn, and their addresses, where they are known: both services stamp whole seconds.
WITH RECURSIVE heir AS (
  SELECT gone.merged_into AS sf_id
  FROM link l
  JOIN practifi_record gone ON gone.connection_id = l.connection_id AND gone.kind = 'contact' AND gone.sf_id = l.sf_id
  WHERE l.connection_id = %(connection_id)s AND l.kind = 'contact' AND l.cc_id = %(cc_id)s
    AND gone.merged_into IS NOT NULL AND gone.deleted_at + interval '1 second' > %(since)s
  UNION
  SELECT gone.merged_into
  FROM heir h
  JOIN practifi_record gone ON gone.connection_id = %(connection_id)s AND gone.kind = 'contact' AND gone.sf_id = h.sf_id
  WHERE gone.deleted_at IS NOT NULL AND gone.merged_into IS NOT NULL)
SELECT h.sf_id, r.email_key
FROM heir h
LEFT JOIN practifi_record r
  ON r.connection_id = %(connection_id)s AND r.kind = 'contact' AND r.sf_id = h.sf_id AND r.deleted_at IS NULL

-- name: unticked_now
-- Contacts whose box is clear now and was ticked when it was last recorded, with since when, or has a stamp that is news.
SELECT told.sf_id, CASE WHEN last.ticked THEN last.changed_at END
FROM unnest(%(ids)s::text[], %(stamps)s::timestamptz[]) AS told (sf_id, stamp)
JOIN practifi_record r ON r.connection_id = %(connection_id)s AND r.kind = 'contact' AND r.sf_id = told.sf_id
LEFT JOIN LATERAL (
  SELECT b.ticked, b.changed_at
  FROM box_change b
  WHERE b.connection_id = r.connection_id AND b.contact_id = r.sf_id
  ORDER BY b.changed_at DESC
  LIMIT 1) AS last ON true
WHERE last.ticked OR told.stamp > coalesce(r.resubscribe_at, '-infinity')

-- name: followed_merges
-- Which of some deleted contacts are known to have been merged into another one.
SELECT DISTINCT record_id
FROM notification
WHERE connection_id = %(connection_id)s AND record_id = ANY(%(ids)s) AND merged_into IS NOT NULL

-- name: claim_statuses
-- Statuses that wait to be written to Practifi, leased for the length of one call.
UPDATE record_status s
SET lease_until = app_now() + make_interval(secs => %(lease_s)s)
FROM (
  SELECT kind, sf_id
  FROM record_status
  WHERE connection_id = %(connection_id)s AND write_due_at <= app_now()
    AND (lease_until IS NULL OR lease_until < app_now())
  ORDER BY write_due_at, kind, sf_id
  LIMIT %(count)s
  FOR UPDATE SKIP LOCKED) AS due
WHERE s.connection_id = %(connection_id)s AND s.kind = due.kind AND s.sf_id = due.sf_id
RETURNING s.kind, s.sf_id, s.status, s.reason, s.since, s.confirmed_at, s.written_fingerprint, s.write_attempts, s.write_due_at,
  (SELECT l.cc_id FROM link l WHERE l.connection_id = s.connection_id AND l.kind = s.kind AND l.sf_id = s.sf_id) AS cc_id,
  (SELECT count(*) FROM membership_base b
   WHERE b.connection_id = s.connection_id AND s.kind = 'list' AND b.list_id = s.sf_id
     AND b.agreed_at IS NOT NULL AND b.removed_at IS NULL AND b.lost_at IS NULL) AS members_confirmed

-- name: end_status_writes
-- What became of each written status; one that changed meanwhile stays due. Locked in the order in which deliveries
-- write statuses: lists first.
WITH locked AS (
  SELECT s.kind, s.sf_id
  FROM record_status s
  JOIN unnest(%(kinds)s::text[], %(ids)s::text[]) AS w (kind, sf_id) ON s.kind = w.kind AND s.sf_id = w.sf_id
  WHERE s.connection_id = %(connection_id)s
  ORDER BY s.kind <> 'list', s.kind, s.sf_id
  FOR UPDATE OF s)
UPDATE record_status s
SET lease_until = NULL,
    written_fingerprint = CASE WHEN w.error IS NULL THEN w.fingerprint ELSE s.written_fingerprint END,
    written_at = CASE WHEN w.error IS NULL THEN app_now() ELSE s.written_at END,
    write_error = w.error,
    write_attempts = CASE WHEN w.error IS NULL THEN 0 ELSE s.write_attempts + 1 END,
    write_due_at = CASE
      WHEN s.write_due_at > w.due_at THEN s.write_due_at
      WHEN w.error IS NULL OR w.final THEN NULL
      ELSE app_now() + least(interval '1 hour', interval '5 seconds' * power(2, s.write_attempts)) END
FROM locked
JOIN unnest(%(kinds)s::text[], %(ids)s::text[], %(fingerprints)s::bytea[], %(errors)s::text[], %(final)s::bool[],
  %(due)s::timestamptz[]) AS w (kind, sf_id, fingerprint, error, final, due_at)
  ON locked.kind = w.kind AND locked.sf_id = w.sf_id
WHERE s.connection_id = %(connection_id)s AND s.kind = w.kind AND s.sf_id = w.sf_id

-- name: give_statuses_back
-- Statuses that were leased and could not be tried: as due as before.
UPDATE record_status s
SET lease_until = NULL
FROM (
  SELECT s.kind, s.sf_id
  FROM record_status s
  JOIN unnest(%(kinds)s::text[], %(ids)s::text[]) AS w (kind, sf_id) ON s.kind = w.kind AND s.sf_id = w.sf_id
  WHERE s.connection_id = %(connection_id)s
  ORDER BY s.kind <> 'list', s.kind, s.sf_id
  FOR UPDATE OF s) AS locked
WHERE s.connection_id = %(connection_id)s AND s.kind = locked.kind AND s.sf_id = locked.sf_id

-- name: connections_to_write
-- Connections that have statuses to write, but for those whose every lane is paused.
SELECT DISTINCT s.connection_id
FROM record_status s
JOIN connection c ON c.id = s.connection_id AND c.state = 'active'
WHERE s.write_due_at <= app_now() AND (s.lease_until IS NULL OR s.lease_until < app_now())
  AND NOT EXISTS (SELECT FROM pause p WHERE p.connection_id = s.connection_id AND p.lane = 0)
