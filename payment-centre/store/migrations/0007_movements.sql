-- A row of the ledger is what goes from one account to another: what were two entries, and their transfer, is one row,
-- and cannot but sum to zero. `transfer` and `entry` are views of it from now on.
CREATE TABLE "movement" (
	"transfer_id" uuid NOT NULL,
	"position" smallint NOT NULL,
	"kind" text NOT NULL,
	"currency" text NOT NULL,
	"at" bigint NOT NULL,
	"payment_id" text,
	"ends_hold" uuid,
	"layer" text NOT NULL,
	"from_account" text NOT NULL,
	"to_account" text NOT NULL,
	"amount_minor" bigint NOT NULL,
	CONSTRAINT "movement_transfer_id_position_pk" PRIMARY KEY("transfer_id","position"),
	CONSTRAINT "movement_of_something" CHECK ("movement"."amount_minor" > 0)
);
--> statement-breakpoint
ALTER TABLE "movement" ADD CONSTRAINT "movement_from_account_account_id_fk" FOREIGN KEY ("from_account") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "movement" ADD CONSTRAINT "movement_to_account_account_id_fk" FOREIGN KEY ("to_account") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "hold_ends_once" ON "movement" USING btree ("ends_hold") WHERE "movement"."ends_hold" is not null;
--> statement-breakpoint
INSERT INTO "movement"
SELECT t.id, minus.position / 2, t.kind, t.currency, t.at, t.payment_id,
  CASE WHEN least(minus.position, plus.position) = 0 THEN t.ends_hold END,
  minus.layer, minus.account_id, plus.account_id, plus.amount_minor
FROM "transfer" t
JOIN "entry" minus ON minus.transfer_id = t.id AND minus.amount_minor < 0
JOIN "entry" plus ON plus.transfer_id = t.id AND plus.position / 2 = minus.position / 2
  AND plus.layer = minus.layer AND plus.amount_minor = -minus.amount_minor;
--> statement-breakpoint
DO $$
BEGIN
  IF (SELECT count(*) FROM "entry") <> 2 * (SELECT count(*) FROM "movement")
    OR (SELECT count(*) FROM "transfer") <> (SELECT count(DISTINCT transfer_id) FROM "movement") THEN
    RAISE EXCEPTION 'the entries of some transfer are not pairs: run "ledger check" with the version before';
  END IF;
END $$;
--> statement-breakpoint
DROP TABLE "entry";
--> statement-breakpoint
DROP TABLE "transfer";
--> statement-breakpoint
CREATE VIEW "transfer" AS
SELECT transfer_id AS id, kind, currency, at, payment_id, ends_hold FROM "movement" WHERE position = 0;
--> statement-breakpoint
CREATE VIEW "entry" AS
SELECT transfer_id, 2 * position AS position, from_account AS account_id, layer, -amount_minor AS amount_minor
FROM "movement"
UNION ALL
SELECT transfer_id, 2 * position + 1, to_account, layer, amount_minor FROM "movement";
--> statement-breakpoint
CREATE TRIGGER movement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "movement"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
