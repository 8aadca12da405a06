SELECT s.box_id, s.sha256, s.jws
FROM unnest($1::int4[], $2::bytea[]) AS wanted (box_id, sha256) JOIN signature s USING (box_id, sha256)
