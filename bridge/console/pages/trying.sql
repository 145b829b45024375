-- Tries that have failed, and those to come.

-- name: trying
-- How what some notifications ask for was tried: what was tried most often of what each of them still waits for.
SELECT DISTINCT ON (n.number) n.number, w.attempts AS tries, w.failed_at, w.due_at AS next_at
FROM unnest(%(connection_ids)s::int[], %(notification_ids)s::text[]) WITH ORDINALITY AS n (connection_id, notification_id, number)
JOIN notification_subject s ON s.connection_id = n.connection_id AND s.notification_id = n.notification_id
JOIN work w ON w.connection_id = s.connection_id AND w.kind = s.kind AND w.key = s.key
WHERE w.done < s.generation AND w.attempts > 0 AND w.blocked_reason IS NULL
ORDER BY n.number, w.attempts DESC, w.due_at
