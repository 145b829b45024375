-- What people ask beside a state: when a try has failed.

ALTER TABLE work
  ADD COLUMN failed_at timestamptz;          -- the last of the failed attempts in a row
