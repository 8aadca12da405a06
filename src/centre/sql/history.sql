-- Which migrations have run. Workers start side by side: the lock, of this transaction, lets one at a time look.
CREATE TABLE IF NOT EXISTS migration (number int PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())
