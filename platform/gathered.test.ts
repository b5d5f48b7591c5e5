import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { expect, test } from 'vitest'
import { gathered, type Spacing } from './gathered.ts'

function held(spacing?: Spacing) {
  const asked: (readonly string[])[] = []
  const answers: ((error?: Error) => void)[] = []
  const ask = gathered<string>(async (keys) => {
    asked.push(keys)
    await new Promise<void>((resolve, reject) => answers.push((error) => (error ? reject(error) : resolve())))
    return new Map(keys.filter((key) => key !== 'nothing').map((key) => [key, `${key}!`]))
  }, spacing)
  const until = async (count: number) => {
    while (answers.length < count) await Promise.resolve()
    return answers.at(-1)
  }
  return { ask, asked, until }
}

test('what is asked while an answer is under way goes together in the next', async () => {
  const { ask, asked, until } = held()
  const first = ask('a')
  const answerFirst = await until(1)
  const others = Promise.all([ask('b'), ask('nothing'), ask('b')])
  expect(asked).toEqual([['a']])
  answerFirst?.()
  expect(await first).toBe('a!')
  const answerOthers = await until(2)
  expect(asked).toEqual([['a'], ['b', 'nothing']])
  answerOthers?.()
  expect(await others).toEqual(['b!', undefined, 'b!'])
})

test('who asks while the same key is under way is told what is so later', async () => {
  const { ask, asked, until } = held()
  const first = ask('a')
  const answerFirst = await until(1)
  const second = ask('a')
  answerFirst?.()
  await first
  ;(await until(2))?.()
  await second
  expect(asked).toEqual([['a'], ['a']])
})

test('a failure is that of those who asked, and nobody else', async () => {
  const { ask, until } = held()
  const first = ask('a')
  const answerFirst = await until(1)
  const second = ask('b')
  answerFirst?.(new Error('away'))
  await expect(first).rejects.toThrow('away')
  ;(await until(2))?.()
  expect(await second).toBe('b!')
})

test('with a spacing, who asks alone is asked for at once, and who asks in a flood goes with others', async () => {
  const clock = new ManualClock()
  const { ask, asked, until } = held({ clock, ms: 6 })
  const flood = Promise.all([ask('a'), ask('b')])
  ;(await until(1))?.()
  await flood
  clock.advance(2)
  const others = Promise.all([ask('c'), ask('d')])
  await Promise.resolve()
  clock.advance(3)
  const last = ask('e')
  expect(asked).toEqual([['a', 'b']])
  clock.advance(1)
  ;(await until(2))?.()
  expect([await others, await last]).toEqual([['c!', 'd!'], 'e!'])
  clock.advance(6)
  for (const [count, key] of [
    [3, 'f'],
    [4, 'g'],
  ] as const) {
    const alone = ask(key)
    ;(await until(count))?.()
    await alone
  }
  expect(asked).toEqual([['a', 'b'], ['c', 'd', 'e'], ['f'], ['g']])
})
