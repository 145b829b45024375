-- Steps of a plan whose run ended while a bulk activity had their subject: the end of the activity says what became of them.
ALTER TABLE step ADD COLUMN sent_with bigint;  -- that activity; NULL: the run itself says
CREATE INDEX step_sent_with ON step (connection_id, sent_with) WHERE sent_with IS NOT NULL AND finished_at IS NULL;

-- What a run is about, as people name it: contact:ID, list:ID; NULL: the whole connection.
ALTER TABLE run ADD COLUMN about text[];
