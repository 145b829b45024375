-- The nightly look at the installation: one row, for it is about no connection.

-- name: last
-- For when the last look was due, when it was taken, and what it found.
SELECT (value ->> 'due_at')::timestamptz, value ->> 'taken_at', coalesce(value -> 'checks', '{}')
FROM setting
WHERE connection_id IS NULL AND name = 'doctor_installation'

-- name: claim
-- A look is taken by whoever says so first; one that nobody ends is followed by that of the next night.
INSERT INTO setting (connection_id, name, value)
VALUES (NULL, 'doctor_installation', jsonb_build_object('due_at', %(due_at)s::timestamptz))
ON CONFLICT (connection_id, name) DO UPDATE
SET value = setting.value || EXCLUDED.value
WHERE (setting.value ->> 'due_at')::timestamptz < %(due_at)s
RETURNING 1

-- name: keep
-- What a look found, unless a later one has begun.
UPDATE setting
SET value = value || jsonb_build_object('taken_at', app_now()) || %(told)s
WHERE connection_id IS NULL AND name = 'doctor_installation'
  AND (value ->> 'due_at')::timestamptz = %(due_at)s
