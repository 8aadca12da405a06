SELECT b.area, b.name FROM box b
WHERE (b.area, b.name) IN (SELECT * FROM unnest($1::text[], $2::text[]))
    AND (SELECT count(*) FROM picture p WHERE p.box_id = b.box_id AND NOT p.is_announced) >= $3::int8
