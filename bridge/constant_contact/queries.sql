-- name: take_slot
-- one API call that starts within ahead_ms and its count by lane, or why there is none and until when
-- Where there is no pace, as many as are asked for, as long as the day has plenty of them.
-- `application`: the limits and the moment. Lateness of a caller is forgiven up to 25 ms, so that a paced caller keeps
-- the rate; with a gap of 260 ms five grants still span 4 * 260 - 25 ms and more.
WITH application AS (
  SELECT a.*, app_now() AS moment, day_of_calls(a) AS today, calls_used_today(a) AS used_today,
         23 - extract(hour FROM app_now() AT TIME ZONE 'UTC')::int AS hours_left,
         calls_open_to(a, %(lane)s) AS ceiling
  FROM api_application a
  WHERE a.id = %(application_id)s
),
-- `share`: what each connection has of what this lane may spend, and has used of it today.
share AS (
  SELECT c.id, floor(a.ceiling::numeric * c.api_share / sum(c.api_share) OVER ()) AS whole,
         (SELECT coalesce(sum(u.used), 0)
          FROM api_usage u
          WHERE u.api_application_id = a.id AND u.day = a.today AND u.connection_id = c.id) AS used
  FROM application a
  JOIN connection c ON c.api_application_id = a.id
  WHERE c.state = 'active' OR c.id = %(connection_id)s
),
-- `day`: whether this connection has calls of its own share left, and how many of the others' unused are kept for them:
-- 23/23 in the first hour of the UTC day, none in the last (bridge/constant_contact/allowance.py has the same rule; a
-- test compares both).
day AS (
  SELECT a.ceiling,
         coalesce((SELECT used < whole FROM share WHERE id = %(connection_id)s), false) OR %(lane)s = 0 AS has_own,
         (SELECT floor(coalesce(sum(greatest(0, whole - used)), 0) * a.hours_left / 23)
          FROM share
          WHERE id <> %(connection_id)s) AS kept
  FROM application a
),
-- `ahead`: how many calls are counted at once.
ahead AS (
  SELECT CASE WHEN a.gap_ms = 0 AND a.used_today + 10 * %(count)s <= a.ceiling - day.kept THEN %(count)s ELSE 1 END AS calls
  FROM application a
  CROSS JOIN day
),
-- `turn`: whether, of those who asked in vain within a second, this lane was served longest ago.
turn AS (
  SELECT coalesce((
    SELECT (connection_id, lane) = (%(connection_id)s, %(lane)s)
    FROM (
      SELECT connection_id, lane, asked_at, served_at,
             max(served_at) OVER (PARTITION BY connection_id) AS connection_served_at
      FROM api_turn
      WHERE api_application_id = %(application_id)s) AS asking
    WHERE (connection_id, lane) = (%(connection_id)s, %(lane)s)
       OR asked_at > served_at AND asked_at > app_now() - interval '1 second'
    ORDER BY connection_served_at, served_at, connection_id, lane
    LIMIT 1), true) OR %(lane)s = 0 AS is_ours
),
-- `granted`: the call, where a slot is due and the day has one. For as long as lateness is forgiven, a slot that is due
-- is left to the lane whose turn it is.
granted AS (
  UPDATE api_application a
  SET next_at = greatest(a.next_at, app_now() - interval '25 milliseconds')
                + make_interval(secs => a.gap_ms / 1000.0),
      used = calls_used_today(a) + ahead.calls,
      day = day_of_calls(a)
  FROM day, ahead, turn
  WHERE a.id = %(application_id)s
    AND (a.paused_until IS NULL OR a.paused_until <= app_now())
    AND a.next_at <= app_now() + make_interval(secs => %(ahead_ms)s / 1000.0)
    AND (turn.is_ours OR a.next_at <= app_now() - interval '25 milliseconds')
    AND calls_used_today(a) + ahead.calls <= day.ceiling - CASE WHEN day.has_own THEN 0 ELSE day.kept END
  RETURNING a.id, a.day, ahead.calls, a.gap_ms > 0 AS is_paced,
            greatest(a.next_at - make_interval(secs => a.gap_ms / 1000.0), app_now()) AS starts_at
),
-- `counted`: what a connection's lanes have used of the day.
counted AS (
  INSERT INTO api_usage AS u (api_application_id, day, connection_id, lane, used)
  SELECT id, day, %(connection_id)s, %(lane)s, calls
  FROM granted
  ON CONFLICT (api_application_id, day, connection_id, lane) DO UPDATE
  SET used = u.used + excluded.used
),
-- `answer`: what came of it.
answer AS (
  SELECT a.moment, a.today, granted.starts_at, granted.calls, granted.is_paced,
         greatest(a.next_at, coalesce(a.paused_until, '-infinity')) AS due_at,
         CASE WHEN granted.id IS NOT NULL THEN 'granted'
              WHEN a.pause_reason = 'quota_exceeded' AND a.paused_until > a.moment THEN 'refused'
              WHEN a.used_today >= a.ceiling OR a.ceiling <= 0 THEN 'day'
              WHEN NOT day.has_own AND a.used_today >= a.ceiling - day.kept THEN 'share'
              ELSE 'pace' END AS outcome
  FROM application a
  CROSS JOIN day
  LEFT JOIN granted ON true
),
-- `remembered`: who was served, or asked in vain, for the turns to come.
remembered AS (
  INSERT INTO api_turn AS t (api_application_id, connection_id, lane, asked_at, served_at)
  SELECT %(application_id)s, %(connection_id)s, %(lane)s,
         CASE WHEN outcome = 'pace' THEN moment ELSE '-infinity' END,
         CASE WHEN outcome = 'granted' THEN app_now() ELSE '-infinity' END
  FROM answer
  WHERE outcome IN ('granted', 'pace') AND %(lane)s > 0
  ON CONFLICT (api_application_id, connection_id, lane) DO UPDATE
  SET asked_at = greatest(t.asked_at, excluded.asked_at), served_at = greatest(t.served_at, excluded.served_at)
  WHERE excluded.asked_at = '-infinity' OR t.asked_at <= t.served_at OR t.asked_at < excluded.asked_at - interval '0.2 seconds'
)
SELECT outcome,
       starts_at,
       CASE WHEN outcome = 'granted' THEN greatest(0, extract(epoch FROM starts_at - app_now()))
            WHEN due_at > app_now() THEN extract(epoch FROM due_at - app_now())
            ELSE greatest(0.005, extract(epoch FROM due_at - app_now()) + 0.025) END::float8 AS wait_s,
       CASE WHEN outcome = 'refused' THEN due_at
            WHEN outcome = 'share' THEN date_trunc('hour', moment AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '1 hour'
            ELSE (today + 1)::timestamp AT TIME ZONE 'UTC' END AS until,
       calls, is_paced, today
FROM answer;

-- name: give_calls_back
-- calls that were counted ahead and are not made, as long as it is still their day
WITH counted AS (
  UPDATE api_application
  SET used = greatest(0, used - %(calls)s)
  WHERE id = %(application_id)s AND day = %(day)s
  RETURNING id, day)
UPDATE api_usage u
SET used = greatest(0, u.used - %(calls)s)
FROM counted
WHERE u.api_application_id = counted.id AND u.day = counted.day AND u.connection_id = %(connection_id)s AND u.lane = %(lane)s;

-- name: pace
-- milliseconds between two calls (0: there is no pace), and how many are left of the day for each connection, about
SELECT a.gap_ms,
  greatest(0, calls_open_to(a, %(lane)s) - calls_used_today(a)) / greatest(1, (
    SELECT count(*)
    FROM connection c
    WHERE c.api_application_id = a.id AND c.state = 'active'))
FROM api_application a
WHERE a.id = %(application_id)s;

-- name: take_place
-- a place for a call that leaves now, or the seconds to wait for one; an application without a pace needs none
-- A call that was not answered for 5 seconds has arrived, or never will. So no place is taken for longer than 6 seconds;
-- one that seems to be is free, and the clock was set back.
-- Others leave a place that has become free to consent for 15 ms. They also keep apart: four that have once left together
-- would come free together each second, and consent would wait for all of them. While a change of consent is due or on
-- its way they leave one place free: it is several calls, each after the other's answer.
WITH application AS (
  SELECT id, per_second, gap_ms > 0 AS is_paced,
         CASE WHEN %(is_consent)s THEN interval '0' ELSE interval '15 milliseconds' END AS left_to_consent,
         CASE WHEN %(is_consent)s THEN interval '0' ELSE interval '800 milliseconds' / per_second END AS apart,
         CASE WHEN %(is_consent)s OR per_second < 2 THEN 0 ELSE (
           SELECT count(*)
           FROM (
             SELECT
             FROM work w
             JOIN connection c ON c.id = w.connection_id AND c.api_application_id = a.id AND c.state = 'active'
             WHERE w.lane = 0 AND w.done < w.wanted AND w.blocked_reason IS NULL AND w.due_at <= app_now()
               AND NOT EXISTS (SELECT FROM pause p WHERE p.connection_id = w.connection_id AND p.lane = w.lane)
             LIMIT 1) AS consent) END AS left_free
  FROM api_application a
  WHERE id = %(application_id)s
), latest AS (
  SELECT max(taken_at) AS taken_at
  FROM api_place
  WHERE api_application_id = %(application_id)s AND taken_at <= app_now()
), place AS (
  SELECT a.id, n AS number, p.free_at + a.left_to_consent AS free_at,
         greatest(p.free_at + a.left_to_consent, latest.taken_at + a.apart) AS due_at
  FROM application a
  CROSS JOIN latest
  CROSS JOIN generate_series(1, a.per_second) AS n
  LEFT JOIN api_place p ON p.api_application_id = a.id AND p.number = n
  WHERE a.is_paced
), free AS (
  SELECT place.*, count(*) OVER () > a.left_free AS is_ours
  FROM place
  CROSS JOIN application a
  WHERE due_at IS NULL OR due_at NOT BETWEEN app_now() AND app_now() + interval '6 seconds'
), taken AS (
  INSERT INTO api_place AS p (api_application_id, number, taken_at, free_at)
  SELECT id, number, app_now(), app_now() + interval '5 seconds'
  FROM free
  WHERE is_ours
  ORDER BY free_at NULLS FIRST, number
  LIMIT 1
  ON CONFLICT (api_application_id, number) DO UPDATE
  SET taken_at = excluded.taken_at, free_at = excluded.free_at
  WHERE p.free_at NOT BETWEEN excluded.taken_at AND excluded.taken_at + interval '6 seconds'
  RETURNING number, taken_at
)
SELECT taken.number, taken.taken_at,
       CASE WHEN application.is_paced AND taken.number IS NULL THEN
         CASE WHEN EXISTS (SELECT FROM free WHERE NOT is_ours) THEN 0.02
              ELSE least(0.02, greatest(0.002, (SELECT extract(epoch FROM min(due_at) - app_now()) FROM place))) END
       END::float8 AS wait_s
FROM application
LEFT JOIN taken ON true;

-- name: leave_place
-- the call was answered, or failed: its place is free a second after it has arrived at the latest
-- The least round trip counts once each place has seen one. It grows by a hundredth a call, in case the way gets longer.
WITH least_trip AS (
  SELECT CASE WHEN %(is_answered)s AND count(round_trip) = count(*) THEN min(round_trip) ELSE interval '0' END AS took
  FROM api_place
  WHERE api_application_id = %(application_id)s
)
UPDATE api_place p
SET free_at = app_now() + interval '1 second' - least(least_trip.took, app_now() - p.taken_at),
    round_trip = CASE WHEN %(is_answered)s THEN least(p.round_trip * 1.01, greatest(app_now() - p.taken_at, interval '0'))
                      ELSE p.round_trip END
FROM least_trip
WHERE p.api_application_id = %(application_id)s AND p.number = %(number)s AND p.taken_at = %(taken_at)s;

-- name: push_back
-- the vendor answered "throttled": nobody calls for a while
UPDATE api_application
SET next_at = greatest(next_at, app_now() + make_interval(secs => %(seconds)s))
WHERE id = %(application_id)s;

-- name: spend_day
-- the vendor answered "quota exceeded": nobody calls before its midnight; just after ours its
-- clock may still be in the day before, so look again soon
UPDATE api_application
SET pause_reason = 'quota_exceeded',
    paused_until = CASE
      WHEN (app_now() AT TIME ZONE 'UTC')::time < time '00:10' THEN app_now() + interval '1 minute'
      ELSE (date_trunc('day', app_now() AT TIME ZONE 'UTC') + interval '1 day') AT TIME ZONE 'UTC'
    END
WHERE id = %(application_id)s;

-- name: token_wait
-- seconds until the token end point may be asked again
SELECT greatest(0, extract(epoch FROM token_next_at - app_now()))::float8
FROM api_application
WHERE id = %(application_id)s;

-- name: push_back_token
-- the token end point failed: all workers leave it alone for a while
UPDATE api_application
SET token_next_at = app_now() + make_interval(secs => %(seconds)s)
WHERE id = %(application_id)s;

-- name: connection_of_client
-- a connection whose calls an application's budget counts, by its client id
SELECT min(c.name)
FROM connection c
JOIN api_application a ON a.id = c.api_application_id
WHERE a.client_id = %(client_id)s
HAVING count(*) > 0;
