INSERT INTO stream AS s (box_id, stream, settled)
SELECT box_id, stream, numbers::int8multirange FROM unnest($1::int4[], $2::text[], $3::text[]) AS new (box_id, stream, numbers)
ON CONFLICT (box_id, stream) DO UPDATE SET settled = s.settled + excluded.settled,
    hole_since = CASE WHEN mark_of(s.settled + excluded.settled) = s.mark AND s.mark < greatest(s.highest, s.last_given)
        THEN s.hole_since ELSE now() END
RETURNING s.box_id, s.stream, s.mark
