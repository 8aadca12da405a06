WITH new AS (
    SELECT box_id, sha256, jws, row_number() OVER (PARTITION BY box_id) AS nth
    FROM unnest($1::int4[], $2::bytea[], $3::text[]) AS new (box_id, sha256, jws)),
    there AS (SELECT box_id, count(*) AS rows FROM signature WHERE box_id = ANY ($1::int4[]) GROUP BY box_id)
INSERT INTO signature (box_id, sha256, jws)
SELECT box_id, sha256, jws FROM new LEFT JOIN there USING (box_id) WHERE nth + coalesce(rows, 0) <= $4::int8
ON CONFLICT DO NOTHING
