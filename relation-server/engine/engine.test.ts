// How an engine stops that cannot write.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { expect, test } from 'vitest'
import { MemoryStore } from '../store/memory-store.ts'
import { Scenario } from './scenario.ts'

const away = new OperatingError({
  code: 'database-away',
  message: 'The database does not answer.',
  advice: 'Wait.',
  retry: true,
})

/** From now on every commit fails, a turn of the event loop later. @returns how many did */
function losesDatabase(store: MemoryStore): () => number {
  let commits = 0
  store.commitBatch = async () => {
    commits++
    await new Promise((turned) => setImmediate(turned))
    throw away
  }
  return () => commits
}

test('without its database it stops at once, and what it had performed stays in the outbox', async () => {
  const store = new MemoryStore()
  const { engine } = await Scenario.open({ store })
  const commits = losesDatabase(store)
  engine.performed('a row')
  await engine.stop()
  expect(commits()).toBe(1)
})

test('nor does it keep the due watch, whose deadlines it cannot store', async () => {
  const store = new MemoryStore()
  const scenario = await Scenario.open({ store })
  const machine = await scenario.machine()
  const { dueAt } = await scenario.saleRow(await machine.offer())
  const commits = losesDatabase(store)
  await scenario.pass((dueAt ?? 0) - scenario.clock.now() + 1000)
  expect(commits()).toBeGreaterThan(0)
  await scenario.close()
})
