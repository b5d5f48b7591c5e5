// The database as its clients meet it: locks from read to commit, transactions that are lost, commits of
// which nobody knows whether they happened.
import { expect, test } from 'vitest'
import { Database } from './database.ts'
import { SeededRandom } from './seeded-random.ts'
import { SimulatedProcess } from './simulated-process.ts'
import { Timeline } from './timeline.ts'

function database(doubt = 0) {
  const timeline = new Timeline(1_000_000)
  const server = new Database(timeline, new SeededRandom('database'), () => doubt)
  const client = () => new SimulatedProcess('client', timeline, { offsetMs: 0, rate: 1 }, () => {})
  const written: string[] = []
  /** One that writes its name, and says what it had locked. */
  const commit = (process: SimulatedProcess, name: string, locks: string[], deciding = () => {}) =>
    settled(
      server.transaction(
        process,
        locks,
        (locked) => locked,
        (locked) => {
          deciding()
          return { writes: name, result: locked }
        },
        (writes) => written.push(writes),
      ),
    )
  return { timeline, server, client, written, commit }
}

/** What a promise has come to by now. */
function settled<T>(promise: Promise<T>) {
  const outcome: { value?: T; error?: unknown } = {}
  promise.then(
    (value) => {
      outcome.value = value
    },
    (error: unknown) => {
      outcome.error = error
    },
  )
  return outcome
}

const away = expect.objectContaining({ code: 'database-away', retry: true })

test('a question and its answer travel', async () => {
  const { timeline, server, client } = database()
  const asked = settled(server.ask(client(), () => server.now()))
  expect(asked).toEqual({})
  await timeline.run(100)
  expect(asked.value).toBeGreaterThan(1_000_000)
})

test('what is locked is left out for others until the commit', async () => {
  const { timeline, client, written, commit } = database()
  const process = client()
  process.stop(100)
  const first = commit(process, 'first', ['a', 'b'])
  await timeline.run(50)
  const second = commit(client(), 'second', ['b', 'c'])
  await timeline.run(99)
  expect([second.value, written]).toEqual([['c'], ['second']])
  await timeline.run(500)
  expect([first.value, written]).toEqual([
    ['a', 'b'],
    ['second', 'first'],
  ])
  const third = commit(client(), 'third', ['b'])
  await timeline.run(600)
  expect(third.value).toEqual(['b'])
})

test('a transaction that idles for two seconds is lost with its locks, and nothing of it is written', async () => {
  const { timeline, client, written, commit } = database()
  const process = client()
  process.stop(3_000)
  const idle = commit(process, 'idle', ['a'])
  await timeline.run(2_500)
  const next = commit(client(), 'next', ['a'])
  await timeline.run(5_000)
  expect([idle.error, next.value, written]).toEqual([away, ['a'], ['next']])
})

test('the locks of a process that is killed are free soon after', async () => {
  const { timeline, client, written, commit } = database()
  const process = client()
  const killed = commit(process, 'killed', ['a'], () => process.kill())
  await timeline.run(100)
  const next = commit(client(), 'next', ['a'])
  await timeline.run(200)
  expect([killed, next.value, written]).toEqual([{}, ['a'], ['next']])
})

test('a decision that throws writes nothing, and its error comes back', async () => {
  const { timeline, client, written, commit } = database()
  const error = new Error('not like this')
  const thrown = commit(client(), 'thrown', ['a'], () => {
    throw error
  })
  await timeline.run(100)
  const next = commit(client(), 'next', ['a'])
  await timeline.run(200)
  expect([thrown.error, next.value, written]).toEqual([error, ['a'], ['next']])
})

test('a transaction whose rows cannot be read is refused, and its locks are free', async () => {
  const { timeline, server, client, commit } = database()
  const error = new Error('cannot be read')
  const read = () => {
    throw error
  }
  const decide = () => ({ writes: '', result: '' })
  const refused = settled(server.transaction(client(), ['a'], read, decide, () => {}))
  await timeline.run(100)
  const next = commit(client(), 'next', ['a'])
  await timeline.run(200)
  expect([refused.error, next.value]).toEqual([error, ['a']])
})

test('while it is down it refuses, and what was open when it fell is lost', async () => {
  const { timeline, server, client, written, commit } = database()
  const open = commit(client(), 'open', ['a'], () => server.fall(100))
  await timeline.run(50)
  const asked = settled(server.ask(client(), () => 'answer'))
  await timeline.run(90)
  expect([open.error, asked.error, written]).toEqual([away, away, []])
  await timeline.run(1_000)
  const next = commit(client(), 'next', ['a'])
  await timeline.run(2_000)
  expect(next.value).toEqual(['a'])
})

test('of the commits in doubt about half have happened, and nobody is told which', async () => {
  const { timeline, client, written, commit } = database(1)
  const process = client()
  const names = Array.from({ length: 200 }, (_, index) => `commit ${index}`)
  const all = names.map((name) => commit(process, name, [name]))
  await timeline.run(10_000)
  expect(all.map(({ error }) => error)).toEqual(names.map(() => away))
  expect(written.length).toBeGreaterThan(70)
  expect(written.length).toBeLessThan(130)
})

test('a commit whose process ended after it had left happens all the same', async () => {
  const { timeline, client, written, commit } = database()
  const process = client()
  const answered = commit(process, 'left', ['a'])
  while (written.length === 0) await timeline.run(timeline.monotonic() + 1)
  process.kill()
  await timeline.run(1_000)
  expect([answered, written]).toEqual([{}, ['left']])
})
