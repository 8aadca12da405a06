INSERT INTO refusal AS r (area, name, why, hour, times)
SELECT area, name, why, date_trunc('hour', now()), times FROM unnest($1::text[], $2::text[], $3::text[], $4::int8[]) AS new (area, name, why, times)
ON CONFLICT (area, name, why, hour) DO UPDATE SET times = r.times + excluded.times
RETURNING area, name, why, times
