import { expect, test } from 'vitest'
import { isLoopback, isSafeUrl } from './loopback.ts'

test.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.9.8.7', '::1', '[::1]'])(
  '%s is this machine',
  (host) => {
    expect(isLoopback(host)).toBe(true)
  },
)

test.each(['', '0.0.0.0', '::', '10.0.0.1', 'localhost.example', '127.0.0.1.example', '128.0.0.1'])(
  '%s is somewhere else',
  (host) => {
    expect(isLoopback(host)).toBe(false)
  },
)

test('a URL is safe when encrypted or on this machine', () => {
  expect(isSafeUrl('https://centre.example', ['https:'])).toBe(true)
  expect(isSafeUrl('http://[::1]:80', ['https:'])).toBe(true)
  expect(isSafeUrl('http://centre.example', ['https:'])).toBe(false)
  expect(isSafeUrl('no url', ['https:'])).toBe(false)
})
