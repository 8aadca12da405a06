INSERT INTO count (box_id, stream, n, camera, minute, body)
SELECT box_id, stream, n, camera, minute::timestamptz, body::jsonb
FROM unnest($1::int4[], $2::text[], $3::int8[], $4::text[], $5::text[], $6::text[]) AS new (box_id, stream, n, camera, minute, body)
ON CONFLICT DO NOTHING
