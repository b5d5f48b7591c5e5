// What the store does with calls and wrong codes, as a suite over an implementation.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bookOf, put } from './contract.ts'
import type { CallRow, Store } from './port.ts'

const call = (callId: string, change: Partial<CallRow> = {}): CallRow => ({
  callId,
  service: 'voix',
  language: 'fr',
  state: 'good',
  amountMinor: 150,
  currency: 'EUR',
  sellerShareBps: 6000,
  triesLeft: 3,
  automatonId: 'm1',
  voucherId: `voucher of ${callId}`,
  subscriberId: 's1',
  codeTurn: 0,
  saleId: null,
  direct: false,
  goodUntil: 5000,
  honouredUntil: 6000,
  at: 1000,
  dueAt: 5000,
  ...change,
})

export function callContract(name: string, open: () => Promise<Store>): void {
  describe(`calls in ${name}`, () => {
    let store: Store
    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store.close())

    test('a batch reads those it names, and the live ones of the machines it asks about', async () => {
      const early = call('c1', { automatonId: null, state: 'asking', voucherId: null, subscriberId: null })
      const over = call('c4', { state: 'over', dueAt: null })
      await put(store, { calls: [early, call('c2'), call('c3', { automatonId: 'm2' }), over] })
      const { calls } = await bookOf(store, { voice: { callIds: ['c1', 'c4'], callsAt: ['m1'], hour: 1 } })
      expect(calls.map(({ callId }) => callId).sort()).toEqual(['c1', 'c2', 'c4'])
      expect(calls.find(({ callId }) => callId === 'c1')).toEqual(early)
      expect((await bookOf(store, {})).calls).toEqual([])
      expect(await store.call('c4')).toEqual(over)
      expect(await store.call('c5')).toBeUndefined()
    })

    test('the end of a sale changes one that was not read', async () => {
      await put(store, { calls: [call('c1', { state: 'bound', saleId: 'sale', dueAt: null }), call('c2')] })
      const end = { callId: 'c1', state: 'good', goodUntil: 7000, honouredUntil: 9000, dueAt: 7000 } as const
      await put(store, { callEnds: [end] })
      expect(await store.call('c1')).toEqual(call('c1', { ...end, saleId: null }))
      expect(await store.call('c2')).toEqual(call('c2'))
    })

    test('wrong codes of an hour are added up, machine by machine', async () => {
      const typed = (automatonId: string, hour: number, count: number) => ({ automatonId, hour, count })
      await put(store, { wrongCodes: [typed('m1', 7, 1), typed('m2', 7, 2)] })
      await put(store, { wrongCodes: [typed('m1', 7, 1), typed('m1', 8, 5)] })
      const { wrongCodes } = await bookOf(store, { voice: { callIds: [], callsAt: ['m1'], hour: 7 } })
      expect([...wrongCodes].sort((a, b) => (a.automatonId < b.automatonId ? -1 : 1))).toEqual([
        typed('m1', 7, 2),
        typed('m2', 7, 2),
      ])
    })

    test('what is due, and what is forgotten', async () => {
      await put(store, {
        calls: [
          call('c1', { automatonId: null, dueAt: 10 }),
          call('c2', { dueAt: 40 }),
          call('c3', { state: 'used', dueAt: null }),
        ],
        wrongCodes: [{ hour: 0, automatonId: 'm1', count: 1 }],
      })
      const none = { saleId: null, identificationId: null }
      expect(await store.due(30, 10)).toEqual([{ ...none, automatonId: null, callId: 'c1', dueAt: 10 }])
      expect(await store.nextDue(10)).toBe(10)
      await store.prune(2 * 3_600_000, 2 * 3_600_000)
      expect([await store.call('c1'), await store.call('c3')]).toEqual([expect.anything(), undefined])
      const { wrongCodes } = await bookOf(store, { voice: { callIds: [], callsAt: ['m1'], hour: 0 } })
      expect(wrongCodes).toEqual([])
    })
  })
}
