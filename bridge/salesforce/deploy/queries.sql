-- name: definitions_in_force
-- The newest field list of each outbound message.
SELECT DISTINCT ON (action_id) action_id, object, lane, fields, access_checked_at IS NOT NULL
FROM outbound_definition
WHERE connection_id = %(connection_id)s
ORDER BY action_id, version DESC

-- name: add_definition
-- A further field list of an outbound message. What is on it was seen to be readable.
INSERT INTO outbound_definition (connection_id, action_id, version, object, fields, in_force_from, access_checked_at, lane,
  last_received_at)
SELECT %(connection_id)s, %(action_id)s, coalesce(max(version), 0) + 1, %(object)s, %(fields)s,
  app_now() + make_interval(secs => %(after_s)s),
  CASE WHEN %(is_checked)s THEN app_now() + make_interval(secs => %(after_s)s) END,
  %(lane)s, max(last_received_at)
FROM outbound_definition
WHERE connection_id = %(connection_id)s AND action_id = %(action_id)s

-- name: forget_definitions
-- Outbound messages that are there no more: what they do not tell is not known.
DELETE FROM outbound_definition
WHERE connection_id = %(connection_id)s AND action_id = ANY(%(action_ids)s)
