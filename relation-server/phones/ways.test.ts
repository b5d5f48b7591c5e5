// What the ways in a configuration must be before any of them is opened.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeLog } from '@concilia/platform/log.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { systemRandom } from '@concilia/platform/system-random.ts'
import { afterAll, expect, test } from 'vitest'
import { phonesSchema } from './configuration.ts'
import { openWays } from './ways.ts'

const folder = mkdtempSync(join(tmpdir(), 'concilia-ways-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const link = {
  host: '127.0.0.1',
  port: 2775,
  tls: false,
  systemId: 'concilia',
  passwordFile: file('password', 'secret\n'),
  sender: '36000',
}
const gateway = {
  form: 'kannel',
  secret: 'correct-horse-battery',
  sendOrigin: 'http://127.0.0.1:13013',
  sender: '36000',
  username: 'concilia',
  password: 'sesame',
}

function opened(phones: object) {
  return openWays(phonesSchema.parse({ helpNumber: '0800 123', ...phones }), {
    receive: async () => ({ kind: 'stored' }),
    hearReceipt: () => {},
    clock: systemClock,
    random: systemRandom,
    log: makeLog('test', { write: () => {} }),
  })
}

test('gateways and links stand side by side; nothing is connected before it is started', async () => {
  const ways = opened({
    gateways: { kannel: gateway },
    smpp: { carrier: link, other: { ...link, bind: 'pair', ussd: { code: '*123#' } } },
    routes: [{ prefix: '+33', through: 'carrier' }],
  })
  expect(ways.links.map(({ name, isUp }) => [name, isUp])).toEqual([
    ['carrier', false],
    ['other', false],
  ])
  await ways.sender.close()
})

test.each([
  ['no-gateway', {}],
  ['ambiguous-way', { gateways: { one: gateway }, smpp: { one: link } }],
  ['route-to-nowhere', { smpp: { one: link }, routes: [{ through: 'two' }] }],
  ['smpp-password-unusable', { smpp: { one: { ...link, passwordFile: join(folder, 'none') } } }],
  ['smpp-password-unusable', { smpp: { one: { ...link, passwordFile: file('long', 'ninechars') } } }],
  ['smpp-root-unusable', { smpp: { one: { ...link, tls: true, rootFile: join(folder, 'none.pem') } } }],
  ['smpp-root-unusable', { smpp: { one: { ...link, tls: true, rootFile: file('no.pem', 'no PEM') } } }],
])('%s', (code, phones) => {
  expect(() => opened(phones)).toThrow(
    expect.toSatisfy((error) => error instanceof OperatingError && error.code === code),
  )
})

test.each([
  { bind: 'receiver' },
  { window: 0 },
  { systemId: 'longer than fifteen' },
  { sender: '' },
  { ussd: { code: '123' } },
  { ussd: { code: '*123#', sessionKey: 'sequence' } },
  { pasword: 'x' },
])('a link with %j is refused', (change) => {
  const phones = { helpNumber: '0800 123', smpp: { one: { ...link, ...change } } }
  expect(phonesSchema.safeParse(phones).success).toBe(false)
})
