-- The page of a client's memberships: who belongs to a client as Salesforce has told it, and what people have saved.

CREATE TABLE console_client (
  connection_id int REFERENCES connection,
  account_id    text CHECK (length(account_id) = 18),
  name          text,
  ways          jsonb NOT NULL,                                    -- by the mapping's ways, in order: ids; null where the mirror tells it
  asked_at      timestamptz NOT NULL,
  PRIMARY KEY (connection_id, account_id)
);

CREATE TABLE console_save (                                        -- one press of Save: the same key, the same save
  connection_id int REFERENCES connection,
  key           text,
  page          text NOT NULL,                                     -- one opening of the page, until it is left
  account_id    text NOT NULL,
  person_id     bigint NOT NULL REFERENCES console_person,
  made_at       timestamptz NOT NULL,
  lease_until   timestamptz,                                       -- somebody writes it to Practifi; NULL: that is over
  PRIMARY KEY (connection_id, key)
);
CREATE INDEX console_save_page ON console_save (connection_id, page);

CREATE TABLE console_saved (                                       -- what one save asked for, row by row, and what Practifi said
  connection_id int,
  save_key      text,
  place         int,
  act           text NOT NULL CHECK (act IN ('add', 'remove')),
  contact_id    text NOT NULL,
  list_id       text NOT NULL,
  sf_id         text,                                              -- the membership; NULL: it is not made
  outcome       text CHECK (outcome IN ('saved', 'refused', 'gone')),  -- NULL: not known yet; gone: somebody was first
  says          text,                                              -- Salesforce's own sentence, or who was first
  subject_key   text,                                              -- the address that carries it on
  saved_at      timestamptz,
  PRIMARY KEY (connection_id, save_key, place),
  FOREIGN KEY (connection_id, save_key) REFERENCES console_save
);
CREATE INDEX console_saved_membership ON console_saved (connection_id, sf_id) WHERE sf_id IS NOT NULL;
CREATE INDEX console_saved_contact ON console_saved (connection_id, contact_id);

CREATE TABLE put_back (                                            -- a list-level opt-out that somebody of the firm has taken back
  connection_id int REFERENCES connection,
  seq           bigint,                                            -- the ledger's entry
  address_id    uuid NOT NULL,
  person_id     uuid NOT NULL,
  list_id       uuid,                                              -- there
  asked_via     text,                                              -- erased with the person, as the next two
  asked_on      date,
  note          text,
  evidence_by   text,
  made_at       timestamptz NOT NULL,
  PRIMARY KEY (connection_id, seq),
  FOREIGN KEY (connection_id, seq) REFERENCES consent_entry,
  FOREIGN KEY (connection_id, address_id) REFERENCES consent_subject,
  FOREIGN KEY (connection_id, person_id) REFERENCES consent_subject
);
