-- Runs: one job over a whole connection, its snapshot of both sides, and when it is due.

CREATE TABLE run (
  connection_id   int REFERENCES connection,
  id              bigint GENERATED ALWAYS AS IDENTITY,
  job             text NOT NULL CONSTRAINT run_job CHECK (job IN ('lists', 'contacts', 'activities')),
  mode            text NOT NULL CONSTRAINT run_mode CHECK (mode IN ('plan', 'apply')),
  extent          text NOT NULL DEFAULT 'full' CONSTRAINT run_extent CHECK (extent IN ('full', 'incremental')),
  origin          text NOT NULL CONSTRAINT run_origin CHECK (origin IN ('schedule', 'console', 'cli')),
  asked_by        text NOT NULL,
  asked_at        timestamptz NOT NULL,
  state           text NOT NULL
                  CONSTRAINT run_state
                  CHECK (state IN ('queued', 'reading', 'planning', 'waiting', 'applying', 'done', 'failed', 'cancelled')),
  reason          text,
  counters        jsonb NOT NULL DEFAULT '{}',                     -- read = unchanged + planned + skipped + rejected
  progress        jsonb NOT NULL DEFAULT '{}',                     -- what is being done, how much of it, of how much
  lease_token     uuid,
  lease_until     timestamptz,
  cancel_asked_at timestamptz,
  started_at      timestamptz,
  finished_at     timestamptz,
  PRIMARY KEY (connection_id, id),
  CONSTRAINT run_finished CHECK ((state IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
  CONSTRAINT run_lease_whole CHECK ((lease_token IS NULL) = (lease_until IS NULL))
);
CREATE UNIQUE INDEX run_one_active ON run (connection_id, job) WHERE finished_at IS NULL AND state <> 'waiting';

ALTER TABLE plan ADD CONSTRAINT plan_run FOREIGN KEY (connection_id, run_id) REFERENCES run;
CREATE INDEX plan_of_run ON plan (connection_id, run_id) WHERE run_id IS NOT NULL;

CREATE TABLE checkpoint (                    -- resume only if staging holds row_count rows: unlogged tables are emptied by a crash
  connection_id int,
  run_id        bigint,
  source        text,
  cursor        text,                                              -- where the next page begins; NULL: at the start
  row_count     bigint NOT NULL,
  complete      bool NOT NULL DEFAULT false,
  PRIMARY KEY (connection_id, run_id, source),
  FOREIGN KEY (connection_id, run_id) REFERENCES run
);

-- The snapshot of one run. No keys: pages may repeat rows, and the last one counts. Merged into the mirror when complete.
CREATE UNLOGGED TABLE staged_practifi_record (
  connection_id int NOT NULL,
  run_id        bigint NOT NULL,
  kind          text NOT NULL,
  sf_id         text NOT NULL,
  record        jsonb NOT NULL,
  seq           bigint GENERATED ALWAYS AS IDENTITY
);
CREATE INDEX staged_practifi_record_run ON staged_practifi_record (connection_id, run_id, kind, sf_id);
CREATE UNLOGGED TABLE staged_cc_resource (
  connection_id int NOT NULL,
  run_id        bigint NOT NULL,
  kind          text NOT NULL CONSTRAINT staged_cc_resource_kind CHECK (kind IN ('list', 'contact')),
  cc_id         uuid NOT NULL,
  resource      jsonb NOT NULL,
  seq           bigint GENERATED ALWAYS AS IDENTITY
);
CREATE INDEX staged_cc_resource_run ON staged_cc_resource (connection_id, run_id, kind, cc_id);

CREATE TABLE schedule (
  connection_id    int REFERENCES connection,
  job              text CONSTRAINT schedule_job CHECK (job IN ('lists', 'contacts', 'activities')),
  cron             text NOT NULL,
  zone             text NOT NULL,
  enabled          bool NOT NULL DEFAULT true,
  since            timestamptz NOT NULL,                           -- nothing before this is caught up
  first_planned_at timestamptz,                                    -- lists and contacts: NULL = the next scheduled run is plan-only
  PRIMARY KEY (connection_id, job)
);

CREATE TABLE schedule_fire (                 -- any number of schedulers race on this key: no leader is needed
  connection_id int,
  job           text,
  due_at        timestamptz,
  run_id        bigint,
  PRIMARY KEY (connection_id, job, due_at),
  FOREIGN KEY (connection_id, job) REFERENCES schedule,
  FOREIGN KEY (connection_id, run_id) REFERENCES run
);
