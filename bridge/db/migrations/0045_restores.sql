-- A plan may put back what a snapshot has kept.

ALTER TABLE plan
  ADD COLUMN restores    text,                                     -- the snapshot, by the name of its folder
  ADD COLUMN restores_at timestamptz,                              -- when that was taken
  ADD CONSTRAINT plan_restores_whole CHECK ((restores IS NULL) = (restores_at IS NULL));
