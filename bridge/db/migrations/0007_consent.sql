-- Consent: the append-only ledger, the standing opt-outs derived from it, and each coming back.

CREATE TABLE consent_subject (               -- an address, or a person: an opt-out is kept on both. Personal data lives here only,
  connection_id int REFERENCES connection, subject_id uuid,                                -- so it can be erased and the chain still verifies
  kind text NOT NULL CHECK (kind IN ('address','person')),
  key text, key_hash bytea NOT NULL,                                                       -- e-mail key or contact Id, NULL once erased; keyed hash stays: the suppression entry
  hold_reason text, erased_at timestamptz,
  PRIMARY KEY (connection_id, subject_id), UNIQUE (connection_id, kind, key_hash),
  CHECK (erased_at IS NULL OR (key IS NULL AND hold_reason IS NULL)));

CREATE TABLE consent_head (                  -- locked to append: one chain a connection
  connection_id int PRIMARY KEY REFERENCES connection, seq bigint NOT NULL, digest bytea NOT NULL);
CREATE TABLE consent_entry (
  connection_id int REFERENCES connection, seq bigint,
  address_id uuid, person_id uuid, list_id uuid,                                           -- list_id: a list-level opt-out
  side text NOT NULL CHECK (side IN ('practifi','constant_contact','console')),
  change text NOT NULL CHECK (change IN ('ticked','unticked','opted_out','opted_in','left_list','put_back','complained','evidence','erased')),
  acted_by text NOT NULL CHECK (acted_by IN ('person','firm','unknown')),                  -- whose opt-out it is: rules 4 and 10
  stage text NOT NULL CHECK (stage IN ('seen','sent','confirmed','refused')), about_seq bigint,  -- sent, confirmed, refused: entries of their own about the seen one
  cause_kind text NOT NULL, cause_id text NOT NULL, user_id text,                          -- notification, run, console, import; LastModifiedById
  at timestamptz NOT NULL, answer text, evidence_digest bytea,
  previous bytea NOT NULL, digest bytea NOT NULL,
  PRIMARY KEY (connection_id, seq),
  FOREIGN KEY (connection_id, address_id) REFERENCES consent_subject,
  FOREIGN KEY (connection_id, person_id) REFERENCES consent_subject,
  FOREIGN KEY (connection_id, about_seq) REFERENCES consent_entry,
  CHECK (address_id IS NOT NULL OR person_id IS NOT NULL),
  CHECK ((stage = 'seen') = (about_seq IS NULL)));
CREATE INDEX consent_entry_address ON consent_entry (connection_id, address_id, seq);
CREATE INDEX consent_entry_person ON consent_entry (connection_id, person_id, seq);
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE TRIGGER consent_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON consent_entry EXECUTE FUNCTION refuse_change();

CREATE TABLE opt_out (                       -- standing opt-outs, derived from the ledger in the same transaction: what decide() reads
  connection_id int, subject_id uuid, list_id uuid,                                        -- list_id NULL: all mail
  acted_by text NOT NULL CHECK (acted_by IN ('person','firm','complaint')), since timestamptz NOT NULL, seq bigint NOT NULL,
  UNIQUE NULLS NOT DISTINCT (connection_id, subject_id, list_id),                          -- a person's own is never replaced by a firm's
  FOREIGN KEY (connection_id, subject_id) REFERENCES consent_subject,
  FOREIGN KEY (connection_id, seq) REFERENCES consent_entry);

CREATE TABLE box_change (                    -- Do Not Email of one record as seen, one row a change: rules 9 and 11
  connection_id int REFERENCES connection, contact_id text, changed_at timestamptz,        -- the stamp, else SystemModstamp
  ticked bool NOT NULL, user_id text, is_own_user bool NOT NULL,
  seen_by text NOT NULL CHECK (seen_by IN ('stamp','notification','snapshot','console')), cause_id text, seen_at timestamptz NOT NULL,
  PRIMARY KEY (connection_id, contact_id, changed_at));
CREATE INDEX box_change_recent ON box_change (connection_id, seen_at) WHERE NOT ticked;

CREATE TABLE resubscription (                -- one coming back (rules 9-12), from the untick or Reactivate to read back
  connection_id int REFERENCES connection, id bigint GENERATED ALWAYS AS IDENTITY,
  address_id uuid NOT NULL, person_id uuid NOT NULL, asked_seq bigint NOT NULL,            -- the ledger's entry of the untick
  policy text NOT NULL CHECK (policy IN ('firm','practifi','confirm','evidence')),         -- firm: it was the firm's own opt-out
  state text NOT NULL CHECK (state IN ('held','waiting_evidence','waiting_person','sending','sent','confirmed','refused','not_confirmed','withdrawn')),
  reason text, made_at timestamptz NOT NULL, due_at timestamptz, approved_by text, finished_at timestamptz,  -- held: a mass untick waits for an approver
  evidence_due_at timestamptz, asked_via text, asked_on date, note text,                   -- outstanding: due set, evidence_at NULL; erased with the person
  evidence_by text, evidence_at timestamptz,
  PRIMARY KEY (connection_id, id),
  FOREIGN KEY (connection_id, address_id) REFERENCES consent_subject,
  FOREIGN KEY (connection_id, person_id) REFERENCES consent_subject,
  FOREIGN KEY (connection_id, asked_seq) REFERENCES consent_entry,
  CHECK ((state IN ('confirmed','refused','not_confirmed','withdrawn')) = (finished_at IS NOT NULL)));
CREATE UNIQUE INDEX resubscription_one_open ON resubscription (connection_id, address_id, person_id) WHERE finished_at IS NULL;
CREATE INDEX resubscription_evidence ON resubscription (connection_id, evidence_due_at) WHERE evidence_at IS NULL;
