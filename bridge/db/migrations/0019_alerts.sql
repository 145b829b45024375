-- Alerts: what stands against the installation and who was told of it; what is watched beyond the installation itself.

CREATE TABLE alert (                         -- one row from the time a cause comes until it has cleared
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cause      text NOT NULL,
  connection text NOT NULL DEFAULT '',                             -- by name; empty: the whole installation
  about      text NOT NULL DEFAULT '',                             -- which one, where a cause may stand several times: a job, a lane, an object
  says       text NOT NULL,
  what_to_do text NOT NULL,
  came_at    timestamptz NOT NULL,
  told_at    timestamptz,                                          -- it has stood for long enough: from here on somebody hears of it
  gone_at    timestamptz,                                          -- it does not stand any more, and may be back in a moment
  ended_at   timestamptz,
  CONSTRAINT alert_ended_after_told CHECK (ended_at IS NULL OR (told_at IS NOT NULL AND gone_at IS NOT NULL))
);
CREATE UNIQUE INDEX alert_one_open ON alert (cause, connection, about) WHERE ended_at IS NULL;
CREATE INDEX alert_ended ON alert (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE alert_delivery (                -- one message to one outlet; tried until it has been taken
  alert_id     bigint REFERENCES alert ON DELETE CASCADE,
  outlet       text CONSTRAINT alert_delivery_outlet CHECK (outlet IN ('webhook', 'mail')),
  news         text CONSTRAINT alert_delivery_news CHECK (news IN ('came', 'cleared')),
  due_at       timestamptz NOT NULL,                               -- put off before each try: a sender that dies is tried again then
  attempts     int NOT NULL DEFAULT 0,
  failed_since timestamptz,                                        -- first of the failures in a row
  error        text,
  delivered_at timestamptz,
  PRIMARY KEY (alert_id, outlet, news)
);
CREATE INDEX alert_delivery_due ON alert_delivery (due_at) WHERE delivered_at IS NULL;

CREATE TABLE silence (                       -- objects of which Salesforce was asked what changed, and whether it had told of it
  connection_id int REFERENCES connection,
  object        text,
  looked_at     timestamptz NOT NULL,
  back_at       timestamptz NOT NULL,                              -- since when it is looked at without a break: what came before may be late
  action_id     text,                                              -- the definition that told of it last; NULL: none ever did
  since         timestamptz,                                       -- of the first change that nobody was told of; NULL: all is told
  changed       int NOT NULL DEFAULT 0,                            -- records that were changed since then
  PRIMARY KEY (connection_id, object)
);

CREATE TABLE certificate (                   -- of the server, as those see it who post to it
  address   text PRIMARY KEY,                                      -- host and port
  looked_at timestamptz NOT NULL,
  ends_at   timestamptz,
  refused   text                                                   -- why a client does not trust it
);

-- When a secret was stored: a refresh token that nobody uses for 180 days ends.
ALTER TABLE credential ADD COLUMN stored_at timestamptz;
UPDATE credential SET stored_at = coalesce(expires_at - interval '1 day', app_now());
ALTER TABLE credential
  ALTER COLUMN stored_at SET NOT NULL,
  ALTER COLUMN stored_at SET DEFAULT app_now();
