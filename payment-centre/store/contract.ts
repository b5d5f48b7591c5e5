// The contract of the store, with the books and the engine on top: what must hold whatever is asked, in
// whatever order, however often and however many at once. Exported as a function of the implementation. It
// is long because every store must keep all of it.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Command } from '../books/commands.ts'
import { generous, Trade } from '../trade.ts'
import type { CentreStore } from './port.ts'

const { holdMs, silenceMs } = generous
/** From a hold to the moment when the clock gives it back. */
const lapseMs = holdMs + silenceMs

/** @param runs how many random trades are made */
export function storeContract(name: string, open: () => Promise<CentreStore>, runs: number): void {
  describe(`the books in ${name}`, () => {
    let store: CentreStore
    let trades = 0
    const trade = (settings?: ConstructorParameters<typeof Trade>[2]) =>
      new Trade(store, `${name}-${++trades}`, settings).open()
    const booksAreRight = async () => expect((await store.check()).faults).toEqual([])

    beforeAll(async () => {
      store = await open()
    })
    afterAll(() => store.close())

    test('64 simultaneous duplicates apply once and all get the same bytes', async () => {
      const one = await trade()
      await one.openAccount('a', 100_00)
      const charge = one.charge('a', 'k', { amountMinor: 150, offer: 'o' })
      const answers = await Promise.all(Array.from({ length: 64 }, () => one.engine.submit(charge)))
      expect(new Set(answers.map(({ body }) => body)).size).toBe(1)
      expect(answers[0]?.status).toBe(201)
      expect(await one.balance('a')).toMatchObject({ posted: '98.50 EUR' })
      const { total } = await store.payments({ client: one.client, order: 'asc', offset: 0, limit: 10 })
      expect(total).toBe(1)
      await booksAreRight()
    })

    test('the newest key', async () => {
      const before = (await store.newestAt()) ?? 0
      const one = await trade()
      await one.openAccount('a', 100)
      await one.do(one.charge('a', 'k', { amountMinor: 1, offer: 'o' }))
      expect(await store.newestAt()).toBe(Math.max(before, one.clock.now()))
    })

    test('20 drains of 10 from a balance of 100 give exactly 10, by debit and by hold', async () => {
      const one = await trade()
      await one.openAccount('a', 100)
      await one.openAccount('b', 0, { kind: 'postpaid', ceilingMinor: 100 })
      const drains = (who: string, charge: 'debit' | 'hold') =>
        Array.from({ length: 20 }, (_, index) =>
          one.do(one.charge(who, `${who}${index}`, { amountMinor: 10, offer: `${who}${index}` }, charge)),
        )
      const answers = await Promise.all([...drains('a', 'hold'), ...drains('b', 'debit')])
      const statuses = answers.map(({ status, body }) => body.code ?? status)
      expect(statuses.filter((status) => status === 201)).toHaveLength(20)
      expect(statuses.filter((status) => status === 'CARRIER_BILLING.PAYMENT_DENIED')).toHaveLength(20)
      expect(await one.balance('a')).toMatchObject({ posted: '1.00 EUR', held: '1.00 EUR' })
      expect(await one.balance('b')).toMatchObject({ posted: '-1.00 EUR', held: '0.00 EUR' })
      await booksAreRight()
    })

    test('500 credits to one hot account are exact', async () => {
      const one = await trade()
      await one.openAccount('a', 1)
      const money = { amountMinor: 1, currency: 'EUR' as const }
      const topUp = (receipt: number): Command => ({
        kind: 'topUp',
        subscriberHash: one.hash('a'),
        money,
        key: `${one.name} ${receipt}`,
      })
      await Promise.all(Array.from({ length: 500 }, (_, receipt) => one.engine.submit(topUp(receipt))))
      expect(await one.balance('a')).toMatchObject({ posted: '5.01 EUR' })
      await booksAreRight()
    })

    test('a top-up is booked once for its key, however often and however late it comes again', async () => {
      const one = await trade()
      await one.openAccount('a', 0)
      await one.openAccount('b', 0)
      const topUp = (who: string, amountMinor: number) =>
        one.do({
          kind: 'topUp',
          subscriberHash: one.hash(who),
          money: { amountMinor, currency: 'EUR' },
          key: `${one.name} receipt`,
        })
      const answers = await Promise.all(Array.from({ length: 64 }, () => topUp('a', 500)))
      expect(answers.every(({ status }) => status === 200)).toBe(true)
      expect(answers.filter(({ body }) => body.topUp === '5.00 EUR added')).toHaveLength(1)
      await one.store.prune(Number.MAX_SAFE_INTEGER, 0)
      expect((await topUp('a', 500)).body).toMatchObject({
        balance: '5.00 EUR',
        topUp: 'done before, nothing is changed',
      })
      expect((await topUp('a', 501)).body.code).toBe('ALREADY_EXISTS')
      expect((await topUp('b', 500)).body.code).toBe('ALREADY_EXISTS')
      expect((await topUp('nobody', 500)).body.code).toBe('IDENTIFIER_NOT_FOUND')
      expect([(await one.balance('a')).posted, (await one.balance('b')).posted]).toEqual([
        '5.00 EUR',
        '0.00 EUR',
      ])
      await booksAreRight()
    })

    test('a key is kept as long as its payment can be voided, whatever its age', async () => {
      const one = await trade()
      await one.openAccount('a', 100)
      await one.do(one.charge('a', 'undecided', { amountMinor: 30, offer: 'undecided' }))
      await one.do(one.charge('a', 'held', { amountMinor: 20, offer: 'held' }, 'hold'))
      const sold = await one.do(one.charge('a', 'sold', { amountMinor: 10, offer: 'sold' }))
      const evidence = one.outcome('sold', 'delivered')
      await one.do({ kind: 'outcome', client: one.client, paymentId: String(sold.body.paymentId), evidence })
      await one.store.prune(Number.MAX_SAFE_INTEGER, 0)
      const result = async (key: string) => (await one.do(one.void(key, key))).body.result
      expect([await result('undecided'), await result('held')]).toEqual(['reversed', 'reversed'])
      expect(await one.balance('a')).toEqual({ posted: '0.90 EUR', held: '0.00 EUR', state: 'open' })
      // The one that nothing can undo any more is forgotten; its offer stays charged.
      const again = await one.do(one.charge('a', 'sold', { amountMinor: 10, offer: 'sold' }))
      expect(again.body.code).toBe('CONCILIA.OFFER_CHARGED')
      await booksAreRight()
    })

    test('a hold ends once: posted, given back or lapsed, and whoever comes later is told', async () => {
      const one = await trade()
      await one.openAccount('a', 300)
      const ids = await Promise.all(
        ['p', 'c', 'x'].map(async (offer) => {
          const { body } = await one.do(one.charge('a', offer, { amountMinor: 100, offer }, 'hold'))
          return String(body.paymentId)
        }),
      )
      const [posted = '', cancelled = '', lapsed = ''] = ids
      const { client } = one
      expect(await one.balance('a')).toMatchObject({ posted: '3.00 EUR', held: '3.00 EUR' })
      expect((await one.do({ kind: 'confirm', client, paymentId: posted })).status).toBe(202)
      expect((await one.do({ kind: 'cancel', client, paymentId: cancelled, because: 'failed' })).status).toBe(
        202,
      )
      one.clock.advance(lapseMs)
      await one.sweep()
      await one.sweep()
      expect(await one.balance('a')).toMatchObject({ posted: '2.00 EUR', held: '0.00 EUR' })
      const again = await Promise.all(
        ids.flatMap((paymentId) => [
          one.do({ kind: 'confirm', client, paymentId }),
          one.do({ kind: 'cancel', client, paymentId, because: 'failed' }),
        ]),
      )
      expect(again.map(({ body }) => body.code)).toEqual([
        'CARRIER_BILLING.PAYMENT_CONFIRMED',
        'CARRIER_BILLING.PAYMENT_CONFIRMED',
        'CARRIER_BILLING.PAYMENT_CANCELLED',
        'CARRIER_BILLING.PAYMENT_CANCELLED',
        'CARRIER_BILLING.PAYMENT_CANCELLED',
        'CARRIER_BILLING.PAYMENT_CANCELLED',
      ])
      const lapsedNow = await store.payment(client, lapsed)
      expect(lapsedNow?.payment.status).toBe('cancelled')
      await booksAreRight()
    })

    test('a hold whose time is over can be confirmed until it is swept, and not after', async () => {
      const one = await trade()
      await one.openAccount('a', 100)
      const { body } = await one.do(one.charge('a', 'k', { amountMinor: 100, offer: 'o' }, 'hold'))
      const paymentId = String(body.paymentId)
      one.clock.advance(lapseMs)
      await one.do({ kind: 'expire', paymentId })
      const late = await one.do({ kind: 'confirm', client: one.client, paymentId })
      expect(late.body.code).toBe('CARRIER_BILLING.PAYMENT_CANCELLED')
      expect(await one.balance('a')).toMatchObject({ posted: '1.00 EUR', held: '0.00 EUR' })
      const next = await one.do(one.charge('a', 'k2', { amountMinor: 100, offer: 'o2' }, 'hold'))
      one.clock.advance(lapseMs)
      const inTime = { kind: 'confirm', client: one.client, paymentId: String(next.body.paymentId) } as const
      expect((await one.do(inTime)).status).toBe(202)
      expect(await one.balance('a')).toMatchObject({ posted: '0.00 EUR', held: '0.00 EUR' })
      await booksAreRight()
    })

    test('a void before the charge refuses it; after it, all goes back and the offer is free', async () => {
      const one = await trade()
      await one.openAccount('a', 100)
      const early = one.charge('a', 'early', { amountMinor: 100, offer: 'o' })
      expect((await one.do(one.void('early', 'o'))).body.result).toBe('tombstone')
      expect((await one.do(early)).body.code).toBe('CONCILIA.VOIDED')
      const first = one.charge('a', 'first', { amountMinor: 100, offer: 'o' })
      expect((await one.do(first)).status).toBe(201)
      const second = one.charge('a', 'second', { amountMinor: 100, offer: 'o' })
      expect((await one.do(second)).body.code).toBe('CONCILIA.OFFER_CHARGED')
      expect((await one.do(one.void('first', 'o'))).body.result).toBe('reversed')
      expect((await one.do(one.void('first', 'o'))).body.result).toBe('reversed')
      expect((await one.do(first)).body.code).toBe('CONCILIA.VOIDED')
      expect((await one.do(second)).body.code).toBe('CONCILIA.OFFER_CHARGED')
      expect((await one.do(one.charge('a', 'third', { amountMinor: 100, offer: 'o' }))).status).toBe(201)
      expect(await one.balance('a')).toMatchObject({ posted: '0.00 EUR' })
      await booksAreRight()
    })

    test('a void that races with its charge leaves the money where it was', async () => {
      const one = await trade()
      await one.openAccount('a', 100_00)
      const races = Array.from({ length: 30 }, (_, index) => {
        const key = `k${index}`
        const charge = one.do(
          one.charge('a', key, { amountMinor: 100, offer: key }, index % 2 ? 'hold' : 'debit'),
        )
        const undo = one.do(one.void(key, key))
        return Promise.all(index % 3 ? [charge, undo] : [undo, charge])
      })
      await Promise.all(races)
      expect(await one.balance('a')).toMatchObject({ posted: '100.00 EUR', held: '0.00 EUR' })
      await booksAreRight()
    })

    test('refunds: once, never more than was paid, and the same key gives the same bytes', async () => {
      const one = await trade()
      await one.openAccount('a', 300)
      const { body } = await one.do(one.charge('a', 'k', { amountMinor: 300, offer: 'o' }))
      const paymentId = String(body.paymentId)
      const part = { type: 'partial' as const, money: { amountMinor: 200, currency: 'EUR' as const } }
      const first = await one.engine.submit(one.refund(paymentId, 'r1', part))
      expect(await one.engine.submit(one.refund(paymentId, 'r1', part))).toEqual(first)
      const tooMuch = await one.do(one.refund(paymentId, 'r2', part))
      expect(tooMuch.body.code).toBe('CARRIER_BILLING_REFUND.UNAUTHORIZED_AMOUNT')
      expect((await one.do(one.refund(paymentId, 'r3'))).status).toBe(201)
      const again = await one.do(one.refund(paymentId, 'r4'))
      expect(again.body.code).toBe('CARRIER_BILLING_REFUND.PAYMENT_NOT_ELIGIBLE_FOR_REFUND')
      expect(await one.balance('a')).toMatchObject({ posted: '3.00 EUR' })
      await booksAreRight()
    })

    test('a refund to a closed account is denied for good and stands as owed, with its age', async () => {
      const one = await trade()
      await one.openAccount('a', 100)
      const { body } = await one.do(one.charge('a', 'k', { amountMinor: 60, offer: 'o' }))
      const before = await one.house('centre:owed:EUR')
      expect((await one.do({ kind: 'closeAccount', subscriberHash: one.hash('a') })).status).toBe(200)
      const refund = await one.do(one.refund(String(body.paymentId), 'r'))
      expect(refund.body.refundStatus).toBe('denied')
      expect(await one.house('centre:owed:EUR')).toBe(before + 60)
      const owed = (await store.owed()).find(({ paymentId }) => paymentId === body.paymentId)
      expect(owed).toMatchObject({ amountMinor: 60, since: one.clock.now() })
      await booksAreRight()
    })

    test('unknown: the buyer has the money, `disputed` bears it, for good', async () => {
      const one = await trade()
      await one.openAccount('a', 100)
      const { body } = await one.do(one.charge('a', 'k', { amountMinor: 100, offer: 'o' }))
      const paymentId = String(body.paymentId)
      const evidence = one.outcome('o', 'unknown')
      const [disputed, sales] = [
        await one.house('operator:acme:disputed'),
        await one.house('operator:acme:sales'),
      ]
      expect((await one.do(one.refund(paymentId, 'r', { because: 'unknown', evidence }))).status).toBe(201)
      expect(await one.balance('a')).toMatchObject({ posted: '1.00 EUR' })
      const learnt = {
        kind: 'outcome',
        client: one.client,
        paymentId,
        evidence: one.outcome('o', 'delivered'),
      } as const
      expect((await one.do(learnt)).status).toBe(204)
      expect((await one.do(learnt)).status).toBe(204)
      expect(await one.balance('a')).toMatchObject({ posted: '1.00 EUR' })
      expect(await one.house('operator:acme:disputed')).toBe(disputed - 100)
      expect(await one.house('operator:acme:sales')).toBe(sales + 100)
      await booksAreRight()
    })

    test('delivered makes the share payable once, and then only a person can give it back', async () => {
      const one = await trade()
      await one.openAccount('a', 200)
      const payable = await one.house('operator:acme:payable')
      const { body } = await one.do(one.charge('a', 'k', { amountMinor: 100, offer: 'o' }))
      const held = await one.do(one.charge('a', 'h', { amountMinor: 100, offer: 'h' }, 'hold'))
      const { client } = one
      const paymentId = String(body.paymentId)
      const outcome = { kind: 'outcome', client, paymentId, evidence: one.outcome('o', 'delivered') } as const
      await one.do(outcome)
      await one.do(outcome)
      const evidence = one.outcome('h', 'delivered')
      await one.do({ kind: 'confirm', client, paymentId: String(held.body.paymentId), evidence })
      expect(await one.house('operator:acme:payable')).toBe(payable + 200)
      expect((await one.do(one.refund(paymentId, 'r1'))).body.code).toBe(
        'CARRIER_BILLING_REFUND.PAYMENT_NOT_ELIGIBLE_FOR_REFUND',
      )
      expect((await one.do(one.void('k', 'o'))).body.code).toBe('CARRIER_BILLING.PAYMENT_CONFIRMED')
      const failed = { ...outcome, evidence: one.outcome('o', 'failed') }
      expect((await one.do(failed)).body.code).toBe('CONCILIA.CONTRADICTION')
      expect((await one.do(one.refund(paymentId, 'r2', { because: 'closedByPerson' }))).status).toBe(201)
      expect(await one.house('operator:acme:payable')).toBe(payable + 100)
      await booksAreRight()
    })

    test('a hold that lapsed although it was delivered is learnt as the operator loss it is', async () => {
      const one = await trade()
      await one.openAccount('a', 100)
      const sales = await one.house('operator:acme:sales')
      const { body } = await one.do(one.charge('a', 'k', { amountMinor: 100, offer: 'o' }, 'hold'))
      one.clock.advance(lapseMs)
      await one.do({ kind: 'expire', paymentId: String(body.paymentId) })
      const evidence = one.outcome('o', 'delivered')
      const late = await one.do({
        kind: 'confirm',
        client: one.client,
        paymentId: String(body.paymentId),
        evidence,
      })
      expect(late.body.code).toBe('CARRIER_BILLING.PAYMENT_CANCELLED')
      expect(await one.balance('a')).toMatchObject({ posted: '1.00 EUR', held: '0.00 EUR' })
      expect(await one.house('operator:acme:sales')).toBe(sales + 100)
      await booksAreRight()
    })

    test('a wait for a code ends at its time, a hold only when the published limit is over as well', async () => {
      const one = await trade({ ...generous, validation: { waitMs: holdMs, digits: 6, tries: 3 } })
      await one.openAccount('a', 100)
      await one.openAccount('b', 100, { validateAboveMinor: 0 })
      const paid = async (who: string) => {
        const { body } = await one.do(one.charge(who, who, { amountMinor: 100, offer: who }, 'hold'))
        return String(body.paymentId)
      }
      const [held, asked] = [await paid('a'), await paid('b')]
      const endsAfter = async (ms: number) => {
        one.clock.advance(ms)
        const now = one.clock.now()
        const due = await store.due(now, now - silenceMs, 1000)
        await one.do({ kind: 'expire', paymentId: held })
        await one.do({ kind: 'expire', paymentId: asked })
        const left = [(await one.balance('a')).held, (await one.balance('b')).held]
        return [due.includes(held), due.includes(asked), ...left]
      }
      expect(await endsAfter(holdMs - 1)).toEqual([false, false, '1.00 EUR', '1.00 EUR'])
      expect(await endsAfter(1)).toEqual([false, true, '1.00 EUR', '0.00 EUR'])
      expect(await endsAfter(silenceMs - 1)).toEqual([false, false, '1.00 EUR', '0.00 EUR'])
      expect(await endsAfter(1)).toEqual([true, false, '0.00 EUR', '0.00 EUR'])
      await booksAreRight()
    })

    test('caps: per purchase, hour, day and month; what was undone is counted no longer', async () => {
      const eur = { purchaseMinor: 500, dayMinor: 800, monthMinor: 1500 }
      const caps = { purchasesPerHour: 3, currencies: { EUR: eur } }
      const validation = { waitMs: 1000, digits: 6, tries: 3 }
      const one = await trade({ caps, holdMs: 1000, silenceMs: 1000, validation })
      await one.openAccount('a', 100_00)
      let made = 0
      const buy = async (amountMinor: number) => {
        const key = `k${made++}`
        const { status, body } = await one.do(one.charge('a', key, { amountMinor, offer: key }))
        return { key, said: body.code ?? status }
      }
      const overpassed = 'CARRIER_BILLING.USER_AMOUNT_THRESHOLD_OVERPASSED'
      expect((await buy(501)).said).toBe('CARRIER_BILLING.UNAUTHORIZED_AMOUNT')
      const first = await buy(500)
      // Beyond the day's cap a code would help, beyond the others nothing.
      expect((await buy(301)).said).toBe('CONCILIA.VALIDATION_WANTED')
      await one.do(one.void(first.key, first.key))
      expect((await buy(301)).said).toBe(201)
      expect((await buy(1)).said).toBe(201)
      expect((await buy(1)).said).toBe(201)
      expect((await buy(1)).said).toBe(overpassed)
      one.clock.advance(3_600_000)
      expect((await buy(400)).said).toBe(201)
      one.clock.advance(24 * 3_600_000)
      expect((await buy(500)).said).toBe(201)
      expect((await buy(298)).said).toBe(overpassed)
      expect((await buy(297)).said).toBe(201)
      await booksAreRight()
    })

    test('an undone purchase is taken off the day and month it was made in, not off a later hour', async () => {
      const eur = { purchaseMinor: 500, dayMinor: 800, monthMinor: 1500 }
      const caps = { purchasesPerHour: 2, currencies: { EUR: eur } }
      const validation = { waitMs: 1000, digits: 6, tries: 3 }
      const one = await trade({ caps, holdMs: 1000, silenceMs: 1000, validation })
      await one.openAccount('a', 100_00)
      const buy = async (key: string, amountMinor: number) => {
        const { status, body } = await one.do(one.charge('a', key, { amountMinor, offer: key }))
        return body.code ?? status
      }
      const overpassed = 'CARRIER_BILLING.USER_AMOUNT_THRESHOLD_OVERPASSED'
      expect(await buy('first', 500)).toBe(201)
      one.clock.advance(3_600_000)
      expect([await buy('second', 100), await buy('third', 100)]).toEqual([201, 201])
      await one.do(one.void('first', 'first'))
      expect(await buy('too soon', 1)).toBe(overpassed)
      one.clock.advance(3_600_000)
      expect(await buy('fourth', 500)).toBe(201)
      expect(await buy('beyond the day', 101)).toBe('CONCILIA.VALIDATION_WANTED')
      one.clock.advance(24 * 3_600_000)
      await one.do(one.void('third', 'third'))
      expect([await buy('fifth', 500), await buy('sixth', 300)]).toEqual([201, 201])
      one.clock.advance(24 * 3_600_000)
      expect(await buy('beyond the month', 101)).toBe(overpassed)
      expect(await buy('seventh', 100)).toBe(201)
      await booksAreRight()
    })

    test('whatever is asked in whatever order, the books are right and nobody is overdrawn', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
          const one = await trade()
          await one.openAccount('0', 500)
          await one.openAccount('1', 20)
          await one.openAccount('2', 0, { kind: 'postpaid', ceilingMinor: 300 })
          await play(one, steps)
          await booksAreRight()
        }),
        { numRuns: runs },
      )
    })
  })
}

const index = fc.integer({ min: 0, max: 5 })
const step = fc.record({
  what: fc.constantFrom(
    ...([
      'debit',
      'hold',
      'confirm',
      'cancel',
      'void',
      'refund',
      'part',
      'delivered',
      'failed',
      'unknown',
    ] as const),
    ...(['wait', 'sweep', 'close', 'topUp', 'bar'] as const),
  ),
  who: fc.integer({ min: 0, max: 2 }),
  which: index,
  amountMinor: fc.integer({ min: 1, max: 200 }),
  together: fc.boolean(),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Steps said to be together are submitted without waiting for each other. */
async function play(one: Trade, steps: readonly Step[]): Promise<void> {
  const paymentIds = new Map<number, string>()
  let running: Promise<unknown>[] = []
  for (const each of steps) {
    if (!each.together) {
      await Promise.all(running)
      running = []
    }
    running.push(perform(one, each, paymentIds))
  }
  await Promise.all(running)
}

async function perform(one: Trade, step: Step, paymentIds: Map<number, string>): Promise<void> {
  const { what, which, amountMinor } = step
  const [who, offer] = [String(step.who), `o${which}`]
  const { client } = one
  const paymentId = paymentIds.get(which) ?? 'none'
  const money = { amountMinor, currency: 'EUR' as const }
  const subscriberHash = one.hash(who)
  switch (what) {
    case 'debit':
    case 'hold': {
      // Two keys for each offer, so that the second attempt is met too.
      const key = `k${which}${amountMinor % 2}`
      const { body } = await one.do(one.charge(who, key, { amountMinor, offer }, what))
      if (body.paymentId) paymentIds.set(which, String(body.paymentId))
      return
    }
    case 'confirm':
      return void (await one.do({ kind: 'confirm', client, paymentId }))
    case 'cancel':
      return void (await one.do({ kind: 'cancel', client, paymentId, because: 'failed' }))
    case 'void':
      return void (await one.do(one.void(`k${which}${amountMinor % 2}`, offer)))
    case 'refund':
      return void (await one.do(one.refund(paymentId, `r${which}${who}`, { because: 'unknown' })))
    case 'part':
      return void (await one.do(one.refund(paymentId, `r${which}${who}`, { type: 'partial', money })))
    case 'delivered':
    case 'failed':
    case 'unknown':
      return void (await one.do({ kind: 'outcome', client, paymentId, evidence: one.outcome(offer, what) }))
    case 'wait':
      return one.clock.advance(amountMinor * 200)
    case 'sweep':
      return one.sweep()
    case 'close':
      return void (await one.do({ kind: 'closeAccount', subscriberHash }))
    case 'topUp':
      return void (await one.do({ kind: 'topUp', subscriberHash, money, key: `${one.name} ${amountMinor}` }))
    case 'bar':
      return void (await one.do({ kind: 'barAccount', subscriberHash, barred: amountMinor % 2 === 0 }))
  }
}
