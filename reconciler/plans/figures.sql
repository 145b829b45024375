-- How many there are, before a plan.

-- name: lists
-- The lists there, by id.
SELECT list_id::text, name
FROM cc_list
WHERE connection_id = %(connection_id)s AND deleted_at IS NULL

-- name: members
-- Contacts on each of some lists there that has any.
SELECT m.list_id::text, count(*)
FROM cc_membership m
JOIN cc_contact c ON c.connection_id = m.connection_id AND c.contact_id = m.contact_id AND c.deleted_at IS NULL
WHERE m.connection_id = %(connection_id)s AND m.list_id IN (SELECT list_id FROM cc_list WHERE list_id::text = ANY(%(list_ids)s))
GROUP BY m.list_id

-- name: members_there
-- Members of some lists as Constant Contact counted them when it was read last: unsubscribed ones too.
SELECT list_id::text, member_count
FROM cc_list
WHERE connection_id = %(connection_id)s AND list_id = ANY(%(list_ids)s::uuid[]) AND member_count IS NOT NULL

-- name: people
-- Contacts there, and how many of them are unsubscribed.
SELECT count(*), count(*) FILTER (WHERE permission = 'unsubscribed')
FROM cc_contact
WHERE connection_id = %(connection_id)s AND deleted_at IS NULL

-- name: interactions
-- Interactions that are in Practifi.
SELECT count(*)
FROM interaction
WHERE connection_id = %(connection_id)s AND sf_id IS NOT NULL

-- name: memberships
-- Membership records that are in Practifi.
SELECT count(*)
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'membership' AND deleted_at IS NULL
