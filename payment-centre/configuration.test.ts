// The configuration file: the committed example, its limits, and what is refused.
import { join } from 'node:path'
import { assertLimits, readConfiguration } from '@concilia/platform/configuration.ts'
import { exampleConfiguration } from '@concilia/platform/example-configuration.ts'
import { expect, test } from 'vitest'
import { centreConfigurationSchema } from './configuration.ts'

const file = join(import.meta.dirname, 'example.toml')
const introduction =
  'Configuration of a payment centre: node payment-centre/main.ts --config FILE\n' +
  'Its database is named by DATABASE_URL. Keys in comments show their defaults.'

// `npx vitest run payment-centre/configuration.test.ts -u` writes it.
test('the committed example is what the schema says', async () => {
  await expect(exampleConfiguration(centreConfigurationSchema, introduction)).toMatchFileSnapshot(file)
})

test('the example can be read, and its limits agree', () => {
  const configuration = readConfiguration(centreConfigurationSchema, file)
  expect(configuration.caps).toEqual({
    purchasesPerHour: 5,
    currencies: { EUR: { purchaseMinor: 5000, dayMinor: 1500, monthMinor: 30_000 } },
  })
  assertLimits(configuration.limits, file)
})

test('without TLS only this machine is served', () => {
  const listen = { host: '0.0.0.0', port: 8443, tls: false }
  expect(centreConfigurationSchema.safeParse({ identity: 'i', listen }).error?.message).toMatch(/without tls/)
  expect(
    centreConfigurationSchema.safeParse({ identity: 'i', listen: { ...listen, tls: true } }).success,
  ).toBe(true)
})
