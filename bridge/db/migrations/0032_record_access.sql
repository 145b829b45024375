-- What Salesforce has said of its users and of records, for as long as the console believes it.

CREATE TABLE console_record_access (
  connection_id int REFERENCES connection,
  sf_user_id    text,
  sf_id         text CHECK (length(sf_id) = 18),
  can_read      bool NOT NULL,
  can_edit      bool NOT NULL,
  asked_at      timestamptz NOT NULL,
  PRIMARY KEY (connection_id, sf_user_id, sf_id)
);
CREATE INDEX console_record_access_old ON console_record_access (asked_at);

CREATE TABLE console_permission_set (
  connection_id int REFERENCES connection,
  sf_user_id    text,
  label         text,
  is_given      bool NOT NULL,
  asked_at      timestamptz NOT NULL,
  PRIMARY KEY (connection_id, sf_user_id, label)
);
