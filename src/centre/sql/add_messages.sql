-- A number is given once. What was proven takes the place of what was not, and nothing else is ever replaced.
INSERT INTO message AS m (box_id, stream, n, event_id, kind, signed, sha256, body, event_time, worker)
SELECT box_id, stream, n, event_id, kind, signed, sha256, body, event_time::timestamptz, $10::text
FROM unnest($1::int4[], $2::text[], $3::int8[], $4::text[], $5::text[], $6::bool[], $7::bytea[], $8::bytea[], $9::text[])
    AS new (box_id, stream, n, event_id, kind, signed, sha256, body, event_time)
ON CONFLICT (box_id, stream, n) DO UPDATE SET (event_id, kind, signed, sha256, body, event_time, worker, stored_at)
    = (excluded.event_id, excluded.kind, true, excluded.sha256, excluded.body, excluded.event_time, excluded.worker, clock_timestamp())
    WHERE excluded.signed AND NOT m.signed
