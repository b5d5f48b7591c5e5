CREATE TABLE "certificate" (
	"kid" text PRIMARY KEY NOT NULL,
	"chain" text NOT NULL
);
--> statement-breakpoint
DROP INDEX "identification_at";--> statement-breakpoint
DROP INDEX "inbox_at";--> statement-breakpoint
CREATE INDEX "identification_at" ON "identification" USING brin ("at");--> statement-breakpoint
CREATE INDEX "inbox_at" ON "inbox" USING brin ("at");--> statement-breakpoint
-- The kid is the SHA-256 of the first certificate's bytes, in base64url.
INSERT INTO "certificate" SELECT DISTINCT ON (1)
  rtrim(translate(encode(sha256(decode(regexp_replace(split_part(split_part("chain",
    '-----BEGIN CERTIFICATE-----', 2), '-----END', 1), '\s', '', 'g'), 'base64')), 'base64'), '+/', '-_'), '='),
  "chain" FROM "machine" WHERE "chain" IS NOT NULL;--> statement-breakpoint
ALTER TABLE "machine" DROP COLUMN "chain";--> statement-breakpoint
-- A sale is read as often as it is written, and soon: compressing it, or keeping a part of it elsewhere, is
-- more work than its bytes are worth.
ALTER TABLE "sale" SET (toast_tuple_target = 8160);