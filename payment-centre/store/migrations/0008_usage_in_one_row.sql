-- What an older centre is still counting is waited for, in the order in which a centre takes them; from now on it counts nothing more.
LOCK TABLE "account" IN SHARE ROW EXCLUSIVE MODE;
--> statement-breakpoint
LOCK TABLE "usage" IN ACCESS EXCLUSIVE MODE;
--> statement-breakpoint
-- What was a row for each hour, day and month (`buyer:HASH:EUR:day:20783`) is one row, of the newest of each.
CREATE TABLE "usage_by_stretch" AS
SELECT whose || ':' || id || ':' || currency AS scope, stretch, count, amount_minor,
  CASE stretch WHEN 'month' THEN 12 * split_part(number, '-', 1)::bigint + split_part(number, '-', 2)::bigint - 1
    ELSE number::bigint END AS number
FROM "usage", split_part(scope, ':', 1) AS whose, split_part(scope, ':', 2) AS id, split_part(scope, ':', 3) AS currency,
  split_part(scope, ':', 4) AS stretch, split_part(scope, ':', 5) AS number;
--> statement-breakpoint
DROP TABLE "usage";
--> statement-breakpoint
CREATE TABLE "usage" (
	"scope" text PRIMARY KEY NOT NULL,
	"hour" bigint NOT NULL,
	"count" bigint NOT NULL,
	"day" bigint NOT NULL,
	"day_minor" bigint NOT NULL,
	"month" bigint NOT NULL,
	"month_minor" bigint NOT NULL
);
--> statement-breakpoint
CREATE INDEX "usage_of_month" ON "usage" USING btree ("month");
--> statement-breakpoint
-- Clients and sellers were counted by the day alone: theirs is the month of that day.
INSERT INTO "usage"
SELECT scope,
  coalesce(max(number) FILTER (WHERE stretch = 'hour'), 0), coalesce(max(count) FILTER (WHERE stretch = 'hour'), 0),
  coalesce(max(number) FILTER (WHERE stretch = 'day'), 0), coalesce(max(amount_minor) FILTER (WHERE stretch = 'day'), 0),
  coalesce(max(number) FILTER (WHERE stretch = 'month'), max(12 * extract(year FROM day)::bigint + extract(month FROM day)::bigint - 1)),
  coalesce(max(amount_minor) FILTER (WHERE stretch = 'month'), 0)
FROM (SELECT DISTINCT ON (scope, stretch) * FROM "usage_by_stretch" ORDER BY scope, stretch, number DESC) newest
LEFT JOIN LATERAL (
  SELECT date '1970-01-01' + (number / CASE stretch WHEN 'hour' THEN 24 ELSE 1 END)::integer AS day WHERE stretch <> 'month'
) dated ON true
GROUP BY scope;
--> statement-breakpoint
DROP TABLE "usage_by_stretch";
