CREATE TABLE "account" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"currency" text NOT NULL,
	"ceiling_minor" bigint NOT NULL,
	"barred" boolean NOT NULL,
	"closed" boolean NOT NULL,
	"validate_above_minor" bigint,
	"subscriber_hash" text,
	"sealed_subscriber" text,
	"posted_minor" bigint NOT NULL,
	"held_minor" bigint NOT NULL,
	CONSTRAINT "account_not_overdrawn" CHECK ("account"."kind" not in ('prepaid', 'postpaid')
        or "account"."posted_minor" + least("account"."held_minor", 0) + "account"."ceiling_minor" >= 0)
);
--> statement-breakpoint
CREATE TABLE "client" (
	"id" text PRIMARY KEY NOT NULL,
	"record" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "entry" (
	"transfer_id" uuid NOT NULL,
	"position" smallint NOT NULL,
	"account_id" text NOT NULL,
	"layer" text NOT NULL,
	"amount_minor" bigint NOT NULL,
	CONSTRAINT "entry_transfer_id_position_pk" PRIMARY KEY("transfer_id","position")
);
--> statement-breakpoint
CREATE TABLE "payment" (
	"id" text PRIMARY KEY NOT NULL,
	"client" text NOT NULL,
	"key" text NOT NULL,
	"account_id" text NOT NULL,
	"seller" text NOT NULL,
	"offer_hash" text NOT NULL,
	"live" boolean NOT NULL,
	"status" text NOT NULL,
	"created_at" bigint NOT NULL,
	"due_at" bigint,
	"owed_since" bigint,
	"record" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "refund" (
	"id" text PRIMARY KEY NOT NULL,
	"payment_id" text NOT NULL,
	"client" text NOT NULL,
	"created_at" bigint NOT NULL,
	"record" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "request_key" (
	"client" text NOT NULL,
	"key" text NOT NULL,
	"use" text NOT NULL,
	"voided" boolean NOT NULL,
	"body_hash" text NOT NULL,
	"status" smallint NOT NULL,
	"sealed_answer" text NOT NULL,
	"payment_id" text,
	"created_at" bigint NOT NULL,
	CONSTRAINT "request_key_client_key_pk" PRIMARY KEY("client","key")
);
--> statement-breakpoint
CREATE TABLE "seller" (
	"id" text PRIMARY KEY NOT NULL,
	"record" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "transfer" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"currency" text NOT NULL,
	"at" bigint NOT NULL,
	"payment_id" text,
	"ends_hold" uuid
);
--> statement-breakpoint
CREATE TABLE "usage" (
	"scope" text PRIMARY KEY NOT NULL,
	"count" bigint NOT NULL,
	"amount_minor" bigint NOT NULL,
	"until" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "entry" ADD CONSTRAINT "entry_transfer_id_transfer_id_fk" FOREIGN KEY ("transfer_id") REFERENCES "public"."transfer"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "entry" ADD CONSTRAINT "entry_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "payment" ADD CONSTRAINT "payment_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "refund" ADD CONSTRAINT "refund_payment_id_payment_id_fk" FOREIGN KEY ("payment_id") REFERENCES "public"."payment"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "account_of_subscriber" ON "account" USING btree ("subscriber_hash") WHERE not "account"."closed";--> statement-breakpoint
CREATE INDEX "entry_of_account" ON "entry" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "payment_of_key" ON "payment" USING btree ("client","key");--> statement-breakpoint
CREATE UNIQUE INDEX "payment_of_offer" ON "payment" USING btree ("seller","offer_hash") WHERE "payment"."live";--> statement-breakpoint
CREATE INDEX "payment_by_date" ON "payment" USING btree ("client","created_at","id");--> statement-breakpoint
CREATE INDEX "payment_due" ON "payment" USING btree ("due_at") WHERE "payment"."due_at" is not null;--> statement-breakpoint
CREATE INDEX "payment_owed" ON "payment" USING btree ("owed_since") WHERE "payment"."owed_since" is not null;--> statement-breakpoint
CREATE INDEX "refund_of_payment" ON "refund" USING btree ("payment_id");--> statement-breakpoint
CREATE INDEX "request_key_by_date" ON "request_key" USING btree ("created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "transfer_ends_hold_once" ON "transfer" USING btree ("ends_hold");--> statement-breakpoint
CREATE INDEX "transfer_of_payment" ON "transfer" USING btree ("payment_id");--> statement-breakpoint
CREATE INDEX "usage_until" ON "usage" USING btree ("until");