SELECT w.box_id, w.sha256, w.topic, w.body
FROM unnest($1::int4[], $2::bytea[]) AS wanted (box_id, sha256) JOIN waiting w USING (box_id, sha256)
