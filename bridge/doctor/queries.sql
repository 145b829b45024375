-- name: server_version
-- the version of PostgreSQL as a number and in words
SELECT current_setting('server_version_num')::int, current_setting('server_version');

-- name: outbound_definitions
-- outbound messages whose field lists are known, and those of them that are for consent alone
SELECT count(DISTINCT action_id),
       count(DISTINCT action_id) FILTER (WHERE lane = 0)
FROM outbound_definition
WHERE connection_id = %(connection_id)s;

-- name: outages
-- services that answer nobody at present
SELECT initcap(replace(system, '_', ' ')), since, reason
FROM outage
WHERE connection_id = %(connection_id)s AND probe_at IS NOT NULL
ORDER BY system;

-- name: count_lists
-- Lists that the account had when it was read last.
SELECT count(*)
FROM cc_list
WHERE connection_id = %(connection_id)s AND deleted_at IS NULL
