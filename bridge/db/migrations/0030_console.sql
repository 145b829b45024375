-- Who uses the console, with which roles, and the sessions of those who are logged in.

CREATE TABLE console_person (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  connection_id int REFERENCES connection,                         -- whose organization knows them; NULL: came by a link, sees all
  sf_user_id    text,
  name          text NOT NULL,
  roles         text[] NOT NULL DEFAULT '{}'
                CONSTRAINT console_person_roles
                CHECK (roles <@ ARRAY['viewer', 'operator', 'approver', 'auditor', 'admin']),
  first_seen_at timestamptz NOT NULL,
  seen_at       timestamptz NOT NULL,
  CONSTRAINT console_person_comes_from CHECK ((connection_id IS NULL) = (sf_user_id IS NULL)),
  CONSTRAINT console_person_known_once UNIQUE (connection_id, sf_user_id)
);
CREATE UNIQUE INDEX console_person_by_link ON console_person (name) WHERE connection_id IS NULL;

CREATE TABLE console_session (
  token_hash bytea PRIMARY KEY,                                    -- SHA-256: what is stored opens nothing
  person_id  bigint NOT NULL REFERENCES console_person,
  begun_at   timestamptz NOT NULL,
  seen_at    timestamptz NOT NULL,                                 -- to the minute
  ends_at    timestamptz NOT NULL
);
CREATE INDEX console_session_person ON console_session (person_id);

CREATE TABLE console_link (
  token_hash bytea PRIMARY KEY,
  made_by    text NOT NULL,
  ends_at    timestamptz NOT NULL
);

CREATE TABLE console_role_change (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person_id  bigint NOT NULL REFERENCES console_person,
  old        text[] NOT NULL,
  new        text[] NOT NULL,
  changed_by text NOT NULL,
  changed_at timestamptz NOT NULL
);
CREATE INDEX console_role_change_person ON console_role_change (person_id);
