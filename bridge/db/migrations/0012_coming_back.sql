-- Coming back: whose opt-out a request would lift, when the box was unticked, and when the person was asked.

ALTER TABLE resubscription
  ADD COLUMN is_own          bool NOT NULL DEFAULT false,          -- the person had opted out themselves: what the hold of mass unticks counts
  ADD COLUMN unticked_at     timestamptz,
  ADD COLUMN opted_out_at    timestamptz,                          -- of the opt-out that it would lift: who asked before that did not ask to come back
  ADD COLUMN person_asked_at timestamptz;                          -- Constant Contact mailed its one confirmation for this request

UPDATE resubscription
SET unticked_at = made_at, is_own = finished_at IS NOT NULL AND policy <> 'firm';

ALTER TABLE resubscription ALTER COLUMN unticked_at SET NOT NULL;

CREATE INDEX resubscription_own ON resubscription (connection_id, unticked_at) WHERE is_own;
CREATE INDEX resubscription_waits ON resubscription (due_at) WHERE state = 'waiting_person';

-- What people decide about requests and records is in the ledger as well.
ALTER TABLE consent_entry
  DROP CONSTRAINT consent_entry_change_check,
  ADD CONSTRAINT consent_entry_change_check
  CHECK (change IN ('ticked', 'unticked', 'opted_out', 'opted_in', 'left_list', 'put_back', 'complained', 'evidence', 'approved', 'held',
    'released', 'erased'));
