-- Policies of a connection are a setting; who changed which is kept here, for whoever asks why. And the name of a list that
-- both sides last had, by which a run tells on which side it was renamed.

CREATE TABLE policy_change (
  connection_id int REFERENCES connection,
  id            bigint GENERATED ALWAYS AS IDENTITY,
  name          text NOT NULL,
  old           text NOT NULL,
  new           text NOT NULL,
  changed_by    text NOT NULL,
  changed_at    timestamptz NOT NULL,
  PRIMARY KEY (connection_id, id)
);

ALTER TABLE link
  ADD COLUMN agreed_name text;                                     -- of a list; NULL: not known

-- Whom a person has chosen for a shared address: asked with every decision.
CREATE INDEX unresolved_chosen ON unresolved (connection_id, key) WHERE choice IS NOT NULL;
