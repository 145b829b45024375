-- Engagement: what people did with the mailings they were sent, and the Interactions written from it.

CREATE TABLE campaign_activity (             -- one mailing; a resend is another one
  connection_id        int REFERENCES connection,
  campaign_activity_id uuid,
  campaign_id          uuid NOT NULL,
  role                 text NOT NULL,
  campaign_name        text NOT NULL,
  status               text,
  detail               jsonb NOT NULL DEFAULT '{}',                -- subject line, from, permalink
  list_ids             uuid[] NOT NULL DEFAULT '{}',
  first_sent_at        timestamptz,
  last_sent_at         timestamptz,
  counts               jsonb,                                      -- the *_all counts when it was last read in full
  counts_at            timestamptz,
  next_look_at         timestamptz,                                -- whatever the counts say: they are cached there
  PRIMARY KEY (connection_id, campaign_activity_id)
);

CREATE TABLE engagement_event (              -- the vendor gives rows no id: the whole key is the identity
  connection_id        int REFERENCES connection,
  campaign_activity_id uuid,
  kind                 text CONSTRAINT engagement_event_kind
                       CHECK (kind IN ('send', 'open', 'click', 'bounce', 'optout', 'forward')),
  contact_id           uuid,
  occurred_at          timestamptz,
  url_id               text DEFAULT '',
  detail               jsonb,
  PRIMARY KEY (connection_id, campaign_activity_id, kind, contact_id, occurred_at, url_id)
);
CREATE INDEX engagement_contact ON engagement_event (connection_id, contact_id, campaign_activity_id);

CREATE TABLE interaction (                   -- its content is derived from engagement_event, never incremented
  connection_id        int REFERENCES connection,
  external_id          text,
  campaign_activity_id uuid NOT NULL,
  contact_id           uuid NOT NULL,
  practifi_contact     text NOT NULL,
  practifi_account     text,                                       -- the client at the time of sending: it stays there
  sf_id                text,
  written_fingerprint  bytea,
  written_at           timestamptz,
  write_error          text,
  PRIMARY KEY (connection_id, external_id)
);
CREATE INDEX interaction_contact ON interaction (connection_id, practifi_contact);
CREATE INDEX interaction_client ON interaction (connection_id, practifi_account);
