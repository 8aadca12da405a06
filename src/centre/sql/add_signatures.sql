INSERT INTO signature (box_id, sha256, jws) SELECT * FROM unnest($1::int4[], $2::bytea[], $3::text[])
ON CONFLICT DO NOTHING
