ALTER TABLE "machine" ADD COLUMN "hardware" jsonb;--> statement-breakpoint
ALTER TABLE "machine" ADD COLUMN "active_codes" jsonb DEFAULT '[]'::jsonb NOT NULL;