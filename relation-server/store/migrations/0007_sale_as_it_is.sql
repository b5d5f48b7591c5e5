-- A sale's row is rewritten at every step; from 2 kB on PostgreSQL would compress it each time, which costs it
-- as much as writing the row.
ALTER TABLE "sale" SET (toast_tuple_target = 4080);
