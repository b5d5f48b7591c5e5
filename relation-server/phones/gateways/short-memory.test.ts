// It forgets by age and by number, so that no stream of dialogues fills it.
import { expect, test } from 'vitest'
import { ShortMemory } from './short-memory.ts'

test('what is older than five minutes is forgotten', () => {
  const memory = new ShortMemory<string>()
  memory.set('a', 'one', 0)
  expect(memory.get('a', 299_999)).toBe('one')
  expect(memory.get('a', 300_000)).toBeUndefined()
})

test('beyond ten thousand the oldest go, one that was used again stays', () => {
  const memory = new ShortMemory<number>()
  for (let key = 0; key < 10_000; key++) memory.set(String(key), key, 1)
  memory.set('0', 0, 2)
  memory.set('new', 1, 3)
  expect(memory.get('0', 3)).toBe(0)
  expect(memory.get('1', 3)).toBeUndefined()
  expect(memory.get('2', 3)).toBe(2)
})
