-- The fields by which an organization marks people who are dead, inactive or former clients.

ALTER TABLE connection
  ADD COLUMN people_marks jsonb,                                   -- as bridge.mapping.marks.Mark; NULL: nobody has looked yet
  ADD COLUMN people_marks_at timestamptz,                          -- when others were found than before
  -- What is particular to the organization, as mappings are compiled with it.
  ADD COLUMN particulars jsonb NOT NULL
      GENERATED ALWAYS AS (jsonb_set(object_names, '{people}', coalesce(people_marks, 'null'))) STORED;
