-- Runs compare both sides in the database: what a page showed stands in staging as the mirror has it, and once more as narrow
-- rows that one join compares; which addresses a run still has to decide on; the steps of a plan until it is whole.

ALTER TABLE staged_practifi_record
  ADD COLUMN modstamp       timestamptz,
  ADD COLUMN modified_by    text,
  ADD COLUMN created_at     timestamptz,
  ADD COLUMN deleted_at     timestamptz,
  ADD COLUMN account_id     text,
  ADD COLUMN contact_id     text,
  ADD COLUMN list_id        text,
  ADD COLUMN name           text,
  ADD COLUMN email_key      text,
  ADD COLUMN do_not_email   bool,
  ADD COLUMN resubscribe_at timestamptz,
  ADD COLUMN unknown_fields text[] NOT NULL DEFAULT '{}';
DROP INDEX staged_practifi_record_run;       -- filled and read whole; an index costs more than it saves

ALTER TABLE staged_cc_resource
  ADD COLUMN email_key      text,
  ADD COLUMN permission     text,
  ADD COLUMN opt_out_source text,
  ADD COLUMN opt_out_at     timestamptz,
  ADD COLUMN update_source  text,
  ADD COLUMN updated_at     timestamptz,
  ADD COLUMN deleted_at     timestamptz;
DROP INDEX staged_cc_resource_run;

-- What decides whether anything is to be done at an address, without the rest of the records. Repeated rows are removed when
-- a source is complete: the one of the highest batch counts.
CREATE UNLOGGED TABLE compared_contact (
  connection_id int NOT NULL,
  run_id        bigint NOT NULL,
  sf_id         text NOT NULL,
  key           text,                                              -- the e-mail key; NULL: no address, or deleted
  compared      text,                                              -- of all mapped parts; NULL: takes no part, or faulty
  do_not_email  bool,
  left_out      text,                                              -- why it takes no part
  is_faulty     bool NOT NULL,
  batch         xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE UNLOGGED TABLE compared_contact_there (
  connection_id  int NOT NULL,
  run_id         bigint NOT NULL,
  contact_id     uuid NOT NULL,
  key            text,
  compared       text NOT NULL,
  permission     text,
  opt_out_source text,
  is_deleted     bool NOT NULL,
  batch          xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE UNLOGGED TABLE compared_membership (
  connection_id int NOT NULL,
  run_id        bigint NOT NULL,
  sf_id         text NOT NULL,
  contact_id    text,                                              -- NULL as well where it is deleted
  list_id       text,
  left_out      text,
  batch         xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE UNLOGGED TABLE compared_membership_there (
  connection_id int NOT NULL,
  run_id        bigint NOT NULL,
  contact_id    uuid NOT NULL,
  list_id       uuid NOT NULL,
  batch         xid8 NOT NULL DEFAULT pg_current_xact_id()
);

CREATE TABLE candidate (                     -- stays until a run has decided on it and nothing is left to do: a run that fails passes it on
  connection_id int REFERENCES connection,
  key           text,                                              -- as work.key of an address
  turn          smallint NOT NULL DEFAULT 0,                       -- contacts that may go along to another address come last
  PRIMARY KEY (connection_id, key)
);

CREATE UNLOGGED TABLE drafted_step (         -- a plan is stored whole: until then its steps are here
  connection_id int NOT NULL,
  run_id        bigint NOT NULL,
  ordinal       int NOT NULL,
  key           text NOT NULL,
  kind          text NOT NULL,
  subject_kind  text NOT NULL,
  subject_key   text NOT NULL,
  lane          smallint NOT NULL,
  detail        jsonb NOT NULL,
  before        jsonb NOT NULL,
  facts         text NOT NULL,                                     -- in hexadecimal digits
  reason        text NOT NULL
);
