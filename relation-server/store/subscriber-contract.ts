// What the store owes to buyers: their numbers are erased when nothing needs them any more, and what is
// counted is counted once, on all servers. Part of the store's contract.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bookOf, dialogue, put, sale, subscriber } from './contract.ts'
import type { Store, VisitRow } from './port.ts'

const dayMs = 86_400_000

const visit = (visitId: string, change: Partial<VisitRow> = {}): VisitRow => ({
  visitId,
  subscriberId: 's1',
  sealed: 'sealed',
  codeHash: 'hash',
  triesLeft: 3,
  askedAt: 10,
  provenAt: null,
  ...change,
})

export function subscriberContract(name: string, open: () => Promise<Store>): void {
  describe(`numbers in ${name}`, () => {
    let store: Store
    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store.close())

    const numbersOf = async (...ids: string[]) => {
      const rows = await Promise.all(ids.map((id) => store.subscriber(id)))
      return rows.map((row) => (row ? (row.sealed ?? 'erased') : 'gone'))
    }

    test('are erased when they are old, but not while money may still have to go back to them', async () => {
      const old = { seenAt: 10 }
      await put(store, {
        sales: [
          sale('open', { subscriberId: 'paying' }),
          sale('owed', { subscriberId: 'owed', open: false, state: 'owed', aside: 'owed' }),
          sale('paid', { subscriberId: 'paid', open: false, state: 'settled' }),
        ],
        subscribers: [
          ...['paying', 'owed', 'paid'].map((id) => subscriber(id, old)),
          subscriber('stopped', { ...old, stopped: true }),
          subscriber('young', { seenAt: 20 }),
        ],
      })
      await put(store, {
        subscribers: [subscriber('blocked', old)],
        blocked: [{ subscriberId: 'blocked', blocked: true }],
      })
      await store.prune(20, 20)
      const ids = ['paying', 'owed', 'paid', 'stopped', 'young', 'blocked']
      expect(await numbersOf(...ids)).toEqual(['sealed', 'sealed', 'gone', 'erased', 'sealed', 'erased'])
      expect(await store.subscriber('stopped')).toMatchObject({ stopped: true })
    })

    test('typed on a page and never proven are gone after a day', async () => {
      await store.addVisit(visit('never'))
      await store.addVisit(visit('proven', { provenAt: 20 }))
      await store.prune(0, 11 + dayMs)
      expect(await store.visit('never')).toBeUndefined()
      expect(await store.visit('proven')).toMatchObject({ sealed: 'sealed' })
    })

    test('are forgotten when a person says so, with visits and dialogues, unless a sale needs them', async () => {
      await put(store, {
        sales: [sale('open', { subscriberId: 's2' })],
        subscribers: [subscriber('s1'), subscriber('s2'), subscriber('s3', { stopped: true })],
      })
      await store.keepDialogue(dialogue('d'), undefined)
      await store.addVisit(visit('v'))
      await put(store, { forgotten: ['s1', 's2', 's3', 'nobody'] })
      expect(await numbersOf('s1', 's2', 's3')).toEqual(['gone', 'sealed', 'erased'])
      expect(await store.dialoguesOf('s1')).toEqual([])
      expect(await store.visit('v')).toBeUndefined()
    })

    test('stay blocked whatever else is written of them, until they are unblocked', async () => {
      await put(store, { subscribers: [subscriber('s1', { blocked: true })] })
      await put(store, { subscribers: [subscriber('s1', { language: 'fr', blocked: false })] })
      expect(await store.subscriber('s1')).toMatchObject({ language: 'fr', blocked: true })
      expect(await store.recentSubscriber('s1')).toMatchObject({ language: 'fr', blocked: true })
      await put(store, { blocked: [{ subscriberId: 's1', blocked: false }] })
      expect(await store.subscriber('s1')).toMatchObject({ blocked: false })
      expect(await store.recentSubscriber('s1')).toMatchObject({ blocked: false })
      await put(store, { blocked: [{ subscriberId: 's1', blocked: true }] })
      expect(await store.recentSubscriber('s1')).toMatchObject({ blocked: true })
      await put(store, { subscribers: [subscriber('s1', { language: 'en' })] })
      expect(await store.recentSubscriber('s1')).toMatchObject({ language: 'en', blocked: true })
    })

    test('what is counted adds up, is read by its scope, and goes when its time is over', async () => {
      await put(store, {
        tallies: [
          { scope: 'a', count: 2, until: 20 },
          { scope: 'b', count: 1, until: 10 },
        ],
      })
      await put(store, { tallies: [{ scope: 'a', count: 3, until: 20 }] })
      const { tallies } = await bookOf(store, { tallyScopes: ['a', 'c'] })
      expect(tallies).toEqual([{ scope: 'a', count: 5, until: 20 }])
      await store.prune(0, 15)
      expect(await Promise.all(['a', 'b'].map((scope) => store.tally(scope)))).toEqual([5, 0])
      const left = await bookOf(store, { tallyScopes: ['a', 'b'] })
      expect(left.tallies.map(({ scope }) => scope)).toEqual(['a'])
    })
  })
}
