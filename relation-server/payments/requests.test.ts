import {
  acknowledgementRequestSchema,
  cancelRequestSchema,
  confirmRequestSchema,
  eligibilityRequestSchema,
  outcomeRequestSchema,
  paymentRequestSchema,
  refundRequestSchema,
  validateRequestSchema,
  voidRequestSchema,
  voucherRequestSchema,
} from '@concilia/protocol/carrier-billing.ts'
import { readExactJson } from '@concilia/protocol/exact-json.ts'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { operations } from './example-operations.ts'
import type { PaymentOperation } from './port.ts'
import { requestOf, signedWordsOf } from './requests.ts'

const all: PaymentOperation[] = Object.values(operations)

const wires = {
  eligibility: ['/concilia/v1/eligibility', eligibilityRequestSchema],
  charge: ['/carrier-billing/v0.5/payments', paymentRequestSchema],
  prepare: ['/carrier-billing/v0.5/payments/prepare', paymentRequestSchema],
  validate: ['/carrier-billing/v0.5/payments/p-1/validate', validateRequestSchema],
  confirm: ['/carrier-billing/v0.5/payments/p-1/confirm', confirmRequestSchema],
  cancel: ['/carrier-billing/v0.5/payments/p-1/cancel', cancelRequestSchema],
  void: ['/concilia/v1/payments/void', voidRequestSchema],
  refund: ['/carrier-billing-refund/v0.3/payments/p-1/refunds', refundRequestSchema],
  outcome: ['/concilia/v1/payments/p-1/outcome', outcomeRequestSchema],
  voucher: ['/concilia/v1/vouchers', voucherRequestSchema],
  voucherRead: ['/concilia/v1/vouchers/voucher-of-one-call/read', z.strictObject({})],
  repost: ['/concilia/v1/acknowledgements', acknowledgementRequestSchema],
} as const

test.each(all)('$kind goes to its path with a body that its schema reads whole', (operation) => {
  const { method, path, body = '' } = requestOf(operation)
  const [expectedPath, schema] = wires[operation.kind]
  expect([method, path]).toEqual(['POST', expectedPath])
  const sent = readExactJson(body)
  expect(schema.parse(sent)).toEqual(sent)
})

test.each(all)('$kind, said again with its fields in another order, is the same bytes', (operation) => {
  const turned = Object.fromEntries(Object.entries(operation).reverse()) as unknown as PaymentOperation
  expect(requestOf(turned)).toEqual(requestOf(operation))
})

test('an amount keeps its digits, in each currency its own number of them', () => {
  expect(requestOf(operations.charge).body).toContain('"amount":0.35,')
  const francs = { ...operations.charge, amountMinor: 500, currency: 'XOF' }
  expect(requestOf(francs).body).toContain('"amount":500,"currency":"XOF"')
  expect(requestOf({ ...operations.refund, amountMinor: 1_070 }).body).toContain('"amount":10.70,')
})

test('an alias of a carrier goes as a subscriber, never as a phone number', () => {
  const alias = { ...operations.charge, subscriber: { realm: 'orange-fr', key: '~a7f3' } }
  expect(requestOf(alias).body).toContain('"subscriber":{"realm":"orange-fr","key":"~a7f3"}')
  expect(requestOf(alias).body).not.toContain('phoneNumber')
})

test('an id of the centre cannot leave its place in the path', () => {
  expect(requestOf({ ...operations.confirm, paymentId: '../x?y' }).path).toBe(
    '/carrier-billing/v0.5/payments/..%2Fx%3Fy/confirm',
  )
})

test('whose signatures the centre has to know', () => {
  expect(signedWordsOf(operations.charge)).toEqual([operations.charge.slip])
  expect(signedWordsOf(operations.refund)).toEqual([operations.refund.evidence])
  expect(signedWordsOf({ kind: 'confirm', paymentId: 'p-1' })).toEqual([])
  expect(signedWordsOf(operations.void)).toEqual([])
})
