-- Many people put on a list at once: drafts, who is found, and what becomes of each membership.

-- name: bulk
-- A draft, or what was saved of it.
SELECT b.connection_id, b.id, b.person_id, b.asked_by, b.state, b.list_id, b.source, b.filters, b.read_at, b.made_at,
  b.changed_at, b.saved_at, b.undone_by, b.reason, b.due_at, b.finished_at, l.name AS list_name
FROM bulk_create b
LEFT JOIN practifi_record l ON l.connection_id = b.connection_id AND l.kind = 'list' AND l.sf_id = b.list_id
WHERE b.id = %(bulk_id)s

-- name: lock_bulk
-- One change of it at a time.
SELECT FROM bulk_create
WHERE id = %(bulk_id)s
FOR UPDATE

-- name: draft_of
-- The draft of a person, where they have one that is not too old.
SELECT id
FROM bulk_create
WHERE connection_id = %(connection_id)s AND person_id = %(person_id)s AND state = 'draft'
  AND changed_at > app_now() - make_interval(days => %(days)s)

-- name: saved_of
-- What a person has saved of late, the newest first.
SELECT b.id, b.saved_at, l.name AS list_name,
  (SELECT count(*) FROM bulk_create_row r WHERE r.connection_id = b.connection_id AND r.bulk_id = b.id) AS people
FROM bulk_create b
LEFT JOIN practifi_record l ON l.connection_id = b.connection_id AND l.kind = 'list' AND l.sf_id = b.list_id
WHERE b.connection_id = %(connection_id)s AND b.person_id = %(person_id)s AND b.saved_at IS NOT NULL
ORDER BY b.saved_at DESC
LIMIT 5

-- name: forget_old_drafts
-- Drafts that nobody has gone on with; whom they named is forgotten with them.
DELETE FROM bulk_create
WHERE connection_id = %(connection_id)s AND state = 'draft' AND changed_at <= app_now() - make_interval(days => %(days)s)

-- name: begin
-- A new draft.
INSERT INTO bulk_create (connection_id, person_id, asked_by, state, list_id, source, made_at, changed_at)
VALUES (%(connection_id)s, %(person_id)s, %(asked_by)s, 'draft', %(list_id)s, %(source)s, app_now(), app_now())
RETURNING id

-- name: discard
-- A draft is given up, and whom it named is forgotten.
DELETE FROM bulk_create
WHERE connection_id = %(connection_id)s AND id = %(bulk_id)s AND state = 'draft'

-- name: choose_list
-- Another list for the draft, and for those rows that had the one before.
WITH moved AS (
  UPDATE bulk_create_row r
  SET list_id = %(list_id)s, is_new = NULL
  FROM bulk_create b
  WHERE b.id = %(bulk_id)s AND r.connection_id = b.connection_id AND r.bulk_id = b.id AND r.list_id = b.list_id)
UPDATE bulk_create
SET list_id = %(list_id)s, changed_at = app_now()
WHERE id = %(bulk_id)s AND state = 'draft'

-- name: lists
-- The lists in Practifi that people can be put on, by name, with how many members are confirmed.
SELECT r.sf_id AS id, r.name, coalesce(s.status, 'Waiting') AS status,
  (SELECT count(*) FROM membership_base b
   WHERE b.connection_id = r.connection_id AND b.list_id = r.sf_id
     AND b.agreed_at IS NOT NULL AND b.removed_at IS NULL AND b.lost_at IS NULL) AS confirmed
FROM practifi_record r
LEFT JOIN record_status s ON s.connection_id = r.connection_id AND s.kind = 'list' AND s.sf_id = r.sf_id
WHERE r.connection_id = %(connection_id)s AND r.kind = 'list' AND r.deleted_at IS NULL
  AND (%(part)s::text IS NULL OR position(lower(%(part)s) IN lower(r.name)) > 0)
ORDER BY lower(r.name), r.sf_id
LIMIT %(count)s

-- name: list_names
-- The lists in Practifi that people can be put on, by name.
SELECT sf_id, name
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'list' AND deleted_at IS NULL
ORDER BY lower(name), sf_id

-- name: lists_by_id
-- How lists stand: in Practifi, and in Constant Contact where they were linked.
SELECT r.sf_id, r.name, r.deleted_at, there.deleted_at AS deleted_there_at
FROM practifi_record r
LEFT JOIN link l ON l.connection_id = r.connection_id AND l.kind = 'list' AND l.sf_id = r.sf_id
LEFT JOIN cc_list there ON there.connection_id = l.connection_id AND there.list_id = l.cc_id
WHERE r.connection_id = %(connection_id)s AND r.kind = 'list' AND r.sf_id = ANY(%(list_ids)s)

-- name: lists_named
-- Where a name is taken: by a list in Practifi, or by one in Constant Contact that nobody here is linked to.
SELECT 'practifi' AS side, r.name
FROM practifi_record r
WHERE r.connection_id = %(connection_id)s AND r.kind = 'list' AND r.deleted_at IS NULL
  AND lower(btrim(r.name)) = lower(%(name)s)
UNION ALL
SELECT 'constant_contact', c.name
FROM cc_list c
WHERE c.connection_id = %(connection_id)s AND c.deleted_at IS NULL AND lower(btrim(c.name)) = lower(%(name)s)

-- name: ids_at
-- The contacts in Practifi with these addresses or Ids.
SELECT sf_id, email_key
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND deleted_at IS NULL
  AND (email_key = ANY(%(addresses)s) OR sf_id = ANY(%(ids)s))

-- name: ids_on_no_list
-- The contacts in Practifi that are on no list.
SELECT c.sf_id
FROM practifi_record c
WHERE c.connection_id = %(connection_id)s AND c.kind = 'contact' AND c.deleted_at IS NULL
  AND NOT EXISTS (
    SELECT FROM practifi_record m
    WHERE m.connection_id = c.connection_id AND m.kind = 'membership' AND m.deleted_at IS NULL AND m.contact_id = c.sf_id)

-- name: select_all
-- Put people on the Selected List of a draft that has just begun.
INSERT INTO bulk_create_row (connection_id, bulk_id, contact_id, list_id)
SELECT %(connection_id)s, %(bulk_id)s, contact_id, %(list_id)s
FROM unnest(%(contact_ids)s::text[]) AS contact_id

-- name: begin_at
-- Where people are looked for from now on.
UPDATE bulk_create
SET source = %(source)s, start_ids = %(start_ids)s, filters = %(filters)s, read_at = NULL, changed_at = app_now()
WHERE id = %(bulk_id)s AND state = 'draft'

-- name: match
-- Whom the source named and every filter fits, by name. A filter is a pattern that case does not matter to.
SELECT r.sf_id
FROM practifi_record r
WHERE r.connection_id = %(connection_id)s AND r.kind = 'contact' AND r.deleted_at IS NULL
  AND (%(start_ids)s::text[] IS NULL OR r.sf_id = ANY(%(start_ids)s))
  AND NOT EXISTS (
    SELECT FROM unnest(%(paths)s::text[], %(patterns)s::text[]) AS f (path, pattern)
    WHERE coalesce(CASE f.path WHEN 'name' THEN contact_name(r) || ' ' || coalesce(r.email_key, '') ELSE r.fields ->> f.path END, '')
      !~* f.pattern)
ORDER BY lower(r.fields ->> 'LastName'), lower(r.fields ->> 'FirstName'), r.sf_id
LIMIT %(count)s

-- name: start_ids
-- Whom the source named; NULL: everybody.
SELECT start_ids
FROM bulk_create
WHERE id = %(bulk_id)s

-- name: forget_found
-- Who matched so far is found anew, or elsewhere.
DELETE FROM bulk_create_found
WHERE connection_id = %(connection_id)s AND bulk_id = %(bulk_id)s

-- name: keep_found
-- Those who match, in order, with why they cannot be added.
WITH seen AS (
  UPDATE bulk_create
  SET filters = %(filters)s, read_at = app_now(), changed_at = app_now()
  WHERE id = %(bulk_id)s)
INSERT INTO bulk_create_found (connection_id, bulk_id, place, contact_id, reason)
SELECT %(connection_id)s, %(bulk_id)s, f.place, f.contact_id, f.reason
FROM unnest(%(contact_ids)s::text[], %(reasons)s::text[]) WITH ORDINALITY AS f (contact_id, reason, place)

-- name: found_counts
-- How many match, and how many of them can be added.
SELECT count(*), count(*) FILTER (WHERE reason IS NULL)
FROM bulk_create_found
WHERE connection_id = %(connection_id)s AND bulk_id = %(bulk_id)s

-- name: found_page
-- A page of those who match.
SELECT f.place, f.contact_id, f.reason, coalesce(contact_name(r), f.contact_id) AS name, r.fields ->> %(email)s AS address,
  a.name AS client, s.contact_id IS NOT NULL AS is_selected
FROM bulk_create_found f
LEFT JOIN practifi_record r ON r.connection_id = f.connection_id AND r.kind = 'contact' AND r.sf_id = f.contact_id
LEFT JOIN practifi_record a ON a.connection_id = r.connection_id AND a.kind = 'account' AND a.sf_id = r.account_id
LEFT JOIN bulk_create_row s
  ON s.connection_id = f.connection_id AND s.bulk_id = f.bulk_id AND s.contact_id = f.contact_id
WHERE f.connection_id = %(connection_id)s AND f.bulk_id = %(bulk_id)s AND f.place >= %(place)s
ORDER BY f.place
LIMIT %(count)s

-- name: select_found
-- Put people who were found on the Selected List: those that are named, or all who can be added.
INSERT INTO bulk_create_row (connection_id, bulk_id, contact_id, list_id)
SELECT f.connection_id, f.bulk_id, f.contact_id, b.list_id
FROM bulk_create_found f
JOIN bulk_create b ON b.connection_id = f.connection_id AND b.id = f.bulk_id
WHERE f.connection_id = %(connection_id)s AND f.bulk_id = %(bulk_id)s AND b.list_id IS NOT NULL
  AND CASE WHEN %(contact_ids)s::text[] IS NULL THEN f.reason IS NULL
      ELSE f.contact_id = ANY(%(contact_ids)s) AND f.reason IS DISTINCT FROM %(member)s END
ORDER BY f.place
LIMIT greatest(0, %(most)s - (
  SELECT count(*) FROM bulk_create_row s WHERE s.connection_id = %(connection_id)s AND s.bulk_id = %(bulk_id)s))
ON CONFLICT (connection_id, bulk_id, contact_id) DO NOTHING

-- name: selected_count
-- How many are on the Selected List.
SELECT count(*)
FROM bulk_create_row
WHERE connection_id = %(connection_id)s AND bulk_id = %(bulk_id)s

-- name: unjudged
-- Those on the Selected List of whom it is not known whether they can be added, or all of them.
SELECT contact_id, list_id
FROM bulk_create_row
WHERE connection_id = %(connection_id)s AND bulk_id = %(bulk_id)s AND state = 'selected' AND (%(anew)s OR is_new IS NULL)
ORDER BY place

-- name: keep_judgements
-- Whether people can be added, and what it would take; who was judged the same before is left alone.
UPDATE bulk_create_row r
SET reason = j.reason, email_key = j.email_key, is_new = j.is_new, is_shared = j.is_shared
FROM unnest(%(contact_ids)s::text[], %(reasons)s::text[], %(keys)s::text[], %(new)s::bool[], %(shared)s::bool[])
  AS j (contact_id, reason, email_key, is_new, is_shared)
WHERE r.connection_id = %(connection_id)s AND r.bulk_id = %(bulk_id)s AND r.state = 'selected'
  AND r.contact_id = j.contact_id
  AND (r.reason, r.email_key, r.is_new, r.is_shared) IS DISTINCT FROM (j.reason, j.email_key, j.is_new, j.is_shared)

-- name: note_judged
-- The whole Selected List was judged.
UPDATE bulk_create
SET judged_at = app_now()
WHERE connection_id = %(connection_id)s AND id = %(bulk_id)s

-- name: is_stale
-- Whether it is some time since the whole Selected List was judged.
SELECT coalesce(judged_at, made_at) < app_now() - make_interval(secs => %(after_s)s)
FROM bulk_create
WHERE connection_id = %(connection_id)s AND id = %(bulk_id)s

-- name: judged
-- What saving the Selected List would do.
SELECT count(*) FILTER (WHERE reason IS NULL) AS added, count(DISTINCT email_key) FILTER (WHERE reason IS NULL) AS addresses,
  count(DISTINCT email_key) FILTER (WHERE reason IS NULL AND is_new) AS new_there,
  count(*) FILTER (WHERE reason IS NULL AND is_shared) AS shared
FROM bulk_create_row
WHERE connection_id = %(connection_id)s AND bulk_id = %(bulk_id)s AND state = 'selected'

-- name: judged_reasons
-- Why people on the Selected List would be passed over, and how many.
SELECT reason, count(*)
FROM bulk_create_row
WHERE connection_id = %(connection_id)s AND bulk_id = %(bulk_id)s AND state = 'selected' AND reason IS NOT NULL
GROUP BY reason
ORDER BY count(*) DESC, reason

-- name: judged_lists
-- The lists that people would be added to.
SELECT DISTINCT list_id
FROM bulk_create_row
WHERE connection_id = %(connection_id)s AND bulk_id = %(bulk_id)s AND state = 'selected' AND reason IS NULL

-- name: judged_page
-- A page of the Selected List: who would be added, who would not, or who shares an address.
SELECT contact_id, list_id, reason
FROM bulk_create_row
WHERE connection_id = %(connection_id)s AND bulk_id = %(bulk_id)s AND state = 'selected'
  AND CASE %(tab)s::text WHEN 'skipped' THEN reason IS NOT NULL WHEN 'shared' THEN reason IS NULL AND is_shared ELSE reason IS NULL END
ORDER BY reason, place
OFFSET %(skip)s
LIMIT %(count)s

-- name: unselect
-- Take people off the Selected List.
DELETE FROM bulk_create_row
WHERE connection_id = %(connection_id)s AND bulk_id = %(bulk_id)s AND state = 'selected' AND contact_id = ANY(%(contact_ids)s)

-- name: move_rows
-- Give people on the Selected List another list.
UPDATE bulk_create_row r
SET list_id = m.list_id, is_new = NULL
FROM unnest(%(contact_ids)s::text[], %(list_ids)s::text[]) AS m (contact_id, list_id)
WHERE r.connection_id = %(connection_id)s AND r.bulk_id = %(bulk_id)s AND r.state = 'selected'
  AND r.contact_id = m.contact_id AND r.list_id <> m.list_id

-- name: touch
-- Somebody goes on with the draft.
UPDATE bulk_create
SET changed_at = app_now()
WHERE id = %(bulk_id)s

-- name: facts
-- What is known of people who might be put on lists, in the given order. Opt-outs are few: they are read once. The limits have
-- each person looked up, for a page is about some thousand of a hundred thousand. Of the fields those alone that decide.
WITH opt_out_now AS MATERIALIZED (
  SELECT s.kind, s.key, o.acted_by, o.since
  FROM opt_out o
  JOIN consent_subject s ON s.connection_id = o.connection_id AND s.subject_id = o.subject_id
  WHERE o.connection_id = %(connection_id)s AND o.list_id IS NULL AND s.key IS NOT NULL)
SELECT c.contact_id, c.list_id, coalesce(r.called, c.contact_id) AS name,
  r.sf_id IS NOT NULL AND r.deleted_at IS NULL AS is_there, r.fields ->> %(email)s AS typed_address, r.email_key, r.do_not_email,
  CASE WHEN r.sf_id IS NULL THEN NULL WHEN %(decides)s::text[] = '{}' THEN '{}' ELSE (
    SELECT coalesce(jsonb_object_agg(f.key, f.value), '{}')
    FROM jsonb_each(r.fields) AS f
    WHERE f.key = ANY(%(decides)s)) END AS fields,
  coalesce(sharer.is_ticked, false) AS sharer_ticked, sharer.names AS sharers,
  coalesce(person.acted_by, address.acted_by) AS opted_out_by, coalesce(person.since, address.since) AS opted_out_at,
  there.contact_id::text AS cc_contact_id, there.permission, there.opt_out_source, there.opt_out_at AS opted_out_there_at,
  coalesce(jsonb_array_length(nullif(there.resource -> 'list_memberships', 'null')), 0) AS lists_there,
  EXISTS (
    SELECT FROM practifi_record m
    WHERE m.connection_id = %(connection_id)s AND m.kind = 'membership' AND m.deleted_at IS NULL
      AND m.contact_id = c.contact_id AND m.list_id = c.list_id) AS is_member,
  base.lost_at AS left_at
FROM unnest(%(contact_ids)s::text[], %(list_ids)s::text[]) WITH ORDINALITY AS c (contact_id, list_id, place)
LEFT JOIN LATERAL (
  SELECT p.connection_id, p.sf_id, p.deleted_at, p.fields, p.email_key, p.do_not_email, contact_name(p) AS called
  FROM practifi_record p
  WHERE p.connection_id = %(connection_id)s AND p.kind = 'contact' AND p.sf_id = c.contact_id
  LIMIT 1) AS r ON true
LEFT JOIN LATERAL (
  SELECT bool_or(o.do_not_email) AS is_ticked, array_agg(contact_name(o) ORDER BY o.sf_id) AS names
  FROM practifi_record o
  WHERE o.connection_id = r.connection_id AND o.kind = 'contact' AND o.deleted_at IS NULL AND o.email_key = r.email_key
    AND o.sf_id <> r.sf_id) AS sharer ON true
LEFT JOIN opt_out_now person ON person.kind = 'person' AND person.key = c.contact_id
LEFT JOIN opt_out_now address ON address.kind = 'address' AND address.key = r.email_key
LEFT JOIN LATERAL (
  SELECT t.contact_id, t.permission, t.opt_out_source, t.opt_out_at, t.resource
  FROM cc_contact t
  WHERE t.connection_id = r.connection_id AND t.email_key = r.email_key AND t.deleted_at IS NULL
  ORDER BY t.contact_id
  LIMIT 1) AS there ON true
LEFT JOIN LATERAL (
  SELECT b.lost_at
  FROM membership_base b
  WHERE b.connection_id = %(connection_id)s AND b.contact_id = c.contact_id AND b.list_id = c.list_id AND b.lost_by = 'person'
  LIMIT 1) AS base ON true
ORDER BY c.place

-- name: judge_rows
-- The Selected List is saved: those who cannot be added are passed over, each with the reason.
UPDATE bulk_create_row
SET state = CASE WHEN reason IS NULL THEN 'waiting' ELSE 'skipped' END
WHERE connection_id = %(connection_id)s AND bulk_id = %(bulk_id)s AND state = 'selected'

-- name: begin_save
-- From here on the memberships are made in the background.
UPDATE bulk_create
SET state = 'saving', asked_by = %(by)s, saved_at = app_now(), due_at = app_now(), changed_at = app_now(), start_ids = NULL,
  filters = '[]'
WHERE connection_id = %(connection_id)s AND id = %(bulk_id)s AND state = 'draft'

-- name: retry_rows
-- Those that Salesforce refused are tried again.
UPDATE bulk_create_row
SET state = 'waiting', reason = NULL, sent_at = NULL
WHERE connection_id = %(connection_id)s AND bulk_id = %(bulk_id)s AND state = 'refused'

-- name: retry_bulk
-- The work in Practifi goes on.
UPDATE bulk_create
SET state = 'saving', due_at = app_now(), finished_at = NULL, attempts = 0, reason = NULL
WHERE connection_id = %(connection_id)s AND id = %(bulk_id)s AND state IN ('saving', 'saved')

-- name: begin_undo
-- What was not made yet is not made any more; what was made is taken back.
WITH left_out AS (
  UPDATE bulk_create_row
  SET state = 'undone', reason = NULL
  WHERE connection_id = %(connection_id)s AND bulk_id = %(bulk_id)s AND state IN ('waiting', 'refused'))
UPDATE bulk_create
SET state = 'undoing', undone_by = %(by)s, due_at = app_now(), finished_at = NULL, attempts = 0, reason = NULL
WHERE connection_id = %(connection_id)s AND id = %(bulk_id)s AND state IN ('saving', 'saved')
  AND saved_at > app_now() - make_interval(secs => %(undo_s)s)

-- name: not_sent_addresses
-- Addresses of memberships that were made and not sent to Constant Contact.
SELECT DISTINCT c.email_key
FROM bulk_create_row r
JOIN record_status s ON s.connection_id = r.connection_id AND s.kind = 'membership' AND s.sf_id = r.membership_id
JOIN practifi_record c ON c.connection_id = r.connection_id AND c.kind = 'contact' AND c.sf_id = r.contact_id
WHERE r.connection_id = %(connection_id)s AND r.bulk_id = %(bulk_id)s AND r.state IN ('made', 'kept')
  AND s.status = 'Not sent' AND c.email_key IS NOT NULL

-- name: due_bulks
-- What there is to do in Practifi now, and whether anybody is at it.
SELECT connection_id, id
FROM bulk_create
WHERE due_at <= app_now() AND (lease_until IS NULL OR lease_until < app_now())
ORDER BY due_at

-- name: claim_bulk
-- One worker at a time.
UPDATE bulk_create
SET lease_token = %(token)s, lease_until = app_now() + make_interval(secs => %(lease_s)s)
WHERE id = %(bulk_id)s AND due_at <= app_now() AND (lease_until IS NULL OR lease_until < app_now())
RETURNING state, attempts

-- name: renew_bulk
-- Whoever holds it goes on holding it.
UPDATE bulk_create
SET lease_until = app_now() + make_interval(secs => %(lease_s)s),
  attempts = CASE WHEN %(went_on)s THEN 0 ELSE attempts END, reason = CASE WHEN NOT %(went_on)s THEN reason END
WHERE id = %(bulk_id)s AND lease_token = %(token)s
RETURNING state

-- name: postpone_bulk
-- Something is in the way: it goes on later.
UPDATE bulk_create
SET lease_token = NULL, lease_until = NULL, due_at = app_now() + make_interval(secs => %(after_s)s),
  attempts = attempts + 1, reason = %(reason)s
WHERE id = %(bulk_id)s AND lease_token = %(token)s AND due_at IS NOT NULL

-- name: release_bulk
-- Somebody else may go on with it.
UPDATE bulk_create
SET lease_token = NULL, lease_until = NULL
WHERE id = %(bulk_id)s AND lease_token = %(token)s

-- name: end_bulk
-- Nothing is left to do in Practifi.
UPDATE bulk_create
SET state = CASE state WHEN 'saving' THEN 'saved' ELSE 'undone' END, due_at = NULL, finished_at = app_now(),
  lease_token = NULL, lease_until = NULL, attempts = 0, reason = NULL
WHERE connection_id = %(connection_id)s AND id = %(bulk_id)s AND lease_token = %(token)s AND state = %(state)s
  AND NOT EXISTS (
    SELECT FROM bulk_create_row r
    WHERE r.connection_id = %(connection_id)s AND r.bulk_id = %(bulk_id)s
      AND r.state = ANY(CASE %(state)s WHEN 'saving' THEN '{waiting,sending}' ELSE '{waiting,sending,made}' END::text[]))

-- name: take_rows
-- The next memberships to make; what was on its way before may exist, and is looked for.
WITH next AS (
  SELECT connection_id, bulk_id, contact_id, sent_at
  FROM bulk_create_row
  WHERE connection_id = %(connection_id)s AND bulk_id = %(bulk_id)s AND state IN ('waiting', 'sending')
  ORDER BY state, place
  LIMIT %(count)s
  FOR UPDATE)
UPDATE bulk_create_row r
SET state = 'sending', sent_at = coalesce(r.sent_at, app_now())
FROM next
WHERE r.connection_id = next.connection_id AND r.bulk_id = next.bulk_id AND r.contact_id = next.contact_id
RETURNING r.contact_id, r.list_id, next.sent_at

-- name: end_rows
-- What became of memberships.
UPDATE bulk_create_row r
SET state = e.state, reason = e.reason, membership_id = coalesce(e.membership_id, r.membership_id)
FROM unnest(%(contact_ids)s::text[], %(states)s::text[], %(reasons)s::text[], %(membership_ids)s::text[])
  AS e (contact_id, state, reason, membership_id)
WHERE r.connection_id = %(connection_id)s AND r.bulk_id = %(bulk_id)s AND r.contact_id = e.contact_id

-- name: made_rows
-- The next memberships to take back: those that this save has made.
SELECT contact_id, membership_id
FROM bulk_create_row
WHERE connection_id = %(connection_id)s AND bulk_id = %(bulk_id)s AND state = 'made'
ORDER BY place
LIMIT %(count)s

-- name: outcomes
-- How many memberships stand how, and why.
SELECT kind, reason, count(*)
FROM (
  SELECT CASE
      WHEN r.state IN ('skipped', 'undone') THEN r.state
      WHEN r.state = 'refused' THEN 'failed'
      WHEN m.deleted_at IS NOT NULL THEN 'removed'
      WHEN s.status = 'Confirmed' THEN 'confirmed'
      WHEN s.status = 'Not sent' THEN 'failed'
      ELSE 'waiting'
    END AS kind,
    CASE WHEN r.state IN ('skipped', 'refused') THEN r.reason WHEN s.status IN ('Not sent', 'Waiting') THEN s.reason END AS reason
  FROM bulk_create_row r
  LEFT JOIN LATERAL (
    SELECT t.status, t.reason
    FROM record_status t
    WHERE t.connection_id = r.connection_id AND t.kind = 'membership' AND t.sf_id = r.membership_id
    LIMIT 1) AS s ON true
  LEFT JOIN LATERAL (
    SELECT p.deleted_at
    FROM practifi_record p
    WHERE p.connection_id = r.connection_id AND p.kind = 'membership' AND p.sf_id = r.membership_id
    LIMIT 1) AS m ON true
  WHERE r.connection_id = %(connection_id)s AND r.bulk_id = %(bulk_id)s) AS one
GROUP BY kind, reason
ORDER BY kind, count(*) DESC, reason

-- name: undo_counts
-- How many memberships an undo removes, and how many it leaves, because they were there before.
SELECT count(*) FILTER (WHERE state IN ('made', 'sending')), count(*) FILTER (WHERE state = 'kept')
FROM bulk_create_row
WHERE connection_id = %(connection_id)s AND bulk_id = %(bulk_id)s

-- name: mailed_since
-- Mailings that people of this save were sent since.
SELECT DISTINCT a.campaign_name
FROM bulk_create b
JOIN bulk_create_row r ON r.connection_id = b.connection_id AND r.bulk_id = b.id AND r.state IN ('made', 'kept', 'undone')
JOIN link l ON l.connection_id = r.connection_id AND l.kind = 'contact' AND l.sf_id = r.contact_id
JOIN engagement_event e
  ON e.connection_id = l.connection_id AND e.contact_id = l.cc_id AND e.kind = 'send' AND e.occurred_at >= b.saved_at
JOIN campaign_activity a ON a.connection_id = e.connection_id AND a.campaign_activity_id = e.campaign_activity_id
WHERE b.connection_id = %(connection_id)s AND b.id = %(bulk_id)s
ORDER BY a.campaign_name
