CREATE TABLE "tally" (
	"scope" text PRIMARY KEY NOT NULL,
	"count" integer NOT NULL,
	"until" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "subscriber" ALTER COLUMN "sealed" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "subscriber" ADD COLUMN "blocked" boolean DEFAULT false NOT NULL;