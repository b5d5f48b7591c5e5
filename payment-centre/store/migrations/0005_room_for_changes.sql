-- A payment changes once, when its outcome comes. Half of each page stays free for that: then no index needs a new entry.
ALTER TABLE "payment" SET (fillfactor = 50);
