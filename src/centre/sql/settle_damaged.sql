-- The box cannot tell what is missing: whatever has not arrived of that stream will not.
WITH holes AS (
    SELECT s.box_id, s.stream, lower(hole) AS first, upper(hole) - 1 AS last
    FROM unnest($1::int4[], $2::text[]) AS damaged (box_id, stream) JOIN stream s USING (box_id, stream),
        unnest(int8multirange(int8range(1, greatest(s.highest, s.last_given) + 1)) - s.settled) AS hole),
    told AS (INSERT INTO missing (box_id, stream, first, last, why) SELECT box_id, stream, first, last, 'damaged' FROM holes
        ON CONFLICT DO NOTHING)
UPDATE stream s SET settled = s.settled + int8multirange(int8range(1, greatest(s.highest, s.last_given) + 1))
FROM unnest($1::int4[], $2::text[]) AS damaged (box_id, stream)
WHERE (s.box_id, s.stream) = (damaged.box_id, damaged.stream) AND greatest(s.highest, s.last_given) > 0
