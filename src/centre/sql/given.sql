INSERT INTO stream AS s (box_id, stream, last_given) SELECT * FROM unnest($1::int4[], $2::text[], $3::int8[])
ON CONFLICT (box_id, stream) DO UPDATE SET last_given = excluded.last_given,
    hole_since = CASE WHEN s.mark = greatest(s.last_given, s.highest) THEN now() ELSE s.hole_since END
    WHERE excluded.last_given > s.last_given
