-- What Salesforce has said of its users and of records.

-- name: known_access
-- What a user may do with records, as far as it was asked lately.
SELECT sf_id, can_read, can_edit
FROM console_record_access
WHERE connection_id = %(connection_id)s AND sf_user_id = %(user_id)s AND sf_id = ANY(%(ids)s)
  AND asked_at > app_now() - make_interval(secs => %(believed_s)s)

-- name: keep_access
-- What Salesforce has just said of a user and some records.
INSERT INTO console_record_access (connection_id, sf_user_id, sf_id, can_read, can_edit, asked_at)
SELECT %(connection_id)s, %(user_id)s, told.sf_id, told.can_read, told.can_edit, app_now()
FROM unnest(%(ids)s::text[], %(can_read)s::bool[], %(can_edit)s::bool[]) AS told (sf_id, can_read, can_edit)
ORDER BY told.sf_id
ON CONFLICT (connection_id, sf_user_id, sf_id) DO UPDATE
  SET can_read = EXCLUDED.can_read, can_edit = EXCLUDED.can_edit, asked_at = EXCLUDED.asked_at

-- name: known_permission_set
-- Whether a user has a permission set, if it was asked lately.
SELECT is_given
FROM console_permission_set
WHERE connection_id = %(connection_id)s AND sf_user_id = %(user_id)s AND label = %(label)s
  AND asked_at > app_now() - make_interval(secs => %(believed_s)s)

-- name: keep_permission_set
-- What Salesforce has just said of a user and a permission set.
INSERT INTO console_permission_set (connection_id, sf_user_id, label, is_given, asked_at)
VALUES (%(connection_id)s, %(user_id)s, %(label)s, %(is_given)s, app_now())
ON CONFLICT (connection_id, sf_user_id, label) DO UPDATE
  SET is_given = EXCLUDED.is_given, asked_at = EXCLUDED.asked_at
