import { errorStatus } from '@concilia/protocol/carrier-billing.ts'
import { describe, expect, test } from 'vitest'
import {
  type Answer,
  classify,
  classifyPayment,
  classifyRefund,
  classifyStranger,
  definiteCodes,
  refusedAtFirst,
} from './classify.ts'
import { acknowledged, operations, paymentAnswer, refundAnswer } from './example-operations.ts'
import type { PaymentOperation } from './port.ts'

type Kind = PaymentOperation['kind']
const kinds = Object.keys(operations) as Kind[]

const answered = (status: number, body?: unknown): Answer => ({ kind: 'answered', status, body })
const failure = (status: number, code: string): Answer => answered(status, { status, code, message: 'words' })
const silent: Answer = { kind: 'silent', why: 'nothing came' }

const inDoubt = expect.objectContaining({ kind: 'inDoubt' })
const refused = (reason: string) => expect.objectContaining({ kind: 'refused', reason })

/** Operation, code, and what it means on the first attempt and on a later one. */
const rows: [Kind, string, string, string][] = [
  ['eligibility', 'IDENTIFIER_NOT_FOUND', 'noAccount', 'noAccount'],
  ['eligibility', 'PERMISSION_DENIED', 'notAllowed', 'notAllowed'],
  ['eligibility', 'TOO_MANY_REQUESTS', 'inDoubt', 'inDoubt'],
  ...(['charge', 'prepare'] as const).flatMap((kind): [Kind, string, string, string][] => [
    [kind, 'INVALID_ARGUMENT', 'notAllowed', 'inDoubt'],
    [kind, 'INVALID_SINK', 'notAllowed', 'inDoubt'],
    [kind, 'UNAUTHENTICATED', 'notAllowed', 'inDoubt'],
    [kind, 'PERMISSION_DENIED', 'notAllowed', 'inDoubt'],
    [kind, 'NOT_FOUND', 'notAllowed', 'inDoubt'],
    [kind, 'ALREADY_EXISTS', 'notAllowed', 'inDoubt'],
    [kind, 'CARRIER_BILLING.PAYMENT_DENIED', 'notEnough', 'notEnough'],
    [kind, 'IDENTIFIER_NOT_FOUND', 'noAccount', 'noAccount'],
    [kind, 'SERVICE_NOT_APPLICABLE', 'accountBarred', 'accountBarred'],
    [kind, 'MISSING_IDENTIFIER', 'notAllowed', 'notAllowed'],
    [kind, 'UNNECESSARY_IDENTIFIER', 'notAllowed', 'notAllowed'],
    [kind, 'CARRIER_BILLING.UNAUTHORIZED_AMOUNT', 'capReached', 'capReached'],
    [kind, 'CARRIER_BILLING.USER_AMOUNT_THRESHOLD_OVERPASSED', 'capReached', 'capReached'],
    [kind, 'CONCILIA.NO_PIN', 'noPin', 'noPin'],
    [kind, 'CONCILIA.BAD_SIGNATURE', 'notAllowed', 'notAllowed'],
    [kind, 'CONCILIA.OFFER_CHARGED', 'notAllowed', 'notAllowed'],
    [kind, 'CONCILIA.VOIDED', 'tooLate', 'tooLate'],
    [kind, 'CONCILIA.UNKNOWN_SIGNER', 'unknownSigner', 'unknownSigner'],
    [kind, 'TOO_MANY_REQUESTS', 'inDoubt', 'inDoubt'],
    [kind, 'INTERNAL', 'inDoubt', 'inDoubt'],
    [kind, 'UNAVAILABLE', 'inDoubt', 'inDoubt'],
  ]),
  ['charge', 'CONCILIA.VALIDATION_WANTED', 'notAllowed', 'notAllowed'],
  ['validate', 'CARRIER_BILLING.INVALID_CODE', 'wrongCode', 'wrongCode'],
  ['validate', 'CARRIER_BILLING.VALIDATION_FAILED', 'wrongCode', 'wrongCode'],
  ['validate', 'CARRIER_BILLING.INVALID_AUTHORIZATION_ID', 'tooLate', 'tooLate'],
  ['validate', 'INVALID_ARGUMENT', 'notAllowed', 'notAllowed'],
  ['validate', 'ALREADY_EXISTS', 'askPayment', 'askPayment'],
  ['validate', 'CARRIER_BILLING.PAYMENT_CONFIRMED', 'askPayment', 'askPayment'],
  ['validate', 'CARRIER_BILLING.PAYMENT_CANCELLED', 'askPayment', 'askPayment'],
  ['validate', 'NOT_FOUND', 'inDoubt', 'inDoubt'],
  ['confirm', 'CARRIER_BILLING.PAYMENT_CONFIRMED', 'askPayment', 'askPayment'],
  ['confirm', 'ALREADY_EXISTS', 'askPayment', 'askPayment'],
  ['confirm', 'CARRIER_BILLING.PAYMENT_CANCELLED', 'tooLate', 'tooLate'],
  ['confirm', 'CARRIER_BILLING.PAYMENT_DENIED', 'notEnough', 'notEnough'],
  ['confirm', 'PERMISSION_DENIED', 'inDoubt', 'inDoubt'],
  ['confirm', 'INVALID_ARGUMENT', 'inDoubt', 'inDoubt'],
  ['confirm', 'CONCILIA.UNKNOWN_SIGNER', 'unknownSigner', 'unknownSigner'],
  ['cancel', 'CARRIER_BILLING.PAYMENT_CANCELLED', 'ok', 'ok'],
  ['cancel', 'CARRIER_BILLING.PAYMENT_CONFIRMED', 'tooLate', 'tooLate'],
  ['cancel', 'NOT_FOUND', 'inDoubt', 'inDoubt'],
  ['cancel', 'UNAUTHENTICATED', 'inDoubt', 'inDoubt'],
  ['void', 'NOT_FOUND', 'inDoubt', 'inDoubt'],
  ['void', 'INVALID_ARGUMENT', 'inDoubt', 'inDoubt'],
  ['void', 'ALREADY_EXISTS', 'notAllowed', 'notAllowed'],
  ['void', 'CONCILIA.CONTRADICTION', 'notAllowed', 'notAllowed'],
  ['void', 'CARRIER_BILLING.PAYMENT_CONFIRMED', 'tooLate', 'tooLate'],
  ['refund', 'INVALID_ARGUMENT', 'notAllowed', 'inDoubt'],
  ['refund', 'ALREADY_EXISTS', 'notAllowed', 'inDoubt'],
  ['refund', 'UNAUTHENTICATED', 'inDoubt', 'inDoubt'],
  ['refund', 'PERMISSION_DENIED', 'inDoubt', 'inDoubt'],
  ['refund', 'NOT_FOUND', 'inDoubt', 'inDoubt'],
  ['refund', 'CARRIER_BILLING_REFUND.REFUND_DENIED', 'accountBarred', 'accountBarred'],
  ['refund', 'CARRIER_BILLING_REFUND.PAYMENT_NOT_ELIGIBLE_FOR_REFUND', 'notAllowed', 'notAllowed'],
  ['refund', 'CARRIER_BILLING_REFUND.UNAUTHORIZED_AMOUNT', 'notAllowed', 'notAllowed'],
  ['refund', 'CARRIER_BILLING_REFUND.USER_AMOUNT_THRESHOLD_OVERPASSED', 'notAllowed', 'notAllowed'],
  ['refund', 'CARRIER_BILLING_REFUND.INVALID_PAYMENT_STATUS', 'notAllowed', 'notAllowed'],
  ...(['confirm', 'cancel', 'refund'] as const).flatMap((kind): [Kind, string, string, string][] => [
    [kind, 'CONCILIA.BAD_SIGNATURE', 'notAllowed', 'notAllowed'],
    [kind, 'CONCILIA.CONTRADICTION', 'notAllowed', 'notAllowed'],
  ]),
  ['voucher', 'CARRIER_BILLING.UNAUTHORIZED_AMOUNT', 'capReached', 'capReached'],
  ['voucher', 'SERVICE_NOT_APPLICABLE', 'accountBarred', 'accountBarred'],
  ['voucher', 'CONCILIA.VOIDED', 'tooLate', 'tooLate'],
  ['voucher', 'PERMISSION_DENIED', 'notAllowed', 'inDoubt'],
  ['voucher', 'ALREADY_EXISTS', 'notAllowed', 'inDoubt'],
  ['voucherRead', 'CARRIER_BILLING.PAYMENT_CANCELLED', 'tooLate', 'tooLate'],
  ['voucherRead', 'NOT_FOUND', 'notAllowed', 'notAllowed'],
  ['voucherRead', 'PERMISSION_DENIED', 'inDoubt', 'inDoubt'],
  ...(['outcome', 'repost'] as const).flatMap((kind): [Kind, string, string, string][] => [
    [kind, 'INVALID_ARGUMENT', 'notAllowed', 'notAllowed'],
    [kind, 'CONCILIA.BAD_SIGNATURE', 'notAllowed', 'notAllowed'],
    [kind, 'CONCILIA.CONTRADICTION', 'notAllowed', 'notAllowed'],
    [kind, 'NOT_FOUND', 'inDoubt', 'inDoubt'],
    [kind, 'PERMISSION_DENIED', 'inDoubt', 'inDoubt'],
  ]),
]

/** The standard's own codes that ours do not use but a foreign centre may. */
const foreignStatus: Readonly<Record<string, number>> = {
  'CARRIER_BILLING_REFUND.USER_AMOUNT_THRESHOLD_OVERPASSED': 422,
  'CARRIER_BILLING_REFUND.REFUND_DENIED': 403,
}

function meaningOf(kind: Kind, attempt: number, code: string): string {
  const status = (errorStatus as Record<string, number>)[code] ?? foreignStatus[code]
  if (status === undefined) throw new Error(`no status for ${code}`)
  const verdict = classify(operations[kind], attempt, failure(status, code))
  return verdict.kind === 'refused' ? verdict.reason : verdict.kind
}

test.each(rows)('%s, %s: %s, later %s', (kind, code, first, later) => {
  expect([meaningOf(kind, 1, code), meaningOf(kind, 2, code), meaningOf(kind, 9, code)]).toEqual([
    first,
    later,
    later,
  ])
})

test('every code of the table has a row', () => {
  const tested = new Set(rows.map(([kind, code]) => `${kind} ${code}`))
  const known = kinds.flatMap((kind) => Object.keys(definiteCodes[kind]).map((code) => `${kind} ${code}`))
  expect(known.filter((row) => !tested.has(row))).toEqual([])
})

describe.each(kinds)('%s', (kind) => {
  const operation = operations[kind]

  test.each([1, 2])('is in doubt without an answer and on 5xx, 429 and redirects (attempt %i)', (attempt) => {
    const answers = [silent, ...[301, 429, 500, 502, 503, 504].map((status) => answered(status, '<html>'))]
    for (const answer of answers) expect(classify(operation, attempt, answer)).toEqual(inDoubt)
  })

  test('a 4xx with no code to read is refused at first only where nothing can be left behind', () => {
    for (const status of [400, 401, 403, 404, 409, 422]) {
      const certain = refusedAtFirst[kind].includes(status)
      expect(classify(operation, 1, answered(status))).toEqual(
        certain ? { kind: 'refused', code: 'UNKNOWN', reason: 'notAllowed' } : inDoubt,
      )
      if (kind !== 'eligibility') expect(classify(operation, 2, answered(status))).toEqual(inDoubt)
    }
  })

  test('a code is never repeated unless it looks like one', () => {
    const verdict = JSON.stringify(classify(operation, 2, failure(409, '+33612345678 exists')))
    expect(verdict).not.toContain('336')
  })
})

describe('success', () => {
  test.each(['eligibility', 'charge', 'prepare', 'void', 'refund'] as const)(
    '%s: a body that cannot be read is in doubt',
    (kind) => {
      for (const body of [undefined, 'text', {}, [], { paymentId: 7 }]) {
        expect(classify(operations[kind], 1, answered(201, body))).toEqual(inDoubt)
      }
    },
  )

  test.each(['charge', 'prepare', 'refund', 'void'] as const)(
    '%s: the answer to another key is in doubt',
    (kind) => {
      const bodies = {
        charge: paymentAnswer('succeeded', acknowledged),
        prepare: paymentAnswer('reserved', acknowledged),
        refund: refundAnswer('succeeded'),
        void: { clientCorrelator: operations.void.key, result: 'tombstone' },
      }
      expect(classify(operations[kind], 1, answered(201, bodies[kind]))).toMatchObject({ kind: 'ok' })
      const other = { ...operations[kind], key: 'another' }
      expect(classify(other, 1, answered(201, bodies[kind]))).toEqual(inDoubt)
    },
  )

  test('eligibility tells why not', () => {
    const answer = (body: object) => classify(operations.eligibility, 1, answered(200, body))
    expect(answer({ eligible: true })).toEqual({ kind: 'ok' })
    const code = 'CARRIER_BILLING.PAYMENT_DENIED'
    expect(answer({ eligible: false, code })).toEqual({ kind: 'refused', code, reason: 'notEnough' })
    expect(answer({ eligible: false })).toEqual(refused('notAllowed'))
  })

  test('void: gone back, never there, or owed', () => {
    const answer = (result: string) =>
      classify(operations.void, 3, answered(200, { clientCorrelator: operations.void.key, result }))
    expect(answer('reversed')).toEqual({ kind: 'ok' })
    expect(answer('tombstone')).toEqual({ kind: 'ok' })
    expect(answer('owed')).toEqual(refused('accountBarred'))
  })

  test('what is booked without a body is ok; what has a state is asked about', () => {
    for (const kind of ['cancel', 'outcome', 'repost'] as const) {
      expect(classify(operations[kind], 1, answered(202))).toEqual({ kind: 'ok' })
    }
    for (const kind of ['validate', 'confirm'] as const) {
      expect(classify(operations[kind], 1, answered(204))).toEqual({ kind: 'askPayment', paymentId: 'p-1' })
    }
  })

  test('refund', () => {
    const answer = (status: string) => classify(operations.refund, 1, answered(201, refundAnswer(status)))
    expect(answer('succeeded')).toEqual({ kind: 'ok' })
    expect(answer('denied')).toEqual(refused('accountBarred'))
    expect(answer('processing')).toEqual({ kind: 'askRefund', paymentId: 'p-1', refundId: 'r-1' })
    const asked = (status: string) => classifyRefund(answered(200, refundAnswer(status)))
    expect(asked('succeeded')).toEqual({ kind: 'ok' })
    expect(asked('denied')).toEqual(refused('accountBarred'))
    expect(asked('processing')).toEqual(inDoubt)
    expect(classifyRefund(answered(404))).toEqual(inDoubt)
    expect(classifyRefund(answered(200, {}))).toEqual(inDoubt)
    expect(classifyRefund(silent)).toEqual(inDoubt)
  })
})

describe('the state of a payment', () => {
  const ok = { kind: 'ok', paymentId: 'p-1', ...acknowledged }
  const states: [Kind, string, unknown][] = [
    ['charge', 'succeeded', ok],
    ['charge', 'reserved', inDoubt],
    ['charge', 'pending_validation', inDoubt],
    ['charge', 'denied', refused('notEnough')],
    ['charge', 'cancelled', refused('tooLate')],
    ['prepare', 'reserved', ok],
    ['prepare', 'succeeded', ok],
    ['prepare', 'denied', refused('notEnough')],
    ['prepare', 'cancelled', refused('tooLate')],
    ['validate', 'reserved', ok],
    ['validate', 'succeeded', ok],
    ['validate', 'pending_validation', inDoubt],
    ['validate', 'denied', refused('wrongCode')],
    ['validate', 'cancelled', refused('tooLate')],
    ['confirm', 'succeeded', ok],
    ['confirm', 'reserved', inDoubt],
    ['confirm', 'pending_validation', inDoubt],
    ['confirm', 'denied', refused('notEnough')],
    ['confirm', 'cancelled', refused('tooLate')],
    ['confirm', 'processing', inDoubt],
  ]

  test.each(states)('%s, %s', (kind, status, expected) => {
    const body = paymentAnswer(status, acknowledged)
    expect(classifyPayment(operations[kind], answered(200, body))).toEqual(expected)
    if (kind === 'charge' || kind === 'prepare') {
      expect(classify(operations[kind], 1, answered(201, body))).toEqual(expected)
    }
  })

  test('processing is asked about once, then in doubt', () => {
    const body = paymentAnswer('processing')
    const verdict = classify(operations.charge, 1, answered(201, body))
    expect(verdict).toEqual({ kind: 'askPayment', paymentId: 'p-1' })
    expect(classifyPayment(operations.charge, answered(200, body))).toEqual(inDoubt)
  })

  test('without an acknowledgement only a confirmation is ok', () => {
    const bare = (status: string) => answered(200, paymentAnswer(status))
    expect(classifyPayment(operations.charge, bare('succeeded'))).toEqual(inDoubt)
    expect(classifyPayment(operations.prepare, bare('reserved'))).toEqual(inDoubt)
    expect(classifyPayment(operations.validate, bare('reserved'))).toEqual(inDoubt)
    expect(classifyPayment(operations.confirm, bare('succeeded'))).toEqual({ kind: 'ok', paymentId: 'p-1' })
  })

  test('a validation by code is asked for, one by browser is none that we can give', () => {
    const asking = (validationInfo: object) =>
      classify(operations.prepare, 1, answered(201, paymentAnswer('pending_validation', { validationInfo })))
    expect(asking({ action: 'validate', authorizationId: 'a-1' })).toEqual({
      kind: 'validationNeeded',
      paymentId: 'p-1',
      authorizationId: 'a-1',
    })
    expect(asking({ action: 'open', validationURL: 'https://centre.example/1' })).toEqual(inDoubt)
  })

  test('a question that is not answered leaves the doubt', () => {
    for (const answer of [silent, answered(404), answered(500), answered(200, {})]) {
      expect(classifyPayment(operations.confirm, answer)).toEqual(inDoubt)
    }
  })
})

test('a signer nobody can introduce refuses a first charge and leaves everything else in doubt', () => {
  const chainRefused = failure(422, 'CONCILIA.BAD_CHAIN')
  expect(classifyStranger(operations.charge, 1, chainRefused)).toEqual(refused('notAllowed'))
  expect(classifyStranger(operations.charge, 2, chainRefused)).toEqual(inDoubt)
  expect(classifyStranger(operations.refund, 1, chainRefused)).toEqual(inDoubt)
  expect(classifyStranger(operations.charge, 1, answered(503))).toEqual(inDoubt)
  expect(classifyStranger(operations.charge, 1, silent)).toEqual(inDoubt)
})
