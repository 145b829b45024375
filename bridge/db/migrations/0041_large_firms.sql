-- What pages ask of a large firm is answered from indexes and from what was counted as it came.

CREATE TABLE consent_change (                -- of each change that was seen what became of it, derived from the ledger as it is appended to
  connection_id int,
  seq           bigint,                                            -- the ledger's entry that saw it
  at            timestamptz NOT NULL,
  change        text NOT NULL,
  due_at        timestamptz NOT NULL,                              -- one business day later
  sent_at       timestamptz,                                       -- the first time, as the next two
  confirmed_at  timestamptz,
  refused_at    timestamptz,
  PRIMARY KEY (connection_id, seq)
);
CREATE VIEW consent_change_told AS           -- the same from the ledger alone, however long that takes
SELECT e.connection_id, e.seq, e.at, e.change, one_business_day_after(e.at) AS due_at,
  min(a.at) FILTER (WHERE a.stage = 'sent') AS sent_at, min(a.at) FILTER (WHERE a.stage = 'confirmed') AS confirmed_at,
  min(a.at) FILTER (WHERE a.stage = 'refused') AS refused_at
FROM consent_entry e
LEFT JOIN consent_entry a ON a.connection_id = e.connection_id AND a.about_seq = e.seq
WHERE e.stage = 'seen'
GROUP BY e.connection_id, e.seq;
INSERT INTO consent_change (connection_id, seq, at, change, due_at, sent_at, confirmed_at, refused_at)
SELECT connection_id, seq, at, change, due_at, sent_at, confirmed_at, refused_at
FROM consent_change_told;
CREATE INDEX consent_change_at ON consent_change (connection_id, at);
DROP INDEX consent_entry_at;

-- What a contact is looked for by. Stored, for what an index holds of an expression is not read from it.
ALTER TABLE practifi_record ADD COLUMN called text GENERATED ALWAYS AS (
  CASE kind WHEN 'contact' THEN btrim(coalesce(fields ->> 'FirstName', '') || ' ' || coalesce(fields ->> 'LastName', '')) END) STORED;
CREATE INDEX practifi_called ON practifi_record (connection_id, sf_id) INCLUDE (email_key, called)
  WHERE kind = 'contact' AND deleted_at IS NULL;

-- Who is on a list, and who of them is confirmed, without a look at the records.
CREATE INDEX practifi_on_list ON practifi_record (connection_id, list_id, contact_id) WHERE kind = 'membership' AND deleted_at IS NULL;
DROP INDEX practifi_members;
CREATE INDEX membership_base_agreed ON membership_base (connection_id, list_id, cc_contact_id, cc_list_id)
  WHERE agreed_at IS NOT NULL AND removed_at IS NULL AND lost_at IS NULL;
DROP INDEX membership_base_confirmed;
