-- What befalls what the bridge has on record: a statement each, and each only sometimes.

DELETE FROM link
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND random() < 0.04;

UPDATE link SET is_owner = false
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND random() < 0.04;

UPDATE link
SET is_owner = false, cc_id = (SELECT min(contact_id::text)::uuid FROM cc_contact)
WHERE connection_id = %(connection_id)s AND kind = 'contact' AND random() < 0.04;

DELETE FROM membership_base
WHERE connection_id = %(connection_id)s AND random() < 0.04;

UPDATE membership_base SET agreed_at = NULL
WHERE connection_id = %(connection_id)s AND random() < 0.04;

UPDATE membership_base SET removed_at = app_now()
WHERE connection_id = %(connection_id)s AND random() < 0.04;

UPDATE membership_base SET lost_at = app_now(), lost_by = 'person'
WHERE connection_id = %(connection_id)s AND random() < 0.04;

UPDATE membership_base
SET cc_contact_id = (SELECT min(contact_id::text)::uuid FROM cc_contact)
WHERE connection_id = %(connection_id)s AND random() < 0.04;

DELETE FROM record_status
WHERE connection_id = %(connection_id)s AND random() < 0.04;

UPDATE record_status SET status = 'Waiting'
WHERE connection_id = %(connection_id)s AND random() < 0.04;

UPDATE consent_subject s SET key = NULL, erased_at = app_now()
WHERE s.connection_id = %(connection_id)s AND random() < 0.3
  AND EXISTS (SELECT FROM opt_out o WHERE o.subject_id = s.subject_id);

UPDATE cc_list SET deleted_at = app_now()
WHERE connection_id = %(connection_id)s AND random() < 0.1;
