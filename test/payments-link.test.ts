// Link 8, both ends as they are: the relation server's payments adapter against the payment centre's HTTP
// door, with real signatures and certificates. The books are in memory; what they must keep is proved beside
// them.

import { build } from '@concilia/payment-centre/http/server.ts'
import { hashedSecret } from '@concilia/payment-centre/http/tokens.ts'
import { MemoryStore } from '@concilia/payment-centre/store/memory-store.ts'
import { seededRandom, Trade } from '@concilia/payment-centre/trade.ts'
import { makeAuthority, makeCredentials } from '@concilia/platform/certificate-making.ts'
import { type Identity, identityFrom } from '@concilia/platform/identity.ts'
import { makeLog } from '@concilia/platform/log.ts'
import { scopes } from '@concilia/protocol/carrier-billing.ts'
import { KnownParties, type Role } from '@concilia/protocol/certificates.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { type Outcome, outcomeKind, promise, slipKind } from '@concilia/protocol/promises.ts'
import { sha256 } from '@concilia/protocol/random.ts'
import { CamaraPayments } from '@concilia/relation-server/payments/camara-adapter.ts'
import { CentreHttp } from '@concilia/relation-server/payments/centre-http-adapter.ts'
import type { PaymentOperation } from '@concilia/relation-server/payments/port.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'

const seller = 'acme'
const client = 'relation-server-1'
const secret = 'a secret of the server: with % and +'
const rich = { realm: 'e164', key: '+33612345678' }
const poor = { realm: 'carrier-x', key: 'alias-7' }
const stranger = { realm: 'e164', key: '+33698765432' }
const trade = new Trade(new MemoryStore(), 'link')
const at = trade.clock.now()
const chains = new Map<string, string>()

let machine: Identity
let payments: CamaraPayments
let close: () => Promise<void>
let sales = 0

beforeAll(async () => {
  const authority = await makeAuthority(at)
  const enrolled = async (id: string, role: Role, of: string) => {
    const identity = identityFrom(await makeCredentials(authority, { id, role, seller: of }, at))
    if (typeof identity === 'string') throw new Error(identity)
    return identity
  }
  machine = await enrolled('automaton-1', 'automaton', seller)
  chains.set(machine.kid, machine.chain)
  await trade.open()
  const secretHash = await hashedSecret(secret, seededRandom('secret'))
  const registration = { id: client, secretHash, scopes: [...scopes], sellers: [seller] }
  await trade.do({ kind: 'registerClient', registration })
  const account = { kind: 'prepaid', currency: 'EUR', ceilingMinor: 0 } as const
  await trade.do({ kind: 'openAccount', subscriber: rich, account, balanceMinor: 100_000 })
  await trade.do({ kind: 'openAccount', subscriber: poor, account, balanceMinor: 10 })
  const door = build({
    engine: trade.engine,
    store: trade.store,
    secrets: trade.secrets,
    parties: new KnownParties(authority.rootPem),
    ownId: 'centre',
    chains: ['the chain of the centre'],
    clock: trade.clock,
    log: makeLog('test', { level: 'silent', write: () => {} }),
    tokenMs: 600_000,
  })
  const url = await door.listen({ host: '127.0.0.1', port: 0 })
  // Its time limits are not the matter here: a clock whose timers never fire keeps it out of the trade's own
  // time.
  const clock: Clock = {
    now: () => trade.clock.now(),
    monotonic: () => trade.clock.monotonic(),
    after: () => ({ cancel() {} }),
  }
  payments = new CamaraPayments({
    http: new CentreHttp(
      { url, clientId: client, clientSecret: secret, connections: 4, rootPem: undefined },
      clock,
      8_000,
    ),
    clock,
    authorisationMs: 8_000,
    chainOf: async (kid) => chains.get(kid),
  })
  close = async () => {
    await payments.close()
    await door.close()
  }
})
afterAll(() => close())

/** A sale of 0.35 EUR, and what is signed about it. */
function sale(subscriber = rich, attempt = 1) {
  const saleId = `0f0f9be8-6a1c-4a54-9a42-${String(++sales).padStart(12, '0')}`
  const offerHash = sha256(saleId)
  const slip = promise(slipKind, machine.signer, {
    offerHash,
    amountMinor: 35,
    currency: 'EUR',
    seller,
    waitMs: 180_000,
  })
  const outcome = (result: Outcome['result']) =>
    promise(outcomeKind, machine.signer, { saleId, offerHash, result, detail: 'test', at })
  const terms = {
    saleId,
    key: `${saleId}.${attempt}`,
    subscriber,
    slip,
    amountMinor: 35,
    currency: 'EUR',
    description: 'Acme Vending 4021',
    seller,
    consent: { identificationId: 'i-1', channel: 'text', by: 'code', at },
  } as const
  const charge = { kind: 'charge', ...terms } as const
  const prepare = { kind: 'prepare', ...terms } as const
  return { saleId, charge, prepare, outcome, undo: { kind: 'void', saleId, key: terms.key } as const }
}

/** Performs what must be ok. @returns the payment's id, where it has one */
async function ok(operation: PaymentOperation, attempt = 1): Promise<string> {
  const result = await payments.perform(operation, attempt)
  expect(result).toMatchObject({ kind: 'ok' })
  return result.kind === 'ok' ? (result.paymentId ?? '') : ''
}

const balance = async () => {
  const shown = await trade.do({ kind: 'showAccount', subscriberHash: trade.secrets.subscriberHash(rich) })
  return Number.parseFloat(String(shown.body.balance))
}

test('the first charge introduces the machine and is acknowledged; a repeat changes nothing', async () => {
  const { charge } = sale()
  const before = await balance()
  const result = await payments.perform(charge, 1)
  expect(result).toMatchObject({
    kind: 'ok',
    paymentId: expect.any(String),
    acknowledgement: expect.any(String),
  })
  expect(await payments.perform(charge, 2)).toEqual(result)
  expect(await balance()).toBeCloseTo(before - 0.35, 6)
})

test('declined for the reason that the buyer is told, on every attempt', async () => {
  const { charge } = sale(poor)
  const declined = { kind: 'refused', code: 'CARRIER_BILLING.PAYMENT_DENIED', reason: 'notEnough' }
  expect(await payments.perform(charge, 1)).toEqual(declined)
  expect(await payments.perform(charge, 2)).toEqual(declined)
  expect(await payments.perform(sale(stranger).charge, 1)).toMatchObject({ reason: 'noAccount' })
  const eligibility = { kind: 'eligibility', amountMinor: 35, currency: 'EUR', seller } as const
  expect(await payments.perform({ ...eligibility, subscriber: poor }, 1)).toMatchObject({
    reason: 'notEnough',
  })
  expect(await payments.perform({ ...eligibility, subscriber: stranger }, 1)).toMatchObject({
    reason: 'noAccount',
  })
  await ok({ ...eligibility, subscriber: rich })
})

test('a signer that nobody can introduce is refused at first and in doubt later', async () => {
  const { charge } = sale()
  const forged = {
    ...charge,
    slip: promise(slipKind, { ...machine.signer, kid: 'nobody' }, slipOf(charge.slip)),
  }
  expect(await payments.perform(forged, 1)).toMatchObject({ kind: 'refused', reason: 'notAllowed' })
  expect(await payments.perform(forged, 2)).toMatchObject({ kind: 'inDoubt' })
})

function slipOf(token: string) {
  return slipKind.schema.parse(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()))
}

test('void before the charge, after it, and once it is delivered', async () => {
  const early = sale()
  await ok(early.undo)
  expect(await payments.perform(early.charge, 2)).toMatchObject({ kind: 'refused', reason: 'tooLate' })
  const charged = sale()
  const before = await balance()
  await ok(charged.charge)
  await ok(charged.undo)
  await ok(charged.undo, 2)
  expect(await balance()).toBeCloseTo(before, 6)
  const delivered = sale()
  const paymentId = await ok(delivered.charge)
  await ok({ kind: 'outcome', paymentId, outcome: delivered.outcome('delivered') })
  expect(await payments.perform(delivered.undo, 1)).toMatchObject({ kind: 'refused', reason: 'tooLate' })
})

test('a failed delivery is refunded once, however often it is asked', async () => {
  const { saleId, charge, outcome } = sale()
  const before = await balance()
  const paymentId = await ok(charge)
  const refund = {
    kind: 'refund',
    paymentId,
    key: `${saleId}.refund`,
    amountMinor: 35,
    currency: 'EUR',
    because: 'failed',
    evidence: outcome('failed'),
  } as const
  await ok(refund)
  await ok(refund, 2)
  expect(await balance()).toBeCloseTo(before, 6)
  expect(await payments.perform({ ...refund, key: `${saleId}.another` }, 1)).toMatchObject({
    kind: 'refused',
  })
  expect(
    await payments.perform({ kind: 'outcome', paymentId, outcome: outcome('delivered') }, 1),
  ).toMatchObject({
    kind: 'refused',
    code: 'CONCILIA.CONTRADICTION',
  })
})

test('a hold is acknowledged with its end, confirmed with the outcome, or cancelled', async () => {
  const held = sale()
  const result = await payments.perform(held.prepare, 1)
  expect(result).toMatchObject({ kind: 'ok', honouredUntil: trade.clock.now() + 60_000 })
  const paymentId = result.kind === 'ok' ? (result.paymentId ?? '') : ''
  const confirm = { kind: 'confirm', paymentId, outcome: held.outcome('delivered') } as const
  await ok(confirm)
  await ok(confirm, 2)
  const cancel = { kind: 'cancel', paymentId, because: 'failed' } as const
  expect(await payments.perform(cancel, 1)).toMatchObject({ kind: 'refused', reason: 'tooLate' })
  const given = await ok(sale().prepare)
  await ok({ ...cancel, paymentId: given })
  await ok({ ...cancel, paymentId: given }, 2)
  expect(await payments.perform({ kind: 'confirm', paymentId: given }, 1)).toMatchObject({ kind: 'refused' })
})

test('a purchase that wants the code: sent to the buyer, returned, then acknowledged', async () => {
  const careful = { realm: 'e164', key: '+33611111111' }
  const account = { kind: 'prepaid', currency: 'EUR', ceilingMinor: 0, validateAboveMinor: 10 } as const
  await trade.do({ kind: 'openAccount', subscriber: careful, account, balanceMinor: 1_000 })
  // In one step it is refused for good, however often it is asked; the same offer may then be held.
  const { saleId, charge, prepare } = sale(careful)
  const wanted = { kind: 'refused', code: 'CONCILIA.VALIDATION_WANTED' }
  expect(await payments.perform(charge, 1)).toMatchObject(wanted)
  expect(await payments.perform(charge, 2)).toMatchObject(wanted)
  const asked = await payments.perform({ ...prepare, key: `${saleId}.2` }, 1)
  expect(asked).toMatchObject({ kind: 'validationNeeded' })
  if (asked.kind !== 'validationNeeded') return
  const { paymentId, authorizationId } = asked
  const code = trade.texts.at(-1)?.code ?? ''
  const wrong = code === '000000' ? '000001' : '000000'
  const validate = { kind: 'validate', paymentId, authorizationId } as const
  expect(await payments.perform({ ...validate, code: wrong }, 1)).toMatchObject({ reason: 'wrongCode' })
  const answer = await payments.perform({ ...validate, code }, 1)
  expect(answer).toMatchObject({ kind: 'ok', paymentId, acknowledgement: expect.any(String) })
  expect(await payments.perform({ ...validate, code }, 2)).toEqual(answer)
  // The confirmed hold is promised anew, as the debit that it now is.
  const confirmed = await payments.perform({ kind: 'confirm', paymentId }, 1)
  const [then, now] = [answer, confirmed].map((each) => (each.kind === 'ok' ? each.acknowledgement : ''))
  expect(confirmed).toMatchObject({ kind: 'ok', paymentId, acknowledgement: expect.any(String) })
  expect(now).not.toBe(then)
})

test('the walk meets every payment of ours with what went back', async () => {
  const walked = await Array.fromAsync(payments.walk(at))
  expect(walked.length).toBeGreaterThan(5)
  expect(new Set(walked.map(({ paymentId }) => paymentId)).size).toBe(walked.length)
  expect(walked.some(({ refundedMinor, status }) => refundedMinor === 35 && status === 'succeeded')).toBe(
    true,
  )
  expect(walked.every(({ amountMinor }) => amountMinor === 35)).toBe(true)
  expect(await payments.chains()).toEqual(['the chain of the centre'])
})

test('afterwards the books are right', async () => {
  expect((await trade.store.check()).faults).toEqual([])
})
