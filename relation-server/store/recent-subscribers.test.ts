// What is remembered of who was heard, against commits that come in between and time that passes.
import { expect, test } from 'vitest'
import { subscriber } from './contract.ts'
import { noWrites, type SubscriberRow } from './port.ts'
import { RecentSubscribers, recentMs } from './recent-subscribers.ts'

const begun = () => {
  let at = 0
  const recent = new RecentSubscribers(() => at)
  const pass = (ms: number) => {
    at += ms
  }
  return { recent, pass, read: (...rows: SubscriberRow[]) => recent.learn(async () => rows) }
}

test('a row that was read is known for a few seconds', async () => {
  const { recent, pass, read } = begun()
  expect(recent.find('s1')).toBeUndefined()
  await read(subscriber('s1'))
  pass(recentMs - 1)
  expect(recent.find('s1')).toEqual(subscriber('s1'))
  pass(1)
  expect(recent.find('s1')).toBeUndefined()
})

test.each([
  { subscribers: [subscriber('s1', { stopped: true })] },
  { blocked: [{ subscriberId: 's1', blocked: true }] },
  { forgotten: ['s1'] },
])('what a commit changes is read again, and a read that began before it is too old: %o', async (change) => {
  const { recent, pass, read } = begun()
  await read(subscriber('s1'), subscriber('s2'))
  const { promise, resolve } = Promise.withResolvers<SubscriberRow[]>()
  const overtaken = recent.learn(() => promise)
  pass(1)
  recent.committed({ ...noWrites, ...change })
  resolve([subscriber('s1'), subscriber('s2')])
  await overtaken
  expect(recent.find('s1')).toBeUndefined()
  expect(recent.find('s2')).toEqual(subscriber('s2'))
  pass(1)
  await read(subscriber('s1', { stopped: true }))
  expect(recent.find('s1')).toMatchObject({ stopped: true })
})

test('of very many the first ones are forgotten', async () => {
  const { recent, read } = begun()
  const ids = Array.from({ length: 1001 }, (_, index) => `s${index}`)
  await read(...ids.map((id) => subscriber(id)))
  expect(ids.filter((id) => !recent.find(id))).toEqual(['s0'])
})
