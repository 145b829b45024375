-- Many people put on a list at once: one person's draft, then what became of each membership.

CREATE TABLE bulk_create (
  connection_id int REFERENCES connection,
  id            bigint GENERATED ALWAYS AS IDENTITY,
  person_id     bigint NOT NULL REFERENCES console_person,
  asked_by      text NOT NULL,                                     -- how they sign
  state         text NOT NULL CONSTRAINT bulk_create_state
                CHECK (state IN ('draft', 'saving', 'undoing', 'saved', 'undone', 'discarded')),
  list_id       text,                                              -- of the first step, in Practifi
  source        jsonb NOT NULL DEFAULT '{}',                       -- where people are looked for: kind and name
  start_ids     text[],                                            -- whom the source named; NULL: everybody
  filters       jsonb NOT NULL DEFAULT '[]',                       -- path, label and text of each
  read_at       timestamptz,                                       -- when those who match were found
  made_at       timestamptz NOT NULL,
  changed_at    timestamptz NOT NULL,
  judged_at     timestamptz,                                       -- when the whole Selected List was judged last
  saved_at      timestamptz,
  undone_by     text,
  reason        text,                                              -- why it does not go on
  attempts      int NOT NULL DEFAULT 0,
  due_at        timestamptz,
  lease_token   uuid,
  lease_until   timestamptz,
  finished_at   timestamptz,
  PRIMARY KEY (connection_id, id),
  CONSTRAINT bulk_create_due CHECK ((state IN ('saving', 'undoing')) = (due_at IS NOT NULL)),
  CONSTRAINT bulk_create_finished CHECK ((state IN ('saved', 'undone', 'discarded')) = (finished_at IS NOT NULL)),
  CONSTRAINT bulk_create_lease_whole CHECK ((lease_token IS NULL) = (lease_until IS NULL))
);
CREATE UNIQUE INDEX bulk_create_one_draft ON bulk_create (connection_id, person_id) WHERE state = 'draft';
CREATE INDEX bulk_create_under_way ON bulk_create (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE bulk_create_found (             -- who matches, at the moment when somebody looked
  connection_id int,
  bulk_id       bigint,
  place         int,
  contact_id    text NOT NULL,
  reason        text,                                              -- why they cannot be added; NULL: they can
  PRIMARY KEY (connection_id, bulk_id, place),
  FOREIGN KEY (connection_id, bulk_id) REFERENCES bulk_create ON DELETE CASCADE
);

CREATE TABLE bulk_create_row (               -- the Selected List, and later one membership each
  connection_id int,
  bulk_id       bigint,
  contact_id    text,
  list_id       text NOT NULL,
  place         bigint GENERATED ALWAYS AS IDENTITY,
  state         text NOT NULL DEFAULT 'selected' CONSTRAINT bulk_create_row_state
                CHECK (state IN ('selected', 'waiting', 'sending', 'made', 'kept', 'skipped', 'refused', 'undone')),
  reason        text,                                              -- why it is skipped or was refused, in words for people
  email_key     text,                                              -- as it was judged
  is_new        bool,                                              -- Constant Contact has no contact at the address; NULL: not judged
  is_shared     bool,
  membership_id text,                                              -- the record in Practifi
  sent_at       timestamptz,                                       -- from here on the record may exist
  PRIMARY KEY (connection_id, bulk_id, contact_id),
  FOREIGN KEY (connection_id, bulk_id) REFERENCES bulk_create ON DELETE CASCADE,
  CONSTRAINT bulk_create_row_made CHECK (state NOT IN ('made', 'kept') OR membership_id IS NOT NULL)
);
CREATE INDEX bulk_create_row_place ON bulk_create_row (connection_id, bulk_id, state, place);

-- How many members of a list are confirmed: asked for all lists at once.
CREATE INDEX membership_base_confirmed ON membership_base (connection_id, list_id)
  WHERE agreed_at IS NOT NULL AND removed_at IS NULL AND lost_at IS NULL;

CREATE INDEX membership_base_lost ON membership_base (connection_id, list_id) WHERE lost_at IS NOT NULL AND removed_at IS NULL;
-- Which memberships were not sent, and why: few of many.
CREATE INDEX record_status_not_sent ON record_status (connection_id, sf_id) WHERE kind = 'membership' AND status = 'Not sent';

-- What people call a contact; FirstName and LastName are Salesforce's own fields.
CREATE FUNCTION contact_name(r practifi_record) RETURNS text
  LANGUAGE sql STABLE
  RETURN coalesce(nullif(btrim(concat_ws(' ', r.fields ->> 'FirstName', r.fields ->> 'LastName')), ''), r.email_key, r.sf_id);
