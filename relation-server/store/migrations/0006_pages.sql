CREATE TABLE "page" (
	"session_id" text PRIMARY KEY NOT NULL,
	"say" text NOT NULL,
	"at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "visit" (
	"visit_id" text PRIMARY KEY NOT NULL,
	"subscriber_id" text NOT NULL,
	"sealed" text NOT NULL,
	"code_hash" text NOT NULL,
	"tries_left" integer NOT NULL,
	"asked_at" bigint NOT NULL,
	"proven_at" bigint
);
--> statement-breakpoint
CREATE INDEX "page_at" ON "page" USING brin ("at");--> statement-breakpoint
CREATE INDEX "visit_asked" ON "visit" USING btree ("asked_at");--> statement-breakpoint
CREATE INDEX "visit_subscriber" ON "visit" USING btree ("subscriber_id");