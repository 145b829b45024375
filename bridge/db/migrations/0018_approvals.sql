-- Plans that a person decides on: a run may carry out one that another run made, and a plan may take another one back.

ALTER TABLE run
  ADD COLUMN applies_plan_id bigint,         -- the stored plan that it carries out; NULL: it makes its own
  ADD CONSTRAINT run_applies_plan FOREIGN KEY (connection_id, applies_plan_id) REFERENCES plan;
CREATE INDEX run_of_plan ON run (connection_id, applies_plan_id) WHERE applies_plan_id IS NOT NULL;

ALTER TABLE plan
  ADD COLUMN undoes_plan_id bigint,          -- the plan whose adds and removals it takes back
  ADD CONSTRAINT plan_undoes_plan FOREIGN KEY (connection_id, undoes_plan_id) REFERENCES plan;
