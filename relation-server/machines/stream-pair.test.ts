import { once } from 'node:events'
import { expect, test } from 'vitest'
import { streamPair } from './stream-pair.ts'

test('what is written to one end is read from the other, corked pieces as one', async () => {
  const [one, other] = streamPair()
  const pieces: string[] = []
  other.on('data', (bytes) => pieces.push(String(bytes)))
  one.cork()
  one.write('one ')
  one.write('packet')
  one.uncork()
  one.end()
  await once(other, 'end')
  expect(pieces).toEqual(['one packet'])
  other.write('answer')
  expect(String((await once(one, 'data'))[0])).toBe('answer')
})

test('a reader that does not read holds the writer back', async () => {
  const [one, other] = streamPair()
  const bytes = Buffer.alloc(other.readableHighWaterMark)
  let written = 0
  const write = () => one.write(bytes, () => written++)
  write()
  write()
  await new Promise(setImmediate)
  expect(written).toBe(0)
  other.resume()
  while (written < 2) await new Promise(setImmediate)
  expect(written).toBe(2)
})

test('the end of one is the end of both', async () => {
  const [one, other] = streamPair()
  const closed = once(other, 'close')
  one.destroy()
  await closed
  expect(other.destroyed).toBe(true)
})
