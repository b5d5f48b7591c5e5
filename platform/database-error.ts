// What goes wrong with PostgreSQL, in our words: any error of the driver or of drizzle becomes an
// OperatingError that names the SQLSTATE, the table and the constraint, and nothing else. Their own texts
// carry parameters and rows, hence phone numbers, so neither the texts nor the errors themselves are kept.
import pg from 'pg'
import { DrizzleQueryError } from './drizzle.ts'
import { OperatingError, type OperatingErrorDetails } from './operating-error.ts'

/** All that is kept of a driver's error; the `cause` of the OperatingError. */
export interface DatabaseFailure {
  /** SQLSTATE, or the system's code such as `ECONNREFUSED`; empty when the driver gave none. */
  readonly state: string
  readonly table: string
  readonly constraint: string
}

type Kind = Pick<OperatingErrorDetails, 'code' | 'message' | 'advice'> & { retry: boolean }

/**
 * @param where the database as a person knows it, such as `postgres at host:5432/server`, without credentials
 * @param error anything thrown by pg or drizzle; an OperatingError or a foreign error is given back as it is
 */
export function databaseError(where: string, error: unknown): unknown {
  const inner = error instanceof DrizzleQueryError ? error.cause : error
  if (inner === error && !isDriverError(inner)) return error
  const cause = failureOf(inner)
  const { retry, ...details } = kindOf(where, cause)
  return new OperatingError({ ...details, retry, cause })
}

function isDriverError(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return true
  if (!(error instanceof Error) || error instanceof OperatingError) return false
  return 'syscall' in error || driverTexts.test(error.message)
}

/** pg throws plain errors for a connection that ends; only their texts tell. */
const driverTexts = new RegExp(
  [
    '^Connection terminated',
    '^Client has encountered a connection error',
    '^Client was closed',
    '^Query read timeout',
    '^timeout expired',
    '^The server does not support SSL',
  ].join('|'),
)

function failureOf(error: unknown): DatabaseFailure {
  if (error instanceof pg.DatabaseError) {
    return { state: error.code ?? '', table: error.table ?? '', constraint: error.constraint ?? '' }
  }
  const state = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  return { state, table: '', constraint: '' }
}

function kindOf(where: string, { state, table, constraint }: DatabaseFailure): Kind {
  const stated = state ? ` (${state})` : ''
  if (['40P01', '40001', '55P03'].includes(state)) {
    return {
      code: 'database-busy',
      message: `Another writer held rows of ${where}${stated}; nothing of this was written.`,
      advice: 'Nothing to do: it is repeated.',
      retry: true,
    }
  }
  if (state === '53300') {
    return {
      code: 'database-busy',
      message: `All connections of ${where} are taken${stated}.`,
      advice: 'Raise max_connections, or end programs that hold connections.',
      retry: true,
    }
  }
  if (state === '23505') {
    return {
      code: 'duplicate-row',
      message: `A row with this key is in table ${table} already (${constraint}).`,
      advice: 'Nothing was written. If it was a repeat, it had been stored before.',
      retry: false,
    }
  }
  if (state === '53100') {
    return {
      code: 'database-full',
      message: `The disk of ${where} is full.`,
      advice: 'Free space on the disk of the database; writing goes on by itself then.',
      retry: true,
    }
  }
  return refusedAtTheDoor(where, state) ?? lost(where, state) ?? unforeseen(where, state, table, constraint)
}

function refusedAtTheDoor(where: string, state: string): Kind | undefined {
  if (state === '3D000') {
    return {
      code: 'database-missing',
      message: `There is no such database: ${where}.`,
      advice: 'Create it (createdb, with the role of DATABASE_URL as its owner) or correct DATABASE_URL.',
      retry: false,
    }
  }
  if (state === '28P01' || state === '28000') {
    return {
      code: 'database-login-refused',
      message: `The role or the password for ${where} is wrong, or the role may not log in (${state}).`,
      advice: 'Correct the user and the password in DATABASE_URL, or pg_hba.conf on the server.',
      retry: false,
    }
  }
  return undefined
}

/** Class 08, the shutdowns of class 57, our own idle limit, and every error of the socket. */
function lost(where: string, state: string): Kind | undefined {
  if (state !== '' && !/^(08...|57P0.|25P0[34]|E[A-Z_]{3,})$/.test(state)) return undefined
  return {
    code: 'database-away',
    message: `${where} does not answer${state ? ` (${state})` : ''}.`,
    advice: 'Check that PostgreSQL runs there and that DATABASE_URL names its host and port.',
    retry: true,
  }
}

function unforeseen(where: string, state: string, table: string, constraint: string): Kind {
  const at = [table && `table ${table}`, constraint && `constraint ${constraint}`].filter(Boolean).join(', ')
  return {
    code: 'database-refused',
    message: `${where} refused a statement: SQLSTATE ${state}${at && ` (${at})`}.`,
    advice: 'This is a mistake in the program or in the tables: see the log of PostgreSQL, and report it.',
    retry: false,
  }
}
