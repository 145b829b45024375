-- Mapping files as people write them in the console: what is not in force yet, what it would change, and which version came
-- into force when.

CREATE TABLE mapping_activation (
  connection_id int,
  id            bigint GENERATED ALWAYS AS IDENTITY,
  version_id    int NOT NULL,
  origin        text NOT NULL CHECK (origin IN ('files','console')),  -- files: a folder, by `up` or a command
  activated_at  timestamptz NOT NULL,
  activated_by  text NOT NULL,
  PRIMARY KEY (connection_id, id),
  FOREIGN KEY (connection_id, version_id) REFERENCES mapping_version
);
INSERT INTO mapping_activation (connection_id, version_id, origin, activated_at, activated_by)
SELECT connection_id, id, 'files', activated_at, activated_by
FROM mapping_version
WHERE activated_at IS NOT NULL AND activated_by IS NOT NULL
ORDER BY connection_id, activated_at, id;

CREATE TABLE mapping_edit (                          -- one a person: it stays until it is in force or discarded
  connection_id   int REFERENCES connection,
  person_id       bigint REFERENCES console_person,
  files           jsonb NOT NULL,                    -- name -> text as typed, all files
  base_version_id int,                               -- in force when it was begun
  saved_at        timestamptz NOT NULL,
  PRIMARY KEY (connection_id, person_id)
);

CREATE TABLE mapping_count (                         -- what files would change, contact by contact, beside a version
  connection_id int,
  version_id    int,
  digest        text,                                -- of the files
  files         jsonb NOT NULL,
  after_id      text NOT NULL DEFAULT '',            -- how far it has come
  looked        int NOT NULL DEFAULT 0,
  counts        jsonb NOT NULL DEFAULT '{}',         -- kind of change -> contacts
  asked_at      timestamptz NOT NULL,
  finished_at   timestamptz,
  fault         text,
  PRIMARY KEY (connection_id, version_id, digest),
  FOREIGN KEY (connection_id, version_id) REFERENCES mapping_version
);
CREATE INDEX mapping_count_open ON mapping_count (asked_at) WHERE finished_at IS NULL;
