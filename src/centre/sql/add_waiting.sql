INSERT INTO waiting (box_id, sha256, topic, body) SELECT * FROM unnest($1::int4[], $2::bytea[], $3::text[], $4::bytea[])
ON CONFLICT DO NOTHING
