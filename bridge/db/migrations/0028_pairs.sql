-- Both sides are compared in fewer passes: a contact comes with its lists, in one row, and what blocks an address is said once.

ALTER TABLE compared_contact_there ADD COLUMN lists uuid[] NOT NULL DEFAULT '{}';
TRUNCATE compared_membership_there;          -- filled no more

CREATE VIEW standing_opt_out AS              -- from all mail, of people and addresses that are not erased
SELECT o.connection_id, s.kind, s.key, s.subject_id, o.acted_by
FROM opt_out o
JOIN consent_subject s ON s.connection_id = o.connection_id AND s.subject_id = o.subject_id
WHERE o.list_id IS NULL AND s.key IS NOT NULL;

CREATE VIEW blocked_address AS               -- of those that a run has read: a box is ticked there, or an opt-out is on record
SELECT DISTINCT h.connection_id, h.run_id, h.key
FROM compared_contact h
LEFT JOIN standing_opt_out p ON p.connection_id = h.connection_id AND p.kind = 'person' AND p.key = h.sf_id
LEFT JOIN standing_opt_out a ON a.connection_id = h.connection_id AND a.kind = 'address' AND a.key = h.key
WHERE h.do_not_email OR p.key IS NOT NULL OR a.key IS NOT NULL;
