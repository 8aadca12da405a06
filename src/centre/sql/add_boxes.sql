INSERT INTO box (area, name) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING
