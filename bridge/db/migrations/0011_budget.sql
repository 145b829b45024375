-- The budget of an API application: what the vendor allows it, what is kept for whom, and whose turn it is.

ALTER TABLE api_application
  ADD COLUMN per_second          int NOT NULL DEFAULT 4            -- gap_ms follows from it
    CONSTRAINT api_application_per_second_positive CHECK (per_second > 0),
  ADD COLUMN interactive_reserve int NOT NULL DEFAULT 250          -- kept for people at a screen, before the consent reserve
    CONSTRAINT api_application_interactive_reserve_whole CHECK (interactive_reserve >= 0),
  ADD COLUMN webhook_reserve     int NOT NULL DEFAULT 750          -- kept for what people save, before both: runs stop here
    CONSTRAINT api_application_webhook_reserve_whole CHECK (webhook_reserve >= 0);

-- The lanes that want a call and do not get it now: the one served longest ago goes first. Unlogged, because it is true for
-- a second, and whoever asks in vain must not hold up, until that is on the disk, whoever is granted a call.
CREATE UNLOGGED TABLE api_turn (
  api_application_id int REFERENCES api_application,
  connection_id      int REFERENCES connection,
  lane               smallint,
  asked_at           timestamptz NOT NULL DEFAULT '-infinity',     -- last asked in vain
  served_at          timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (api_application_id, connection_id, lane)
);
