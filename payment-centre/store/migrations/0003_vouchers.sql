ALTER TABLE "account" ADD COLUMN "voucher" text;--> statement-breakpoint
ALTER TABLE "account" ADD COLUMN "due_at" bigint;--> statement-breakpoint
CREATE INDEX "voucher_due" ON "account" USING btree ("due_at") WHERE "account"."due_at" is not null;