-- What pages ask for: how long a change of consent took, by period and by person; and the records that one has become of.

CREATE FUNCTION one_business_day_after(moment timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  -- Monday to Friday, UTC: what is seen at a weekend has Monday.
  SELECT CASE extract(isodow FROM moment AT TIME ZONE 'UTC')
    WHEN 5 THEN moment + interval '3 days'
    WHEN 6 THEN date_trunc('day', moment, 'UTC') + interval '3 days'
    WHEN 7 THEN date_trunc('day', moment, 'UTC') + interval '2 days'
    ELSE moment + interval '1 day' END
$$;

CREATE INDEX consent_entry_about ON consent_entry (connection_id, about_seq) WHERE about_seq IS NOT NULL;
CREATE INDEX consent_entry_at ON consent_entry (connection_id, at) WHERE stage = 'seen';

-- What people did under a record that was merged into theirs is theirs.
CREATE INDEX practifi_merged ON practifi_record (connection_id, merged_into) WHERE merged_into IS NOT NULL;
