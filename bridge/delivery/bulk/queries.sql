-- name: open_rounds
-- Connections whose backlog is long enough begin a round, or give their backlog to the one that is under way.
INSERT INTO bulk_round (connection_id, phase, takes_backlog, due_at)
SELECT c.id, 'looking', true, app_now()
FROM connection c
WHERE c.state = 'active'
  AND EXISTS (SELECT FROM mapping_version v WHERE v.connection_id = c.id AND v.is_active)
  AND NOT EXISTS (SELECT FROM bulk_round r WHERE r.connection_id = c.id AND (r.takes_backlog OR r.phase = 'resting'))
  AND (
    SELECT count(*)
    FROM (
      SELECT FROM backlog b
      WHERE b.connection_id = c.id
      LIMIT %(begin_at)s) AS due) >= %(begin_at)s
ON CONFLICT (connection_id) DO UPDATE
  SET takes_backlog = true
RETURNING connection_id

-- name: due_rounds
-- Rounds that have something to do now.
SELECT r.connection_id
FROM bulk_round r
JOIN connection c ON c.id = r.connection_id AND c.state = 'active'
WHERE r.due_at <= app_now() AND (r.lease_until IS NULL OR r.lease_until < app_now())
ORDER BY r.due_at

-- name: claim_round
-- Lease a round; a run does so before it is due.
UPDATE bulk_round
SET lease_token = %(token)s, lease_until = app_now() + make_interval(secs => %(lease_s)s)
WHERE connection_id = (
  SELECT connection_id
  FROM bulk_round
  WHERE connection_id = %(connection_id)s AND (due_at <= app_now() OR %(early)s)
    AND (lease_until IS NULL OR lease_until < app_now())
  FOR UPDATE SKIP LOCKED)
RETURNING phase, takes_backlog, turns, look

-- name: begin_round
-- A run begins a round for what it planned; one that is under way, or rests, takes that in.
INSERT INTO bulk_round (connection_id, phase, takes_backlog, due_at)
VALUES (%(connection_id)s, 'looking', false, app_now())
ON CONFLICT (connection_id) DO NOTHING

-- name: move_round
-- The round goes on to a phase, or stays in it, and is due again. Nothing is written where its lease is lost.
UPDATE bulk_round
SET phase = %(phase)s, takes_backlog = takes_backlog AND NOT %(ends_backlog)s, turns = %(turns)s, look = %(look)s,
    due_at = app_now() + make_interval(secs => %(after_s)s),
    lease_until = app_now() + make_interval(secs => %(lease_s)s)
WHERE connection_id = %(connection_id)s AND lease_token = %(token)s
RETURNING connection_id

-- name: renew_round
-- Keep the lease, with the transaction that writes what the round did.
UPDATE bulk_round
SET lease_until = app_now() + make_interval(secs => %(lease_s)s)
WHERE connection_id = %(connection_id)s AND lease_token = %(token)s AND lease_until > app_now()
RETURNING connection_id

-- name: postpone_round
-- The round waits, wherever it stands.
UPDATE bulk_round
SET due_at = app_now() + make_interval(secs => %(after_s)s)
WHERE connection_id = %(connection_id)s

-- name: rest_round
-- No round for a while: the backlog goes one by one, or meets what keeps the round from beginning and says so.
UPDATE bulk_round
SET phase = 'resting', takes_backlog = false, look = NULL, due_at = app_now() + make_interval(secs => %(after_s)s)
WHERE connection_id = %(connection_id)s AND phase = 'looking'

-- name: release_round
-- Others may go on with the round when it is due.
UPDATE bulk_round
SET lease_token = NULL, lease_until = NULL
WHERE connection_id = %(connection_id)s AND lease_token = %(token)s

-- name: close_round
-- Nothing is left of the round, unless more of the backlog was given to it meanwhile.
DELETE FROM bulk_round
WHERE connection_id = %(connection_id)s AND lease_token = %(token)s AND NOT takes_backlog
RETURNING connection_id

-- name: count_backlog
-- How many subjects a round could take in.
SELECT count(*)
FROM backlog
WHERE connection_id = %(connection_id)s

-- name: is_arriving
-- Whether messages of a connection wait to be read: they may add to the backlog in a moment.
SELECT EXISTS (SELECT FROM notification WHERE connection_id = %(connection_id)s AND state = 'received')

-- name: claim_backlog
-- Lease what a round takes in next, under one token, in the order of all locks.
UPDATE work AS taken
SET lease_token = %(token)s, lease_until = app_now() + make_interval(secs => %(lease_s)s)
FROM (
  SELECT connection_id, kind, key
  FROM backlog
  WHERE connection_id = %(connection_id)s
  ORDER BY key
  LIMIT %(count)s
  FOR UPDATE SKIP LOCKED) AS due
WHERE taken.connection_id = due.connection_id AND taken.kind = due.kind AND taken.key = due.key
RETURNING taken.key, taken.wanted, taken.lane, taken.attempts, false AS is_consent, taken.origin

-- name: leave_single
-- These subjects go one by one: no bulk activity has words for what they need, or somebody was quicker.
UPDATE work AS left_out
SET single_generation = left_out.wanted, lease_token = NULL, lease_until = NULL, bulk_activity_id = NULL
FROM (
  SELECT connection_id, kind, key
  FROM work
  WHERE connection_id = %(connection_id)s AND kind = 'address' AND key = ANY(%(keys)s) AND lease_token = %(token)s
  ORDER BY key
  FOR UPDATE) AS ours
WHERE left_out.connection_id = ours.connection_id AND left_out.kind = ours.kind AND left_out.key = ours.key

-- name: join_activity
-- These subjects belong to an activity: only consent may claim them until it has ended.
UPDATE work AS joined
SET bulk_activity_id = m.activity, lease_token = NULL, lease_until = NULL
FROM unnest(%(keys)s::text[], %(activities)s::bigint[]) AS m (key, activity)
WHERE joined.connection_id = %(connection_id)s AND joined.kind = 'address' AND joined.key = m.key
  AND joined.lease_token = %(token)s
RETURNING joined.key

-- name: add_activity
-- An activity to be filled, with the plan that shows its steps.
WITH made AS (
  INSERT INTO plan (connection_id, origin, state, made_at)
  VALUES (%(connection_id)s, %(origin)s, 'applying', app_now())
  RETURNING id)
INSERT INTO bulk_activity (connection_id, kind, state, plan_id, list_ids)
SELECT %(connection_id)s, %(kind)s, 'prepared', id, %(list_ids)s::uuid[]
FROM made
RETURNING id, plan_id

-- name: in_flight
-- Addresses with a step that went singly and whose answer never came.
SELECT DISTINCT subject_key
FROM step
WHERE connection_id = %(connection_id)s AND subject_kind = 'address' AND subject_key = ANY(%(keys)s)
  AND state IN ('planned', 'sending', 'sent') AND generation IS NOT NULL AND bulk_activity_id IS NULL

-- name: open_activities
-- Activities that are being filled, the oldest first.
SELECT id, plan_id, kind, list_ids::text[] AS list_ids, row_count, size_bytes, sent_at
FROM bulk_activity
WHERE connection_id = %(connection_id)s AND state = 'prepared'
ORDER BY id

-- name: grow_activity
-- An activity has more rows.
UPDATE bulk_activity
SET row_count = %(rows)s, size_bytes = %(size_bytes)s
WHERE connection_id = %(connection_id)s AND id = %(id)s

-- name: add_steps
-- The steps of an activity, before it is sent; each has a key of its own, so that consent may go first.
INSERT INTO step (connection_id, plan_id, ordinal, key, kind, subject_kind, subject_key, lane, generation, detail, before,
  facts, mapping_version_id, reason, state, bulk_activity_id)
SELECT %(connection_id)s, s.plan_id, s.ordinal, 'address:' || s.key || ':bulk', s.kind, 'address', s.key, s.lane,
  s.generation, s.detail, s.before, decode(s.facts, 'hex'), coalesce(s.mapping_version_id, %(mapping_version_id)s),
  s.reason, 'planned', s.activity
FROM jsonb_to_recordset(%(steps)s::jsonb) AS s (plan_id bigint, ordinal int, key text, kind text, lane smallint,
  generation bigint, detail jsonb, before jsonb, facts text, mapping_version_id int, reason text, activity bigint)

-- name: withdraw
-- Members of an activity that is about to be sent, but whose subject has moved on: something newer came from Practifi,
-- consent wants it or has it, or the contact there is not as it was decided on. They go one by one.
WITH moved AS (
  SELECT s.plan_id, s.ordinal, s.subject_key
  FROM step s
  LEFT JOIN work w ON w.connection_id = s.connection_id AND w.kind = 'address' AND w.key = s.subject_key
  WHERE s.connection_id = %(connection_id)s AND s.bulk_activity_id = %(id)s AND s.state = 'planned'
    AND (w.bulk_activity_id IS DISTINCT FROM s.bulk_activity_id OR w.wanted > s.generation OR w.consent_wanted > w.done
         OR w.lease_until > app_now()
         OR EXISTS (
           SELECT FROM cc_contact c
           WHERE c.connection_id = s.connection_id AND c.email_key = s.subject_key AND c.seen_at >= %(since)s::timestamptz))),
freed AS (
  UPDATE work w
  SET bulk_activity_id = NULL, single_generation = w.wanted
  FROM moved
  WHERE w.connection_id = %(connection_id)s AND w.kind = 'address' AND w.key = moved.subject_key
    AND w.bulk_activity_id = %(id)s)
UPDATE step s
SET state = 'skipped', outcome = 'decided again: it changed before it was sent', finished_at = app_now()
FROM moved
WHERE s.connection_id = %(connection_id)s AND s.plan_id = moved.plan_id AND s.ordinal = moved.ordinal

-- name: send_steps
-- The steps of an activity are on their way, and so is the activity: from here on they may have taken effect. Each
-- keeps the number of its row.
WITH numbered AS (
  SELECT plan_id, ordinal, row_number() OVER (ORDER BY ordinal) AS number
  FROM step
  WHERE connection_id = %(connection_id)s AND bulk_activity_id = %(id)s AND state = 'planned'),
sent AS (
  UPDATE step s
  SET state = 'sending', sent_at = app_now(), attempts = attempts + 1, answer = jsonb_build_object('row', n.number)
  FROM numbered n
  WHERE s.connection_id = %(connection_id)s AND s.plan_id = n.plan_id AND s.ordinal = n.ordinal
  RETURNING s.ordinal, s.detail)
SELECT detail -> 'row'
FROM sent
ORDER BY ordinal

-- name: send_activity
-- The post begins.
UPDATE bulk_activity
SET sent_at = app_now(), row_count = %(rows)s
WHERE connection_id = %(connection_id)s AND id = %(id)s

-- name: unsend_steps
-- The vendor said that it has not taken the activity: its steps wait as before.
UPDATE step
SET state = 'planned', sent_at = NULL, answer = NULL
WHERE connection_id = %(connection_id)s AND bulk_activity_id = %(id)s AND state = 'sending'

-- name: unsend_activity
-- The same for the activity itself.
UPDATE bulk_activity
SET sent_at = NULL
WHERE connection_id = %(connection_id)s AND id = %(id)s

-- name: dissolve
-- An activity too small to be worth its call: its members go one by one.
WITH closed AS (
  UPDATE step
  SET state = 'skipped', outcome = 'sent by itself: too few others', finished_at = app_now()
  WHERE connection_id = %(connection_id)s AND bulk_activity_id = %(id)s AND state = 'planned')
UPDATE work
SET bulk_activity_id = NULL, single_generation = wanted
WHERE connection_id = %(connection_id)s AND bulk_activity_id = %(id)s

-- name: posted
-- The vendor has taken the activity.
UPDATE bulk_activity
SET state = 'posted', activity_id = %(activity_id)s, posted_at = app_now()
WHERE connection_id = %(connection_id)s AND id = %(id)s

-- name: ended
-- Nothing more will come of an activity.
UPDATE bulk_activity
SET state = %(state)s, status = %(status)s, finished_at = app_now(),
    ended_at = CASE WHEN %(nothing_sent)s THEN app_now() END
WHERE connection_id = %(connection_id)s AND id = %(id)s

-- name: posted_activities
-- Activities that the vendor works on.
SELECT id, activity_id::text AS activity_id
FROM bulk_activity
WHERE connection_id = %(connection_id)s AND state = 'posted'
ORDER BY id

-- name: known_activities
-- Which of some activities there are known to be ours.
SELECT activity_id::text
FROM bulk_activity
WHERE connection_id = %(connection_id)s AND activity_id = ANY(%(ids)s::uuid[])

-- name: unread_activities
-- Activities that have ended and whose members have not all been decided on again.
SELECT id, plan_id, state, status
FROM bulk_activity
WHERE connection_id = %(connection_id)s AND state IN ('completed', 'failed', 'lost') AND ended_at IS NULL
ORDER BY id

-- name: rows_sent
-- What an activity sent, by the number of the row: an address, or a contact's id.
SELECT (answer ->> 'row')::int, coalesce(detail -> 'row' ->> 'email', detail ->> 'row')
FROM step
WHERE connection_id = %(connection_id)s AND bulk_activity_id = %(id)s AND answer ? 'row'

-- name: claim_members
-- Lease members of an activity that has ended: from here on they are ordinary work, dirty whatever became of them
-- meanwhile, for the activity may have undone what was decided since. Those that somebody has are left for later.
WITH ours AS (
  SELECT key
  FROM work
  WHERE connection_id = %(connection_id)s AND kind = 'address' AND bulk_activity_id = %(id)s
    AND (lease_until IS NULL OR lease_until < app_now())
  ORDER BY key
  LIMIT %(count)s
  FOR UPDATE SKIP LOCKED)
UPDATE work AS member
SET lease_token = %(token)s, lease_until = app_now() + make_interval(secs => %(lease_s)s), bulk_activity_id = NULL,
    lane = CASE WHEN done < wanted THEN lane ELSE 2 END,
    wanted = CASE WHEN done < wanted THEN wanted ELSE wanted + 1 END
FROM ours
WHERE member.connection_id = %(connection_id)s AND member.kind = 'address' AND member.key = ours.key
RETURNING member.key, member.wanted, member.lane, member.attempts, member.consent_wanted > member.done AS is_consent,
  member.origin

-- name: has_members
-- Whether an activity holds anybody.
SELECT EXISTS (SELECT FROM work WHERE connection_id = %(connection_id)s AND bulk_activity_id = %(id)s)

-- name: steps_of
-- The steps of some members of an activity.
SELECT subject_key, plan_id, ordinal, generation, detail, (answer ->> 'row')::int AS number
FROM step
WHERE connection_id = %(connection_id)s AND bulk_activity_id = %(id)s
  AND subject_kind = 'address' AND subject_key = ANY(%(keys)s)

-- name: end_steps_sent
-- What became of steps that went in bulk.
UPDATE step s
SET state = e.state, outcome = e.outcome, finished_at = app_now()
FROM unnest(%(plans)s::bigint[], %(ordinals)s::int[], %(states)s::text[], %(outcomes)s::text[])
  AS e (plan_id, ordinal, state, outcome)
WHERE s.connection_id = %(connection_id)s AND s.plan_id = e.plan_id AND s.ordinal = e.ordinal AND s.finished_at IS NULL

-- name: end_left_steps
-- Steps whose subject was looked after otherwise, or whose process died once it had let the subject go.
UPDATE step
SET state = 'skipped', outcome = 'decided again after the activity', finished_at = app_now()
WHERE connection_id = %(connection_id)s AND (bulk_activity_id = %(id)s OR sent_with = %(id)s) AND finished_at IS NULL

-- name: end_steps_beside
-- Steps of plans whose run ended while the activity was on its way: they were meant by it.
UPDATE step s
SET state = e.state, outcome = CASE WHEN e.state = 'confirmed' THEN 'in bulk' ELSE e.outcome END, finished_at = app_now()
FROM unnest(%(keys)s::text[], %(states)s::text[], %(outcomes)s::text[]) AS e (key, state, outcome)
WHERE s.connection_id = %(connection_id)s AND s.sent_with = %(id)s AND s.subject_key = e.key AND s.finished_at IS NULL

-- name: own_lists_sent
-- An activity put a contact on these lists, so that is the bridge's doing, whoever asks for it now: kept under the
-- contact's own id, and whatever nobody asks for is taken off again.
INSERT INTO membership_base (connection_id, contact_id, list_id, cc_contact_id, cc_list_id, seen_at, removed_at, agreed_at)
SELECT %(connection_id)s, %(cc_contact_id)s::text, l.sf_id, %(cc_contact_id)s::uuid, l.cc_id, app_now(), app_now(), app_now()
FROM link l
WHERE l.connection_id = %(connection_id)s AND l.kind = 'list' AND l.cc_id = ANY(%(list_ids)s::uuid[])
ON CONFLICT (connection_id, contact_id, list_id) DO NOTHING

-- name: end_activity
-- Every member was decided on again.
UPDATE bulk_activity
SET ended_at = app_now()
WHERE connection_id = %(connection_id)s AND id = %(id)s

-- name: end_plan
-- The plan of an activity has no open step any more.
UPDATE plan
SET state = 'done', finished_at = app_now()
WHERE connection_id = %(connection_id)s AND id = %(plan_id)s AND state = 'applying'

-- name: list_sizes
-- The lists of the account by their members.
SELECT list_id::text, count(*)
FROM cc_membership
WHERE connection_id = %(connection_id)s
GROUP BY list_id

-- name: custom_field_names
-- What the account's custom fields that hold text are called in an import, by id.
SELECT custom_field_id::text, name
FROM cc_custom_field
WHERE connection_id = %(connection_id)s AND type IN ('string', 'text_area')

-- name: remember_contacts
-- A page of contacts, as it was read; a contact that something newer is known of stays, and so does one that is the same.
INSERT INTO cc_contact (connection_id, contact_id, email_key, permission, opt_out_source, opt_out_at,
  update_source, updated_at, deleted_at, resource, seen_at)
SELECT %(connection_id)s, contact_id, email_key, permission, opt_out_source, opt_out_at, update_source, updated_at,
  deleted_at, resource, app_now()
FROM jsonb_to_recordset(%(rows)s::jsonb) AS c (contact_id uuid, email_key text, permission text, opt_out_source text,
  opt_out_at timestamptz, update_source text, updated_at timestamptz, deleted_at timestamptz, resource jsonb)
ORDER BY contact_id
ON CONFLICT (connection_id, contact_id) DO UPDATE
  SET email_key = EXCLUDED.email_key, permission = EXCLUDED.permission, opt_out_source = EXCLUDED.opt_out_source,
      opt_out_at = EXCLUDED.opt_out_at, update_source = EXCLUDED.update_source, updated_at = EXCLUDED.updated_at,
      deleted_at = EXCLUDED.deleted_at, resource = EXCLUDED.resource, seen_at = EXCLUDED.seen_at
  WHERE cc_contact.seen_at < %(read_at)s AND cc_contact.resource IS DISTINCT FROM EXCLUDED.resource
RETURNING contact_id::text

-- name: forget_memberships
-- Lists that these contacts are no longer on.
DELETE FROM cc_membership m
USING cc_contact c
WHERE m.connection_id = %(connection_id)s AND m.contact_id = ANY(%(ids)s::uuid[])
  AND c.connection_id = m.connection_id AND c.contact_id = m.contact_id
  AND NOT coalesce(c.resource -> 'list_memberships', '[]') ? m.list_id::text

-- name: remember_memberships
-- Lists that these contacts are on.
INSERT INTO cc_membership (connection_id, list_id, contact_id, seen_at)
SELECT c.connection_id, l.list_id::uuid, c.contact_id, app_now()
FROM cc_contact c
CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(c.resource -> 'list_memberships', '[]')) AS l (list_id)
WHERE c.connection_id = %(connection_id)s AND c.contact_id = ANY(%(ids)s::uuid[])
ORDER BY l.list_id, c.contact_id
ON CONFLICT (connection_id, list_id, contact_id) DO UPDATE
  SET seen_at = EXCLUDED.seen_at

-- name: note_answered
-- How the vendor spells what an import sent, and what it was: neither is a difference from now on.
UPDATE cc_contact c
SET answered = c.resource, sent_fingerprint = decode(a.fingerprint, 'hex'),
    sent_at = greatest(coalesce(c.updated_at, app_now()), c.sent_at)
FROM unnest(%(ids)s::uuid[], %(fingerprints)s::text[]) AS a (contact_id, fingerprint)
WHERE c.connection_id = %(connection_id)s AND c.contact_id = a.contact_id

-- name: watermark
-- How far the account's changes were read, as its own clock has it.
SELECT at
FROM watermark
WHERE connection_id = %(connection_id)s AND source = %(source)s

-- name: move_watermark
-- Changes of the account up to here are known.
INSERT INTO watermark (connection_id, source, at)
VALUES (%(connection_id)s, %(source)s, %(at)s)
ON CONFLICT (connection_id, source) DO UPDATE
  SET at = greatest(watermark.at, EXCLUDED.at)
