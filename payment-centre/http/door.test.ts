// The HTTP door, on memory: every operation, every error code, and every exchange held against CAMARA's
// files. Long, because its last test looks back on all the errors that the others have met.

import { OperatingError } from '@concilia/platform/operating-error.ts'
import {
  errorStatus,
  keysAnswerSchema,
  type Payment,
  paths,
  paymentSchema,
} from '@concilia/protocol/carrier-billing.ts'
import { KnownParties } from '@concilia/protocol/certificates.ts'
import { acknowledgementKind, check, promise } from '@concilia/protocol/promises.ts'
import { sha256 } from '@concilia/protocol/random.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MemoryStore } from '../store/memory-store.ts'
import { generous } from '../trade.ts'
import { Caller, enrolled, type Parties } from './caller.ts'
import { Standard } from './standard.ts'

const met = new Set<string>()
let parties: Parties
let standard: Standard
const callers: Caller[] = []

beforeAll(async () => {
  standard = await Standard.read()
  parties = await enrolled(Date.UTC(2029, 11, 31))
})
afterAll(() => Promise.all(callers.map(({ app }) => app.close())))

async function open(options: Parameters<typeof Caller.open>[3] = {}): Promise<Caller> {
  const caller = await Caller.open(parties, met, standard, options)
  callers.push(caller)
  return caller
}
async function ready(options: Parameters<typeof Caller.open>[3] = {}): Promise<Caller> {
  const caller = await open(options)
  await caller.introduce()
  return caller
}
const codeOf = async (answer: Promise<{ body: Record<string, unknown> }>) => (await answer).body.code

describe('charging', () => {
  test('a debit is acknowledged with the terms of the slip, and repeats get the same bytes', async () => {
    const caller = await ready()
    const charge = caller.charge('1.50', { offer: 'o' })
    const first = await caller.post(paths.payments, charge)
    expect(first.status).toBe(201)
    expect(first.headers['x-correlator']).toBe('trace-1')
    const payment = paymentSchema.parse(first.body)
    expect(payment).toMatchObject({
      paymentStatus: 'succeeded',
      amountTransaction: charge.amountTransaction.paymentAmount && {
        clientCorrelator: charge.amountTransaction.clientCorrelator,
      },
    })
    const known = new KnownParties(parties.centre.rootPem)
    const { chains } = keysAnswerSchema.parse((await caller.get(paths.keys)).body)
    known.admit(chains[0] ?? '', caller.trade.clock.now())
    const checked = check(acknowledgementKind, payment.acknowledgement ?? '', known, caller.trade.clock.now())
    expect(checked).toMatchObject({
      ok: true,
      payload: {
        offerHash: sha256('o'),
        amountMinor: 150,
        currency: 'EUR',
        seller: 'acme',
        paymentId: payment.paymentId,
        charge: 'debit',
      },
    })
    expect((await caller.post(paths.payments, charge)).text).toBe(first.text)
    const other = caller.charge('1.50', { key: charge.amountTransaction.clientCorrelator, offer: 'other' })
    expect(await codeOf(caller.post(paths.payments, other))).toBe('ALREADY_EXISTS')
    expect(await codeOf(caller.post(paths.prepare, charge))).toBe('ALREADY_EXISTS')
  })

  test('prices pass exactly, whatever their binary fraction', async () => {
    const caller = await ready()
    for (const amount of ['0.01', '0.35', '0.70', '1.10', '4.35', '19.99', '0.07']) {
      const { body } = await caller.post(paths.payments, caller.charge(amount))
      expect(paymentSchema.parse(body).amountTransaction.paymentAmount.chargingInformation.amount).toBe(
        amount,
      )
    }
  })

  test('an unknown signer decides nothing: once its chain is sent, the same bytes are charged', async () => {
    const caller = await open()
    const charge = caller.charge('1.50')
    expect(await codeOf(caller.post(paths.payments, charge))).toBe('CONCILIA.UNKNOWN_SIGNER')
    expect(await codeOf(caller.post(paths.certificates, { chain: parties.stranger.chain }))).toBe(
      'CONCILIA.BAD_CHAIN',
    )
    await caller.introduce()
    expect((await caller.post(paths.payments, charge)).status).toBe(201)
  })

  test.each([
    [
      'another amount than the slip',
      (caller: Caller) => caller.charge('2.50', { slip: caller.slip('1.50', 'x') }),
    ],
    [
      'a tampered slip',
      (caller: Caller) => caller.charge('1.50', { slip: `${caller.slip('1.50', 'x').slice(0, -8)}AAAAAAAA` }),
    ],
    [
      'a slip for another seller',
      (caller: Caller) => ({
        ...caller.charge('1.50', { slip: caller.slip('1.50', 'x', parties.automaton, 'other') }),
      }),
    ],
  ])('%s is refused, and stays refused', async (_what, make) => {
    const caller = await ready()
    const body = make(caller)
    const refusal = await caller.post(paths.payments, body)
    expect(refusal.body.code).toBe('CONCILIA.BAD_SIGNATURE')
    expect((await caller.post(paths.payments, body)).text).toBe(refusal.text)
  })

  test('one offer is charged once, whatever the key, and again only after a void', async () => {
    const caller = await ready()
    const first = caller.charge('1.00', { offer: 'o' })
    await caller.post(paths.payments, first)
    const second = () => caller.charge('1.00', { offer: 'o' })
    expect(await codeOf(caller.post(paths.payments, second()))).toBe('CONCILIA.OFFER_CHARGED')
    expect(await codeOf(caller.post(paths.prepare, second()))).toBe('CONCILIA.OFFER_CHARGED')
    const { clientCorrelator, referenceCode } = first.amountTransaction
    const wrongSale = { clientCorrelator, referenceCode: 'another' }
    expect(await codeOf(caller.post(paths.void, wrongSale))).toBe('CONCILIA.CONTRADICTION')
    const undo = await caller.post(paths.void, { clientCorrelator, referenceCode })
    expect(undo.body).toMatchObject({ result: 'reversed' })
    expect(await codeOf(caller.post(paths.payments, first))).toBe('CONCILIA.VOIDED')
    expect((await caller.post(paths.payments, second())).status).toBe(201)
  })

  test.each([
    ['no account', '1.00', '+33699999999', 'IDENTIFIER_NOT_FOUND'],
    ['more than there is', '100.01', '+33612345678', 'CARRIER_BILLING.PAYMENT_DENIED'],
    ['more than a purchase may cost', '1000.01', '+33612345678', 'CARRIER_BILLING.UNAUTHORIZED_AMOUNT'],
    ['a barred account', '1.00', '+33611111111', 'SERVICE_NOT_APPLICABLE'],
  ])(
    '%s is refused, in one step and in two, and eligibility says so',
    async (_what, amount, number, code) => {
      const caller = await ready()
      await caller.openAccount('+33611111111', 500)
      const subscriberHash = caller.trade.secrets.subscriberHash({ realm: 'e164', key: '+33611111111' })
      await caller.trade.do({ kind: 'barAccount', subscriberHash, barred: true })
      expect(await codeOf(caller.post(paths.payments, caller.charge(amount, { number })))).toBe(code)
      expect(await codeOf(caller.post(paths.prepare, caller.charge(amount, { number })))).toBe(code)
      const asked = { amount, currency: 'EUR', phoneNumber: number, seller: 'acme' }
      expect((await caller.post(paths.eligibility, asked)).body).toEqual({ eligible: false, code })
    },
  )

  test('enough on the account is eligible, and nothing is moved', async () => {
    const caller = await ready()
    const asked = { amount: '1.00', currency: 'EUR', phoneNumber: '+33612345678', seller: 'acme' }
    expect((await caller.post(paths.eligibility, asked)).body).toEqual({ eligible: true })
    expect(await codeOf(caller.post(paths.eligibility, { ...asked, phoneNumber: undefined }))).toBe(
      'MISSING_IDENTIFIER',
    )
    const both = { ...asked, subscriber: { realm: 'orange-fr', key: 'alias' } }
    expect(await codeOf(caller.post(paths.eligibility, both))).toBe('UNNECESSARY_IDENTIFIER')
  })

  test('the hourly cap is reached', async () => {
    const caps = { ...generous.caps, purchasesPerHour: 1 }
    const caller = await ready({ settings: { ...generous, caps } })
    await caller.post(paths.payments, caller.charge('1.00'))
    const code = 'CARRIER_BILLING.USER_AMOUNT_THRESHOLD_OVERPASSED'
    expect(await codeOf(caller.post(paths.payments, caller.charge('1.00')))).toBe(code)
    expect(await codeOf(caller.post(paths.prepare, caller.charge('1.00')))).toBe(code)
  })

  test('a carrier alias pays as well as a number', async () => {
    const caller = await ready()
    const subscriber = { realm: 'orange-fr', key: 'alias-1' }
    await caller.trade.do({
      kind: 'openAccount',
      subscriber,
      account: { kind: 'postpaid', currency: 'EUR', ceilingMinor: 500 },
      balanceMinor: 0,
    })
    const { amountTransaction, ...rest } = caller.charge('1.00')
    const { phoneNumber, ...transaction } = amountTransaction
    const asked = { ...rest, amountTransaction: { ...transaction, subscriber } }
    const answer = await caller.app.inject({
      method: 'POST',
      url: paths.payments,
      headers: {
        authorization: `Bearer ${(await caller.token('client', 'a secret of the client')).body.access_token}`,
      },
      payload: JSON.stringify(asked).replace('"amount":"1.00"', '"amount":1.00'),
    })
    expect(answer.statusCode).toBe(201)
    expect(answer.json().amountTransaction.subscriber).toEqual(subscriber)
    const { amountTransaction: nobody } = caller.charge('1.00')
    const missing = { ...rest, amountTransaction: { ...nobody, phoneNumber: undefined } }
    expect(await codeOf(caller.post(paths.payments, missing))).toBe('MISSING_IDENTIFIER')
    const both = { ...rest, amountTransaction: { ...nobody, subscriber } }
    expect(await codeOf(caller.post(paths.payments, both))).toBe('UNNECESSARY_IDENTIFIER')
    expect(phoneNumber).toBe('+33612345678')
  })

  test.each([
    ['no JSON', '{"amountTransaction":', 'INVALID_ARGUMENT'],
    ['no object', '7', 'INVALID_ARGUMENT'],
    ['nothing', '', 'INVALID_ARGUMENT'],
    ['too much', `{"a":"${'x'.repeat(70_000)}"}`, 'INVALID_ARGUMENT'],
  ])('%s is no request', async (_what, text, code) => {
    const caller = await ready()
    expect(await codeOf(caller.postText(paths.payments, text))).toBe(code)
  })

  test('a NUL is refused, in a text and in a path: no database keeps it', async () => {
    const caller = await ready()
    const text = JSON.stringify(caller.charge('1.00')).replace('Acme Vending', 'Acme\\u0000')
    expect(await codeOf(caller.postText(paths.payments, text))).toBe('INVALID_ARGUMENT')
    expect(await codeOf(caller.post(paths.confirm('%00'), {}))).toBe('INVALID_ARGUMENT')
  })

  test.each(['1.505', '0.00', '-1.00', '"1.00"'])('%s is no amount', async (amount) => {
    const caller = await ready()
    const text = JSON.stringify(caller.charge('1.00')).replace('"amount":"1.00"', `"amount":${amount}`)
    expect(await codeOf(caller.postText(paths.payments, text))).toBe('INVALID_ARGUMENT')
  })

  test('a sink is refused: this centre sends no notifications', async () => {
    const caller = await ready()
    const sink = 'https://example.org/sink'
    expect(await codeOf(caller.post(paths.payments, { ...caller.charge('1.00'), sink }))).toBe('INVALID_SINK')
  })
})

describe('who may ask', () => {
  test('no token, a foreign token, a token that is over', async () => {
    const caller = await ready()
    expect(await codeOf(caller.postText(paths.payments, '{}', 'Basic abc'))).toBe('UNAUTHENTICATED')
    expect(await codeOf(caller.postText(paths.payments, '{}', 'Bearer a.b'))).toBe('UNAUTHENTICATED')
    caller.trade.clock.advance(600_000)
    expect(await codeOf(caller.get(paths.keys))).toBe('UNAUTHENTICATED')
    await caller.as('client')
    expect((await caller.get(paths.keys)).status).toBe(200)
  })

  test('a wrong secret, an unknown client and another grant get no token', async () => {
    const caller = await ready()
    expect((await caller.token('client', 'guess')).status).toBe(401)
    expect((await caller.token('nobody', 'guess')).status).toBe(401)
    expect((await caller.token('client', 'guess', 'grant_type=password')).status).toBe(400)
  })

  test('a client has its scopes, its sellers and its own payments, and nothing else', async () => {
    const caller = await ready()
    const mine = await caller.post(paths.payments, caller.charge('1.00', { key: 'mine' }))
    const paymentId = String(mine.body.paymentId)
    await caller.register('reader', [
      'carrier-billing:payments:read',
      'concilia',
      'carrier-billing-refund:refunds:read',
    ])
    await caller.as('reader')
    expect(await codeOf(caller.post(paths.payments, caller.charge('1.00')))).toBe('PERMISSION_DENIED')
    expect(await codeOf(caller.get(paths.payment(paymentId)))).toBe('NOT_FOUND')
    expect(await codeOf(caller.get(paths.refunds(paymentId)))).toBe('NOT_FOUND')
    expect(await codeOf(caller.get(paths.remainingAmount(paymentId)))).toBe('NOT_FOUND')
    expect(await codeOf(caller.get(paths.refund(paymentId, 'r')))).toBe('NOT_FOUND')
    expect((await caller.get(paths.payments)).text).toBe('[]')
    await caller.register('stranger', ['carrier-billing:payments:create'], ['other'])
    await caller.as('stranger')
    expect(await codeOf(caller.post(paths.payments, caller.charge('1.00')))).toBe('PERMISSION_DENIED')
  })
})

/** What an acknowledgement says, read as it stands. */
function promisedBy({ acknowledgement = '' }: Payment): Record<string, unknown> {
  return JSON.parse(Buffer.from(acknowledgement.split('.')[1] ?? '', 'base64url').toString())
}

describe('holds', () => {
  async function held(caller: Caller, offer: string) {
    const { body } = await caller.post(paths.prepare, caller.charge('1.00', { offer }))
    return paymentSchema.parse(body)
  }

  test('prepare, confirm with the outcome, and the operator is credited', async () => {
    const caller = await ready()
    const payment = await held(caller, 'o')
    expect(payment).toMatchObject({
      paymentStatus: 'reserved',
      honouredUntil: caller.trade.clock.now() + generous.holdMs,
    })
    const confirm = { outcome: caller.outcome('o', 'delivered') }
    const wrongBuyer = { ...confirm, phoneNumber: '+33699999999' }
    expect(await codeOf(caller.post(paths.confirm(payment.paymentId), wrongBuyer))).toBe(
      'IDENTIFIER_NOT_FOUND',
    )
    const otherWord = { outcome: caller.outcome('another', 'delivered') }
    expect(await codeOf(caller.post(paths.confirm(payment.paymentId), otherWord))).toBe(
      'CONCILIA.BAD_SIGNATURE',
    )
    expect((await caller.post(paths.confirm(payment.paymentId), confirm)).status).toBe(202)
    expect(await codeOf(caller.post(paths.confirm(payment.paymentId), confirm))).toBe(
      'CARRIER_BILLING.PAYMENT_CONFIRMED',
    )
    expect(await codeOf(caller.post(paths.cancel(payment.paymentId), {}))).toBe(
      'CARRIER_BILLING.PAYMENT_CONFIRMED',
    )
    const { body } = await caller.get(paths.payment(payment.paymentId))
    expect(body).toMatchObject({ paymentStatus: 'succeeded' })
    expect(promisedBy(payment)).toMatchObject({ charge: 'hold', honouredUntil: payment.honouredUntil })
    const { charge, honouredUntil, ...terms } = promisedBy(paymentSchema.parse(body))
    expect([charge, honouredUntil]).toEqual(['debit', undefined])
    expect(promisedBy(payment)).toMatchObject({ ...terms, at: expect.any(Number) })
    expect(await caller.trade.house('operator:acme:payable')).toBe(100)
    expect(caller.trade.news.map(({ step }) => step)).toEqual(['ST13', 'ST131', 'ST14', 'ST131', 'ST132'])
  })

  test('cancel with the signed withdrawal gives the hold back', async () => {
    const caller = await ready()
    const { paymentId } = await held(caller, 'o')
    const undo = { because: 'withdrawn', evidence: caller.withdrawal('o') }
    expect((await caller.post(paths.cancel(paymentId), undo)).status).toBe(202)
    expect(await codeOf(caller.post(paths.cancel(paymentId), undo))).toBe('CARRIER_BILLING.PAYMENT_CANCELLED')
    expect(await codeOf(caller.post(paths.confirm(paymentId), {}))).toBe('CARRIER_BILLING.PAYMENT_CANCELLED')
    const late = { outcome: caller.outcome('o', 'delivered') }
    expect(await codeOf(caller.post(paths.outcome(paymentId), late))).toBe('CONCILIA.CONTRADICTION')
    expect(await codeOf(caller.post(paths.confirm('none'), {}))).toBe('NOT_FOUND')
  })

  test('ST12: the code that was sent, three tries, and then no more', async () => {
    const caller = await ready()
    await caller.openAccount('+33622222222', 10_000, 200)
    const charge = () => caller.charge('3.00', { number: '+33622222222' })
    expect(await codeOf(caller.post(paths.payments, charge()))).toBe('CONCILIA.VALIDATION_WANTED')
    const prepared = async () => {
      const { body } = await caller.post(paths.prepare, charge())
      const { paymentId, validationInfo, paymentStatus, acknowledgement } = paymentSchema.parse(body)
      expect({ paymentStatus, acknowledgement }).toEqual({
        paymentStatus: 'pending_validation',
        acknowledgement: undefined,
      })
      if (validationInfo?.action !== 'validate') throw new Error('no validation asked')
      const code = caller.trade.texts.at(-1)?.code ?? ''
      expect(code).toMatch(/^\d{6}$/)
      return { paymentId, authorizationId: validationInfo.authorizationId, code }
    }
    const good = await prepared()
    const { paymentId, ...right } = good
    const wrong = {
      authorizationId: right.authorizationId,
      code: right.code === '111111' ? '222222' : '111111',
    }
    expect(await codeOf(caller.post(paths.confirm(paymentId), {}))).toBe('CARRIER_BILLING.PAYMENT_DENIED')
    expect(await codeOf(caller.post(paths.validate(paymentId), { ...right, authorizationId: 'x' }))).toBe(
      'CARRIER_BILLING.INVALID_AUTHORIZATION_ID',
    )
    expect(await codeOf(caller.post(paths.validate(paymentId), wrong))).toBe('CARRIER_BILLING.INVALID_CODE')
    expect((await caller.post(paths.validate(paymentId), right)).status).toBe(204)
    expect(await codeOf(caller.post(paths.validate(paymentId), right))).toBe('ALREADY_EXISTS')
    const { body } = await caller.get(paths.payment(paymentId))
    expect(paymentSchema.parse(body)).toMatchObject({
      paymentStatus: 'reserved',
      acknowledgement: expect.any(String),
    })

    const bad = await prepared()
    const tries = async () =>
      codeOf(caller.post(paths.validate(bad.paymentId), { authorizationId: bad.authorizationId, code: '0' }))
    expect([await tries(), await tries(), await tries()]).toEqual([
      'CARRIER_BILLING.INVALID_CODE',
      'CARRIER_BILLING.INVALID_CODE',
      'CARRIER_BILLING.VALIDATION_FAILED',
    ])
    const { paymentId: _denied, ...tooLate } = bad
    expect(await codeOf(caller.post(paths.validate(bad.paymentId), tooLate))).toBe(
      'CARRIER_BILLING.VALIDATION_FAILED',
    )
    const expired = await prepared()
    caller.trade.clock.advance(20_000)
    const { paymentId: lapsed, ...late } = expired
    expect(await codeOf(caller.post(paths.validate(lapsed), late))).toBe('CARRIER_BILLING.VALIDATION_FAILED')
    expect(await codeOf(caller.post(paths.validate('none'), late))).toBe('NOT_FOUND')
  })

  test('a PIN that the client wants is set by its buyer, and asked for in place of a code', async () => {
    const caller = await ready()
    const wanting = () => {
      const charge = caller.charge('1.00')
      return { ...charge, consent: { ...charge.consent, proof: 'pin' } }
    }
    const phoneNumber = '+33612345678'
    expect(await codeOf(caller.post(paths.prepare, wanting()))).toBe('CONCILIA.NO_PIN')
    expect((await caller.post(paths.pin, { phoneNumber, pin: '4711' })).body).toEqual({ pin: 'set' })
    expect(await codeOf(caller.post(paths.pin, { phoneNumber, pin: '0815' }))).toBe(
      'CARRIER_BILLING.INVALID_CODE',
    )
    const changed = { phoneNumber, pin: '0815', currentPin: '4711' }
    expect((await caller.post(paths.pin, changed)).status).toBe(200)
    expect(await codeOf(caller.post(paths.payments, wanting()))).toBe('CONCILIA.VALIDATION_WANTED')
    const { body } = await caller.post(paths.prepare, wanting())
    const { paymentId, validationInfo } = paymentSchema.parse(body)
    expect(validationInfo).toMatchObject({ action: 'validate', by: 'pin' })
    const { authorizationId } = Object(validationInfo)
    const give = (code: string) => caller.post(paths.validate(paymentId), { authorizationId, code })
    expect(await codeOf(give('4711'))).toBe('CARRIER_BILLING.INVALID_CODE')
    expect((await give('0815')).status).toBe(204)
  })
})

describe('re-credits', () => {
  async function paid(caller: Caller, offer: string): Promise<string> {
    const { body } = await caller.post(paths.payments, caller.charge('3.00', { key: `paid-${offer}`, offer }))
    return String(body.paymentId)
  }

  test('refunds, their list, one of them, and what remains', async () => {
    const caller = await ready()
    const paymentId = await paid(caller, 'o')
    const evidence = caller.outcome('o', 'failed')
    const first = await caller.post(
      paths.refunds(paymentId),
      caller.refund('r1', '1.00', { because: 'failed', evidence }),
    )
    expect(first.body).toMatchObject({ refundStatus: 'succeeded', type: 'partial' })
    expect((await caller.get(paths.remainingAmount(paymentId))).body).toEqual({
      amount: '2.00',
      currency: 'EUR',
    })
    caller.trade.clock.advance(1000)
    expect((await caller.post(paths.refunds(paymentId), caller.refund('r2'))).status).toBe(201)
    expect((await caller.get(paths.remainingAmount(paymentId))).body).toEqual({
      amount: '0.00',
      currency: 'EUR',
    })
    const list = await caller.get(`${paths.refunds(paymentId)}?perPage=1&refundStatus=succeeded`)
    expect(JSON.parse(list.text)).toMatchObject([{ type: 'total' }])
    expect(list.headers).toMatchObject({ 'x-total-count': '2', 'content-last-key': '1' })
    const one = await caller.get(paths.refund(paymentId, String(first.body.refundId)))
    expect(one.text).toBe(first.text)
    const { body } = await caller.get(paths.payment(paymentId))
    expect(paymentSchema.parse(body).refunded).toEqual({ amount: '3.00', currency: 'EUR' })
    const range = 'refundCreationDate.gte=2030-01-02T00:00:00Z&refundCreationDate.lte=2030-01-01T00:00:00Z'
    expect(await codeOf(caller.get(`${paths.refunds(paymentId)}?${range}`))).toBe(
      'CARRIER_BILLING_REFUND.INVALID_DATE_RANGE',
    )
    expect(await codeOf(caller.get(`${paths.refunds(paymentId)}?page=0`))).toBe('OUT_OF_RANGE')
  })

  test('on the word of a machine whose certificate has run out since', async () => {
    const caller = await ready()
    const paymentId = await paid(caller, 'o')
    const evidence = caller.outcome('o', 'failed')
    caller.trade.clock.setNow(parties.automaton.validTo)
    await caller.as('client')
    const refund = caller.refund('a', undefined, { evidence })
    expect((await caller.post(paths.refunds(paymentId), refund)).status).toBe(201)
    // Nothing new is sold on it.
    expect(await codeOf(caller.post(paths.payments, caller.charge('1.00')))).toBe('CONCILIA.UNKNOWN_SIGNER')
    const chain = { chain: parties.automaton.chain }
    expect((await caller.post(paths.certificates, chain)).status).toBe(204)
    expect(await codeOf(caller.post(paths.payments, caller.charge('1.00')))).toBe('CONCILIA.UNKNOWN_SIGNER')
  })

  test('what cannot be refunded says why', async () => {
    const caller = await ready()
    const paymentId = await paid(caller, 'o')
    const refund = (body: unknown) => codeOf(caller.post(paths.refunds(paymentId), body))
    expect(await refund(caller.refund('a', '3.01'))).toBe('CARRIER_BILLING_REFUND.UNAUTHORIZED_AMOUNT')
    const sink = 'https://example.org'
    expect(await refund(caller.refund('b', undefined, { sink }))).toBe('INVALID_SINK')
    const foreign = caller.outcome('o', 'failed', parties.otherAutomaton)
    expect(await refund(caller.refund('c', undefined, { evidence: foreign }))).toBe('CONCILIA.UNKNOWN_SIGNER')
    await caller.post(paths.certificates, { chain: parties.otherAutomaton.chain })
    expect(await refund(caller.refund('c', undefined, { evidence: foreign }))).toBe('CONCILIA.BAD_SIGNATURE')
    await caller.post(paths.void, { clientCorrelator: 'tomb', referenceCode: 'x' })
    expect(await refund(caller.refund('tomb'))).toBe('CONCILIA.VOIDED')
    expect((await caller.post(paths.refunds(paymentId), caller.refund('d', '1.00'))).status).toBe(201)
    expect(await refund(caller.refund('d', '2.00'))).toBe('ALREADY_EXISTS')
    const asVoid = { clientCorrelator: 'd', referenceCode: 'd' }
    expect(await codeOf(caller.post(paths.void, asVoid))).toBe('ALREADY_EXISTS')
    expect(
      (await caller.post(paths.outcome(paymentId), { outcome: caller.outcome('o', 'delivered') })).status,
    ).toBe(204)
    expect(await refund(caller.refund('e'))).toBe('CARRIER_BILLING_REFUND.PAYMENT_NOT_ELIGIBLE_FOR_REFUND')
    const evidence = caller.outcome('o', 'failed')
    expect(await refund(caller.refund('f', undefined, { evidence }))).toBe('CONCILIA.CONTRADICTION')
    expect(await codeOf(caller.post(paths.refunds('none'), caller.refund('g')))).toBe('NOT_FOUND')
    const saleId = '2f1f7ee2-9b32-4c5e-8f0a-6f8f0b1d2c3e'
    const undo = { clientCorrelator: 'paid-o', referenceCode: saleId }
    expect(await codeOf(caller.post(paths.void, undo))).toBe('CARRIER_BILLING.PAYMENT_CONFIRMED')
    const { body } = await caller.post(paths.prepare, caller.charge('1.00'))
    expect(await codeOf(caller.post(paths.refunds(String(body.paymentId)), caller.refund('h')))).toBe(
      'CARRIER_BILLING_REFUND.INVALID_PAYMENT_STATUS',
    )
  })
})

describe('looking', () => {
  test('pages hold still, filters filter, and the creator finds a payment by its key', async () => {
    const caller = await ready()
    const keys = ['a', 'b', 'c', 'd', 'e']
    for (const key of keys) {
      await caller.post(paths.payments, caller.charge('1.00', { key }))
      caller.trade.clock.advance(1000)
    }
    await caller.post(paths.prepare, caller.charge('1.00', { key: 'f' }))
    const listed = async (query: string) => {
      const { text } = await caller.get(`${paths.payments}?${query}`)
      const found: { amountTransaction: { clientCorrelator: string } }[] = JSON.parse(text)
      return found.map(({ amountTransaction }) => amountTransaction.clientCorrelator).join('')
    }
    expect(await listed('order=asc&perPage=4')).toBe('abcd')
    expect(await listed('order=asc&perPage=4&page=2')).toBe('ef')
    expect(await listed('')).toBe('fedcba')
    expect(await listed('paymentStatus=reserved')).toBe('f')
    expect(await listed('paymentStatus=reserved&paymentStatus=succeeded&order=asc')).toBe('abcdef')
    expect(await listed('clientCorrelator=c')).toBe('c')
    expect(await listed('merchantIdentifier=other')).toBe('')
    expect(await listed('paymentCreationDate.gte=2030-01-01T00:00:02Z&order=asc')).toBe('cdef')
    const range = 'paymentCreationDate.gte=2030-01-02T00:00:00Z&paymentCreationDate.lte=2030-01-01T00:00:00Z'
    expect(await codeOf(caller.get(`${paths.payments}?${range}`))).toBe('CARRIER_BILLING.INVALID_DATE_RANGE')
    expect(await codeOf(caller.get(`${paths.payments}?perPage=101`))).toBe('OUT_OF_RANGE')
    expect(await codeOf(caller.get(`${paths.payments}?order=up`))).toBe('INVALID_ARGUMENT')
  })
})

describe('a centre restored from an old backup', () => {
  test("books its own acknowledgement again, once, and nobody else's", async () => {
    const before = await ready()
    const { body } = await before.post(paths.payments, before.charge('2.00', { key: 'k', offer: 'o' }))
    const { acknowledgement = '', paymentId } = paymentSchema.parse(body)
    const restored = await ready()
    const repost = {
      phoneNumber: '+33612345678',
      clientCorrelator: 'k',
      referenceCode: 'sale',
      acknowledgement,
    }
    expect((await restored.post(paths.acknowledgements, repost)).status).toBe(204)
    expect((await restored.post(paths.acknowledgements, repost)).status).toBe(204)
    expect((await restored.get(paths.payment(paymentId))).body).toMatchObject({ paymentStatus: 'succeeded' })
    expect(await restored.trade.house('operator:acme:unsettled')).toBe(200)
    const otherKey = { ...repost, clientCorrelator: 'k2' }
    expect(await codeOf(restored.post(paths.acknowledgements, otherKey))).toBe('CONCILIA.CONTRADICTION')
    const signed = (signer = parties.otherCentre.signer) =>
      promise(acknowledgementKind, signer, {
        offerHash: sha256('p'),
        amountMinor: 100,
        currency: 'EUR',
        seller: 'acme',
        paymentId: 'p',
        charge: 'debit',
        at: 1,
      })
    const foreign = { ...repost, clientCorrelator: 'k3', acknowledgement: signed() }
    expect(await codeOf(restored.post(paths.acknowledgements, foreign))).toBe('CONCILIA.UNKNOWN_SIGNER')
    await restored.post(paths.certificates, { chain: parties.otherCentre.chain })
    expect(await codeOf(restored.post(paths.acknowledgements, foreign))).toBe('CONCILIA.BAD_SIGNATURE')
    const own = { ...foreign, acknowledgement: signed(parties.centre.signer) }
    const nobody = { ...own, phoneNumber: '+33699999999' }
    expect(await codeOf(restored.post(paths.acknowledgements, nobody))).toBe('IDENTIFIER_NOT_FOUND')
    expect(await codeOf(restored.post(paths.acknowledgements, { ...own, phoneNumber: undefined }))).toBe(
      'MISSING_IDENTIFIER',
    )
    const both = { ...own, subscriber: { realm: 'orange-fr', key: 'a' } }
    expect(await codeOf(restored.post(paths.acknowledgements, both))).toBe('UNNECESSARY_IDENTIFIER')
    expect((await restored.trade.store.check()).faults).toEqual([])
  })

  test('honours a hold it had confirmed for good, one it had not until its time and the published limit are over', async () => {
    const before = await ready()
    const prepared = async (offer: string) =>
      paymentSchema.parse(
        (await before.post(paths.prepare, before.charge('1.00', { key: offer, offer }))).body,
      )
    const confirmed = await prepared('confirmed')
    const [waiting, lapsed] = [await prepared('waiting'), await prepared('lapsed')]
    await before.post(paths.confirm(confirmed.paymentId), {})
    const { body } = await before.get(paths.payment(confirmed.paymentId))
    const restored = await ready()
    restored.trade.clock.advance(generous.holdMs)
    const repost = async (payment: Payment, clientCorrelator: string) => {
      const { acknowledgement } = payment
      const words = { phoneNumber: '+33612345678', clientCorrelator, referenceCode: 'sale', acknowledgement }
      expect((await restored.post(paths.acknowledgements, words)).status).toBe(204)
      return (await restored.get(paths.payment(payment.paymentId))).body.paymentStatus
    }
    expect(await repost(paymentSchema.parse(body), 'confirmed')).toBe('succeeded')
    expect(await repost(waiting, 'waiting')).toBe('reserved')
    restored.trade.clock.advance(generous.silenceMs)
    expect(await repost(lapsed, 'lapsed')).toBe('cancelled')
    expect(await restored.trade.house('operator:acme:unsettled')).toBe(100)
    expect((await restored.trade.store.check()).faults).toEqual([])
  })

  test('bears what the account cannot bear, and a refund goes back to where it came from', async () => {
    const before = await ready()
    const { body } = await before.post(paths.payments, before.charge('90.00', { key: 'k', offer: 'o' }))
    const { acknowledgement = '', paymentId } = paymentSchema.parse(body)
    const restored = await ready()
    await restored.post(paths.payments, restored.charge('50.00'))
    const repost = {
      phoneNumber: '+33612345678',
      clientCorrelator: 'k',
      referenceCode: 'sale',
      acknowledgement,
    }
    expect((await restored.post(paths.acknowledgements, repost)).status).toBe(204)
    expect(await restored.trade.house('centre:borne')).toBe(-9000)
    expect((await restored.post(paths.refunds(paymentId), restored.refund('r'))).status).toBe(201)
    expect(await restored.trade.house('centre:borne')).toBe(0)
    expect((await restored.trade.store.check()).faults).toEqual([])
  })
})

describe('vouchers', () => {
  const voucher = (more: object = {}) => ({
    clientCorrelator: 'voucher-of-one-call',
    referenceCode: 'call-1',
    amount: '1.50',
    currency: 'EUR',
    seller: 'acme',
    automatonId: 'automaton-1',
    service: 'voix',
    sellerShareBps: 6000,
    livesMs: 900_000,
    ...more,
  })
  const payer = { realm: 'voucher', key: 'voucher-of-one-call' }

  test('made for a call, read out, charged by its code, given back', async () => {
    const caller = await ready()
    const first = await caller.post(paths.vouchers, voucher())
    const goodUntil = caller.trade.clock.now() + 900_000
    expect(first).toMatchObject({ status: 201, body: { voucherId: payer.key, goodUntil } })
    expect((await caller.post(paths.vouchers, voucher())).text).toBe(first.text)
    expect((await caller.post(paths.voucherRead(payer.key), {})).status).toBe(204)
    const { amountTransaction, ...rest } = caller.charge('1.50')
    const { phoneNumber: _, ...terms } = amountTransaction
    const consent = { ...rest.consent, channel: 'voice', by: 'voucher' }
    const charge = { ...rest, consent, amountTransaction: { ...terms, subscriber: payer } }
    const paid = await caller.post(paths.payments, charge)
    expect(paid).toMatchObject({ status: 201, body: { paymentStatus: 'succeeded' } })
    const payment = paymentSchema.parse(paid.body)
    expect(payment.amountTransaction.subscriber).toEqual(payer)
    expect((await caller.post(paths.refunds(payment.paymentId), caller.refund('r'))).status).toBe(201)
    expect((await caller.trade.store.check()).faults).toEqual([])
  })

  test('what may not be made, or was undone', async () => {
    const caller = await ready()
    const code = async (path: string, body: object) => (await caller.post(path, body)).body.code
    expect(await code(paths.vouchers, voucher({ seller: 'another' }))).toBe('PERMISSION_DENIED')
    const key = (clientCorrelator: string) => ({ clientCorrelator })
    const costly = voucher({ ...key('voucher-of-call-two'), amount: '1000.01' })
    expect(await code(paths.vouchers, costly)).toBe('CARRIER_BILLING.UNAUTHORIZED_AMOUNT')
    const pounds = voucher({ ...key('voucher-of-call-3'), currency: 'GBP' })
    expect(await code(paths.vouchers, pounds)).toBe('SERVICE_NOT_APPLICABLE')
    expect(await code(paths.voucherRead('nobodys'), {})).toBe('NOT_FOUND')
    const undone = { ...key('voucher-of-call-four'), referenceCode: 'call-1' }
    expect((await caller.post(paths.vouchers, voucher(undone))).status).toBe(201)
    expect(await code(paths.vouchers, voucher({ ...undone, amount: '1.60' }))).toBe('ALREADY_EXISTS')
    expect((await caller.post(paths.void, undone)).body.result).toBe('reversed')
    expect(await code(paths.voucherRead(undone.clientCorrelator), {})).toBe(
      'CARRIER_BILLING.PAYMENT_CANCELLED',
    )
    expect(await code(paths.vouchers, voucher(undone))).toBe('CONCILIA.VOIDED')
  })

  test('a centre that has lost the voucher is given it anew, then its own acknowledgement', async () => {
    const before = await ready()
    await before.post(paths.vouchers, voucher())
    const { amountTransaction, ...rest } = before.charge('1.50', { key: 'k', offer: 'o' })
    const { phoneNumber: _, ...terms } = amountTransaction
    const charge = { ...rest, amountTransaction: { ...terms, subscriber: payer } }
    const { acknowledgement } = paymentSchema.parse((await before.post(paths.payments, charge)).body)
    const restored = await ready()
    const repost = { subscriber: payer, clientCorrelator: 'k', referenceCode: 'sale', acknowledgement }
    expect((await restored.post(paths.acknowledgements, repost)).body.code).toBe('IDENTIFIER_NOT_FOUND')
    expect((await restored.post(paths.vouchers, voucher())).status).toBe(201)
    expect((await restored.post(paths.acknowledgements, repost)).status).toBe(204)
    expect(await restored.trade.house('centre:voice:voix:calls')).toBe(-150)
    expect((await restored.trade.store.check()).faults).toEqual([])
  })
})

describe('when the centre cannot answer', () => {
  const failing = (error: unknown) =>
    Object.assign(new MemoryStore(), { payment: () => Promise.reject(error) })
  const away = (code: string) => new OperatingError({ code, message: 'away', advice: 'wait', retry: true })

  test('the database is away: in doubt, nothing of it in the answer', async () => {
    const caller = await ready({ store: failing(away('database-away')) })
    const answer = await caller.get(paths.payment('p'))
    expect(answer).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE' } })
    expect(answer.text).not.toContain('away')
  })

  test('too many wait', async () => {
    const caller = await ready({ store: failing(away('queue-full')) })
    expect(await caller.get(paths.payment('p'))).toMatchObject({
      status: 429,
      body: { code: 'TOO_MANY_REQUESTS' },
    })
  })

  test('our own mistake: in doubt, logged without the number', async () => {
    const lines: string[] = []
    const error = new Error('constraint violated by +33612345678')
    const caller = await ready({ store: failing(error), log: { write: (line) => lines.push(line) } })
    expect(await caller.get(paths.payment('p'))).toMatchObject({ status: 500, body: { code: 'INTERNAL' } })
    expect(lines.join('')).toContain('our own mistake')
    expect(lines.join('')).not.toContain('612345678')
  })
})

test('every error code of the link has been met here', () => {
  const codes = new Set([...met].map((pair) => pair.split(' ')[1]))
  expect(Object.keys(errorStatus).filter((code) => !codes.has(code))).toEqual([])
})
