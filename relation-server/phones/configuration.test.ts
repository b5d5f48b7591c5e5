// What an operator may write in [phones], and what is refused before it could do harm.
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

test('the section can be shown as a commented example', () => {
  expect(exampleConfiguration(phonesSchema, 'Phones.')).toContain('helpNumber = "0800 123 456"')
})
