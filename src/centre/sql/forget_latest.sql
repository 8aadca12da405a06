DELETE FROM latest l USING unnest($1::int4[], $2::text[]) AS gone (box_id, topic)
WHERE (l.box_id, l.topic) = (gone.box_id, gone.topic)
