INSERT INTO missing (box_id, stream, first, last, why) SELECT * FROM unnest($1::int4[], $2::text[], $3::int8[], $4::int8[], $5::text[])
ON CONFLICT DO NOTHING
