-- A late will says `offline` of a session that is over; within a session `online` comes first.
INSERT INTO latest AS l (box_id, topic, session, word, told_at, body)
SELECT box_id, topic, session, word, told_at::timestamptz, body
FROM unnest($1::int4[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[]) AS new (box_id, topic, session, word, told_at, body)
ON CONFLICT (box_id, topic) DO UPDATE SET (session, word, told_at, body, stored_at)
    = (excluded.session, excluded.word, excluded.told_at, excluded.body, clock_timestamp())
    WHERE excluded.session > l.session
        OR excluded.session = l.session AND CASE WHEN excluded.session = '' THEN excluded.told_at >= l.told_at ELSE excluded.word <> 'online' END
