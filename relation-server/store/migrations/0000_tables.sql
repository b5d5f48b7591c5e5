CREATE TABLE "identification" (
	"identification_id" text PRIMARY KEY NOT NULL,
	"automaton_id" text NOT NULL,
	"subscriber_id" text NOT NULL,
	"channel" text NOT NULL,
	"session_id" text,
	"language" text NOT NULL,
	"vouched" boolean NOT NULL,
	"code" text NOT NULL,
	"state" text NOT NULL,
	"expects" text,
	"sale_id" text,
	"at" bigint NOT NULL,
	"due_at" bigint
);
--> statement-breakpoint
CREATE TABLE "inbox" (
	"source" text NOT NULL,
	"key" text NOT NULL,
	"automaton_id" text,
	"sale_id" text,
	"body_hash" text NOT NULL,
	"body" text NOT NULL,
	"at" bigint NOT NULL,
	CONSTRAINT "inbox_source_key_pk" PRIMARY KEY("source","key")
);
--> statement-breakpoint
CREATE TABLE "machine" (
	"automaton_id" text PRIMARY KEY NOT NULL,
	"machine_number" text,
	"seller" text NOT NULL,
	"trade_name" text NOT NULL,
	"state" text NOT NULL,
	"journal_id" text,
	"new_journal_id" text,
	"boot" integer NOT NULL,
	"stored_up_to" bigint NOT NULL,
	"beyond" jsonb NOT NULL,
	"chain" text,
	"presence" text,
	"reader" text NOT NULL,
	"enrolled_at" bigint NOT NULL,
	CONSTRAINT "machine_machine_number_unique" UNIQUE("machine_number")
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"automaton_id" text,
	"sale_id" text,
	"body" text NOT NULL,
	"attempts" integer NOT NULL,
	"due_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "person" (
	"id" text PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"who" text NOT NULL,
	"why" text NOT NULL,
	"action" text NOT NULL,
	"automaton_id" text NOT NULL,
	"sale_id" text
);
--> statement-breakpoint
CREATE TABLE "quarantine" (
	"id" text PRIMARY KEY NOT NULL,
	"automaton_id" text,
	"sale_id" text,
	"source" text NOT NULL,
	"error" text NOT NULL,
	"body" text NOT NULL,
	"at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sale" (
	"sale_id" text PRIMARY KEY NOT NULL,
	"automaton_id" text NOT NULL,
	"chart_version" integer NOT NULL,
	"snapshot" text NOT NULL,
	"open" boolean NOT NULL,
	"state" text NOT NULL,
	"amount_minor" bigint NOT NULL,
	"currency" text NOT NULL,
	"subscriber_id" text,
	"payment_id" text,
	"due_at" bigint,
	"due_event" text,
	"aside" text,
	"created_at" bigint NOT NULL,
	"ended_at" bigint
);
--> statement-breakpoint
CREATE TABLE "subscriber" (
	"subscriber_id" text PRIMARY KEY NOT NULL,
	"sealed" text NOT NULL,
	"language" text NOT NULL,
	"stopped" boolean NOT NULL,
	"seen_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "unknown_outcome" (
	"day" text NOT NULL,
	"scope" text NOT NULL,
	"id" text NOT NULL,
	"count" integer NOT NULL,
	CONSTRAINT "unknown_outcome_day_scope_id_pk" PRIMARY KEY("day","scope","id")
);
--> statement-breakpoint
CREATE INDEX "identification_machine" ON "identification" USING btree ("automaton_id") WHERE state <> 'closed';--> statement-breakpoint
CREATE INDEX "identification_subscriber" ON "identification" USING btree ("subscriber_id") WHERE state <> 'closed';--> statement-breakpoint
CREATE INDEX "identification_due" ON "identification" USING btree ("due_at") WHERE due_at is not null;--> statement-breakpoint
CREATE INDEX "identification_at" ON "identification" USING btree ("at");--> statement-breakpoint
CREATE INDEX "inbox_at" ON "inbox" USING btree ("at");--> statement-breakpoint
CREATE INDEX "outbox_due" ON "outbox" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "outbox_sale" ON "outbox" USING btree ("sale_id");--> statement-breakpoint
CREATE INDEX "sale_open" ON "sale" USING btree ("automaton_id") WHERE open;--> statement-breakpoint
CREATE INDEX "sale_due" ON "sale" USING btree ("due_at") WHERE due_at is not null;--> statement-breakpoint
CREATE INDEX "sale_aside" ON "sale" USING btree ("created_at") WHERE aside is not null;--> statement-breakpoint
CREATE INDEX "sale_created" ON "sale" USING btree ("created_at");