import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { expect, test } from 'vitest'
import { DatabaseClock } from './database-clock.ts'

const day = 86_400_000

async function started(newest?: (now: number) => number) {
  const own = new ManualClock()
  let beginsAt = Date.UTC(2031, 5, 1)
  const database = {
    now: () => beginsAt + own.monotonic(),
    setNow: (now: number) => {
      beginsAt = now - own.monotonic()
    },
  }
  const jumps: number[] = []
  let isAway = false
  const clock = await DatabaseClock.start({
    own,
    newest: async () => newest?.(database.now()),
    ask: async () => {
      if (isAway) throw new Error('away')
      return database.now()
    },
    jumped: (byMs) => jumps.push(byMs),
  })
  const setAway = (is: boolean) => {
    isAway = is
  }
  const pass = (ms: number) => own.advanceAsync(ms)
  return { own, database, clock, jumps, pass, away: setAway }
}

test('it says the time of the database, whatever is done to its own clock', async () => {
  const { own, database, clock, jumps, pass } = await started()
  expect(clock.now()).toBe(database.now())
  own.setNow(own.now() - day)
  await pass(30_000)
  expect(clock.now()).toBe(database.now())
  await pass(300_000)
  expect(clock.now()).toBe(database.now())
  expect(jumps).toEqual([])
})

test('a database whose clock was set is followed within a minute, and that is told', async () => {
  const { database, clock, jumps, pass } = await started()
  database.setNow(database.now() + 5_000)
  await pass(61_000)
  expect(clock.now()).toBe(database.now())
  expect(jumps).toEqual([5_000])
})

test('a database that is away is looked at again; until then time goes on by itself', async () => {
  const { database, clock, jumps, pass, away } = await started()
  away(true)
  await pass(500_000)
  expect(clock.now()).toBe(database.now())
  away(false)
  database.setNow(database.now() - 9_000)
  await pass(61_000)
  expect(jumps).toEqual([-9_000])
})

test('a database whose clock was set back is not followed: time goes on, and that is told once', async () => {
  const { database, clock, jumps, pass } = await started()
  const before = clock.now()
  database.setNow(database.now() - day)
  await pass(300_000)
  expect(clock.now()).toBe(before + 300_000)
  expect(jumps).toEqual([-day])
  database.setNow(database.now() + day)
  await pass(61_000)
  expect(clock.now()).toBe(database.now())
  database.setNow(database.now() - 5_000)
  await pass(61_000)
  expect(jumps).toEqual([-day, -5_000])
})

test('it does not begin before the newest moment in the books', async () => {
  const ahead = await started((now) => now + day)
  expect(ahead.clock.now()).toBe(ahead.database.now() + day)
  expect(ahead.jumps).toEqual([-day])
  await ahead.pass(61_000)
  expect(ahead.clock.now()).toBe(ahead.database.now() + day)
  const behind = await started((now) => now - day)
  expect([behind.clock.now(), behind.jumps]).toEqual([behind.database.now(), []])
})

test('once it is stopped it asks no more', async () => {
  const { own, clock } = await started()
  clock.stop()
  expect(own.pending).toBe(0)
})
