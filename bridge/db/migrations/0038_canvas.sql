-- Signed requests with which Salesforce has opened pages of the console: each opens one once.

CREATE TABLE console_launch (
  digest  bytea PRIMARY KEY,                                       -- SHA-256 of the request
  ends_at timestamptz NOT NULL
);
