// In a simulated world the real clock, chance and network throw, and afterwards they are there again.
import { expect, test } from 'vitest'
import { withoutReality } from './no-reality.ts'

/** Whatever is reached for, by the name it has in the error. */
const reaching: Record<string, () => unknown> = {
  setTimeout: () => Reflect.get(globalThis, 'setTimeout')(() => {}, 0),
  setInterval: () => Reflect.get(globalThis, 'setInterval')(() => {}, 1_000),
  fetch: () => fetch('http://127.0.0.1:9'),
  random: () => Math.random(),
  now: () => Date.now(),
  digest: () => crypto.subtle.digest('SHA-256', new Uint8Array()),
}

test.each(Object.entries(reaching))('%s throws', async (name, reach) => {
  await withoutReality(async () => {
    expect(reach).toThrow(`${name} was called in a simulated world`)
  })
})

test('what belongs to reality is given back, also when the world fails', async () => {
  const [timer, chance, clock] = [globalThis.setTimeout, Math.random, Date.now]
  const failed = withoutReality(async () => {
    throw new Error('the world fails')
  })
  await expect(failed).rejects.toThrow('the world fails')
  expect([globalThis.setTimeout, Math.random, Date.now]).toEqual([timer, chance, clock])
  expect(Math.random()).toBeLessThan(1)
})
