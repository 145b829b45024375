-- Mirror and links: last known state of both sides, only forward in time; mapped and searched fields only.

CREATE TABLE practifi_record (
  connection_id int REFERENCES connection,
  kind text CHECK (kind IN ('account','contact','relation','list','membership')),          -- relation: account_id + contact_id
  sf_id text CHECK (length(sf_id) = 18),
  modstamp timestamptz, modified_by text, created_at timestamptz, deleted_at timestamptz, merged_into text,
  account_id text, contact_id text, list_id text, name text, email_key text,
  do_not_email bool, resubscribe_at timestamptz,                                           -- NULL: not known, blocks sending; the untick's stamp
  fields jsonb NOT NULL, unknown_fields text[] NOT NULL DEFAULT '{}',
  source text NOT NULL CHECK (source IN ('message','read','snapshot','own_write')), seen_at timestamptz NOT NULL,
  PRIMARY KEY (connection_id, kind, sf_id));
CREATE INDEX practifi_email ON practifi_record (connection_id, email_key) WHERE kind = 'contact' AND deleted_at IS NULL;
CREATE INDEX practifi_people ON practifi_record (connection_id, account_id, contact_id) WHERE kind IN ('contact','relation') AND deleted_at IS NULL;
CREATE INDEX practifi_membership ON practifi_record (connection_id, contact_id, list_id) WHERE kind = 'membership' AND deleted_at IS NULL;
CREATE INDEX practifi_members ON practifi_record (connection_id, list_id) WHERE kind = 'membership' AND deleted_at IS NULL;

CREATE TABLE record_status (                 -- what the console shows and what goes back to Practifi: written only where it differs
  connection_id int REFERENCES connection, kind text CHECK (kind IN ('contact','list','membership')), sf_id text,
  status text NOT NULL, reason text, since timestamptz NOT NULL, confirmed_at timestamptz,
  written_fingerprint bytea, written_at timestamptz, write_error text,
  write_due_at timestamptz, write_attempts int NOT NULL DEFAULT 0, lease_until timestamptz,   -- NULL due: nothing to write
  PRIMARY KEY (connection_id, kind, sf_id));

CREATE TABLE cc_list (
  connection_id int REFERENCES connection, list_id uuid,
  name text NOT NULL, member_count int, updated_at timestamptz, deleted_at timestamptz, seen_at timestamptz NOT NULL,
  PRIMARY KEY (connection_id, list_id));
CREATE TABLE cc_custom_field (
  connection_id int REFERENCES connection, custom_field_id uuid,
  name text NOT NULL, label text NOT NULL, type text NOT NULL, seen_at timestamptz NOT NULL,
  PRIMARY KEY (connection_id, custom_field_id));
CREATE TABLE cc_contact (
  connection_id int REFERENCES connection, contact_id uuid, email_key text,                -- a contact may have no e-mail address
  permission text, opt_out_source text, opt_out_at timestamptz,
  update_source text, updated_at timestamptz, deleted_at timestamptz,
  resource jsonb NOT NULL,                                                                 -- whole: a PUT replaces
  answered jsonb,                                                                          -- whole, as our last write was answered: how the vendor spells what it was sent
  sent_fingerprint bytea, sent_at timestamptz,                                             -- our last write: an echo is recognised, a later act of the person too
  confirmation_sent_at timestamptz,                                                        -- the one resubscribe mail a contact, ever
  seen_at timestamptz NOT NULL,
  PRIMARY KEY (connection_id, contact_id));
CREATE INDEX cc_contact_email ON cc_contact (connection_id, email_key);
CREATE TABLE cc_membership (                 -- no foreign keys: pages arrive in any order, three million rows at a time
  connection_id int, list_id uuid, contact_id uuid, seen_at timestamptz NOT NULL,
  PRIMARY KEY (connection_id, list_id, contact_id));
CREATE INDEX cc_membership_contact ON cc_membership (connection_id, contact_id);

CREATE TABLE link (                          -- identity only
  connection_id int REFERENCES connection, kind text CHECK (kind IN ('contact','list')), sf_id text,
  cc_id uuid NOT NULL, is_owner bool NOT NULL, made_at timestamptz NOT NULL,
  PRIMARY KEY (connection_id, kind, sf_id));
CREATE UNIQUE INDEX link_one_owner ON link (connection_id, kind, cc_id) WHERE is_owner;    -- several people may share one contact; one owns it
CREATE INDEX link_there ON link (connection_id, kind, cc_id);

CREATE TABLE membership_base (               -- the third side (consent.md 18-20): no row = never seen in Practifi = foreign
  connection_id int REFERENCES connection, contact_id text, list_id text,                  -- Salesforce ids, one row a person and list
  cc_contact_id uuid, cc_list_id uuid,                                                     -- where it was put: stays when the address moves, until taken off there
  seen_at timestamptz NOT NULL, removed_at timestamptz, removed_by text,                   -- in Practifi
  agreed_at timestamptz,                                                                   -- last time both sides were seen to have it
  lost_at timestamptz, lost_by text CHECK (lost_by IN ('person','account','unknown')),     -- gone there; by the person: list-level opt-out
  PRIMARY KEY (connection_id, contact_id, list_id));
CREATE INDEX membership_base_there ON membership_base (connection_id, cc_contact_id, cc_list_id);

CREATE TABLE unresolved (                    -- the Unresolved page: shared addresses without a rule, name clashes, duplicates
  connection_id int REFERENCES connection, id bigint GENERATED ALWAYS AS IDENTITY,
  kind text NOT NULL CHECK (kind IN ('shared_address','list_name','duplicate','other_account')), key text NOT NULL,
  candidates jsonb NOT NULL, found_at timestamptz NOT NULL, choice jsonb, chosen_by text, finished_at timestamptz,
  PRIMARY KEY (connection_id, id));
CREATE UNIQUE INDEX unresolved_once ON unresolved (connection_id, kind, key) WHERE finished_at IS NULL;
CREATE INDEX record_status_due ON record_status (connection_id, write_due_at) WHERE write_due_at IS NOT NULL;
