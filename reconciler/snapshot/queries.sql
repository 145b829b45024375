-- The snapshot of a run: what pages showed, and what of it the mirror does not know.

-- name: copy_records
-- A page of Salesforce records, as the mirror will have them.
COPY staged_practifi_record (connection_id, run_id, kind, sf_id, record, modstamp, modified_by, created_at, deleted_at,
  account_id, contact_id, list_id, name, email_key, do_not_email, resubscribe_at, unknown_fields)
FROM STDIN

-- name: copy_contacts
-- What is compared of them where they are people.
COPY compared_contact (connection_id, run_id, sf_id, key, compared, do_not_email, left_out, is_faulty) FROM STDIN

-- name: copy_contacts_of_households
-- The same where people who share an address are greeted as their household.
COPY compared_contact (connection_id, run_id, sf_id, key, compared, do_not_email, left_out, is_faulty, household, as_household)
FROM STDIN

-- name: copy_memberships
-- What is compared of them where they are memberships.
COPY compared_membership (connection_id, run_id, sf_id, contact_id, list_id, left_out) FROM STDIN

-- name: copy_resources
-- A page of lists or contacts of Constant Contact, as they were read.
COPY staged_cc_resource (connection_id, run_id, kind, cc_id, resource, email_key, permission, opt_out_source, opt_out_at,
  update_source, updated_at, deleted_at)
FROM STDIN

-- name: copy_contacts_there
-- What is compared of contacts there, with the lists that they are on.
COPY compared_contact_there (connection_id, run_id, contact_id, key, compared, permission, opt_out_source, is_deleted, lists)
FROM STDIN

-- name: forget_repeated_records
-- Of records that several pages showed, each as it was read last; the checkpoint counts those that are left.
WITH repeated AS MATERIALIZED (
  SELECT sf_id, max(seq) AS last
  FROM staged_practifi_record
  WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND kind = %(kind)s
  GROUP BY sf_id
  HAVING count(*) > 1),
forgotten AS (
  DELETE FROM staged_practifi_record s
  USING repeated r
  WHERE s.connection_id = %(connection_id)s AND s.run_id = %(run_id)s AND s.kind = %(kind)s
    AND s.sf_id = r.sf_id AND s.seq < r.last
  RETURNING s.sf_id),
contacts AS (
  DELETE FROM compared_contact c
  USING repeated r
  JOIN compared_contact newer
    ON newer.connection_id = %(connection_id)s AND newer.run_id = %(run_id)s AND newer.sf_id = r.sf_id
  WHERE %(kind)s::text = 'contact'
    AND c.connection_id = %(connection_id)s AND c.run_id = %(run_id)s AND c.sf_id = r.sf_id
    AND (newer.batch, newer.ctid) > (c.batch, c.ctid)),
memberships AS (
  DELETE FROM compared_membership c
  USING repeated r
  JOIN compared_membership newer
    ON newer.connection_id = %(connection_id)s AND newer.run_id = %(run_id)s AND newer.sf_id = r.sf_id
  WHERE %(kind)s::text = 'membership'
    AND c.connection_id = %(connection_id)s AND c.run_id = %(run_id)s AND c.sf_id = r.sf_id
    AND (newer.batch, newer.ctid) > (c.batch, c.ctid))
UPDATE checkpoint
SET row_count = row_count - gone.count
FROM (SELECT count(*) FROM forgotten) AS gone
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND source = %(source)s AND gone.count > 0

-- name: forget_repeated_resources
-- Of lists or contacts that several pages showed, each as it was read last.
WITH repeated AS MATERIALIZED (
  SELECT cc_id, max(seq) AS last
  FROM staged_cc_resource
  WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND kind = %(kind)s
  GROUP BY cc_id
  HAVING count(*) > 1),
forgotten AS (
  DELETE FROM staged_cc_resource s
  USING repeated r
  WHERE s.connection_id = %(connection_id)s AND s.run_id = %(run_id)s AND s.kind = %(kind)s
    AND s.cc_id = r.cc_id AND s.seq < r.last
  RETURNING s.cc_id),
contacts AS (
  DELETE FROM compared_contact_there c
  USING repeated r
  JOIN compared_contact_there newer
    ON newer.connection_id = %(connection_id)s AND newer.run_id = %(run_id)s AND newer.contact_id = r.cc_id
  WHERE %(kind)s::text = 'contact'
    AND c.connection_id = %(connection_id)s AND c.run_id = %(run_id)s AND c.contact_id = r.cc_id
    AND (newer.batch, newer.ctid) > (c.batch, c.ctid))
UPDATE checkpoint
SET row_count = row_count - gone.count
FROM (SELECT count(*) FROM forgotten) AS gone
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND source = %(source)s AND gone.count > 0

-- name: analyse_staged
-- The planner has not seen what was just staged; what somebody cleans up just now is passed over.
ANALYZE (SKIP_LOCKED) staged_practifi_record, staged_cc_resource, compared_contact, compared_contact_there, compared_membership

-- name: few_samples
-- For this transaction: a sample of three thousand rows says of a table that is read whole what there is to know.
SELECT set_config('default_statistics_target', '10', true)

-- name: much_memory
-- For the joins of this transaction: what does not fit is written to disk and read again. Of what several processes look at,
-- few rows are left to hand over, which the planner cannot know.
SELECT set_config('work_mem', '128MB', true), set_config('jit', 'off', true), set_config('parallel_tuple_cost', '0', true)

-- name: alone
-- For this transaction: one process does all of it.
SELECT set_config('max_parallel_workers_per_gather', '0', true)

-- name: changed_records
-- Where the staged records of a kind stand that the mirror does not know so, and which of them nobody has ever seen and
-- nothing is to be recorded of but that they are there. A message of the time of the snapshot vouches for no state.
SELECT s.ctid::text,
  m.sf_id IS NULL AND b.contact_id IS NULL AND (s.kind <> 'contact' OR s.do_not_email IS FALSE) AS is_plain
FROM staged_practifi_record s
LEFT JOIN practifi_record m ON m.connection_id = s.connection_id AND m.kind = s.kind AND m.sf_id = s.sf_id
LEFT JOIN (
  SELECT DISTINCT ON (contact_id) contact_id, ticked
  FROM box_change
  WHERE connection_id = %(connection_id)s
  ORDER BY contact_id, changed_at DESC) AS b ON s.kind = 'contact' AND b.contact_id = s.sf_id
WHERE s.connection_id = %(connection_id)s AND s.run_id = %(run_id)s AND s.kind = %(kind)s
  AND (m.sf_id IS NULL OR m.unknown_fields <> '{}' OR s.unknown_fields <> '{}' OR m.fields <> s.record
    OR (m.modstamp, m.modified_by, m.created_at, m.deleted_at, m.account_id, m.contact_id, m.list_id, m.name, m.email_key,
        m.do_not_email, m.resubscribe_at)
      IS DISTINCT FROM (s.modstamp, s.modified_by, s.created_at, s.deleted_at, s.account_id, s.contact_id, s.list_id, s.name,
        s.email_key, s.do_not_email, s.resubscribe_at)
    OR b.ticked <> s.do_not_email
    OR (m.source = 'message' AND m.seen_at > %(begun_at)s))

-- name: staged_rows
-- Some staged records, as the mirror has them.
SELECT connection_id, kind, sf_id, 'snapshot' AS source, modstamp, modified_by, created_at, deleted_at, account_id,
  contact_id, list_id, name, email_key, do_not_email, resubscribe_at, record AS fields, unknown_fields
FROM staged_practifi_record
WHERE ctid = ANY(%(places)s::text[]::tid[])
ORDER BY seq

-- name: add_first_sights
-- Records that the mirror has never seen, and the addresses that they are about where that is asked for. Somebody else may
-- have told of one meanwhile: it is not added. Ordered, so that two batches cannot deadlock.
WITH added AS (
  INSERT INTO practifi_record (connection_id, kind, sf_id, modstamp, modified_by, created_at, deleted_at, account_id,
    contact_id, list_id, name, email_key, do_not_email, resubscribe_at, fields, unknown_fields, source, seen_at)
  SELECT connection_id, kind, sf_id, modstamp, modified_by, created_at, deleted_at, account_id, contact_id, list_id, name,
    email_key, do_not_email, resubscribe_at, record, unknown_fields, 'snapshot', app_now()
  FROM staged_practifi_record
  WHERE ctid = ANY(%(places)s::text[]::tid[])
  ORDER BY sf_id
  ON CONFLICT (connection_id, kind, sf_id) DO NOTHING
  RETURNING kind, sf_id, email_key, contact_id),
about AS (
  SELECT coalesce(email_key, sf_id) AS key
  FROM added
  WHERE kind = 'contact'
  UNION
  SELECT coalesce(c.email_key, a.contact_id)
  FROM added a
  LEFT JOIN practifi_record c ON c.connection_id = %(connection_id)s AND c.kind = 'contact' AND c.sf_id = a.contact_id
  WHERE a.kind = 'membership' AND a.contact_id IS NOT NULL),
candidates AS (
  INSERT INTO candidate (connection_id, key)
  SELECT %(connection_id)s, key
  FROM about
  WHERE %(candidates)s
  ORDER BY key
  ON CONFLICT (connection_id, key) DO NOTHING)
SELECT count(*)
FROM added

-- name: missing_practifi
-- Records that the mirror has and the snapshot has not, and that nobody has told of since it began.
SELECT m.sf_id
FROM practifi_record m
WHERE m.connection_id = %(connection_id)s AND m.kind = %(kind)s AND m.deleted_at IS NULL AND m.seen_at < %(begun_at)s
  AND NOT EXISTS (
    SELECT FROM staged_practifi_record s
    WHERE s.connection_id = m.connection_id AND s.run_id = %(run_id)s AND s.kind = m.kind AND s.sf_id = m.sf_id)
ORDER BY m.sf_id

-- name: changed_cc_lists
-- Staged lists that differ from the mirror, unless it learned something newer.
SELECT s.resource
FROM staged_cc_resource s
LEFT JOIN cc_list m ON m.connection_id = s.connection_id AND m.list_id = s.cc_id
WHERE s.connection_id = %(connection_id)s AND s.run_id = %(run_id)s AND s.kind = 'list'
  AND (m.list_id IS NULL OR m.seen_at < %(begun_at)s)
ORDER BY s.cc_id

-- name: missing_cc_lists
-- Lists that the mirror has and the account has not any more.
SELECT m.list_id::text
FROM cc_list m
WHERE m.connection_id = %(connection_id)s AND m.deleted_at IS NULL AND m.seen_at < %(begun_at)s
  AND NOT EXISTS (
    SELECT FROM staged_cc_resource s
    WHERE s.connection_id = m.connection_id AND s.run_id = %(run_id)s AND s.kind = 'list' AND s.cc_id = m.list_id)
ORDER BY m.list_id

-- name: changed_cc_contacts
-- Where the staged contacts stand that differ from the mirror, which may have learned something newer.
SELECT s.ctid::text
FROM staged_cc_resource s
LEFT JOIN cc_contact m ON m.connection_id = s.connection_id AND m.contact_id = s.cc_id
WHERE s.connection_id = %(connection_id)s AND s.run_id = %(run_id)s AND s.kind = 'contact'
  AND m.resource IS DISTINCT FROM s.resource

-- name: remember_staged_contacts
-- Contacts of Constant Contact as a page showed them, and the lists that they are on, unless somebody learned something
-- newer meanwhile; with the addresses that they have and had, those of new ones where that is asked for. A page answers no
-- write of ours.
WITH told AS MATERIALIZED (
  SELECT cc_id, email_key, permission, opt_out_source, opt_out_at, update_source, updated_at, deleted_at, resource
  FROM staged_cc_resource
  WHERE ctid = ANY(%(places)s::text[]::tid[])),
kept AS (
  INSERT INTO cc_contact (connection_id, contact_id, email_key, permission, opt_out_source, opt_out_at, update_source,
    updated_at, deleted_at, resource, seen_at)
  SELECT %(connection_id)s, cc_id, email_key, permission, opt_out_source, opt_out_at, update_source, updated_at, deleted_at,
    resource, app_now()
  FROM told
  ORDER BY cc_id
  ON CONFLICT (connection_id, contact_id) DO UPDATE
    SET email_key = EXCLUDED.email_key,
        permission = EXCLUDED.permission,
        opt_out_source = EXCLUDED.opt_out_source,
        opt_out_at = EXCLUDED.opt_out_at,
        update_source = EXCLUDED.update_source,
        updated_at = EXCLUDED.updated_at,
        deleted_at = EXCLUDED.deleted_at,
        resource = EXCLUDED.resource,
        seen_at = EXCLUDED.seen_at
    WHERE cc_contact.seen_at < %(begun_at)s
  RETURNING contact_id, email_key),
on_lists AS (
  SELECT DISTINCT k.contact_id, list_id::uuid AS list_id
  FROM kept k
  JOIN told t ON t.cc_id = k.contact_id
  CROSS JOIN LATERAL jsonb_array_elements_text(t.resource -> 'list_memberships') AS list_id
  WHERE jsonb_typeof(t.resource -> 'list_memberships') = 'array'),
left_lists AS (
  DELETE FROM cc_membership m
  USING kept k
  WHERE m.connection_id = %(connection_id)s AND m.contact_id = k.contact_id
    AND NOT EXISTS (SELECT FROM on_lists o WHERE o.contact_id = m.contact_id AND o.list_id = m.list_id)),
joined AS (
  INSERT INTO cc_membership (connection_id, list_id, contact_id, seen_at)
  SELECT %(connection_id)s, list_id, contact_id, app_now()
  FROM on_lists
  ORDER BY contact_id, list_id
  ON CONFLICT (connection_id, list_id, contact_id) DO NOTHING)
INSERT INTO candidate (connection_id, key)
SELECT %(connection_id)s, key
FROM (
  SELECT t.email_key AS key
  FROM told t
  LEFT JOIN cc_contact m ON m.connection_id = %(connection_id)s AND m.contact_id = t.cc_id
  WHERE %(candidates)s OR m.contact_id IS NOT NULL
  UNION
  SELECT m.email_key
  FROM told t
  JOIN cc_contact m ON m.connection_id = %(connection_id)s AND m.contact_id = t.cc_id) AS about
WHERE key IS NOT NULL
ORDER BY key
ON CONFLICT (connection_id, key) DO NOTHING

-- name: missing_cc_contacts
-- Contacts that the mirror has and no page of the snapshot showed; deleted ones are shown as well.
SELECT m.contact_id::text, m.email_key
FROM cc_contact m
WHERE m.connection_id = %(connection_id)s AND m.seen_at < %(begun_at)s
  AND NOT EXISTS (
    SELECT FROM staged_cc_resource s
    WHERE s.connection_id = m.connection_id AND s.run_id = %(run_id)s AND s.kind = 'contact' AND s.cc_id = m.contact_id)
ORDER BY m.contact_id
