-- A late will says `offline` of a session that is over; within a session `online` comes first.
INSERT INTO latest AS l (box_id, topic, session, word, event_time, body)
SELECT box_id, topic, session, word, event_time::timestamptz, body
FROM unnest($1::int4[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[]) AS new (box_id, topic, session, word, event_time, body)
ON CONFLICT (box_id, topic) DO UPDATE SET (session, word, event_time, body, stored_at)
    = (excluded.session, excluded.word, excluded.event_time, excluded.body, clock_timestamp())
    WHERE excluded.session > l.session
        OR excluded.session = l.session AND CASE WHEN excluded.session = '' THEN excluded.event_time >= l.event_time ELSE excluded.word <> 'online' END
