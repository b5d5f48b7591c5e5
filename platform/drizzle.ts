// The one door to drizzle-orm. Loaded as CommonJS, because as an ES module it costs Node.js 24 half a second
// and 170 MB: there it reads drizzle's large package.json again for each of its modules. Add names here as
// they are needed.
import { createRequire } from 'node:module'

export type { InferInsertModel, InferSelectModel, SQL } from 'drizzle-orm'
export type { NodePgDatabase } from 'drizzle-orm/node-postgres'
export type { PgColumn, PgTable } from 'drizzle-orm/pg-core'

const load = createRequire(import.meta.url)
const orm = load('drizzle-orm') as typeof import('drizzle-orm')
const columns = load('drizzle-orm/pg-core') as typeof import('drizzle-orm/pg-core')
const driver = load('drizzle-orm/node-postgres') as typeof import('drizzle-orm/node-postgres')
const migrator = load(
  'drizzle-orm/node-postgres/migrator',
) as typeof import('drizzle-orm/node-postgres/migrator')

export const { drizzle } = driver
export const applyMigrations = migrator.migrate

export const {
  and,
  asc,
  count,
  desc,
  DrizzleQueryError,
  eq,
  getTableColumns,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  lt,
  lte,
  max,
  min,
  ne,
  not,
  notInArray,
  or,
  Param,
  Placeholder,
  sql,
  sum,
} = orm

export const {
  bigint,
  bigserial,
  boolean,
  char,
  check,
  customType,
  date,
  foreignKey,
  index,
  integer,
  json,
  jsonb,
  numeric,
  pgEnum,
  pgTable,
  primaryKey,
  serial,
  smallint,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
  varchar,
} = columns
