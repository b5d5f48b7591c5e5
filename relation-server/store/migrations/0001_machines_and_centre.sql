CREATE TABLE "audit" (
	"automaton_id" text NOT NULL,
	"journal_id" text NOT NULL,
	"boot" integer NOT NULL,
	"count" integer NOT NULL,
	"body" text NOT NULL,
	"at" bigint NOT NULL,
	"heard_at" bigint NOT NULL,
	CONSTRAINT "audit_automaton_id_journal_id_boot_count_pk" PRIMARY KEY("automaton_id","journal_id","boot","count")
);
--> statement-breakpoint
CREATE TABLE "centre" (
	"url" text PRIMARY KEY NOT NULL,
	"chains" jsonb NOT NULL,
	"fetched_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "configuration" (
	"automaton_id" text NOT NULL,
	"version" integer NOT NULL,
	"hash" text NOT NULL,
	"text" text NOT NULL,
	"at" bigint NOT NULL,
	CONSTRAINT "configuration_automaton_id_version_pk" PRIMARY KEY("automaton_id","version")
);
--> statement-breakpoint
CREATE TABLE "telemetry" (
	"automaton_id" text NOT NULL,
	"journal_id" text NOT NULL,
	"boot" integer NOT NULL,
	"count" integer NOT NULL,
	"kind" text NOT NULL,
	"detail" text NOT NULL,
	"at" bigint NOT NULL,
	"heard_at" bigint NOT NULL,
	CONSTRAINT "telemetry_automaton_id_journal_id_boot_count_pk" PRIMARY KEY("automaton_id","journal_id","boot","count")
);
--> statement-breakpoint
ALTER TABLE "machine" ADD COLUMN "fault" text;--> statement-breakpoint
ALTER TABLE "machine" ADD COLUMN "wanted_version" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "machine" ADD COLUMN "wanted_hash" text;--> statement-breakpoint
ALTER TABLE "machine" ADD COLUMN "version_in_force" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "machine" ADD COLUMN "configuration_refusal" text;--> statement-breakpoint
CREATE INDEX "audit_heard" ON "audit" USING btree ("automaton_id","heard_at");--> statement-breakpoint
CREATE INDEX "telemetry_heard" ON "telemetry" USING btree ("automaton_id","heard_at");