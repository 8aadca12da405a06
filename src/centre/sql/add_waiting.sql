-- A box that lies finds room for so many only.
WITH new AS (
    SELECT box_id, sha256, topic, body, row_number() OVER (PARTITION BY box_id) AS nth
    FROM unnest($1::int4[], $2::bytea[], $3::text[], $4::bytea[]) AS new (box_id, sha256, topic, body)),
    there AS (SELECT box_id, count(*) AS rows FROM waiting WHERE box_id = ANY ($1::int4[]) GROUP BY box_id)
INSERT INTO waiting AS w (box_id, sha256, topic, body)
SELECT box_id, sha256, topic, body FROM new LEFT JOIN there USING (box_id) WHERE nth + coalesce(rows, 0) <= $5::int8
ON CONFLICT (box_id, sha256) DO UPDATE SET at = w.at
RETURNING box_id, sha256
