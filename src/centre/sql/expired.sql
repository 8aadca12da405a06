-- Nobody signed these in time.
DELETE FROM waiting w USING box b WHERE b.box_id = w.box_id AND w.at < now() - make_interval(secs => $1)
RETURNING b.area, b.name, w.topic, w.sha256, w.body
