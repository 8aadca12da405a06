-- Holes that have been there for a while (urgent messages overtake the others), each asked for by one worker.
WITH due AS (
    SELECT box_id, stream FROM stream
    WHERE mark < greatest(last_given, highest) AND hole_since < now() - make_interval(secs => $1)
        AND (requested_at IS NULL OR requested_at < now() - make_interval(secs => $2))
    ORDER BY hole_since LIMIT 200 FOR UPDATE SKIP LOCKED)
UPDATE stream s SET requested_at = now() FROM due, box b
WHERE (s.box_id, s.stream) = (due.box_id, due.stream) AND b.box_id = s.box_id
RETURNING b.area, b.name, s.stream, (int8multirange(int8range(1, greatest(s.last_given, s.highest) + 1)) - s.settled)::text
