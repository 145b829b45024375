-- Erasing a person: what is known of them goes, what was sealed stays.

-- name: lock_records
-- A person's records, locked before everything else, as by everybody who changes them.
SELECT
FROM practifi_record
WHERE connection_id = %(connection_id)s
  AND (kind = 'contact' AND sf_id = ANY(%(people)s) OR kind = 'membership' AND contact_id = ANY(%(people)s))
ORDER BY kind, sf_id
FOR UPDATE

-- name: addresses_spoken_of
-- The addresses that a person was spoken of with.
SELECT DISTINCT address.key
FROM consent_subject person
JOIN consent_entry e ON e.connection_id = person.connection_id AND e.person_id = person.subject_id
JOIN consent_subject address ON address.connection_id = e.connection_id AND address.subject_id = e.address_id
WHERE person.connection_id = %(connection_id)s AND person.kind = 'person' AND person.key_hash = ANY(%(hashes)s)
  AND address.key IS NOT NULL

-- name: on_hold
-- Why some of these records may not be erased.
SELECT hold_reason
FROM consent_subject
WHERE connection_id = %(connection_id)s AND subject_id = ANY(%(subject_ids)s) AND hold_reason IS NOT NULL
LIMIT 1

-- name: people_of_address
-- Contacts of Practifi at an address.
SELECT sf_id
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND email_key = %(key)s
ORDER BY sf_id

-- name: addresses_of_people
-- The addresses of contacts as the mirror has them.
SELECT DISTINCT email_key
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND sf_id = ANY(%(people)s) AND email_key IS NOT NULL

-- name: memberships_of_people
-- Their memberships.
SELECT sf_id
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'membership' AND contact_id = ANY(%(people)s)

-- name: shared
-- Which addresses somebody else who is in Practifi has as well.
SELECT DISTINCT email_key
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND email_key = ANY(%(addresses)s) AND deleted_at IS NULL
  AND NOT sf_id = ANY(%(people)s)

-- name: still_in_practifi
-- Contacts that Practifi still has, as far as is known.
SELECT sf_id
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND sf_id = ANY(%(people)s) AND deleted_at IS NULL
ORDER BY sf_id

-- name: contacts_of
-- The contacts there of some addresses, and those linked to people that nobody else is.
SELECT contact_id, deleted_at IS NULL
FROM cc_contact
WHERE connection_id = %(connection_id)s AND email_key = ANY(%(addresses)s)
UNION
SELECT l.cc_id, c.deleted_at IS NULL
FROM link l
JOIN cc_contact c ON c.connection_id = l.connection_id AND c.contact_id = l.cc_id
WHERE l.connection_id = %(connection_id)s AND l.kind = 'contact' AND l.sf_id = ANY(%(people)s)
  AND NOT EXISTS (
    SELECT FROM link o
    WHERE o.connection_id = l.connection_id AND o.kind = 'contact' AND o.cc_id = l.cc_id AND NOT o.sf_id = ANY(%(people)s))

-- name: in_hand
-- Addresses that are being delivered just now, or whose last step was never answered.
SELECT key
FROM work
WHERE connection_id = %(connection_id)s AND kind = 'address' AND (key = ANY(%(addresses)s) OR key = ANY(%(people)s))
  AND lease_until > app_now()
UNION
SELECT subject_key
FROM step
WHERE connection_id = %(connection_id)s AND subject_kind = 'address' AND subject_key = ANY(%(addresses)s)
  AND state IN ('sending', 'sent')

-- name: erase_subjects
-- Whom entries are about is not known any more; the keyed hash stays.
UPDATE consent_subject
SET key = NULL, hold_reason = NULL, erased_at = app_now()
WHERE connection_id = %(connection_id)s AND subject_id = ANY(%(subject_ids)s)

-- name: erase_evidence
-- What people said of how a person asked; that something was said stays.
UPDATE resubscription
SET asked_via = NULL, asked_on = NULL, note = NULL, reason = NULL,
    state = CASE WHEN finished_at IS NULL THEN 'withdrawn' ELSE state END, finished_at = coalesce(finished_at, app_now())
WHERE connection_id = %(connection_id)s AND (address_id = ANY(%(subject_ids)s) OR person_id = ANY(%(subject_ids)s))

-- name: erase_put_backs
-- The same of lists that they came back to.
UPDATE put_back
SET asked_via = NULL, asked_on = NULL, note = NULL
WHERE connection_id = %(connection_id)s AND (address_id = ANY(%(subject_ids)s) OR person_id = ANY(%(subject_ids)s))

-- name: erase_saves
-- What people have saved of their memberships.
DELETE FROM console_saved
WHERE connection_id = %(connection_id)s AND contact_id = ANY(%(people)s)

-- name: erase_chosen
-- Lists that people were put on, many at once.
WITH found AS (
  DELETE FROM bulk_create_found
  WHERE connection_id = %(connection_id)s AND contact_id = ANY(%(people)s)),
chosen AS (
  DELETE FROM bulk_create_row
  WHERE connection_id = %(connection_id)s AND contact_id = ANY(%(people)s))
UPDATE bulk_create
SET filters = '[]',
  start_ids = CASE WHEN start_ids IS NOT NULL THEN ARRAY(SELECT one FROM unnest(start_ids) AS one WHERE one <> ALL(%(people)s)) END
WHERE connection_id = %(connection_id)s AND state = 'draft' AND (start_ids && %(people)s::text[] OR filters <> '[]')

-- name: erase_box_changes
-- When a person's box changed is in the ledger, without saying whose it was.
DELETE FROM box_change
WHERE connection_id = %(connection_id)s AND contact_id = ANY(%(people)s)

-- name: erase_statuses
-- What was shown of a person and of their memberships.
DELETE FROM record_status
WHERE connection_id = %(connection_id)s
  AND (kind = 'contact' AND sf_id = ANY(%(people)s) OR kind = 'membership' AND sf_id = ANY(%(memberships)s))

-- name: erase_records
-- A person and their memberships, as Practifi told them.
DELETE FROM practifi_record
WHERE connection_id = %(connection_id)s
  AND (kind = 'contact' AND sf_id = ANY(%(people)s)
       OR kind IN ('membership', 'relation') AND contact_id = ANY(%(people)s))

-- name: erase_links
-- Who was which contact there.
DELETE FROM link
WHERE connection_id = %(connection_id)s AND kind = 'contact'
  AND (sf_id = ANY(%(people)s) OR cc_id = ANY(%(contacts)s::uuid[]))

-- name: erase_agreements
-- What both sides agreed on.
DELETE FROM membership_base
WHERE connection_id = %(connection_id)s
  AND (contact_id = ANY(%(people)s) OR cc_contact_id = ANY(%(contacts)s::uuid[]))

-- name: erase_there
-- A contact, as Constant Contact told it.
DELETE FROM cc_contact
WHERE connection_id = %(connection_id)s AND contact_id = ANY(%(contacts)s::uuid[])

-- name: erase_lists_there
-- And the lists it was on.
DELETE FROM cc_membership
WHERE connection_id = %(connection_id)s AND contact_id = ANY(%(contacts)s::uuid[])

-- name: erase_engagement
-- What a person did with mailings.
DELETE FROM engagement_event
WHERE connection_id = %(connection_id)s AND contact_id = ANY(%(contacts)s::uuid[])

-- name: erase_interactions
-- And what was written of it.
DELETE FROM interaction
WHERE connection_id = %(connection_id)s
  AND (practifi_contact = ANY(%(people)s) OR contact_id = ANY(%(contacts)s::uuid[]))

-- name: erase_planned
-- And what plans say of it; what of that has not been sent will not be.
WITH planned AS (
  UPDATE planned_interaction
  SET external_id = 'erased', practifi_contact = 'erased', practifi_account = NULL,
      contact_id = '00000000-0000-0000-0000-000000000000', subject = NULL, details = NULL, at = NULL
  WHERE connection_id = %(connection_id)s
    AND (practifi_contact = ANY(%(people)s) OR contact_id = ANY(%(contacts)s::uuid[]))
  RETURNING connection_id, run_id, ordinal)
INSERT INTO interaction_ending (connection_id, run_id, ordinal, state, outcome, finished_at)
SELECT p.connection_id, p.run_id, p.ordinal, 'skipped', 'the person was erased', app_now()
FROM planned p
WHERE NOT EXISTS (
  SELECT FROM interaction_part t
  WHERE t.connection_id = p.connection_id AND t.run_id = p.run_id AND p.ordinal BETWEEN t.first AND t.last
    AND t.state <> 'sending')
ON CONFLICT (connection_id, run_id, ordinal) DO NOTHING

-- name: erase_campaign_members
-- And whose campaigns they were a member of.
DELETE FROM campaign_member
WHERE connection_id = %(connection_id)s AND practifi_contact = ANY(%(people)s)

-- name: erase_steps
-- What was sent of a person; that something was sent, and when, stays. What a plan had for them is not done any more.
UPDATE step
SET subject_key = 'erased', key = 'address:erased:' || kind, detail = '{}', before = NULL, answer = NULL,
    state = CASE state WHEN 'planned' THEN 'skipped' ELSE state END,
    outcome = CASE state WHEN 'planned' THEN 'the person was erased' ELSE outcome END,
    finished_at = CASE state WHEN 'planned' THEN app_now() ELSE finished_at END
WHERE connection_id = %(connection_id)s AND subject_kind IN ('address', 'status')
  AND (subject_key = ANY(%(addresses)s) OR subject_key = ANY(%(people)s))

-- name: erase_work
-- What was to be done.
DELETE FROM work
WHERE connection_id = %(connection_id)s AND kind = 'address' AND (key = ANY(%(addresses)s) OR key = ANY(%(people)s))

-- name: erase_flapping
-- Values that somebody there had set back.
DELETE FROM flapping_field
WHERE connection_id = %(connection_id)s AND key = ANY(%(addresses)s)

-- name: erase_candidates
-- What a run was to look at.
DELETE FROM candidate
WHERE connection_id = %(connection_id)s AND (key = ANY(%(addresses)s) OR key = ANY(%(people)s))

-- name: erase_waiting
-- What notifications waited for.
DELETE FROM notification_subject
WHERE connection_id = %(connection_id)s AND kind = 'address' AND (key = ANY(%(addresses)s) OR key = ANY(%(people)s))

-- name: erase_notifications
-- The kept part of dead letters; open notifications about somebody who is not known any more are ignored.
UPDATE notification n
SET kept_xml = NULL, state = CASE WHEN finished_at IS NULL THEN 'ignored' ELSE state END,
    reason = 'the person was erased', finished_at = coalesce(finished_at, app_now())
WHERE connection_id = %(connection_id)s AND left(record_id, 15) = ANY(%(records_15)s::text[])

-- name: erase_unresolved
-- Choices that were asked for.
DELETE FROM unresolved
WHERE connection_id = %(connection_id)s AND key = ANY(%(addresses)s)

-- name: set_hold
-- A record under hold is not erased; NULL ends it.
UPDATE consent_subject
SET hold_reason = %(reason)s
WHERE connection_id = %(connection_id)s AND subject_id = ANY(%(subject_ids)s) AND erased_at IS NULL

-- name: kind_of
-- Whether a subject is an address or a person.
SELECT kind
FROM consent_subject
WHERE connection_id = %(connection_id)s AND subject_id = %(subject_id)s
