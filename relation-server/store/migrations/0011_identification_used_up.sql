-- One that is used up is not kept any more: its words are in the inbox, its phone in the sale.
DELETE FROM "identification" WHERE "state" = 'closed';--> statement-breakpoint
DROP INDEX "identification_at";--> statement-breakpoint
DROP INDEX "identification_machine";--> statement-breakpoint
DROP INDEX "identification_subscriber";--> statement-breakpoint
CREATE INDEX "identification_machine" ON "identification" USING btree ("automaton_id");--> statement-breakpoint
CREATE INDEX "identification_subscriber" ON "identification" USING btree ("subscriber_id");--> statement-breakpoint
ALTER TABLE "identification" DROP COLUMN "expects";