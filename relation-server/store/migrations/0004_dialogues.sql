CREATE TABLE "dialogue" (
	"dialogue_id" text PRIMARY KEY NOT NULL,
	"subscriber_id" text NOT NULL,
	"handle" text NOT NULL,
	"step" text NOT NULL,
	"typed" text NOT NULL,
	"screen" text NOT NULL,
	"goes_on" boolean NOT NULL,
	"priced_code" text,
	"suggested" text,
	"at" bigint NOT NULL
);
--> statement-breakpoint
CREATE INDEX "dialogue_subscriber" ON "dialogue" USING btree ("subscriber_id","at");