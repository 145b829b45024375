-- Integrity: how far both sides agreed at each run, why what differed did, and views for reports.

CREATE TABLE integrity_score (               -- one row a run that compared lists or contacts
  connection_id int,
  run_id        bigint,
  job           text NOT NULL,
  taken_at      timestamptz NOT NULL,
  linked        int NOT NULL,                                      -- records that are linked to something there
  agreeing      int NOT NULL,
  causes        jsonb NOT NULL DEFAULT '{}',                       -- cause -> records that differ
  fields        jsonb NOT NULL DEFAULT '{}',                       -- field -> {"differing": records, "flapping": records}
  PRIMARY KEY (connection_id, run_id),
  FOREIGN KEY (connection_id, run_id) REFERENCES run ON DELETE CASCADE,
  CONSTRAINT integrity_score_agreeing CHECK (agreeing BETWEEN 0 AND linked)
);
CREATE INDEX integrity_score_newest ON integrity_score (connection_id, job, taken_at);

CREATE TABLE integrity_difference (          -- kept for 30 days, as steps are
  connection_id int,
  run_id        bigint,
  kind          text CONSTRAINT integrity_difference_kind CHECK (kind IN ('contact', 'list')),
  sf_id         text,
  cause         text NOT NULL,
  fields        text[] NOT NULL,
  flapping      text[] NOT NULL,                                   -- of these: set to the same value at least twice before
  PRIMARY KEY (connection_id, run_id, kind, sf_id),
  FOREIGN KEY (connection_id, run_id) REFERENCES integrity_score ON DELETE CASCADE
);

-- Records of Practifi that are linked to something there, when the bridge wrote that last, and when it was changed there.
CREATE VIEW linked_record AS
SELECT r.connection_id, r.kind, r.sf_id, 'address' AS subject_kind, r.email_key AS subject_key, r.account_id,
  c.sent_at AS written_at,
  greatest(c.updated_at, c.opt_out_at) AS changed_there_at,
  c.contact_id IS NULL OR c.deleted_at IS NOT NULL AS is_gone
FROM practifi_record r
JOIN link l ON l.connection_id = r.connection_id AND l.kind = 'contact' AND l.sf_id = r.sf_id
LEFT JOIN cc_contact c ON c.connection_id = l.connection_id AND c.contact_id = l.cc_id
WHERE r.kind = 'contact' AND r.deleted_at IS NULL AND r.email_key IS NOT NULL
UNION ALL
SELECT r.connection_id, r.kind, r.sf_id, 'list', r.sf_id, NULL,
  coalesce((
      SELECT max(s.finished_at)
      FROM step s
      WHERE s.connection_id = r.connection_id AND s.subject_kind = 'list' AND s.subject_key = r.sf_id
        AND s.state = 'confirmed'),
    l.made_at),
  c.updated_at,
  c.list_id IS NULL OR c.deleted_at IS NOT NULL
FROM practifi_record r
JOIN link l ON l.connection_id = r.connection_id AND l.kind = 'list' AND l.sf_id = r.sf_id
LEFT JOIN cc_list c ON c.connection_id = l.connection_id AND c.list_id = l.cc_id
WHERE r.kind = 'list' AND r.deleted_at IS NULL;

-- Views for reports (docs/reports.md). A view keeps the columns and meanings of its version; another version stands beside it.
-- None shows an address or a value of a record.
CREATE SCHEMA report;

CREATE VIEW report.runs_v1 AS
SELECT c.name AS connection, r.id AS run_id, r.job, r.mode, r.origin, r.asked_by, r.asked_at, r.started_at, r.finished_at,
  r.state, r.reason,
  (r.counters ->> 'read')::int AS read,
  (r.counters ->> 'unchanged')::int AS unchanged,
  (r.counters ->> 'planned')::int AS planned,
  (SELECT sum(n::int)::int FROM jsonb_each_text(r.counters -> 'skipped') AS s (why, n)) AS skipped,
  (SELECT sum(n::int)::int FROM jsonb_each_text(r.counters -> 'rejected') AS s (why, n)) AS rejected
FROM run r
JOIN connection c ON c.id = r.connection_id;

CREATE VIEW report.steps_v1 AS
SELECT c.name AS connection, s.plan_id, s.ordinal, p.run_id, p.origin, s.kind, s.subject_kind,
  CASE s.subject_kind
    WHEN 'address' THEN ARRAY(
      SELECT r.sf_id
      FROM practifi_record r
      WHERE r.connection_id = s.connection_id AND r.kind = 'contact' AND r.email_key = s.subject_key
        AND r.deleted_at IS NULL
      ORDER BY r.sf_id)
    ELSE ARRAY[s.subject_key]
  END AS records,
  ARRAY(SELECT jsonb_object_keys(coalesce(s.detail -> 'change', '{}')) ORDER BY 1) AS fields,
  s.reason, s.state, s.outcome, s.attempts, p.made_at, s.sent_at, s.finished_at
FROM step s
JOIN plan p ON p.connection_id = s.connection_id AND p.id = s.plan_id
JOIN connection c ON c.id = s.connection_id;

CREATE VIEW report.rejections_v1 AS
SELECT connection, 'step' AS what, coalesce(finished_at, made_at) AS at, coalesce(outcome, reason) AS reason, 1 AS count,
  records, run_id, plan_id, NULL AS notification_id
FROM report.steps_v1
WHERE state IN ('refused', 'failed')
UNION ALL
SELECT c.name, 'notification', n.finished_at, n.reason, 1, ARRAY[n.record_id], NULL, NULL, n.notification_id
FROM notification n
JOIN connection c ON c.id = n.connection_id
WHERE n.state = 'dead'
UNION ALL
SELECT c.name, 'run', coalesce(r.finished_at, r.started_at), counted.why, counted.n::int, '{}', r.id, NULL, NULL
FROM run r
JOIN connection c ON c.id = r.connection_id
CROSS JOIN LATERAL jsonb_each_text(r.counters -> 'rejected') AS counted (why, n);

CREATE VIEW report.integrity_v1 AS
SELECT c.name AS connection, s.run_id, s.job, s.taken_at, s.linked, s.agreeing,
  CASE WHEN s.linked > 0 THEN s.agreeing::float8 / s.linked END AS share,
  coalesce((s.causes ->> 'unexplained')::int, 0) AS unexplained,
  s.causes, s.fields
FROM integrity_score s
JOIN connection c ON c.id = s.connection_id;
