CREATE TABLE "call" (
	"call_id" text PRIMARY KEY NOT NULL,
	"service" text NOT NULL,
	"language" text NOT NULL,
	"state" text NOT NULL,
	"amount_minor" bigint NOT NULL,
	"currency" text NOT NULL,
	"seller_share_bps" integer NOT NULL,
	"tries_left" integer NOT NULL,
	"automaton_id" text,
	"voucher_id" text,
	"subscriber_id" text,
	"code_turn" integer NOT NULL,
	"sale_id" text,
	"direct" boolean NOT NULL,
	"good_until" bigint,
	"honoured_until" bigint,
	"at" bigint NOT NULL,
	"due_at" bigint
);
--> statement-breakpoint
CREATE TABLE "wrong_code" (
	"hour" integer NOT NULL,
	"automaton_id" text NOT NULL,
	"count" integer NOT NULL,
	CONSTRAINT "wrong_code_hour_automaton_id_pk" PRIMARY KEY("hour","automaton_id")
);
--> statement-breakpoint
ALTER TABLE "machine" ADD COLUMN "keypad" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "call_machine" ON "call" USING btree ("automaton_id") WHERE state not in ('used', 'refused', 'over');--> statement-breakpoint
CREATE INDEX "call_due" ON "call" USING btree ("due_at") WHERE due_at is not null;--> statement-breakpoint
CREATE INDEX "call_at" ON "call" USING brin ("at");