import pg from 'pg'
import { expect, test } from 'vitest'
import { databaseError } from './database-error.ts'
import { DrizzleQueryError } from './drizzle.ts'
import { OperatingError } from './operating-error.ts'

const where = 'postgres at db:5432/server'
const number = '+33600000001'

function refused(state: string): pg.DatabaseError {
  const error = new pg.DatabaseError(`something about ${number}`, 0, 'error')
  return Object.assign(error, {
    code: state,
    table: 'inbox',
    constraint: 'inbox_pkey',
    detail: `Key (${number})`,
  })
}

test.each([
  ['40P01', 'database-busy', true],
  ['40001', 'database-busy', true],
  ['55P03', 'database-busy', true],
  ['53300', 'database-busy', true],
  ['53100', 'database-full', true],
  ['23505', 'duplicate-row', false],
  ['3D000', 'database-missing', false],
  ['28P01', 'database-login-refused', false],
  ['28000', 'database-login-refused', false],
  ['57P01', 'database-away', true],
  ['57P03', 'database-away', true],
  ['25P03', 'database-away', true],
  ['08006', 'database-away', true],
  ['23514', 'database-refused', false],
  ['42P01', 'database-refused', false],
  ['57014', 'database-refused', false],
])('SQLSTATE %s is %s, retry %s', (state, code, retry) => {
  const error = databaseError(where, new DrizzleQueryError('insert', [number], refused(state)))
  expect(error).toMatchObject({ code, retry, cause: { state, table: 'inbox', constraint: 'inbox_pkey' } })
})

test.each([
  Object.assign(new Error('connect'), { code: 'ECONNREFUSED', syscall: 'connect' }),
  Object.assign(new Error('lookup'), { code: 'EAI_AGAIN', syscall: 'getaddrinfo' }),
  new Error('Connection terminated unexpectedly'),
  new Error('Client has encountered a connection error and is not queryable'),
  new Error('Query read timeout'),
])('a lost connection ($message) is database-away, with or without drizzle around it', (error) => {
  const away = { code: 'database-away', retry: true }
  expect(databaseError(where, error)).toMatchObject(away)
  expect(databaseError(where, new DrizzleQueryError('select', [], error))).toMatchObject(away)
})

test('what PostgreSQL says of rows and parameters goes nowhere', () => {
  const error = databaseError(where, new DrizzleQueryError('insert', [number], refused('23505')))
  expect(error).toBeInstanceOf(OperatingError)
  const { message, stack, advice, cause } = error as OperatingError
  expect(JSON.stringify({ message, stack, advice, cause })).not.toContain(number)
})

test('errors that are not the database\u2019s are left as they are', () => {
  const mine = new TypeError('cannot read properties of undefined')
  expect(databaseError(where, mine)).toBe(mine)
})
