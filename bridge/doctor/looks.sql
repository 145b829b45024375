-- Nightly looks at connections.

-- name: last_taken
-- For when the last look was due that was taken to its end.
SELECT max(due_at)
FROM doctor_look
WHERE connection_id = %(connection_id)s AND finished_at IS NOT NULL

-- name: last_shape
-- When both sides were last seen, and what they were like.
SELECT finished_at, shape
FROM doctor_look
WHERE connection_id = %(connection_id)s AND shape IS NOT NULL
ORDER BY due_at DESC
LIMIT 1

-- name: claim_look
-- A look is one process's; after a quarter of an hour without an end it is anybody's.
INSERT INTO doctor_look (connection_id, due_at, begun_at)
VALUES (%(connection_id)s, %(due_at)s, app_now())
ON CONFLICT (connection_id, due_at) DO UPDATE
SET begun_at = app_now()
WHERE doctor_look.finished_at IS NULL AND doctor_look.begun_at < app_now() - interval '15 minutes'
RETURNING due_at

-- name: keep_look
-- What a look found.
UPDATE doctor_look
SET finished_at = app_now(), findings = %(findings)s, shape = %(shape)s, changes = %(changes)s
WHERE connection_id = %(connection_id)s AND due_at = %(due_at)s
