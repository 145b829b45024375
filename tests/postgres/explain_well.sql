-- One person on one list, a run, a plan, a bulk activity and a mailing of connection 1, and all is well.
INSERT INTO cc_list (connection_id, list_id, name, seen_at)
VALUES (1, '00000000-0000-0000-0000-0000000000b1', 'Letter', app_now()), (1, '00000000-0000-0000-0000-0000000000b2', 'Web form', app_now());
INSERT INTO practifi_record (connection_id, kind, sf_id, name, email_key, do_not_email, contact_id,
  list_id, created_at, fields, source, seen_at)
VALUES
  (1, 'contact', '003000000000001AAA', NULL, 'ada@example.org', false, NULL, NULL, app_now(),
   '{"Email": "ada@example.org", "LastName": "Moran", "HasOptedOutOfEmail": "false"}', 'message', app_now()),
  (1, 'list', 'a01000000000001AAA', 'Letter', NULL, NULL, NULL, NULL, app_now(),
   '{"Name": "Letter"}', 'message', app_now()),
  (1, 'membership', 'a02000000000001AAA', NULL, NULL, NULL, '003000000000001AAA', 'a01000000000001AAA',
   app_now() - interval '9 days', '{}', 'message', app_now());
INSERT INTO link VALUES
  (1, 'contact', '003000000000001AAA', '00000000-0000-0000-0000-0000000000a1', true, app_now()),
  (1, 'list', 'a01000000000001AAA', '00000000-0000-0000-0000-0000000000b1', true, app_now());
INSERT INTO cc_contact (connection_id, contact_id, email_key, resource, seen_at)
VALUES (1, '00000000-0000-0000-0000-0000000000a1', 'ada@example.org', '{"contact_id": "00000000-0000-0000-0000-0000000000a1", "list_memberships": ["00000000-0000-0000-0000-0000000000b1"],
  "email_address": {"address": "ada@example.org", "permission_to_send": "implicit"}}', app_now());
INSERT INTO membership_base (connection_id, contact_id, list_id, cc_contact_id, cc_list_id, seen_at,
  agreed_at)
VALUES (1, '003000000000001AAA', 'a01000000000001AAA', '00000000-0000-0000-0000-0000000000a1', '00000000-0000-0000-0000-0000000000b1', app_now(), app_now());
INSERT INTO notification (connection_id, notification_id, origin, received_at, first_received_at,
  object, record_id, state, finished_at)
VALUES (1, '04l000000000001AAA', 'poll', app_now(), app_now(), 'Contact', '003000000000001AAA', 'done', app_now());
INSERT INTO record_status (connection_id, kind, sf_id, status, since, written_at)
VALUES (1, 'contact', '003000000000001AAA', 'Subscribed', app_now(), app_now());
INSERT INTO run (connection_id, job, mode, origin, asked_by, asked_at, state, finished_at)
VALUES (1, 'contacts', 'apply', 'cli', 'olga', app_now(), 'done', app_now());
INSERT INTO plan (connection_id, origin, run_id, state, made_at, finished_at)
VALUES (1, 'reconcile', 1, 'done', app_now(), app_now());
INSERT INTO bulk_activity (connection_id, kind, activity_id, state, posted_at, finished_at)
VALUES (1, 'contacts_json_import', '00000000-0000-0000-0000-0000000000c1', 'completed', app_now(), app_now());
INSERT INTO campaign_activity (connection_id, campaign_activity_id, campaign_id, role, campaign_name,
  status, list_ids, first_sent_at, counts_at)
VALUES (1, '00000000-0000-0000-0000-0000000000c1', '00000000-0000-0000-0000-0000000000c1', 'primary_email', 'Tuesday''s letter', 'Done',
  ARRAY['00000000-0000-0000-0000-0000000000b1']::uuid[], app_now() - interval '1 day', app_now());
INSERT INTO engagement_event (connection_id, campaign_activity_id, kind, contact_id, occurred_at)
VALUES (1, '00000000-0000-0000-0000-0000000000c1', 'send', '00000000-0000-0000-0000-0000000000a1', app_now() - interval '1 day');
INSERT INTO interaction (connection_id, external_id, campaign_activity_id, contact_id,
  practifi_contact, sf_id, written_at)
VALUES (1, 'key', '00000000-0000-0000-0000-0000000000c1', '00000000-0000-0000-0000-0000000000a1', '003000000000001AAA', 'a03000000000001AAA', app_now());
