SELECT wanted.box_id, wanted.stream, wanted.n
FROM unnest($1::int4[], $2::text[], $3::int8[], $4::bytea[]) AS wanted (box_id, stream, n, sha256)
JOIN message m USING (box_id, stream, n) WHERE m.sha256 <> wanted.sha256
