INSERT INTO refused (area, name, why, topic, sha256, body) SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::bytea[])
