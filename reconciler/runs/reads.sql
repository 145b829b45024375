-- What runs have read to the end, and what there is to compare it with.

-- name: keep_read
-- The last page of a source was staged in this transaction.
INSERT INTO source_read (connection_id, run_id, source, extent, row_count, known_up_to, mapping_version_id)
VALUES (%(connection_id)s, %(run_id)s, %(source)s, %(extent)s, %(row_count)s, %(known_up_to)s, %(mapping_version_id)s)
ON CONFLICT (connection_id, run_id, source) DO UPDATE
  SET extent = EXCLUDED.extent, row_count = EXCLUDED.row_count, known_up_to = EXCLUDED.known_up_to,
      mapping_version_id = EXCLUDED.mapping_version_id, read_at = NULL

-- name: reads_of_run
-- What a run has read to the end.
SELECT source, extent, row_count
FROM source_read
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s
ORDER BY source

-- name: believe_reads
-- All that the run reads was read, and is enough: the runs that follow compare with it.
UPDATE source_read
SET read_at = coalesce(read_at, app_now())
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s

-- name: plan_reads
-- A plan that rests on what the run has read is stored in this transaction, to be carried out.
UPDATE source_read
SET planned_at = app_now()
WHERE connection_id = %(connection_id)s AND run_id = %(run_id)s AND read_at IS NOT NULL

-- name: known_up_to
-- Up to when every change of a source was read and planned, by the other side's clock.
SELECT max(known_up_to)
FROM source_read
WHERE connection_id = %(connection_id)s AND source = %(source)s AND planned_at IS NOT NULL

-- name: rows_before
-- What the last complete read of each source gave, else what the mirror has of it that is not deleted.
SELECT s.source, coalesce(
  (SELECT r.row_count
   FROM source_read r
   WHERE r.connection_id = %(connection_id)s AND r.source = s.source AND r.extent = 'full' AND r.run_id <> %(run_id)s
     AND r.read_at IS NOT NULL
   ORDER BY r.read_at DESC, r.run_id DESC
   LIMIT 1),
  CASE s.source
    WHEN 'cc:list' THEN (
      SELECT count(*) FROM cc_list m WHERE m.connection_id = %(connection_id)s AND m.deleted_at IS NULL)
    WHEN 'cc:contact' THEN (
      SELECT count(*) FROM cc_contact m WHERE m.connection_id = %(connection_id)s AND m.deleted_at IS NULL)
    ELSE (
      SELECT count(*) FROM practifi_record m
      WHERE m.connection_id = %(connection_id)s AND m.kind = split_part(s.source, ':', 2) AND m.deleted_at IS NULL)
  END)
FROM unnest(%(sources)s::text[]) AS s (source)

-- name: accepts_fewer
-- Whether a person has said of this run that a source may give far less than before.
SELECT accepts_fewer
FROM run
WHERE connection_id = %(connection_id)s AND id = %(run_id)s

-- name: history
-- The runs of a job before one: when all was read for a plan, at how many pages there, and how the last of them ended.
WITH planned AS (
  SELECT r.id, r.extent, max(s.planned_at) AS planned_at, max(s.mapping_version_id) AS mapping_version_id,
    sum(greatest(1, ceil(s.row_count / 500.0))) FILTER (WHERE starts_with(s.source, 'cc:'))::int AS pages
  FROM run r
  JOIN source_read s ON s.connection_id = r.connection_id AND s.run_id = r.id
  WHERE r.connection_id = %(connection_id)s AND r.job = %(job)s AND r.id <> %(run_id)s AND s.planned_at IS NOT NULL
  GROUP BY r.id, r.extent
)
SELECT whole.planned_at AS full_at, coalesce(whole.pages, 0) AS full_calls, newest.mapping_version_id,
  (SELECT people_marks_at FROM connection WHERE id = %(connection_id)s) AS marked_at,
  coalesce(
    (SELECT r.state <> 'done'
     FROM run r
     WHERE r.connection_id = %(connection_id)s AND r.job = %(job)s AND r.id <> %(run_id)s AND r.mode = 'apply'
       AND r.applies_plan_id IS NULL AND (r.extent = 'full' OR r.id IN (SELECT id FROM planned))
     ORDER BY r.id DESC
     LIMIT 1), false) AS is_unended
FROM (VALUES (1)) one
LEFT JOIN LATERAL (SELECT * FROM planned WHERE extent = 'full' ORDER BY id DESC LIMIT 1) whole ON true
LEFT JOIN LATERAL (SELECT * FROM planned ORDER BY id DESC LIMIT 1) newest ON true
