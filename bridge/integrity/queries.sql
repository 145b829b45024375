-- How far both sides agreed when a run compared them, and why what differed did.

-- name: begin_score
-- The score of a run, before its differences are known.
INSERT INTO integrity_score (connection_id, run_id, job, taken_at, linked, agreeing)
SELECT %(connection_id)s, %(run_id)s, %(job)s, app_now(), count(*), count(*)
FROM linked_record
WHERE connection_id = %(connection_id)s AND kind = %(kind)s
ON CONFLICT (connection_id, run_id) DO NOTHING
RETURNING run_id

-- name: add_differences
-- Linked records that a step of the run's plan is for, or that the run could not compare, and why they differ: the first
-- cause that holds. What none holds for is unexplained.
WITH planned AS (
  SELECT s.plan_id, s.subject_kind, s.subject_key, s.kind, coalesce(s.detail -> 'change', '{}') AS change
  FROM plan p
  JOIN step s ON s.connection_id = p.connection_id AND s.plan_id = p.id
  WHERE p.connection_id = %(connection_id)s AND p.run_id = %(run_id)s),
field AS (
  SELECT p.subject_kind, p.subject_key, f.name,
    (SELECT count(*) >= 2
     FROM step e
     WHERE e.connection_id = %(connection_id)s AND e.subject_kind = p.subject_kind AND e.subject_key = p.subject_key
       AND e.plan_id < p.plan_id AND e.state = 'confirmed' AND e.finished_at > app_now() - interval '30 days'
       AND e.detail -> 'change' -> f.name -> 1 = f.pair -> 1) AS is_flapping
  FROM planned p
  CROSS JOIN LATERAL jsonb_each(p.change) AS f (name, pair)
  UNION ALL
  SELECT p.subject_kind, p.subject_key, p.kind, false
  FROM planned p
  WHERE p.change = '{}'),
subject AS (
  SELECT subject_kind, subject_key, array_agg(DISTINCT name) AS fields,
    coalesce(array_agg(DISTINCT name) FILTER (WHERE is_flapping), '{}') AS flapping, NULL AS cause
  FROM field
  GROUP BY subject_kind, subject_key
  UNION ALL
  SELECT CASE %(kind)s WHEN 'contact' THEN 'address' ELSE 'list' END, a.key, '{}', '{}', a.cause
  FROM unnest(%(apart)s::text[], %(apart_causes)s::text[]) AS a (key, cause)),
differing AS MATERIALIZED (
  SELECT l.*, s.fields, s.flapping, s.cause
  FROM subject s
  JOIN linked_record l ON l.connection_id = %(connection_id)s AND l.kind = %(kind)s AND l.subject_kind = s.subject_kind
    AND l.subject_key = s.subject_key),
source AS (                                  -- what may have changed in Practifi: the record, its memberships, its client
  SELECT d.sf_id, d.written_at, r.sf_id AS record_id, r.modstamp AS changed_at, r.modified_by
  FROM differing d
  JOIN practifi_record r ON r.connection_id = d.connection_id AND r.kind = d.kind AND r.sf_id = d.sf_id
  UNION ALL
  SELECT d.sf_id, d.written_at, r.sf_id, r.modstamp, r.modified_by
  FROM differing d
  JOIN practifi_record r ON r.connection_id = d.connection_id AND r.kind = 'membership' AND r.contact_id = d.sf_id
    AND r.deleted_at IS NULL
  UNION ALL
  SELECT d.sf_id, d.written_at, r.sf_id, greatest(r.modstamp, r.deleted_at), NULL
  FROM differing d
  JOIN practifi_record r ON r.connection_id = d.connection_id AND r.kind = 'membership' AND r.contact_id = d.sf_id
    AND r.deleted_at > app_now() - interval '30 days'
  UNION ALL
  SELECT d.sf_id, d.written_at, r.sf_id, r.modstamp, r.modified_by
  FROM differing d
  JOIN practifi_record r ON r.connection_id = d.connection_id AND r.kind = 'account' AND r.sf_id = d.account_id),
untriaged AS (
  SELECT record_id
  FROM notification
  WHERE connection_id = %(connection_id)s AND state = 'received' AND NOT consent
  UNION
  SELECT record_id
  FROM notification
  WHERE connection_id = %(connection_id)s AND state = 'received' AND consent),
told AS (
  SELECT sf_id, bool_or(is_untriaged) AS is_untriaged, bool_or(is_dead) AS is_dead, bool_or(NOT is_told) AS is_untold
  FROM (
    SELECT s.sf_id, s.record_id, s.record_id IN (SELECT record_id FROM untriaged) AS is_untriaged,
      coalesce(bool_or(n.state = 'dead'), false) AS is_dead, bool_or(n.state IS NOT NULL) AS is_told
    FROM source s
    JOIN connection c ON c.id = %(connection_id)s
    LEFT JOIN notification n ON n.connection_id = c.id AND n.record_id = s.record_id AND n.state <> 'received'
      AND n.received_at >= s.changed_at - interval '2 minutes'
    WHERE s.changed_at > s.written_at AND s.modified_by IS DISTINCT FROM c.sf_user_id
    GROUP BY s.sf_id, s.record_id) AS by_record
  GROUP BY sf_id)
INSERT INTO integrity_difference (connection_id, run_id, kind, sf_id, cause, fields, flapping)
SELECT d.connection_id, %(run_id)s, d.kind, d.sf_id,
  CASE
    WHEN d.cause IS NOT NULL THEN d.cause
    WHEN w.blocked_reason IS NOT NULL OR t.is_dead THEN 'given_up'
    WHEN w.done < w.wanted OR t.is_untriaged THEN 'on_its_way'
    WHEN d.is_gone THEN 'gone_there'
    WHEN d.written_at IS NULL THEN 'never_written'
    WHEN d.changed_there_at > d.written_at THEN 'changed_there'
    WHEN t.is_untold THEN 'no_message'
    WHEN date_trunc('second', v.activated_at) > d.written_at THEN 'mapping_changed'  -- the vendor's times are whole seconds
    ELSE 'unexplained'
  END,
  d.fields, d.flapping
FROM differing d
LEFT JOIN told t ON t.sf_id = d.sf_id
LEFT JOIN mapping_version v ON v.connection_id = d.connection_id AND v.is_active
LEFT JOIN work w ON w.connection_id = d.connection_id AND w.kind = d.subject_kind AND w.key = d.subject_key
  AND w.done < w.wanted
ON CONFLICT (connection_id, run_id, kind, sf_id) DO NOTHING

-- name: end_score
-- What the differences of a run come to. A worker may have linked a record since the linked ones were counted.
UPDATE integrity_score s
SET linked = greatest(s.linked, differing.n),
    agreeing = greatest(s.linked, differing.n) - differing.n,
    causes = coalesce((
      SELECT jsonb_object_agg(cause, n)
      FROM (
        SELECT cause, count(*) AS n
        FROM integrity_difference d
        WHERE d.connection_id = s.connection_id AND d.run_id = s.run_id
        GROUP BY cause) AS by_cause), '{}'),
    fields = coalesce((
      SELECT jsonb_object_agg(field, jsonb_build_object('differing', differing, 'flapping', flapping))
      FROM (
        SELECT field, count(*) AS differing, count(*) FILTER (WHERE field = ANY(d.flapping)) AS flapping
        FROM integrity_difference d
        CROSS JOIN unnest(d.fields) AS field
        WHERE d.connection_id = s.connection_id AND d.run_id = s.run_id
        GROUP BY field) AS by_field), '{}')
FROM (
  SELECT count(*)::int AS n
  FROM integrity_difference
  WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s) AS differing
WHERE s.connection_id = %(connection_id)s AND s.run_id = %(run_id)s

-- name: scores
-- The newest scores of each job, the newest first.
SELECT connection, run_id, job, taken_at, linked, agreeing, share, unexplained, causes, fields
FROM (
  SELECT v.*, row_number() OVER (PARTITION BY connection, job ORDER BY taken_at DESC, run_id DESC) AS place
  FROM report.integrity_v1 v
  WHERE %(connection)s::text IS NULL OR connection = %(connection)s) AS newest
WHERE place <= %(count)s
ORDER BY connection, job DESC, place

-- name: differences
-- Records that differed at a run, those without an explanation first.
SELECT d.kind, d.sf_id, d.cause, d.fields, d.flapping
FROM integrity_difference d
WHERE d.run_id = %(run_id)s
ORDER BY d.cause <> 'unexplained', cardinality(d.flapping) = 0, d.cause, d.sf_id
LIMIT %(count)s
