-- Who was merged into a record: asked where a tick comes to be known after the merge that cleared it. No message has it.
CREATE INDEX notification_merged ON notification (connection_id, merged_into) WHERE merged_into IS NOT NULL;
