-- A firm with so many contacts, three memberships each, on both sides, and a past of half a year. Half of the people are on List 1.

WITH made AS (
  INSERT INTO api_application (client_id)
  VALUES ('pages')
  RETURNING id)
UPDATE connection
SET state = 'active', api_application_id = (SELECT id FROM made)
WHERE id = %(id)s;

INSERT INTO practifi_record
  (connection_id, kind, sf_id, account_id, email_key, do_not_email, fields, modstamp, source, seen_at)
SELECT %(id)s, 'contact', '003' || lpad(n::text, 12, '0') || 'AAA', '001' || lpad((n / 3)::text, 12, '0') || 'AAA',
  'person' || CASE WHEN n %% 25 = 0 THEN n - 1 ELSE n END || '@example.org', n %% 40 = 0,
  jsonb_build_object('FirstName', 'First ' || n, 'LastName', 'Last ' || n, 'Email', 'person' || n || '@example.org',
    'Title', 'Partner', 'HomePhone', '+44 113 496 ' || n, 'Phone', '+44 113 497 ' || n, 'MobilePhone', '+44 7700 ' || n,
    'Birthdate', '1960-01-01', 'MailingStreet', n || ' Park Row', 'MailingCity', 'Town ' || n %% 200,
    'MailingState', 'West Yorkshire', 'MailingPostalCode', 'LS1 ' || n %% 1000, 'MailingCountry', 'United Kingdom',
    'HasOptedOutOfEmail', n %% 40 = 0, 'Account.Name', 'Household ' || n / 3, 'Account.Type', 'Client'),
  app_now() - interval '1 day', 'snapshot', app_now()
FROM generate_series(1, %(contacts)s) AS n;

INSERT INTO practifi_record (connection_id, kind, sf_id, name, fields, source, seen_at)
SELECT %(id)s, 'account', '001' || lpad(n::text, 12, '0') || 'AAA', 'Household ' || n, '{}', 'snapshot', app_now()
FROM generate_series(0, %(contacts)s / 3) AS n;

INSERT INTO practifi_record (connection_id, kind, sf_id, name, fields, source, seen_at)
SELECT %(id)s, 'list', 'a01' || lpad(n::text, 12, '0') || 'AAA', 'List ' || n, '{}', 'snapshot', app_now()
FROM generate_series(1, 30) AS n;

INSERT INTO practifi_record (connection_id, kind, sf_id, contact_id, list_id, fields, source, seen_at)
SELECT %(id)s, 'membership', 'a02' || lpad((3 * n + k)::text, 12, '0') || 'AAA', '003' || lpad(n::text, 12, '0') || 'AAA',
  'a01' || lpad((CASE WHEN k = 0 AND n %% 2 = 0 THEN 1 ELSE (n + k * 7) %% 29 + 2 END)::text, 12, '0') || 'AAA', '{}', 'snapshot', app_now()
FROM generate_series(1, %(contacts)s) AS n
CROSS JOIN generate_series(0, 2) AS k;

INSERT INTO cc_list (connection_id, list_id, name, member_count, seen_at)
SELECT %(id)s, lpad(to_hex(n), 32, '0')::uuid, 'List ' || n, %(contacts)s / 10, app_now()
FROM generate_series(1, 30) AS n;

INSERT INTO cc_contact (connection_id, contact_id, email_key, permission, update_source, updated_at, resource, seen_at)
SELECT %(id)s, lpad(to_hex(n + 1000), 32, '0')::uuid, 'person' || n || '@example.org',
  CASE WHEN n %% 40 = 0 THEN 'unsubscribed' ELSE 'implicit' END, 'Account', app_now() - interval '1 day',
  jsonb_build_object('contact_id', lpad(to_hex(n + 1000), 32, '0')::uuid, 'first_name', 'First ' || n, 'last_name', 'Last ' || n),
  app_now()
FROM generate_series(1, %(contacts)s) AS n
WHERE n %% 25 <> 0;

INSERT INTO cc_membership (connection_id, list_id, contact_id, seen_at)
SELECT %(id)s, lpad(to_hex(CASE WHEN k = 0 AND n %% 2 = 0 THEN 1 ELSE (n + k * 7) %% 29 + 2 END), 32, '0')::uuid, lpad(to_hex(n + 1000), 32, '0')::uuid, app_now()
FROM generate_series(1, %(contacts)s) AS n
CROSS JOIN generate_series(0, 2) AS k
WHERE n %% 25 <> 0;

INSERT INTO link (connection_id, kind, sf_id, cc_id, is_owner, made_at)
SELECT %(id)s, 'contact', '003' || lpad(n::text, 12, '0') || 'AAA',
  lpad(to_hex(CASE WHEN n %% 25 = 0 THEN n - 1 ELSE n END + 1000), 32, '0')::uuid, n %% 25 <> 0, app_now()
FROM generate_series(1, %(contacts)s) AS n;

INSERT INTO link (connection_id, kind, sf_id, cc_id, is_owner, made_at)
SELECT %(id)s, 'list', 'a01' || lpad(n::text, 12, '0') || 'AAA', lpad(to_hex(n), 32, '0')::uuid, true, app_now()
FROM generate_series(1, 30) AS n;

INSERT INTO membership_base (connection_id, contact_id, list_id, cc_contact_id, cc_list_id, seen_at, agreed_at)
SELECT %(id)s, '003' || lpad(n::text, 12, '0') || 'AAA', 'a01' || lpad((CASE WHEN k = 0 AND n %% 2 = 0 THEN 1 ELSE (n + k * 7) %% 29 + 2 END)::text, 12, '0') || 'AAA',
  lpad(to_hex(n + 1000), 32, '0')::uuid, lpad(to_hex(CASE WHEN k = 0 AND n %% 2 = 0 THEN 1 ELSE (n + k * 7) %% 29 + 2 END), 32, '0')::uuid, app_now(), app_now()
FROM generate_series(1, %(contacts)s) AS n
CROSS JOIN generate_series(0, 2) AS k;

INSERT INTO notification (connection_id, notification_id, origin, received_at, first_received_at, object, record_id, state, cause,
  reason, finished_at)
SELECT %(id)s, '04l' || lpad(n::text, 12, '0') || 'AAA', 'poll', app_now() - make_interval(secs => %(contacts)s * 2 - n),
  app_now() - make_interval(secs => %(contacts)s * 2 - n), 'Contact', '003' || lpad((n %% %(contacts)s + 1)::text, 12, '0') || 'AAA',
  CASE WHEN n %% 500 = 0 THEN 'dead' ELSE 'done' END, CASE WHEN n %% 500 = 0 THEN 'conversion-error:Field' || n %% 7 END,
  CASE WHEN n %% 500 = 0 THEN 'a value is too long' ELSE 'update_contact' END, app_now()
FROM generate_series(1, %(contacts)s * 2) AS n;

INSERT INTO notification_subject (connection_id, notification_id, kind, key, generation)
SELECT %(id)s, '04l' || lpad(n::text, 12, '0') || 'AAA', 'address', 'person' || (n %% %(contacts)s + 1) || '@example.org', 1
FROM generate_series(1, %(contacts)s * 2) AS n;

INSERT INTO run (connection_id, job, mode, extent, origin, asked_by, asked_at, state, counters, started_at, finished_at)
SELECT %(id)s, job, 'apply', 'full', 'schedule', 'schedule', app_now() - make_interval(days => n),
  CASE WHEN n = 0 AND job = 'contacts' THEN 'waiting' ELSE 'done' END,
  jsonb_build_object('read', %(contacts)s, 'unchanged', %(contacts)s), app_now() - make_interval(days => n),
  CASE WHEN n > 0 OR job <> 'contacts' THEN app_now() - make_interval(days => n) + interval '5 minutes' END
FROM generate_series(180, 0, -1) AS n
CROSS JOIN unnest(ARRAY['lists', 'activities', 'contacts']) AS job
ORDER BY n DESC;

INSERT INTO plan (connection_id, origin, run_id, asked_by, state, totals, made_at, finished_at)
SELECT connection_id, 'reconcile', id, 'schedule', CASE WHEN finished_at IS NULL THEN 'waiting' ELSE 'done' END,
  CASE WHEN finished_at IS NULL THEN '{"steps": 50000, "by_sign": {"change": 40000, "remove": 10000}, "calls": 100000}'
    ELSE '{"steps": 0}' END::jsonb,
  asked_at, finished_at
FROM run
WHERE connection_id = %(id)s;

INSERT INTO step (connection_id, plan_id, ordinal, key, kind, subject_kind, subject_key, lane, detail, facts, reason, state)
SELECT p.connection_id, p.id, n, 'update_contact:' || n, 'update_contact', 'address', 'person' || n || '@example.org', 3,
  CASE WHEN n %% 5 = 0 THEN
      '{"change": {"list_memberships": [["00000000-0000-0000-0000-000000000001"], []]}, "calls": 2}'
    ELSE '{"change": {"last_name": ["Old", "New"]}, "calls": 2}' END::jsonb,
  '', 'the record changed', 'planned'
FROM plan p
CROSS JOIN generate_series(0, 49999) AS n
WHERE p.connection_id = %(id)s AND p.state = 'waiting';

INSERT INTO integrity_score (connection_id, run_id, job, taken_at, linked, agreeing)
SELECT connection_id, id, job, asked_at, %(contacts)s, %(contacts)s - 3
FROM run
WHERE connection_id = %(id)s AND job <> 'activities';

-- Two years of two mailings a week: the first household was sent each, others one in twenty.
INSERT INTO campaign_activity (connection_id, campaign_activity_id, campaign_id, role, campaign_name, status, detail, first_sent_at,
  last_sent_at)
SELECT %(id)s, lpad(to_hex(n + 4096), 32, 'c')::uuid, lpad(to_hex(n + 4096), 32, 'd')::uuid, 'primary_email', 'News ' || n, 'DONE', '{}',
  app_now() - make_interval(days => n * 2), app_now() - make_interval(days => n * 2)
FROM generate_series(1, 330) AS n;

INSERT INTO interaction (connection_id, external_id, campaign_activity_id, contact_id, practifi_contact, practifi_account)
SELECT %(id)s, 'cc_' || mailing || '_' || n, lpad(to_hex(mailing + 4096), 32, 'c')::uuid, lpad(to_hex(n + 1000), 32, '0')::uuid,
  '003' || lpad(n::text, 12, '0') || 'AAA', '001' || lpad((n / 3)::text, 12, '0') || 'AAA'
FROM generate_series(1, 330) AS mailing
CROSS JOIN generate_series(1, %(contacts)s) AS n
WHERE n BETWEEN 3 AND 5 OR n %% 200 = mailing %% 200;

INSERT INTO engagement_event (connection_id, campaign_activity_id, kind, contact_id, occurred_at, url_id, detail)
SELECT i.connection_id, i.campaign_activity_id, e.kind, i.contact_id, a.first_sent_at + make_interval(hours => e.after_h), '', '{}'
FROM interaction i
JOIN campaign_activity a USING (connection_id, campaign_activity_id)
CROSS JOIN (VALUES ('send', 0), ('open', 1), ('open', 5), ('click', 2)) AS e (kind, after_h)
WHERE i.connection_id = %(id)s;

-- A ledger of two years: every second person has ticked and unticked. Its digests prove nothing: no page here reads them.
INSERT INTO consent_subject (connection_id, subject_id, kind, key, key_hash)
SELECT %(id)s, lpad(to_hex(n + 1048576), 32, kind.letter)::uuid, kind.name,
  CASE kind.name WHEN 'person' THEN '003' || lpad(n::text, 12, '0') || 'AAA' ELSE 'person' || n || '@example.org' END,
  sha256((kind.name || n)::bytea)
FROM generate_series(1, %(contacts)s, 2) AS n
CROSS JOIN (VALUES ('person', 'a'), ('address', 'b')) AS kind (name, letter);

INSERT INTO consent_entry (connection_id, seq, address_id, person_id, side, change, acted_by, stage, about_seq, cause_kind, cause_id,
  at, previous, digest)
SELECT %(id)s, change * 3 + stage.place, lpad(to_hex(n + 1048576), 32, 'b')::uuid, lpad(to_hex(n + 1048576), 32, 'a')::uuid, 'practifi',
  CASE change %% 2 WHEN 0 THEN 'ticked' ELSE 'unticked' END, 'firm', stage.name,
  CASE WHEN stage.place > 1 THEN change * 3 + 1 END, 'notification', '04l' || change,
  app_now() - make_interval(secs => (%(contacts)s - change) * 600) + make_interval(secs => stage.after_s + change %% 90), '', ''
FROM generate_series(0, %(contacts)s - 1) AS change
CROSS JOIN LATERAL (SELECT change / 2 * 2 + 1 AS n) AS who
CROSS JOIN (VALUES ('seen', 1, 0), ('sent', 2, 2), ('confirmed', 3, 5)) AS stage (name, place, after_s)
WHERE stage.name <> 'confirmed' OR change %% 1000 > 0
ORDER BY 2;

INSERT INTO consent_change (connection_id, seq, at, change, due_at, sent_at, confirmed_at, refused_at)
SELECT connection_id, seq, at, change, due_at, sent_at, confirmed_at, refused_at
FROM consent_change_told
WHERE connection_id = %(id)s;

INSERT INTO consent_head (connection_id, seq, digest)
SELECT %(id)s, max(seq), ''
FROM consent_entry
WHERE connection_id = %(id)s
ON CONFLICT (connection_id) DO UPDATE
  SET seq = EXCLUDED.seq;

INSERT INTO opt_out (connection_id, subject_id, acted_by, since, seq)
SELECT connection_id, address_id, 'firm', at, seq
FROM consent_entry
WHERE connection_id = %(id)s AND change = 'ticked' AND stage = 'seen' AND seq %% 20 = 1;

INSERT INTO console_client (connection_id, account_id, name, ways, asked_at)
VALUES (%(id)s, '001000000000001AAA', 'Household 1', '[null, [], []]', app_now() + interval '1 hour')
