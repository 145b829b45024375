-- What the first day tells, counted in the mirror right after both sides were read whole.

-- name: sizes
-- How much there is on either side.
SELECT
  (SELECT count(*) FROM practifi_record
   WHERE connection_id = %(connection_id)s AND kind = 'contact' AND deleted_at IS NULL) AS people_here,
  (SELECT count(*) FROM practifi_record
   WHERE connection_id = %(connection_id)s AND kind = 'contact' AND deleted_at IS NULL AND email_key IS NULL) AS without_address,
  (SELECT count(*) FROM practifi_record
   WHERE connection_id = %(connection_id)s AND kind = 'list' AND deleted_at IS NULL) AS lists_here,
  (SELECT count(DISTINCT contact_id) FROM practifi_record
   WHERE connection_id = %(connection_id)s AND kind = 'membership' AND deleted_at IS NULL) AS members_here,
  (SELECT count(*) FROM cc_contact WHERE connection_id = %(connection_id)s AND deleted_at IS NULL) AS contacts_there,
  (SELECT count(*) FROM cc_list WHERE connection_id = %(connection_id)s AND deleted_at IS NULL) AS lists_there

-- name: addresses
-- Both sides by e-mail address: who is on which, who has opted out where, and who shares one.
WITH here AS (
  SELECT email_key, count(*) AS people, bool_or(do_not_email) AS is_ticked, bool_or(do_not_email IS NULL) AS is_unknown
  FROM practifi_record
  WHERE connection_id = %(connection_id)s AND kind = 'contact' AND deleted_at IS NULL AND email_key IS NOT NULL
  GROUP BY email_key),
there AS (
  SELECT email_key, bool_or(permission = 'unsubscribed') AS is_out, bool_or(permission IN ('implicit', 'explicit')) AS is_mailable
  FROM cc_contact
  WHERE connection_id = %(connection_id)s AND deleted_at IS NULL AND email_key IS NOT NULL
  GROUP BY email_key)
SELECT count(*) FILTER (WHERE h.email_key IS NOT NULL AND t.email_key IS NOT NULL) AS on_both,
  count(*) FILTER (WHERE t.email_key IS NULL) AS only_here,
  count(*) FILTER (WHERE h.email_key IS NULL) AS only_there,
  count(*) FILTER (WHERE h.people > 1) AS shared_addresses,
  coalesce(sum(h.people) FILTER (WHERE h.people > 1), 0)::bigint AS shared_people,
  count(*) FILTER (WHERE h.is_ticked AND t.is_mailable) AS ticked_and_mailable,
  count(*) FILTER (WHERE t.is_out AND NOT h.is_ticked) AS out_and_not_ticked,
  count(*) FILTER (WHERE h.is_unknown) AS box_not_known
FROM here h
FULL JOIN there t ON t.email_key = h.email_key

-- name: by_list
-- Who is on each list, by e-mail address: on both sides, in Practifi alone, and there alone. A list of Practifi is the one there
-- that it is linked to, else whose id it holds, else of its name: as the job of lists pairs them.
WITH pair AS MATERIALIZED (
  SELECT r.sf_id, r.name, there.list_id
  FROM practifi_record r
  LEFT JOIN LATERAL (
    SELECT t.list_id
    FROM cc_list t
    LEFT JOIN link k
      ON k.connection_id = t.connection_id AND k.kind = 'list' AND k.sf_id = r.sf_id AND k.cc_id = t.list_id
    WHERE t.connection_id = r.connection_id AND t.deleted_at IS NULL
      AND (k.sf_id IS NOT NULL OR t.list_id::text = lower(r.fields ->> %(id_field)s)
        OR lower(btrim(t.name)) = lower(btrim(r.name)))
    ORDER BY k.sf_id IS NULL, t.list_id::text IS DISTINCT FROM lower(r.fields ->> %(id_field)s), t.list_id
    LIMIT 1) AS there ON true
  WHERE r.connection_id = %(connection_id)s AND r.kind = 'list' AND r.deleted_at IS NULL),
person AS (
  SELECT sf_id, email_key
  FROM practifi_record
  WHERE connection_id = %(connection_id)s AND kind = 'contact' AND deleted_at IS NULL AND email_key IS NOT NULL),
asked AS (
  SELECT DISTINCT coalesce(p.list_id::text, p.sf_id) AS list, c.email_key AS key
  FROM practifi_record m
  JOIN pair p ON p.sf_id = m.list_id
  JOIN person c ON c.sf_id = m.contact_id
  WHERE m.connection_id = %(connection_id)s AND m.kind = 'membership' AND m.deleted_at IS NULL),
there AS (
  SELECT DISTINCT n.list_id::text AS list, coalesce(t.email_key, t.contact_id::text) AS key
  FROM cc_membership n
  JOIN cc_contact t ON t.connection_id = n.connection_id AND t.contact_id = n.contact_id AND t.deleted_at IS NULL
  WHERE n.connection_id = %(connection_id)s),
known AS (SELECT DISTINCT email_key AS key FROM person),
counted AS (
  SELECT coalesce(a.list, t.list) AS list,
    count(*) FILTER (WHERE a.key IS NOT NULL AND t.key IS NOT NULL) AS on_both,
    count(*) FILTER (WHERE t.key IS NULL) AS only_here,
    count(*) FILTER (WHERE a.key IS NULL AND k.key IS NOT NULL) AS known_only_there,
    count(*) FILTER (WHERE a.key IS NULL AND k.key IS NULL) AS strangers
  FROM asked a
  FULL JOIN there t ON t.list = a.list AND t.key = a.key
  LEFT JOIN known k ON k.key = t.key
  GROUP BY 1),
named AS (
  SELECT l.list_id::text AS list, l.name, (SELECT min(p.sf_id) FROM pair p WHERE p.list_id = l.list_id) AS sf_id, true AS is_there
  FROM cc_list l
  WHERE l.connection_id = %(connection_id)s AND l.deleted_at IS NULL
  UNION ALL
  SELECT p.sf_id, p.name, p.sf_id, false
  FROM pair p
  WHERE p.list_id IS NULL)
SELECT n.name, n.sf_id, n.is_there, coalesce(c.on_both, 0) AS on_both, coalesce(c.only_here, 0) AS only_here,
  coalesce(c.known_only_there, 0) AS known_only_there, coalesce(c.strangers, 0) AS strangers
FROM named n
LEFT JOIN counted c ON c.list = n.list
ORDER BY lower(n.name), n.list

-- name: changed_fields
-- Which fields a plan would change, and of how many contacts; a phone number is one field, whichever kind it is of.
SELECT split_part(field, '.', 1), count(DISTINCT s.ordinal)
FROM step s
CROSS JOIN LATERAL jsonb_object_keys(s.detail -> 'change') AS field
WHERE s.connection_id = %(connection_id)s AND s.plan_id = %(plan_id)s AND s.kind = 'update_contact'
GROUP BY 1

-- name: only_planned
-- Jobs whose next scheduled run is plan-only, and jobs that no schedule runs.
SELECT job, enabled, first_planned_at IS NULL AND job <> 'activities' AS is_first
FROM schedule
WHERE connection_id = %(connection_id)s
ORDER BY job

-- name: calls_made
-- Calls that runs of a connection have made since it is there; the difference of two looks is what was between them.
SELECT coalesce(sum(used), 0)::bigint
FROM api_usage
WHERE connection_id = %(connection_id)s AND lane = ANY(%(lanes)s)

-- name: add_first_day
-- What a first day found.
INSERT INTO first_day (connection_id, made_at, made_by, findings)
VALUES (%(connection_id)s, %(made_at)s, %(made_by)s, %(findings)s)

-- name: first_days
-- When the last first day of each connection was.
SELECT connection_id, max(made_at)
FROM first_day
GROUP BY connection_id

-- name: newest_first_day
-- What the last first day of a connection found.
SELECT findings
FROM first_day
WHERE connection_id = %(connection_id)s
ORDER BY id DESC
LIMIT 1
