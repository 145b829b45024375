-- Fields that both sides keep changing back.

-- name: flapping
-- What flaps: fields that are paused, and those that did when contacts were compared last; what each side writes, who saved it in
-- Practifi, and when the bridge wrote it last.
WITH last AS (
  SELECT DISTINCT ON (connection_id) connection_id, run_id
  FROM integrity_score
  WHERE job = 'contacts' AND (%(connection_id)s::int IS NULL OR connection_id = %(connection_id)s)
  ORDER BY connection_id, run_id DESC),
compared AS (                                -- not paused yet, or never to be: the times are further apart
  SELECT d.connection_id, r.email_key AS who, f.name AS field, s.detail -> 'change' -> f.name -> 1 AS ours,
    s.detail -> 'change' -> f.name -> 0 AS theirs, s.times, s.finished_at AS written_at
  FROM last
  JOIN integrity_difference d ON d.connection_id = last.connection_id AND d.run_id = last.run_id AND d.flapping <> '{}'
  JOIN practifi_record r ON r.connection_id = d.connection_id AND r.kind = d.kind AND r.sf_id = d.sf_id
  CROSS JOIN LATERAL unnest(d.flapping) AS f (name)
  JOIN LATERAL (
    SELECT e.finished_at, e.detail, count(*) OVER () AS times
    FROM step e
    WHERE e.connection_id = d.connection_id AND e.subject_kind = 'address' AND e.subject_key = r.email_key
      AND e.state = 'confirmed' AND e.detail -> 'change' ? f.name AND e.finished_at > app_now() - interval '30 days'
    ORDER BY e.plan_id DESC
    LIMIT 1) AS s ON true
  WHERE d.kind = 'contact'),
flapping AS (
  SELECT connection_id, key AS who, field, ours, theirs, cardinality(set_back_at) + 1 AS times,
    set_back_at[cardinality(set_back_at)] AS written_at, paused_at
  FROM flapping_field
  WHERE paused_at IS NOT NULL AND (%(connection_id)s::int IS NULL OR connection_id = %(connection_id)s)
  UNION ALL
  SELECT c.connection_id, c.who, c.field, c.ours, c.theirs, c.times, c.written_at, NULL
  FROM compared c
  WHERE NOT EXISTS (
    SELECT FROM flapping_field p
    WHERE p.connection_id = c.connection_id AND p.key = c.who AND p.field = c.field AND p.paused_at IS NOT NULL))
SELECT c.name AS connection, f.who, f.field, f.ours, f.theirs, f.times, f.written_at, f.paused_at, owner.modified_by,
  owner.updated_at AS changed_there_at
FROM flapping f
JOIN connection c ON c.id = f.connection_id
LEFT JOIN LATERAL (
  SELECT r.modified_by, t.updated_at
  FROM practifi_record r
  LEFT JOIN link l ON l.connection_id = r.connection_id AND l.kind = 'contact' AND l.sf_id = r.sf_id
  LEFT JOIN cc_contact t ON t.connection_id = l.connection_id AND t.contact_id = l.cc_id
  WHERE r.connection_id = f.connection_id AND r.kind = 'contact' AND r.deleted_at IS NULL AND r.email_key = f.who
  ORDER BY l.is_owner DESC NULLS LAST, r.sf_id
  LIMIT 1) AS owner ON true
ORDER BY c.name, f.paused_at IS NULL, f.times DESC, f.who, f.field
LIMIT 50
