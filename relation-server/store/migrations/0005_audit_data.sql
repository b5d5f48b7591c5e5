CREATE TABLE "sold" (
	"automaton_id" text NOT NULL,
	"item" integer NOT NULL,
	"result" text NOT NULL,
	"number" integer NOT NULL,
	"value_minor" bigint NOT NULL,
	CONSTRAINT "sold_automaton_id_item_result_pk" PRIMARY KEY("automaton_id","item","result")
);
--> statement-breakpoint
ALTER TABLE "machine" ADD COLUMN "audit_alert" text;--> statement-breakpoint
ALTER TABLE "telemetry" ADD COLUMN "sold" jsonb;