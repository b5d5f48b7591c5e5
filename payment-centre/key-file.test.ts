// The key file: made once, kept private, never made anew beside accounts that need the old one.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemRandom } from '@concilia/platform/system-random.ts'
import { afterAll, expect, test } from 'vitest'
import { readKeyFile } from './key-file-adapter.ts'
import { Secrets } from './secrets.ts'
import { seededRandom } from './trade.ts'

const folder = mkdtempSync(join(tmpdir(), 'key-file-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('is made on the first start, mode 0600, and read again', () => {
  const path = join(folder, 'below', 'keys.json')
  const keys = readKeyFile(path, false, systemRandom)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readKeyFile(path, true, systemRandom)).toEqual(keys)
})

test('missing beside accounts, broken, or not to be written: said in words, without its content', () => {
  const path = join(folder, 'other.json')
  expect(() => readKeyFile(path, true, systemRandom)).toThrow(/is missing, and the database holds accounts/)
  writeFileSync(path, '{"pepper":"c2VjcmV0"}')
  expect(() => readKeyFile(path, false, systemRandom)).toThrow(/cannot be read as three keys/)
  expect(() => readKeyFile(join(path, 'below'), false, systemRandom)).toThrow(/cannot be made/)
  expect(readFileSync(path, 'utf8')).toBe('{"pepper":"c2VjcmV0"}')
})

test('a number is found by its keyed hash, read with the key, and opaque without it', () => {
  const keys = readKeyFile(join(folder, 'keys.json'), false, systemRandom)
  const secrets = new Secrets(keys, seededRandom('a'))
  const subscriber = { realm: 'e164', key: '+33612345678' }
  const sealed = secrets.sealSubscriber(subscriber)
  expect(secrets.openSubscriber(sealed)).toEqual(subscriber)
  expect(secrets.sealSubscriber(subscriber)).not.toBe(sealed)
  const others = new Secrets({ ...keys, pepper: keys.tokens, sealing: keys.tokens }, seededRandom('a'))
  expect(others.subscriberHash(subscriber)).not.toBe(secrets.subscriberHash(subscriber))
  expect(() => others.openSubscriber(sealed)).toThrow()
  const changed = `${sealed.slice(0, -2)}${sealed.endsWith('A') ? 'B' : 'A'}A`
  expect(() => secrets.openSubscriber(changed)).toThrow()
})
