-- Revisions come in any order; each is complete, and the highest stands.
INSERT INTO alert AS a (box_id, alert_id, rev, phase, level, severity, kind, mode, grid, started_at, ended_at, accepted_at,
    closed_at, event_time, body)
SELECT box_id, alert_id, rev, phase, level, severity, kind, mode, grid, started_at::timestamptz, ended_at::timestamptz,
    accepted_at::timestamptz, closed_at::timestamptz, event_time::timestamptz, body::jsonb
FROM unnest($1::int4[], $2::text[], $3::int8[], $4::text[], $5::text[], $6::int2[], $7::text[], $8::text[], $9::text[],
    $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[])
    AS new (box_id, alert_id, rev, phase, level, severity, kind, mode, grid, started_at, ended_at, accepted_at, closed_at,
        event_time, body)
ON CONFLICT (box_id, alert_id) DO UPDATE SET (rev, phase, level, severity, kind, mode, grid, started_at, ended_at, accepted_at,
    closed_at, event_time, body, stored_at)
    = (excluded.rev, excluded.phase, excluded.level, excluded.severity, excluded.kind, excluded.mode, excluded.grid,
    excluded.started_at, excluded.ended_at, excluded.accepted_at, excluded.closed_at, excluded.event_time, excluded.body,
    clock_timestamp())
    WHERE excluded.rev > a.rev
