-- Time of the installation: leases, due times and budget days read it, so that one clock moves them all.
-- BRIDGE_CLOCK=movable replaces app_now() with a clock that adds clock_offset; nothing else ever writes that table.

CREATE TABLE clock_offset (
  only_row boolean PRIMARY KEY DEFAULT true CONSTRAINT clock_offset_one_row CHECK (only_row),
  ahead    interval NOT NULL DEFAULT '0'
);
INSERT INTO clock_offset DEFAULT VALUES;

CREATE FUNCTION app_now() RETURNS timestamptz
  LANGUAGE sql VOLATILE
  AS 'SELECT clock_timestamp()';
