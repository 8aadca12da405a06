SELECT box_id, stream, mark FROM stream WHERE box_id = ANY ($1::int4[])
