-- What people ask beside a state: when a try has failed, by whose word an account is connected, and who asked to be back on a list.

ALTER TABLE work
  ADD COLUMN failed_at timestamptz;          -- the last of the failed attempts in a row

ALTER TABLE connection
  ADD COLUMN cc_authorised_at timestamptz,   -- a person's consent; the token that it brought is renewed every day
  ADD COLUMN cc_authorised_by text,
  ADD COLUMN cc_scopes        text[];        -- what the token may do, as its issuer says; NULL: it has not said

ALTER TABLE resubscription
  ADD COLUMN list_id uuid;                   -- there: a coming back to this list alone, which is done; NULL: to all mail
CREATE INDEX resubscription_confirmed ON resubscription (connection_id, finished_at) WHERE state = 'confirmed';
