-- Everything that may be known of one person, in every table that may hold it.
UPDATE resubscription SET asked_via = %(email)s, note = %(name)s, evidence_at = app_now();
INSERT INTO practifi_record (connection_id, kind, sf_id, email_key, contact_id, fields, source, seen_at)
  VALUES (%(firm)s, 'contact', %(ada)s, %(email)s, NULL, %(fields)s, 'read', app_now()),
  (%(firm)s, 'membership', 'a01000000000001AAA', NULL, %(ada)s, '{}', 'read', app_now());
INSERT INTO cc_contact (connection_id, contact_id, email_key, resource, answered, seen_at)
  VALUES (%(firm)s, %(cc)s, %(email)s, %(fields)s, %(fields)s, app_now());
INSERT INTO cc_membership VALUES (%(firm)s, %(list)s, %(cc)s, app_now());
INSERT INTO link VALUES (%(firm)s, 'contact', %(ada)s, %(cc)s, true, app_now());
INSERT INTO membership_base (connection_id, contact_id, list_id, cc_contact_id, seen_at)
  VALUES (%(firm)s, %(ada)s, 'a02', %(cc)s, app_now());
INSERT INTO record_status (connection_id, kind, sf_id, status, since)
  VALUES (%(firm)s, 'contact', %(ada)s, 'Subscribed', app_now());
INSERT INTO plan (connection_id, origin, state, made_at, finished_at)
  VALUES (%(firm)s, 'webhook', 'done', app_now(), app_now());
INSERT INTO step (connection_id, plan_id, ordinal, key, kind, subject_kind, subject_key, lane, generation,
  detail, before, facts, reason, state, finished_at)
  SELECT %(firm)s, id, 0, 'address:' || %(email)s, 'update_contact', 'address', %(email)s, 2, 1,
  %(fields)s, %(fields)s, '', 'r', 'confirmed', app_now() FROM plan;
INSERT INTO work (connection_id, kind, key, lane, due_at, done)
  VALUES (%(firm)s, 'address', %(email)s, 2, app_now(), 1);
INSERT INTO candidate (connection_id, key) VALUES (%(firm)s, %(email)s), (%(firm)s, %(ada)s);
INSERT INTO engagement_event VALUES
  (%(firm)s, %(list)s, 'open', %(cc)s, app_now(), '', %(fields)s);
INSERT INTO interaction (connection_id, external_id, campaign_activity_id, contact_id, practifi_contact)
  VALUES (%(firm)s, 'k', %(list)s, %(cc)s, %(ada)s);
INSERT INTO console_person (connection_id, sf_user_id, name, first_seen_at, seen_at)
  VALUES (%(firm)s, '005', 'Mia', app_now(), app_now());
INSERT INTO bulk_create (connection_id, person_id, asked_by, state, start_ids, filters, made_at, changed_at)
  SELECT %(firm)s, id, 'Mia', 'draft', ARRAY[%(ada)s],
    jsonb_build_array(jsonb_build_object('path', 'name', 'label', 'Name', 'text', %(email)s::text)), app_now(), app_now()
  FROM console_person;
INSERT INTO bulk_create_found (connection_id, bulk_id, place, contact_id)
  SELECT %(firm)s, id, 1, %(ada)s FROM bulk_create;
INSERT INTO bulk_create_row (connection_id, bulk_id, contact_id, list_id, email_key)
  SELECT %(firm)s, id, %(ada)s, 'a02', %(email)s FROM bulk_create
