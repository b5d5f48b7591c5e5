-- What an older centre is still writing is waited for, and from now on it writes nothing more: what comes next takes the
-- ledger over whole. In the order in which a centre takes them.
LOCK TABLE "account" IN SHARE ROW EXCLUSIVE MODE;
--> statement-breakpoint
LOCK TABLE "transfer", "entry" IN ACCESS EXCLUSIVE MODE;
