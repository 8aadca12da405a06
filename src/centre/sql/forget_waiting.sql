WITH known AS (SELECT * FROM unnest($1::int4[], $2::bytea[]) AS known (box_id, sha256)),
    no_signature AS (DELETE FROM signature s USING known k WHERE (s.box_id, s.sha256) = (k.box_id, k.sha256))
DELETE FROM waiting w USING known k WHERE (w.box_id, w.sha256) = (k.box_id, k.sha256)
