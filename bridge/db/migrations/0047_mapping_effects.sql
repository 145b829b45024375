-- What another mapping would change, field by field; whom an activation is about; what waits for somebody's word.

ALTER TABLE mapping_count
  ADD COLUMN fields jsonb NOT NULL DEFAULT '{}';     -- field -> contacts in which it changes
