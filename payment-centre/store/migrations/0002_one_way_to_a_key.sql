DROP INDEX "entry_of_account";--> statement-breakpoint
DROP INDEX "payment_by_date";--> statement-breakpoint
DROP INDEX "request_key_by_date";--> statement-breakpoint
CREATE INDEX "payment_by_date" ON "payment" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "request_key_by_date" ON "request_key" USING brin ("created_at");