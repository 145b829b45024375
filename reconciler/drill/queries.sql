-- A copy of the database that is compared with both sides and thrown away.

-- name: free_calls
-- The calls are taken from the budget of the database that works; here they cost nothing.
UPDATE api_application
SET gap_ms = 0, next_at = '-infinity', used = 0, day_limit = 1000000, paused_until = NULL, pause_reason = NULL

-- name: free_shares
-- Neither do they here by lane and connection.
DELETE FROM api_usage

-- name: let_compare
-- A connection that works now may be compared, whatever it was when the backup was taken.
UPDATE connection
SET state = 'active', state_reason = NULL, paused_by = NULL
WHERE id = %(id)s

-- name: connections
-- Those that the backup knows, by name.
SELECT id, name
FROM connection
ORDER BY name
