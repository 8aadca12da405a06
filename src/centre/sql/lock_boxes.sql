-- One transaction at a time works on a box. In the order of ids, so that two never wait for one another.
SELECT box_id FROM box WHERE box_id = ANY ($1::int4[]) ORDER BY box_id FOR NO KEY UPDATE
