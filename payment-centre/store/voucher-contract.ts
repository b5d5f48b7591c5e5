// What a voucher may come to, as a suite over the store: a call that is paid or not, a purchase that is made
// or fails, a code that is forgotten; and that whatever comes in whatever order, money is where it belongs.
import type { Acknowledgement } from '@concilia/protocol/promises.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { automaton, Trade } from '../trade.ts'
import type { CentreStore } from './port.ts'

let opened = 0

export function voucherContract(open: () => Promise<CentreStore>, runs: number): void {
  describe('vouchers', () => {
    let store: CentreStore | undefined
    const trade = async () => {
      store ??= await open()
      return await new Trade(store, `vouchers-${runs}-${++opened}`).open()
    }
    const right = async () => expect((await store?.check())?.faults).toEqual([])
    /** What the step changes on the house accounts. */
    const moved = async (one: Trade, step: () => Promise<unknown>) => {
      const look = () => Promise.all(Object.values(accounts).map((id) => one.house(id)))
      const before = await look()
      await step()
      const after = await look()
      await right()
      const all = Object.keys(accounts).map((name, at) => [name, (after[at] ?? 0) - (before[at] ?? 0)])
      return Object.fromEntries(all.filter(([, minor]) => minor !== 0))
    }
    const read = (one: Trade, key: string) =>
      one.do({ kind: 'voucherRead', client: one.client, subscriberHash: one.voucherHash(key) })
    const voided = (one: Trade, key: string) =>
      one.do({ kind: 'void', client: one.client, key: one.voucherId(key), referenceCode: `call ${key}` })

    /** The centre's own word on a payment that it has lost with its database. */
    const again = (one: Trade, of: string, lost: Partial<Acknowledgement> = {}) => {
      const payload = {
        ...{ offerHash: one.offerHash('lost'), amountMinor: 100, currency: 'EUR', seller: 'acme' },
        ...{ paymentId: `2f1f7ee2-9b32-4c5e-8f0a-${String(++opened).padStart(12, '0')}` },
        ...{ charge: 'debit', at: 0 },
        ...lost,
      } as const satisfies Acknowledgement
      const acknowledgement = { ok: true, by: automaton, payload } as const
      const subscriberHash = one.voucherHash(of)
      const asked = { client: one.client, key: 'lost-payment', referenceCode: 'sale lost', subscriberHash }
      return { payload, command: { kind: 'repost', ...asked, token: 'token', acknowledgement } as const }
    }

    test('read, typed, delivered: the seller has its part, the rest is the revenue of the calls', async () => {
      const one = await trade()
      const made = await one.do(one.voucher('v', 100))
      expect(made).toMatchObject({ status: 201, body: { voucherId: one.voucherId('v') } })
      expect(await one.do(one.voucher('v', 100))).toEqual(made)
      expect(await moved(one, () => read(one, 'v'))).toEqual({ calls: -100 })
      expect(await moved(one, () => read(one, 'v'))).toEqual({})
      const charge = one.chargeVoucher('k', 'v', { amountMinor: 100, offer: 'o' })
      expect(await moved(one, () => one.do(charge))).toEqual({ unsettled: 100 })
      const { body } = await one.do(charge)
      const outcome = { kind: 'outcome', client: one.client, paymentId: String(body.paymentId) } as const
      const delivered = await moved(one, () =>
        one.do({ ...outcome, evidence: one.outcome('o', 'delivered') }),
      )
      expect(delivered).toEqual({ unsettled: -100, payable: 66, revenue: 34 })
      const back = one.refund(String(body.paymentId), 'r', { because: 'closedByPerson' })
      expect(await moved(one, () => one.do(back))).toEqual({ payable: -66, revenue: -34 })
    })

    test('typed before anybody said that it was read: that proves it', async () => {
      const one = await trade()
      await one.do(one.voucher('v', 100))
      const charge = one.chargeVoucher('k', 'v', { amountMinor: 100, offer: 'o' }, 'hold')
      expect(await moved(one, () => one.do(charge))).toEqual({ calls: -100 })
      expect((await read(one, 'v')).status).toBe(204)
      expect((await voided(one, 'v')).body.code).toBe('CARRIER_BILLING.PAYMENT_CONFIRMED')
      await right()
    })

    test.each(['debit', 'hold'] as const)(
      'a %s that fails: the same code is good again, and lives anew',
      async (mode) => {
        const one = await trade()
        await one.do(one.voucher('v', 100, 60_000))
        await read(one, 'v')
        const { body } = await one.do(one.chargeVoucher('k', 'v', { amountMinor: 100, offer: 'o' }, mode))
        // Its own time passes while it is spent.
        one.clock.advance(30_000)
        const paymentId = String(body.paymentId)
        if (mode === 'hold') await one.do({ kind: 'cancel', client: one.client, paymentId })
        else await one.do(one.refund(paymentId, 'r'))
        one.clock.advance(50_000)
        await one.sweep()
        await right()
        const again = await one.do(one.chargeVoucher('k2', 'v', { amountMinor: 100, offer: 'o2' }))
        expect(again.status).toBe(201)
        expect((await one.do(one.void('k2', 'o2'))).body.result).toBe('reversed')
        expect(
          await moved(one, async () => one.clock.advance(60_000)).then(() => moved(one, () => one.sweep())),
        ).toEqual({
          unclaimed: 100,
        })
      },
    )

    test('a call that ends before its code was read is unpaid; in doubt it is never made', async () => {
      const one = await trade()
      await one.do(one.voucher('v', 100))
      expect(await moved(one, () => voided(one, 'v'))).toEqual({})
      expect((await voided(one, 'v')).body.result).toBe('reversed')
      expect((await read(one, 'v')).body.code).toBe('CARRIER_BILLING.PAYMENT_CANCELLED')
      const charge = one.chargeVoucher('k', 'v', { amountMinor: 100, offer: 'o' })
      expect((await one.do(charge)).body.code).toBe('SERVICE_NOT_APPLICABLE')
      expect((await one.do(one.voucher('v', 100))).body.code).toBe('CONCILIA.VOIDED')
      expect((await voided(one, 'w')).body.result).toBe('tombstone')
      expect((await one.do(one.voucher('w', 100))).body.code).toBe('CONCILIA.VOIDED')
      expect((await one.do({ ...one.voucher('x', 100), bodyHash: 'x' })).status).toBe(201)
      const other = {
        kind: 'void',
        client: one.client,
        key: one.voucherId('x'),
        referenceCode: 'another',
      } as const
      expect((await one.do(other)).body.code).toBe('CONCILIA.CONTRADICTION')
      await right()
    })

    test('lapsed: unread it was nobody’s money, read it is a liability, and so if that is learnt later', async () => {
      const one = await trade()
      await one.do(one.voucher('unread', 100, 60_000))
      await one.do(one.voucher('read', 70, 60_000))
      await read(one, 'read')
      one.clock.advance(59_999)
      expect(await moved(one, () => one.sweep())).toEqual({})
      one.clock.advance(1)
      expect(await moved(one, () => one.sweep())).toEqual({ unclaimed: 70 })
      expect(await moved(one, () => one.sweep())).toEqual({})
      expect(await moved(one, () => read(one, 'unread'))).toEqual({ calls: -100, unclaimed: 100 })
      for (const key of ['unread', 'read']) {
        const charge = one.chargeVoucher(`k${key}`, key, {
          amountMinor: key === 'read' ? 70 : 100,
          offer: key,
        })
        expect((await one.do(charge)).body.code).toBe('SERVICE_NOT_APPLICABLE')
      }
    })

    test('bound: to its amount, its machine, its seller’s client, its time, one purchase', async () => {
      const one = await trade()
      await one.do(one.voucher('v', 100, 60_000))
      const charge = one.chargeVoucher('k', 'v', { amountMinor: 99, offer: 'o' })
      expect((await one.do(charge)).body.code).toBe('CARRIER_BILLING.UNAUTHORIZED_AMOUNT')
      await one.do({ ...one.voucher('w', 100), automatonId: 'automaton-2' })
      const elsewhere = one.chargeVoucher('k1', 'w', { amountMinor: 100, offer: 'o' })
      expect((await one.do(elsewhere)).body.code).toBe('SERVICE_NOT_APPLICABLE')
      const first = one.chargeVoucher('k2', 'v', { amountMinor: 100, offer: 'o' })
      const second = one.chargeVoucher('k3', 'v', { amountMinor: 100, offer: 'o3' })
      const answers = await Promise.all([one.do(first), one.do(second)])
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 403])
      await right()
    })

    test('only a registered voice client makes them, within its day, and nothing nobody may cost', async () => {
      const one = await trade()
      const registration = { id: one.client, secretHash: '', scopes: [], sellers: ['acme'] }
      await one.do({ kind: 'registerClient', registration: { ...registration, voucherDayCeilingMinor: 150 } })
      expect((await one.do(one.voucher('v', 100))).status).toBe(201)
      expect((await one.do(one.voucher('w', 51))).body.code).toBe('PERMISSION_DENIED')
      expect((await one.do(one.voucher('x', 100_001))).body.code).toBe('PERMISSION_DENIED')
      await one.do({ kind: 'registerClient', registration })
      expect((await one.do(one.voucher('y', 1))).body.code).toBe('PERMISSION_DENIED')
      await one.do({
        kind: 'registerClient',
        registration: { ...registration, voucherDayCeilingMinor: 1_000_000_000 },
      })
      expect((await one.do(one.voucher('z', 100_001))).body.code).toBe('CARRIER_BILLING.UNAUTHORIZED_AMOUNT')
    })

    test.each([true, false])(
      'restored: what its voucher had lapsed to (read: %s) is not paid again when the sale fails',
      async (isRead) => {
        const one = await trade()
        await one.do(one.voucher('v', 100, 60_000))
        if (isRead) await read(one, 'v')
        one.clock.advance(60_000)
        await one.sweep()
        const { payload, command } = again(one, 'v')
        expect(await moved(one, () => one.do(command))).toEqual({ unsettled: 100 })
        const back = one.refund(payload.paymentId, 'r')
        expect(await moved(one, () => one.do(back))).toEqual({ unsettled: -100 })
        one.clock.advance(60_000)
        expect(await moved(one, () => one.sweep())).toEqual({})
      },
    )

    test('restored: of a voucher’s payment the seller has its part, and no more', async () => {
      const one = await trade()
      await one.do(one.voucher('v', 100))
      const { payload, command } = again(one, 'v')
      expect(await moved(one, () => one.do(command))).toEqual({ calls: -100, unsettled: 100 })
      const outcome = { kind: 'outcome', client: one.client, paymentId: payload.paymentId } as const
      const evidence = one.outcome('lost', 'delivered')
      const delivered = await moved(one, () => one.do({ ...outcome, evidence }))
      expect(delivered).toEqual({ unsettled: -100, payable: 66, revenue: 34 })
    })

    test('restored: a hold whose time is over does not keep its voucher from lapsing', async () => {
      const one = await trade()
      await one.do(one.voucher('v', 100, 60_000))
      await read(one, 'v')
      one.clock.advance(50_000)
      const { command } = again(one, 'v', { charge: 'hold', honouredUntil: 10_000 })
      expect(await moved(one, () => one.do(command))).toEqual({})
      one.clock.advance(10_000)
      expect(await moved(one, () => one.sweep())).toEqual({ unclaimed: 100 })
    })

    test('of another client: nobody else undoes it, whatever they ask for under its name', async () => {
      const one = await trade()
      await one.do(one.voucher('v', 100))
      const other = `${one.client}-other`
      const rights = { secretHash: '', scopes: [], sellers: ['acme'], voucherDayCeilingMinor: 1_000_000 }
      await one.do({ kind: 'registerClient', registration: { id: other, ...rights } })
      expect((await one.do({ ...one.voucher('v', 100), client: other })).body.code).toBe('ALREADY_EXISTS')
      const theirs = {
        kind: 'void',
        client: other,
        key: one.voucherId('v'),
        referenceCode: 'call v',
      } as const
      expect((await one.do(theirs)).body.result).toBe('tombstone')
      const charge = one.chargeVoucher('k', 'v', { amountMinor: 100, offer: 'o' })
      expect((await one.do(charge)).status).toBe(201)
      await right()
    })

    test('no account of a person’s: it is neither topped up nor paid out, nor opened by hand', async () => {
      const one = await trade()
      await one.do(one.voucher('v', 100))
      await read(one, 'v')
      const subscriberHash = one.voucherHash('v')
      const money = { amountMinor: 50, currency: 'EUR' } as const
      const added = { kind: 'topUp', subscriberHash, money, key: one.voucherId('v') } as const
      expect((await one.do(added)).body.code).toBe('SERVICE_NOT_APPLICABLE')
      const closed = await one.do({ kind: 'closeAccount', subscriberHash })
      expect(closed.body.code).toBe('SERVICE_NOT_APPLICABLE')
      const account = { kind: 'prepaid', currency: 'EUR', ceilingMinor: 0 } as const
      const subscriber = { realm: 'voucher', key: one.voucherId('w') }
      const made = await one.do({ kind: 'openAccount', subscriber, account, balanceMinor: 0 })
      expect(made.body.code).toBe('SERVICE_NOT_APPLICABLE')
      await right()
    })

    test('whatever comes in whatever order, the books are right and each call is in one place', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 50 }), async (steps) => {
          const one = await trade()
          const ids = new Map<string, string>()
          for (const each of steps) await perform(one, each, ids)
          await right()
        }),
        { numRuns: runs },
      )
    })
  })
}

const accounts = {
  calls: 'centre:voice:voix:calls:EUR',
  revenue: 'centre:voice:voix:revenue:EUR',
  unclaimed: 'centre:unclaimed:EUR',
  unsettled: 'operator:acme:unsettled:EUR',
  payable: 'operator:acme:payable:EUR',
} as const

const step = fc.record({
  what: fc.constantFrom(
    ...(['make', 'make', 'read', 'undo', 'debit', 'debit', 'hold', 'void', 'refund', 'part'] as const),
    ...(['cancel', 'confirm', 'delivered', 'failed', 'wait', 'sweep'] as const),
  ),
  voucher: fc.integer({ min: 0, max: 1 }),
  offer: fc.integer({ min: 0, max: 2 }),
  minor: fc.integer({ min: 1, max: 150 }),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

async function perform(one: Trade, { what, voucher, offer, minor }: Step, ids: Map<string, string>) {
  const [of, named] = [`v${voucher}`, `o${offer}`]
  const { client } = one
  const paymentId = ids.get(named) ?? 'none'
  const because = minor % 3 === 0 ? ('closedByPerson' as const) : ('failed' as const)
  switch (what) {
    case 'make':
      return void (await one.do(one.voucher(of, 100, 60_000)))
    case 'read':
      return void (await one.do({ kind: 'voucherRead', client, subscriberHash: one.voucherHash(of) }))
    case 'undo': {
      const key = one.voucherId(of)
      return void (await one.do({ kind: 'void', client, key, referenceCode: `call ${of}` }))
    }
    case 'debit':
    case 'hold': {
      const offered = { amountMinor: minor < 120 ? 100 : minor, offer: named }
      const { body } = await one.do(one.chargeVoucher(`k${offer}${minor % 2}`, of, offered, what))
      if (body.paymentId) ids.set(named, String(body.paymentId))
      return
    }
    case 'void':
      return void (await one.do(one.void(`k${offer}${minor % 2}`, named)))
    case 'refund':
      return void (await one.do(one.refund(paymentId, `r${offer}${because}`, { because })))
    case 'part': {
      const money = { amountMinor: minor, currency: 'EUR' as const }
      return void (await one.do(
        one.refund(paymentId, `p${offer}${minor}`, { type: 'partial', money, because }),
      ))
    }
    case 'cancel':
      return void (await one.do({ kind: 'cancel', client, paymentId }))
    case 'confirm':
      return void (await one.do({ kind: 'confirm', client, paymentId }))
    case 'delivered':
    case 'failed':
      return void (await one.do({ kind: 'outcome', client, paymentId, evidence: one.outcome(named, what) }))
    case 'wait':
      return one.clock.advance(minor * 500)
    case 'sweep':
      return await one.sweep()
  }
}
