// What an operator may write in [phones], and what is refused before it could do harm.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { readConfiguration } from '@concilia/platform/configuration.ts'
import { exampleConfiguration } from '@concilia/platform/example-configuration.ts'
import { expect, test } from 'vitest'
import { gatewaysFrom, phonesSchema } from './configuration.ts'

const kannelGateway = {
  form: 'kannel',
  secret: 'correct-horse-battery',
  addresses: ['127.0.0.1', '10.0.0.0/8', '2001:db8::/32'],
  sendOrigin: 'http://127.0.0.1:13013',
  sender: '36000',
  username: 'concilia',
  password: 'sesame',
}
const withGateway = (change: object) =>
  phonesSchema.safeParse({ helpNumber: '0800 123', gateways: { main: { ...kannelGateway, ...change } } })

test('a gateway gets its name from its section', () => {
  const [served] = gatewaysFrom(
    phonesSchema.parse({ helpNumber: '0800 123', gateways: { main: kannelGateway } }),
  )
  expect(served?.gateway.name).toBe('main')
  expect(served?.gateway.sending.origin).toBe('http://127.0.0.1:13013')
})

test.each([
  { secret: 'short' },
  { secret: 'has/a/slash/in/it/somewhere' },
  { addresses: ['localhost'] },
  { addresses: ['10.0.0.0/33'] },
  { addresses: ['::1/129'] },
  { sendOrigin: 'ftp://127.0.0.1' },
  { ussdCode: '123' },
  { form: 'twilio' },
  { pasword: 'sesame' },
])('%j is refused', (change) => expect(withGateway(change).success).toBe(false))

test('the commented example is good with all its comments taken off, and tells every key of every way', () => {
  const example = exampleConfiguration(phonesSchema, 'Phones.')
  const file = join(mkdtempSync(join(tmpdir(), 'phones-')), 'example.toml')
  writeFileSync(file, example.replace(/^# (\w+ = .*|\[.*\])$/gm, '$1'))
  const everything = readConfiguration(phonesSchema, file)
  rmSync(dirname(file), { recursive: true })
  const forms = Object.values(everything.gateways).map(({ form }) => form)
  expect(forms).toEqual(['kannel', 'africas-talking', 'twilio', 'signed-json'])
  expect(everything.smpp.carrier).toMatchObject({ host: 'smpp.carrier.example', window: 10, long: 'udh' })
  expect(everything.routes).toEqual([{ prefix: '+33', through: 'carrier' }])
  expect(Object.keys(everything.voice?.numbers ?? {})).toEqual(['fr-150'])
  expect(example).toContain(
    "# Authority of the centre's TLS certificate (PEM); left out: those of this system.",
  )
})
