-- People of the console, their sessions and log-in links.

-- name: add_link
-- A link that logs an administrator in, once.
INSERT INTO console_link (token_hash, made_by, ends_at)
VALUES (%(hash)s, %(by)s, app_now() + make_interval(secs => %(lives_s)s))

-- name: find_link
-- Whether a link can still be used.
SELECT made_by
FROM console_link
WHERE token_hash = %(hash)s AND ends_at > app_now()

-- name: use_link
-- The link is used up; no row where somebody was first, or it has ended.
DELETE FROM console_link
WHERE token_hash = %(hash)s AND ends_at > app_now()
RETURNING made_by

-- name: meet_by_link
-- Whoever made the link is an administrator while they are logged in by it.
INSERT INTO console_person (name, roles, first_seen_at, seen_at)
VALUES (%(name)s, ARRAY['admin'], app_now(), app_now())
ON CONFLICT (name) WHERE connection_id IS NULL DO UPDATE
  SET seen_at = EXCLUDED.seen_at
RETURNING id, name, connection_id, sf_user_id, roles

-- name: use_launch
-- A signed request is used up; no row where it was before.
INSERT INTO console_launch (digest, ends_at)
VALUES (%(hash)s, app_now() + make_interval(secs => %(lives_s)s))
ON CONFLICT (digest) DO NOTHING
RETURNING digest

-- name: meet
-- A Salesforce user logs in: known before, or new and without a role.
INSERT INTO console_person (connection_id, sf_user_id, name, zone, first_seen_at, seen_at)
VALUES (%(connection_id)s, %(sf_user_id)s, %(name)s, %(zone)s, app_now(), app_now())
ON CONFLICT (connection_id, sf_user_id) DO UPDATE
  SET name = EXCLUDED.name, zone = EXCLUDED.zone, seen_at = EXCLUDED.seen_at
RETURNING id, name, connection_id, sf_user_id, roles, zone

-- name: begin_session
-- Somebody has logged in.
INSERT INTO console_session (token_hash, person_id, begun_at, seen_at, ends_at)
VALUES (%(hash)s, %(person_id)s, app_now(), app_now(), app_now() + make_interval(secs => %(lives_s)s))

-- name: person_of_session
-- Whose session it is, while it lasts.
SELECT p.id, p.name, p.connection_id, p.sf_user_id, p.roles, c.sf_url, p.seen_at, c.name AS connection, p.zone
FROM console_session s
JOIN console_person p ON p.id = s.person_id
LEFT JOIN connection c ON c.id = p.connection_id
WHERE s.token_hash = %(hash)s AND s.ends_at > app_now() AND s.seen_at > app_now() - make_interval(secs => %(idle_s)s)

-- name: touch_session
-- The session is in use; noted once a minute.
UPDATE console_session
SET seen_at = app_now()
WHERE token_hash = %(hash)s AND seen_at < app_now() - interval '1 minute'

-- name: end_session
-- Somebody has logged out.
DELETE FROM console_session
WHERE token_hash = %(hash)s

-- name: people
-- Everybody who has logged in.
SELECT p.id, p.name, p.connection_id, p.sf_user_id, p.roles, c.sf_url, p.seen_at, c.name AS connection
FROM console_person p
LEFT JOIN connection c ON c.id = p.connection_id
ORDER BY p.connection_id IS NULL, p.name, p.id

-- name: lock_people
-- Roles are changed one after the other: who is the last administrator depends on all of them.
LOCK TABLE console_person IN SHARE ROW EXCLUSIVE MODE

-- name: set_roles
-- What somebody may do from now on.
UPDATE console_person
SET roles = %(new)s
WHERE id = %(person_id)s

-- name: note_roles
-- Who has changed whose roles.
INSERT INTO console_role_change (person_id, old, new, changed_by, changed_at)
VALUES (%(person_id)s, %(old)s, %(new)s, %(by)s, app_now())

-- name: role_changes
-- Changes of roles, the newest first.
SELECT p.name AS person, r.old, r.new, r.changed_by, r.changed_at
FROM console_role_change r
JOIN console_person p ON p.id = r.person_id
WHERE %(connection_id)s::int IS NULL OR p.connection_id = %(connection_id)s
ORDER BY r.id DESC
LIMIT 20
