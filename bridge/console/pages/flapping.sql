-- Fields that both sides keep changing back.

-- name: flapping
-- What flapped when contacts were compared last: the field, what each side writes, and when the bridge wrote it last.
SELECT c.name AS connection, r.email_key AS who, f.name AS field, s.plan_id, s.finished_at AS written_at,
  s.detail -> 'change' -> f.name -> 1 AS ours, s.detail -> 'change' -> f.name -> 0 AS theirs, s.times,
  r.modified_by, t.updated_at AS changed_there_at
FROM (
  SELECT DISTINCT ON (connection_id) connection_id, run_id
  FROM integrity_score
  WHERE job = 'contacts' AND (%(connection_id)s::int IS NULL OR connection_id = %(connection_id)s)
  ORDER BY connection_id, run_id DESC) AS last
JOIN connection c ON c.id = last.connection_id
JOIN integrity_difference d ON d.connection_id = last.connection_id AND d.run_id = last.run_id AND d.flapping <> '{}'
JOIN practifi_record r ON r.connection_id = d.connection_id AND r.kind = d.kind AND r.sf_id = d.sf_id
CROSS JOIN LATERAL unnest(d.flapping) AS f (name)
JOIN LATERAL (
  SELECT e.plan_id, e.finished_at, e.detail, count(*) OVER () AS times
  FROM step e
  WHERE e.connection_id = d.connection_id AND e.subject_kind = 'address' AND e.subject_key = r.email_key
    AND e.state = 'confirmed' AND e.detail -> 'change' ? f.name AND e.finished_at > app_now() - interval '30 days'
  ORDER BY e.plan_id DESC
  LIMIT 1) AS s ON true
LEFT JOIN link l ON l.connection_id = d.connection_id AND l.kind = 'contact' AND l.sf_id = d.sf_id
LEFT JOIN cc_contact t ON t.connection_id = l.connection_id AND t.contact_id = l.cc_id
ORDER BY c.name, s.times DESC, r.email_key, f.name
LIMIT 50
