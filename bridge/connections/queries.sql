-- name: add_connection
-- a connection without credentials: it receives, and sends nothing yet
INSERT INTO connection (name, organization_id)
VALUES (%(name)s, %(organization_id)s)
ON CONFLICT (name) DO NOTHING
RETURNING id;

-- name: list_connections
-- all connections by name
SELECT id, name, organization_id, organization_name, sf_url, sf_login_url, sf_api_version, sf_user_id,
       cc_account_id, cc_account_name, cc_url, cc_auth_url, api_application_id, api_share,
       profile, object_names, people_marks, state, state_reason
FROM connection
ORDER BY name;

-- name: connection_by_name
-- one connection
SELECT id, name, organization_id, organization_name, sf_url, sf_login_url, sf_api_version, sf_user_id,
       cc_account_id, cc_account_name, cc_url, cc_auth_url, api_application_id, api_share,
       profile, object_names, people_marks, state, state_reason
FROM connection
WHERE name = %(which)s;

-- name: connection_by_id
-- one connection
SELECT id, name, organization_id, organization_name, sf_url, sf_login_url, sf_api_version, sf_user_id,
       cc_account_id, cc_account_name, cc_url, cc_auth_url, api_application_id, api_share,
       profile, object_names, people_marks, state, state_reason
FROM connection
WHERE id = %(which)s;

-- name: set_addresses
-- where both sides are; what is not given stays
UPDATE connection
SET organization_id = coalesce(%(organization_id)s, organization_id),
    sf_url = coalesce(%(sf_url)s, sf_url),
    sf_login_url = coalesce(%(sf_login_url)s, sf_login_url),
    cc_url = coalesce(%(cc_url)s, cc_url),
    cc_auth_url = coalesce(%(cc_auth_url)s, cc_auth_url)
WHERE id = %(id)s
RETURNING id;

-- name: set_profile
-- the object profile, chosen by a person or found by describe
UPDATE connection
SET profile = %(profile)s
WHERE id = %(id)s;

-- name: set_people_marks
-- how the organization marks people who take no part, as describe shows it; returns what was known
WITH before AS (
  SELECT id, people_marks
  FROM connection
  WHERE id = %(id)s
  FOR UPDATE)
UPDATE connection c
SET people_marks = %(marks)s,
    people_marks_at = CASE WHEN c.people_marks IS NOT DISTINCT FROM %(marks)s THEN c.people_marks_at ELSE app_now() END
FROM before
WHERE c.id = before.id
RETURNING before.people_marks;

-- name: set_identity
-- who the two sides say that they are
UPDATE connection
SET organization_name = coalesce(%(organization_name)s, organization_name),
    sf_user_id = coalesce(%(sf_user_id)s, sf_user_id),
    cc_account_id = coalesce(%(cc_account_id)s, cc_account_id),
    cc_account_name = coalesce(%(cc_account_name)s, cc_account_name)
WHERE id = %(id)s;

-- name: note_authorised
-- an account's consent came in: by whom, and what it allows as far as that is said
UPDATE connection
SET cc_authorised_at = app_now(), cc_authorised_by = %(by)s, cc_scopes = %(scopes)s
WHERE id = %(id)s;

-- name: note_scopes
-- what a renewed token may do
UPDATE connection
SET cc_scopes = %(scopes)s
WHERE id = %(id)s AND cc_scopes IS DISTINCT FROM %(scopes)s;

-- name: copy_sides
-- a connection to another account of the same vendor, for the organization of one that is there; its account is told apart
UPDATE connection AS new
SET organization_name = old.organization_name, sf_url = old.sf_url, sf_login_url = old.sf_login_url,
    sf_api_version = old.sf_api_version, sf_user_id = old.sf_user_id, cc_url = old.cc_url, cc_auth_url = old.cc_auth_url,
    api_application_id = old.api_application_id, profile = old.profile, object_names = old.object_names,
    people_marks = old.people_marks
FROM connection AS old
WHERE new.id = %(id)s AND old.id = %(old_id)s;

-- name: join_application
-- the API application of a client id: its budget is shared by all connections that use it
WITH made AS (
  INSERT INTO api_application (client_id)
  VALUES (%(client_id)s)
  ON CONFLICT (client_id) DO NOTHING
  RETURNING id
), found AS (
  SELECT id FROM made
  UNION ALL
  SELECT id FROM api_application WHERE client_id = %(client_id)s
)
UPDATE connection
SET api_application_id = (SELECT min(id) FROM found)
WHERE id = %(id)s;

-- name: activate_when_complete
-- active once both sides can be logged in to; new credentials also end a pause
UPDATE connection
SET state = 'active', state_reason = NULL, paused_by = NULL
WHERE id = %(id)s
  AND sf_url IS NOT NULL
  AND api_application_id IS NOT NULL
  AND EXISTS (SELECT FROM credential
              WHERE connection_id = %(id)s AND kind IN ('sf_client', 'sf_token'))
  AND EXISTS (SELECT FROM credential WHERE connection_id = %(id)s AND kind = 'cc_client')
  AND EXISTS (SELECT FROM credential WHERE connection_id = %(id)s AND kind = 'cc_token');

-- name: pause
-- nothing is sent for this connection until somebody acts on the reason; the first reason stays, but for one that
-- stops opt-outs too
UPDATE connection
SET state = 'paused', state_reason = %(reason)s, paused_by = %(system)s
WHERE id = %(id)s
  AND (state <> 'paused' OR paused_by = 'salesforce' AND %(system)s = 'constant_contact')
RETURNING name;

-- name: path_secrets
-- the accepted path secrets of every connection, oldest slot first
SELECT c.id AS connection_id, c.name, c.organization_id, s.key_id, s.ciphertext
FROM connection AS c
JOIN credential AS s ON s.connection_id = c.id AND s.kind = 'path_secret'
ORDER BY c.name, s.slot;

-- name: read_secret
-- a stored secret; fresh: more than margin_s seconds are left, as far as its end is known
SELECT key_id, ciphertext, version,
       coalesce(expires_at > app_now() + make_interval(secs => %(margin_s)s), true) AS fresh
FROM credential
WHERE connection_id = %(connection_id)s AND kind = %(kind)s AND slot = 0;

-- name: lock_secret
-- the same, for one refresher at a time
SELECT key_id, ciphertext, version,
       coalesce(expires_at > app_now() + make_interval(secs => %(margin_s)s), true) AS fresh
FROM credential
WHERE connection_id = %(connection_id)s AND kind = %(kind)s AND slot = 0
FOR UPDATE;

-- name: write_secret
-- store or replace a secret; lives_s: seconds until it ends, NULL where nobody says
INSERT INTO credential (connection_id, kind, slot, key_id, ciphertext, expires_at)
VALUES (%(connection_id)s, %(kind)s, %(slot)s, %(key_id)s, %(ciphertext)s,
        app_now() + make_interval(secs => %(lives_s)s))
ON CONFLICT (connection_id, kind, slot) DO UPDATE
SET key_id = excluded.key_id,
    ciphertext = excluded.ciphertext,
    expires_at = excluded.expires_at,
    stored_at = excluded.stored_at,
    version = credential.version + 1
RETURNING version;

-- name: drop_secret
-- forget a secret
DELETE FROM credential
WHERE connection_id = %(connection_id)s AND kind = %(kind)s;

-- name: key_ids
-- the keys that stored secrets were encrypted with
SELECT DISTINCT key_id
FROM credential;
