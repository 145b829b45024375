-- Interactions that plans foresee. There may be a million in one plan, so each is a lean row that is written once: what
-- became of it is known from the part of the plan that it was sent with, unless it ended otherwise than that.

CREATE TABLE planned_interaction (
  connection_id        int,
  run_id               bigint,                                     -- the run that made the plan; without a plan they are only drafted
  ordinal              int,
  external_id          text NOT NULL,
  campaign_activity_id uuid NOT NULL,
  contact_id           uuid NOT NULL,
  practifi_contact     text NOT NULL,
  practifi_account     text,
  has_client           bool NOT NULL,                              -- the record has a field for the client
  subject              text,                                       -- NULL, like the next two: the record has no field for it
  details              text,
  at                   text,                                       -- as the field takes it
  fingerprint          bytea NOT NULL,
  stood                bytea,                                      -- fingerprint of what Salesforce had; NULL: nothing
  stood_run_id         bigint,                                     -- the planned one that had been written; NULL: not known
  stood_ordinal        int,
  mapping_version_id   int,
  PRIMARY KEY (connection_id, run_id, ordinal)
);

CREATE TABLE interaction_part (              -- consecutive ones that were begun, or given up, together; parts have no gaps between them
  connection_id int,
  run_id        bigint,
  first         int,
  last          int NOT NULL,
  state         text NOT NULL CONSTRAINT interaction_part_state CHECK (state IN ('sending', 'confirmed', 'skipped')),
  outcome       text,
  attempts      int NOT NULL DEFAULT 0,
  sent_at       timestamptz,
  finished_at   timestamptz,
  PRIMARY KEY (connection_id, run_id, first),
  CONSTRAINT interaction_part_finished CHECK ((state <> 'sending') = (finished_at IS NOT NULL))
);

CREATE TABLE interaction_ending (            -- one that ended otherwise than its part
  connection_id int,
  run_id        bigint,
  ordinal       int,
  state         text NOT NULL CONSTRAINT interaction_ending_state CHECK (state IN ('skipped', 'refused', 'failed')),
  outcome       text NOT NULL,
  answer        jsonb,
  finished_at   timestamptz NOT NULL,
  PRIMARY KEY (connection_id, run_id, ordinal)
);

-- Which planned one an Interaction was last written from.
ALTER TABLE interaction ADD COLUMN planned_run_id bigint, ADD COLUMN planned_ordinal int;

-- Rows of `connection` are never deleted, and a key into it is looked up for each of millions of rows.
ALTER TABLE engagement_event DROP CONSTRAINT engagement_event_connection_id_fkey;
ALTER TABLE interaction DROP CONSTRAINT interaction_connection_id_fkey;

-- Plans that were made before: the next run plans anew.
UPDATE step
SET state = CASE state WHEN 'planned' THEN 'skipped' ELSE 'failed' END,
    outcome = CASE state WHEN 'planned' THEN 'planned by an older version' ELSE 'no answer came' END, finished_at = app_now()
WHERE subject_kind = 'interaction' AND finished_at IS NULL;

-- Planned Interactions as the steps that they are. Ask by plan, and by a range of places: there may be a million.
CREATE VIEW interaction_step AS
SELECT p.connection_id, l.id AS plan_id, p.ordinal,
  'interaction ' || p.external_id || ' ' || left(encode(p.fingerprint, 'hex'), 16) AS key,
  CASE WHEN p.stood IS NULL THEN 'create_interaction' ELSE 'update_interaction' END AS kind,
  'interaction' AS subject_kind, p.external_id AS subject_key,
  jsonb_build_object(
    'body', jsonb_build_object(
      'name', p.subject, 'campaign_activity_id', p.campaign_activity_id, 'practifi_contact', p.practifi_contact,
      'practifi_account', p.practifi_account, 'fingerprint', encode(p.fingerprint, 'hex')),
    'contact_id', p.contact_id,
    'calls', 0,
    'change', (
      SELECT coalesce(jsonb_object_agg(c.label, jsonb_build_array(c.old, c.new)), '{}')
      FROM (VALUES
        ('Subject', b.subject, p.subject),
        ('Details', b.details, p.details),
        ('When', b.at, p.at),
        ('Contact', b.practifi_contact, p.practifi_contact),
        ('Client', CASE WHEN b.has_client THEN b.practifi_account END, CASE WHEN p.has_client THEN p.practifi_account END)
      ) AS c (label, old, new)
      WHERE c.old IS DISTINCT FROM c.new)) AS detail,
  sha256(coalesce(p.stood, '')) AS facts,
  p.mapping_version_id,
  left('mailing ' || coalesce(a.campaign_name, p.campaign_activity_id::text), 200) AS reason,
  coalesce(e.state, t.state, 'planned') AS state,
  coalesce(e.outcome, t.outcome) AS outcome,
  coalesce(t.attempts, 0) AS attempts,
  e.answer, t.sent_at,
  coalesce(e.finished_at, t.finished_at) AS finished_at
FROM planned_interaction p
JOIN plan l ON l.connection_id = p.connection_id AND l.run_id = p.run_id
LEFT JOIN campaign_activity a
  ON a.connection_id = p.connection_id AND a.campaign_activity_id = p.campaign_activity_id
LEFT JOIN planned_interaction b
  ON b.connection_id = p.connection_id AND b.run_id = p.stood_run_id AND b.ordinal = p.stood_ordinal
LEFT JOIN interaction_ending e ON e.connection_id = p.connection_id AND e.run_id = p.run_id AND e.ordinal = p.ordinal
LEFT JOIN LATERAL (
  SELECT s.*
  FROM interaction_part s
  WHERE s.connection_id = p.connection_id AND s.run_id = p.run_id AND s.first <= p.ordinal
  ORDER BY s.first DESC
  LIMIT 1) AS t ON t.last >= p.ordinal;

CREATE OR REPLACE VIEW report.steps_v1 AS
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
FROM (
  SELECT connection_id, plan_id, ordinal, kind, subject_kind, subject_key, detail, reason, state, outcome, attempts, sent_at,
    finished_at
  FROM step
  UNION ALL
  SELECT connection_id, plan_id, ordinal, kind, subject_kind, subject_key, detail, reason, state, outcome, attempts, sent_at,
    finished_at
  FROM interaction_step) AS s
JOIN plan p ON p.connection_id = s.connection_id AND p.id = s.plan_id
JOIN connection c ON c.id = s.connection_id;
