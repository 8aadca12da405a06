-- No alert and no answer names these.
DELETE FROM picture p USING box b WHERE b.box_id = p.box_id AND NOT p.is_announced AND p.at < now() - make_interval(secs => $1)
RETURNING b.area, b.name, p.alert_id, p.sha256, EXISTS (SELECT FROM picture o WHERE o.sha256 = p.sha256 AND o.is_announced) AS is_other
