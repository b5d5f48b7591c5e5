// What goes into one commit: a burst whole, and of an endless one what a few turns bring.
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { expect, test } from 'vitest'
import { Engine } from './engine.ts'
import { MemoryStore } from './store/memory-store.ts'
import { generous, seededRandom, Trade } from './trade.ts'

/** Submits a seller, and at each turn another, until so many came. @returns how many each commit holds */
async function commitsOf(burst: number): Promise<number[]> {
  const store = new MemoryStore()
  const commitBatch = store.commitBatch.bind(store)
  const sizes: number[] = []
  store.commitBatch = (wants, decide) =>
    commitBatch(wants, (rows) => {
      const decided = decide(rows)
      sizes.push(decided.change.sellers?.length ?? 0)
      return decided
    })
  const { secrets, signer } = new Trade(store, 'burst')
  const answers: Promise<unknown>[] = []
  const submitNext = () => {
    const registration = { id: `seller-${answers.length}`, name: 'Acme Vending' }
    answers.push(engine.submit({ kind: 'registerSeller', registration }))
  }
  const engine: Engine = new Engine({
    store,
    clock: new ManualClock(),
    random: seededRandom('burst'),
    secrets,
    signer,
    settings: generous,
    longestQueue: 100,
    tell: () => {},
    sendText: () => {},
    nextTurn: async () => {
      await Promise.resolve()
      if (answers.length < burst) submitNext()
    },
  })
  submitNext()
  await engine.idle()
  await Promise.all(answers)
  return sizes
}

test('a request that comes alone is committed at once, a burst together', async () => {
  expect(await commitsOf(1)).toEqual([1])
  expect(await commitsOf(5)).toEqual([5])
})

test('nobody waits longer than eight turns for others', async () => {
  expect(await commitsOf(20)).toEqual([9])
})
