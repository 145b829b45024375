-- What somebody who helps wants to know, and what must not reach them.

-- name: server
-- The server, and what it was told to be.
SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number

-- name: migrations
-- Every migration, and when it came.
SELECT version, applied_at
FROM schema_version
ORDER BY version

-- name: sizes
-- How large each table is.
SELECT n.nspname || '.' || c.relname AS "table", greatest(c.reltuples, 0)::bigint AS rows, pg_total_relation_size(c.oid) AS bytes
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%%'
ORDER BY n.nspname, c.relname

-- name: runs
-- The latest runs, in number and in their own words.
SELECT id, job, mode, extent, origin, state, reason, counters, progress ->> 'failure' AS failure, notes,
  asked_at, started_at, finished_at
FROM run
ORDER BY asked_at DESC, id DESC
LIMIT 50

-- name: plans
-- The latest plans, in number; names and steps stay here.
SELECT id, run_id, origin, state, wait_reason, totals -> 'by_sign' AS by_sign, totals -> 'steps' AS steps,
  totals -> 'calls' AS calls, made_at, finished_at
FROM plan
WHERE run_id IS NOT NULL
ORDER BY made_at DESC, id DESC
LIMIT 50

-- name: schedules
-- When each job is due.
SELECT job, cron, zone, enabled, since, first_planned_at
FROM schedule
ORDER BY connection_id, job

-- name: backups
-- The latest backups; not where they are.
SELECT taken_at, took_s, bytes, schema_version, with_keys
FROM backup
ORDER BY taken_at DESC
LIMIT 10

-- name: names
-- Every name of a firm, an account, a list, a mailing, a machine or a user, and what kind it is.
SELECT name, 'connection' AS kind FROM connection
UNION SELECT organization_name, 'organization' FROM connection WHERE organization_name IS NOT NULL
UNION SELECT organization_id, 'organization' FROM connection WHERE organization_id IS NOT NULL
UNION SELECT cc_account_name, 'account' FROM connection WHERE cc_account_name IS NOT NULL
UNION SELECT cc_account_id, 'account' FROM connection WHERE cc_account_id IS NOT NULL
UNION SELECT split_part(split_part(url, '://', 2), '/', 1), 'host'
  FROM connection, unnest(ARRAY[sf_url, sf_login_url]) AS url WHERE url IS NOT NULL
UNION SELECT client_id, 'application' FROM api_application
UNION SELECT name, 'list' FROM cc_list
UNION SELECT name, 'list' FROM practifi_record WHERE kind = 'list' AND name IS NOT NULL
UNION SELECT campaign_name, 'mailing' FROM campaign_activity WHERE campaign_name IS NOT NULL
UNION SELECT name, 'user' FROM console_person
UNION SELECT asked_by, 'user' FROM run WHERE origin <> 'schedule'
UNION SELECT approved_by, 'user' FROM plan WHERE approved_by IS NOT NULL
UNION SELECT paused_by, 'user' FROM pause
UNION SELECT made_by, 'user' FROM backup
UNION SELECT restored_by, 'user' FROM restoration

-- name: values_of_people
-- Which of some phrases are a whole value of somebody's record, on either side.
SELECT DISTINCT v.value
FROM practifi_record r, jsonb_each_text(r.fields || jsonb_build_object('name', r.name)) AS v
WHERE v.value = ANY(%(phrases)s)
UNION
SELECT DISTINCT v.value
FROM cc_contact c, jsonb_each_text(c.resource) AS v
WHERE v.value = ANY(%(phrases)s)

-- name: secrets
-- Every secret that is stored, sealed.
SELECT key_id, ciphertext
FROM credential
