-- Lists that a person had left by their own act, and that they come back to.

-- name: forget_leaving
-- Nobody has left this list at this address any more: neither the people who have it, nor the contact there that was on it.
-- What both sides agreed on is forgotten as well, so that the contact's last act is not taken for another leaving.
UPDATE membership_base AS b
SET lost_at = NULL, lost_by = NULL, agreed_at = NULL
FROM (
  SELECT other.connection_id, other.contact_id, other.list_id, other.lost_at
  FROM membership_base own
  JOIN membership_base other ON other.connection_id = own.connection_id AND other.lost_by = 'person'
    AND (other.list_id = own.list_id AND other.contact_id IN (
           SELECT r.sf_id
           FROM practifi_record r
           WHERE r.connection_id = own.connection_id AND r.kind = 'contact' AND r.deleted_at IS NULL
             AND r.email_key = %(address)s)
         OR other.cc_contact_id = own.cc_contact_id AND other.cc_list_id = own.cc_list_id)
  WHERE own.connection_id = %(connection_id)s AND own.contact_id = %(contact_id)s AND own.list_id = %(list_id)s
    AND own.lost_by = 'person'
  ORDER BY other.contact_id, other.list_id
  FOR UPDATE OF other) AS left_there
WHERE b.connection_id = left_there.connection_id AND b.contact_id = left_there.contact_id AND b.list_id = left_there.list_id
RETURNING b.cc_list_id, left_there.lost_at

-- name: want_evidence
-- A coming back to one list that is done, and of which nobody has said yet that the person asked for it.
INSERT INTO resubscription (connection_id, address_id, person_id, list_id, asked_seq, policy, state, reason, made_at, unticked_at,
  opted_out_at, finished_at, evidence_due_at)
SELECT %(connection_id)s, %(address_id)s, %(person_id)s, %(list_id)s, %(seq)s, 'practifi', 'confirmed',
  'put back on ' || coalesce((
    SELECT name FROM practifi_record WHERE connection_id = %(connection_id)s AND kind = 'list' AND sf_id = %(sf_list_id)s), 'a list'),
  app_now(), app_now(), %(left_at)s, app_now(), app_now() + interval '7 days'

-- name: keep_put_back
-- Who took a leaving back, and who asked for it, when and how, where that is known.
INSERT INTO put_back (connection_id, seq, address_id, person_id, list_id, asked_via, asked_on, note, evidence_by, made_at)
VALUES (%(connection_id)s, %(seq)s, %(address_id)s, %(person_id)s, %(list_id)s, %(via)s, %(on)s, %(note)s, %(by)s, app_now())
