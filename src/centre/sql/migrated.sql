SELECT count(*) FROM migration
