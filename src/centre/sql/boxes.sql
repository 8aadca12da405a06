SELECT box_id, area, name FROM box WHERE (area, name) IN (SELECT * FROM unnest($1::text[], $2::text[]))
