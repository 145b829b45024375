-- Runs about some people and lists.

-- name: people_at
-- The records of Practifi that have one of some addresses.
SELECT sf_id
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND deleted_at IS NULL AND email_key = ANY(%(keys)s)

-- name: memberships_of
-- The memberships of some people, and those of some lists, with the person of each.
SELECT sf_id, contact_id
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'membership' AND deleted_at IS NULL
  AND (contact_id = ANY(%(people)s) OR list_id = ANY(%(lists)s))

-- name: addresses_of_people
-- The addresses of some people: in Practifi, and of the contacts there that they are.
SELECT email_key
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND sf_id = ANY(%(people)s) AND email_key IS NOT NULL
UNION
SELECT c.email_key
FROM link l
JOIN cc_contact c ON c.connection_id = l.connection_id AND c.contact_id = l.cc_id
WHERE l.connection_id = %(connection_id)s AND l.kind = 'contact' AND l.sf_id = ANY(%(people)s) AND c.email_key IS NOT NULL

-- name: contacts_at
-- The contacts there that are known at an address.
SELECT contact_id::text
FROM cc_contact
WHERE connection_id = %(connection_id)s AND email_key = %(key)s AND deleted_at IS NULL
