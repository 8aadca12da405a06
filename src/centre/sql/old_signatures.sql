DELETE FROM signature WHERE at < now() - make_interval(secs => $1)
