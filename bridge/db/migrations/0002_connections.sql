-- Connections: one Salesforce org and one Constant Contact account each; every later key starts with connection_id.

CREATE TABLE api_application (               -- the vendor's limits belong to the API key (client id), not to the account
  id              int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  client_id       text NOT NULL CONSTRAINT api_application_client_id_once UNIQUE,
  gap_ms          int NOT NULL DEFAULT 260,                        -- 4 a second with room for jitter; one UPDATE .. RETURNING grants a slot
  next_at         timestamptz NOT NULL DEFAULT '-infinity',
  day             date NOT NULL DEFAULT '2000-01-01',              -- UTC: the vendor's day
  used            int NOT NULL DEFAULT 0,
  day_limit       int NOT NULL DEFAULT 10000,
  consent_reserve int NOT NULL DEFAULT 500,                        -- the last calls of a day are kept for opt-outs
  token_next_at   timestamptz NOT NULL DEFAULT '-infinity',        -- the token end point has a limiter of its own
  paused_until    timestamptz,
  pause_reason    text
);

CREATE TABLE connection (
  id                 int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name               text NOT NULL CONSTRAINT connection_name_once UNIQUE,
  organization_id    text,
  organization_name  text,
  sf_url             text,
  sf_login_url       text,
  sf_api_version     text NOT NULL DEFAULT '66.0',
  sf_user_id         text,                                         -- the bridge's own user: its ticks are not a person's act
  cc_account_id      text,
  cc_account_name    text,
  cc_url             text,
  cc_auth_url        text,
  api_application_id int REFERENCES api_application,
  api_share          int NOT NULL DEFAULT 1 CONSTRAINT connection_api_share_positive CHECK (api_share > 0),
  profile            text CONSTRAINT connection_profile CHECK (profile IN ('practifi', 'bridge', 'plain')),  -- NULL: not yet found by describe
  object_names       jsonb NOT NULL DEFAULT '{}',                  -- overrides of mappings/names.yaml
  state              text NOT NULL DEFAULT 'unconnected'
                     CONSTRAINT connection_state CHECK (state IN ('unconnected', 'active', 'paused')),
  state_reason       text
);

CREATE TABLE api_usage (                     -- allowance by class, and each connection's fair share of the day
  api_application_id int REFERENCES api_application,
  day                date,
  connection_id      int REFERENCES connection,
  lane               smallint,
  used               int NOT NULL DEFAULT 0,
  PRIMARY KEY (api_application_id, day, connection_id, lane)
);

CREATE TABLE credential (
  connection_id int REFERENCES connection,
  kind          text CONSTRAINT credential_kind
                CHECK (kind IN ('path_secret', 'cc_token', 'cc_client', 'sf_token', 'sf_client', 'sf_key')),
  slot          smallint DEFAULT 0,                                -- two path_secret slots = rotation
  key_id        text NOT NULL,
  ciphertext    bytea NOT NULL,
  version       int NOT NULL DEFAULT 1,                            -- raised by each replacement: a refresher sees that another was first
  expires_at    timestamptz,
  PRIMARY KEY (connection_id, kind, slot)                          -- refresh: SELECT .. FOR UPDATE of this row
);

CREATE TABLE setting (                       -- policies, guards, retention; connection_id NULL = whole installation
  connection_id int REFERENCES connection,
  name          text NOT NULL,
  value         jsonb NOT NULL,
  CONSTRAINT setting_once UNIQUE NULLS NOT DISTINCT (connection_id, name)
);

CREATE TABLE outbound_definition (           -- an absent field is null only if listed here AND access_checked_at >= in_force_from
  connection_id     int REFERENCES connection,
  action_id         text,
  version           int,
  object            text NOT NULL,
  fields            text[] NOT NULL,
  in_force_from     timestamptz NOT NULL,
  access_checked_at timestamptz,
  lane              smallint NOT NULL DEFAULT 2,                   -- 0: fires only when a consent field changes; decides the lane at receipt
  last_received_at  timestamptz,                                   -- set by triage, once a batch
  PRIMARY KEY (connection_id, action_id, version)
);

CREATE TABLE mapping_version (
  connection_id int REFERENCES connection,
  id            int,
  digest        text NOT NULL,
  files         jsonb NOT NULL,                                    -- path -> text as typed, byte for byte
  made_at       timestamptz NOT NULL,
  made_by       text NOT NULL,
  activated_at  timestamptz,
  activated_by  text,
  is_active     bool NOT NULL DEFAULT false,
  PRIMARY KEY (connection_id, id)
);
CREATE UNIQUE INDEX mapping_one_active ON mapping_version (connection_id) WHERE is_active;
