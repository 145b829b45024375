-- name: lock_practifi_rows
-- The known states of some records, locked in key order, with the box of each contact as last recorded.
-- With a client come its people, because what changes the client changes them: one order for all locks.
SELECT r.connection_id, r.kind, r.sf_id, r.source, r.modstamp, r.modified_by, r.created_at, r.deleted_at,
  r.account_id, r.contact_id, r.list_id, r.name, r.email_key, r.do_not_email, r.resubscribe_at,
  r.fields, r.unknown_fields,
  last.ticked AS box_ticked, last.changed_at AS box_changed_at
FROM practifi_record r
JOIN (
  SELECT kind, sf_id
  FROM unnest(%(kinds)s::text[], %(ids)s::text[]) AS a (kind, sf_id)
  UNION
  SELECT p.kind, p.sf_id
  FROM unnest(%(kinds)s::text[], %(ids)s::text[]) AS a (kind, sf_id)
  JOIN practifi_record p
    ON p.connection_id = %(connection_id)s AND p.kind = 'contact' AND p.deleted_at IS NULL AND p.account_id = a.sf_id
  WHERE a.kind = 'account') AS asked
  ON r.kind = asked.kind AND r.sf_id = asked.sf_id
LEFT JOIN LATERAL (
  SELECT b.ticked, b.changed_at
  FROM box_change b
  WHERE b.connection_id = r.connection_id AND b.contact_id = r.sf_id AND r.kind = 'contact'
  ORDER BY b.changed_at DESC
  LIMIT 1) AS last ON true
WHERE r.connection_id = %(connection_id)s
ORDER BY r.kind, r.sf_id
FOR UPDATE OF r

-- name: merges_into
-- When a record was last merged into each of some contacts, followed or not, and when their box was last recorded to change.
SELECT n.merged_into, max(n.received_at),
  (SELECT max(b.changed_at)
   FROM box_change b
   WHERE b.connection_id = n.connection_id AND b.contact_id = n.merged_into)
FROM notification n
WHERE n.connection_id = %(connection_id)s AND n.merged_into = ANY(%(ids)s)
GROUP BY n.connection_id, n.merged_into

-- name: told_since
-- Of which records more became known since a moment, by a message or another read; their rows are locked already.
SELECT r.kind, r.sf_id
FROM practifi_record r
JOIN unnest(%(kinds)s::text[], %(ids)s::text[]) AS asked (kind, sf_id)
  ON r.kind = asked.kind AND r.sf_id = asked.sf_id
WHERE r.connection_id = %(connection_id)s AND r.seen_at > %(read_at)s

-- name: remember_practifi_rows
-- Move the mirror forward; a state older than the known one changes nothing. Ordered, so that two batches cannot deadlock.
INSERT INTO practifi_record (connection_id, kind, sf_id, modstamp, modified_by, created_at, deleted_at,
  account_id, contact_id, list_id, name, email_key, do_not_email, resubscribe_at, fields, unknown_fields, source, seen_at)
SELECT connection_id, kind, sf_id, modstamp, modified_by, created_at, deleted_at,
  account_id, contact_id, list_id, name, email_key, do_not_email, resubscribe_at, fields,
  ARRAY(SELECT jsonb_array_elements_text(unknown_fields)), source, app_now()
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (
  connection_id int, kind text, sf_id text, modstamp timestamptz, modified_by text, created_at timestamptz,
  deleted_at timestamptz, account_id text, contact_id text, list_id text, name text, email_key text,
  do_not_email bool, resubscribe_at timestamptz, fields jsonb, unknown_fields jsonb, source text)
ORDER BY connection_id, kind, sf_id
ON CONFLICT (connection_id, kind, sf_id) DO UPDATE
  SET modstamp = coalesce(EXCLUDED.modstamp, practifi_record.modstamp),
      modified_by = coalesce(EXCLUDED.modified_by, practifi_record.modified_by),
      created_at = coalesce(EXCLUDED.created_at, practifi_record.created_at),
      deleted_at = EXCLUDED.deleted_at,
      account_id = EXCLUDED.account_id,
      contact_id = EXCLUDED.contact_id,
      list_id = EXCLUDED.list_id,
      name = EXCLUDED.name,
      email_key = EXCLUDED.email_key,
      do_not_email = EXCLUDED.do_not_email,
      resubscribe_at = EXCLUDED.resubscribe_at,
      fields = EXCLUDED.fields,
      unknown_fields = EXCLUDED.unknown_fields,
      source = EXCLUDED.source,
      seen_at = EXCLUDED.seen_at
  WHERE practifi_record.modstamp IS NULL
     OR EXCLUDED.modstamp IS NULL
     OR EXCLUDED.modstamp >= practifi_record.modstamp

-- name: mark_practifi_deleted
-- A record that Salesforce says was deleted. It is kept even where nobody has told of it yet: a message that is read
-- later must not bring it back. Salesforce's times are whole seconds: what was saved in the second of the deletion was
-- saved before it; what was saved later was restored.
INSERT INTO practifi_record AS known (connection_id, kind, sf_id, modstamp, deleted_at, fields, unknown_fields, source,
  seen_at)
VALUES (%(connection_id)s, %(kind)s, %(sf_id)s, %(deleted_at)s::timestamptz + interval '999 milliseconds',
  %(deleted_at)s, '{}', '{}', 'read', app_now())
ON CONFLICT (connection_id, kind, sf_id) DO UPDATE
SET deleted_at = coalesce(known.deleted_at, EXCLUDED.deleted_at),
    modstamp = EXCLUDED.modstamp,
    seen_at = EXCLUDED.seen_at,
    unknown_fields = '{}'
WHERE known.modstamp IS NULL OR known.modstamp <= EXCLUDED.modstamp

-- name: mark_practifi_missing
-- A record that a read did not find.
UPDATE practifi_record
SET deleted_at = app_now(),
    seen_at = app_now(),
    unknown_fields = '{}'
WHERE connection_id = %(connection_id)s AND kind = %(kind)s AND sf_id = %(sf_id)s AND deleted_at IS NULL

-- name: people_of_accounts
-- The people whose details may hold a client's name: all become unknown below that parent.
UPDATE practifi_record
SET unknown_fields = (
  SELECT array_agg(DISTINCT path)
  FROM unnest(unknown_fields || %(paths)s::text[]) AS path)
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND deleted_at IS NULL
  AND account_id = ANY(%(account_ids)s)
RETURNING account_id, sf_id, email_key

-- name: contact_keys
-- The address keys of contacts, as the mirror knows them; a contact that nobody has told of is missing.
SELECT sf_id, email_key
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND sf_id = ANY(%(ids)s)

-- name: remember_cc_contacts
-- Whole resources of Constant Contact contacts, as answers of the vendor gave them, and the lists that they are on.
WITH told AS (
  SELECT *
  FROM jsonb_to_recordset(%(rows)s::jsonb) AS t (contact_id uuid, email_key text, permission text, opt_out_source text,
    opt_out_at timestamptz, update_source text, updated_at timestamptz, deleted_at timestamptz, resource jsonb,
    is_own_write bool, sent_fingerprint text)),
kept AS (
  INSERT INTO cc_contact (connection_id, contact_id, email_key, permission, opt_out_source, opt_out_at,
    update_source, updated_at, deleted_at, resource, sent_fingerprint, sent_at, answered, seen_at)
  SELECT %(connection_id)s, contact_id, email_key, permission, opt_out_source, opt_out_at,
    update_source, updated_at, deleted_at, resource, decode(sent_fingerprint, 'hex'),
    CASE WHEN is_own_write THEN greatest(coalesce(updated_at, app_now()), opt_out_at) END,
    CASE WHEN sent_fingerprint IS NOT NULL THEN resource END, app_now()
  FROM told
  ORDER BY contact_id
  ON CONFLICT (connection_id, contact_id) DO UPDATE
    SET email_key = EXCLUDED.email_key,
        permission = EXCLUDED.permission,
        opt_out_source = EXCLUDED.opt_out_source,
        opt_out_at = EXCLUDED.opt_out_at,
        update_source = EXCLUDED.update_source,
        updated_at = EXCLUDED.updated_at,
        deleted_at = EXCLUDED.deleted_at,
        resource = EXCLUDED.resource,
        sent_fingerprint = coalesce(EXCLUDED.sent_fingerprint, cc_contact.sent_fingerprint),
        sent_at = coalesce(EXCLUDED.sent_at, cc_contact.sent_at),
        answered = coalesce(EXCLUDED.answered, cc_contact.answered),
        seen_at = EXCLUDED.seen_at),
on_lists AS (
  SELECT DISTINCT contact_id, list_id::uuid AS list_id
  FROM told
  CROSS JOIN LATERAL jsonb_array_elements_text(told.resource -> 'list_memberships') AS list_id
  WHERE jsonb_typeof(told.resource -> 'list_memberships') = 'array'),
left_lists AS (
  DELETE FROM cc_membership m
  USING told
  WHERE m.connection_id = %(connection_id)s AND m.contact_id = told.contact_id
    AND NOT EXISTS (SELECT FROM on_lists o WHERE o.contact_id = m.contact_id AND o.list_id = m.list_id))
INSERT INTO cc_membership (connection_id, list_id, contact_id, seen_at)
SELECT %(connection_id)s, list_id, contact_id, app_now()
FROM on_lists
ORDER BY contact_id, list_id
ON CONFLICT (connection_id, list_id, contact_id) DO NOTHING

-- name: forget_cc_contact
-- The vendor says that it has no such contact.
DELETE FROM cc_contact
WHERE connection_id = %(connection_id)s AND contact_id = %(contact_id)s

-- name: remember_cc_list
-- A list of Constant Contact, as an answer of the vendor gave it.
INSERT INTO cc_list (connection_id, list_id, name, member_count, updated_at, deleted_at, seen_at)
VALUES (%(connection_id)s, %(list_id)s, %(name)s, %(member_count)s, %(updated_at)s, %(deleted_at)s, app_now())
ON CONFLICT (connection_id, list_id) DO UPDATE
  SET name = EXCLUDED.name,
      member_count = coalesce(EXCLUDED.member_count, cc_list.member_count),
      updated_at = EXCLUDED.updated_at,
      deleted_at = EXCLUDED.deleted_at,
      seen_at = EXCLUDED.seen_at

-- name: forget_cc_list
-- The vendor says that it has no such list.
DELETE FROM cc_list
WHERE connection_id = %(connection_id)s AND list_id = %(list_id)s

-- name: remember_custom_fields
-- The custom fields of the account: contact calls name them by id.
INSERT INTO cc_custom_field (connection_id, custom_field_id, name, label, type, seen_at)
SELECT %(connection_id)s, custom_field_id, name, label, type, app_now()
FROM jsonb_to_recordset(%(fields)s::jsonb) AS f (custom_field_id uuid, name text, label text, type text)
ON CONFLICT (connection_id, custom_field_id) DO UPDATE
  SET name = EXCLUDED.name, label = EXCLUDED.label, type = EXCLUDED.type, seen_at = EXCLUDED.seen_at

-- name: forget_custom_fields
-- Custom fields that the account does not have any more.
DELETE FROM cc_custom_field
WHERE connection_id = %(connection_id)s
  AND custom_field_id NOT IN (
    SELECT custom_field_id
    FROM jsonb_to_recordset(%(fields)s::jsonb) AS f (custom_field_id uuid))

-- name: custom_field_ids
-- The account's custom fields, as last seen.
SELECT name, label, custom_field_id
FROM cc_custom_field
WHERE connection_id = %(connection_id)s
