-- What runs have read to the end, and what there is to compare it with.

-- name: keep_read
-- A source was read to its end and passed for whole; a run that goes on says so again.
INSERT INTO source_read (connection_id, run_id, source, extent, row_count, read_at)
VALUES (%(connection_id)s, %(run_id)s, %(source)s, %(extent)s, %(row_count)s, app_now())
ON CONFLICT (connection_id, run_id, source) DO UPDATE
  SET extent = EXCLUDED.extent, row_count = EXCLUDED.row_count, read_at = EXCLUDED.read_at

-- name: rows_before
-- What the last complete read of each source gave, else what the mirror has of it that is not deleted.
SELECT s.source, coalesce(
  (SELECT r.row_count
   FROM source_read r
   WHERE r.connection_id = %(connection_id)s AND r.source = s.source AND r.extent = 'full' AND r.run_id <> %(run_id)s
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
