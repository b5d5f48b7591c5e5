import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { expect, test } from 'vitest'
import { AccessToken, type Fetched } from './access-token.ts'

/** A source of `token-1`, `token-2` ... that each live 100 s; `hold` lets the test answer by itself. */
function source() {
  const clock = new ManualClock()
  const asked: ((fetched: Fetched<string>) => void)[] = []
  const token = new AccessToken<string>(clock, () => new Promise((resolve) => asked.push(resolve)))
  const answer = (fetched?: Fetched<string>) =>
    asked.at(-1)?.(fetched ?? { kind: 'token', value: `token-${asked.length}`, livesMs: 100_000 })
  return { clock, token, asked, answer }
}

const value = async (fetched: Promise<Fetched<string>>) => {
  const result = await fetched
  return result.kind === 'token' ? result.value : result.refusal
}

test('one fetch serves everybody who asks meanwhile and afterwards', async () => {
  const { token, asked, answer } = source()
  const waiting = [token.current(), token.current(), token.current()]
  answer()
  expect(await Promise.all(waiting.map(value))).toEqual(['token-1', 'token-1', 'token-1'])
  expect(await value(token.current())).toBe('token-1')
  expect(asked).toHaveLength(1)
})

test('is renewed in the background before it ends, and used until then', async () => {
  const { clock, token, asked, answer } = source()
  const first = token.current()
  answer()
  await first
  clock.advance(79_000)
  expect(await value(token.current())).toBe('token-1')
  expect(asked).toHaveLength(1)
  clock.advance(2_000)
  expect(await value(token.current())).toBe('token-1')
  expect(await value(token.current())).toBe('token-1')
  expect(asked).toHaveLength(2)
  answer()
  await Promise.resolve()
  clock.advance(20_000)
  expect(await value(token.current())).toBe('token-2')
  expect(asked).toHaveLength(2)
})

test('one that ended is not used any more', async () => {
  const { clock, token, asked, answer } = source()
  const first = token.current()
  answer()
  await first
  clock.advance(96_000)
  const next = token.current()
  answer()
  expect(await value(next)).toBe('token-2')
  expect(asked).toHaveLength(2)
})

test('after a 401 a new one is fetched once, whoever was refused', async () => {
  const { token, asked, answer } = source()
  const first = token.current()
  answer()
  await first
  const both = [token.instead('token-1'), token.instead('token-1')]
  answer()
  expect(await Promise.all(both.map(value))).toEqual(['token-2', 'token-2'])
  expect(await value(token.instead('token-1'))).toBe('token-2')
  expect(asked).toHaveLength(2)
})

test('a refusal is said and not kept', async () => {
  const { token, answer } = source()
  const first = token.current()
  answer({ kind: 'none', refusal: 'not registered' })
  expect(await value(first)).toBe('not registered')
  const second = token.current()
  answer()
  expect(await value(second)).toBe('token-2')
})
