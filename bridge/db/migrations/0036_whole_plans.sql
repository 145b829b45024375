-- A plan is decided on as a whole, however long it is: what is meant of it is told by one statement. The inbox is read from its end.

CREATE VIEW plan_step AS                     -- the steps of plans, with what each is to people; ask by plan, and by a range of places
SELECT s.*,
  CASE
    WHEN s.kind = 'unsubscribe' THEN 'opt-out'
    WHEN s.kind = 'update_contact' AND (s.detail -> 'change') - 'list_memberships' = '{}'
      AND l.new <@ l.old AND NOT l.old <@ l.new
      THEN 'remove'
    WHEN split_part(s.kind, '_', 1) IN ('create', 'add', 'adopt') THEN 'add'
    WHEN split_part(s.kind, '_', 1) IN ('delete', 'remove') THEN 'remove'
    ELSE 'change'
  END AS sign,
  s.kind IN ('delete_list', 'delete_contact') OR NOT l.old <@ l.new AS takes_away,
  l.old AS old_lists, l.new AS new_lists
FROM (
  SELECT connection_id, plan_id, ordinal, key, kind, subject_kind, subject_key, detail, facts, mapping_version_id, reason,
    state, outcome, answer -> 'now' AS now
  FROM step
  UNION ALL
  SELECT connection_id, plan_id, ordinal, key, kind, subject_kind, subject_key, detail, facts, mapping_version_id, reason,
    state, outcome, answer -> 'now'
  FROM interaction_step) AS s
CROSS JOIN LATERAL (
  SELECT coalesce(nullif(s.detail #> '{change,list_memberships,0}', 'null'), '[]') AS old,
    coalesce(nullif(s.detail #> '{change,list_memberships,1}', 'null'), '[]') AS new) AS l;

-- The subjects of a plan of which at least one step is meant; what is NULL says nothing. Nothing of a subject goes without the rest.
CREATE FUNCTION meant_subject(
  of_connection int, of_plan bigint, contacts text[], lists text[], signs text[], states text[], numbers int[],
  without_removals bool
) RETURNS TABLE (subject_kind text, subject_key text) LANGUAGE sql STABLE AS $$
SELECT s.subject_kind, s.subject_key
FROM plan_step s
WHERE s.connection_id = of_connection AND s.plan_id = of_plan
GROUP BY s.subject_kind, s.subject_key
HAVING bool_or(
    (signs IS NULL OR s.sign = ANY(signs))
    AND (states IS NULL OR s.state = ANY(states))
    AND (numbers IS NULL OR s.ordinal = ANY(numbers))
    AND (contacts IS NULL AND lists IS NULL
      OR s.subject_kind = 'list' AND (s.subject_key = ANY(lists) OR s.detail ->> 'contact_id' = ANY(lists))
      OR s.subject_kind <> 'list' AND (
        s.subject_key = ANY(contacts) OR s.detail ->> 'contact_id' = ANY(contacts)
        OR s.detail -> 'body' ->> 'practifi_contact' = ANY(contacts)
        OR s.detail -> 'body' ->> 'list' = ANY(lists) OR s.detail -> 'body' ->> 'list_there' = ANY(lists)
        OR EXISTS (SELECT FROM unnest(lists) AS named (id) WHERE (s.old_lists ? named.id) <> (s.new_lists ? named.id)))))
  AND NOT (without_removals AND bool_or(s.takes_away))
$$;

CREATE INDEX notification_newest ON notification (seq);

ALTER TABLE run ADD COLUMN undoes_plan_id bigint;                  -- it makes the plan that takes this one back, and reads nothing

ALTER TABLE console_person ADD COLUMN zone text;                   -- of their user in Salesforce; NULL: not known

DROP TABLE compared_membership_there;        -- filled no more
