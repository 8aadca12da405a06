INSERT INTO picture AS p (box_id, alert_id, n, is_original, sha256, bytes, is_announced, is_stored)
SELECT * FROM unnest($1::int4[], $2::text[], $3::int4[], $4::bool[], $5::bytea[], $6::int8[], $7::bool[], $8::bool[])
ON CONFLICT (box_id, alert_id, n, is_original, sha256) DO UPDATE SET is_announced = p.is_announced OR excluded.is_announced,
    is_stored = p.is_stored OR excluded.is_stored, bytes = greatest(p.bytes, excluded.bytes)
