import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { assertLimits, readConfiguration } from '@concilia/platform/configuration.ts'
import { exampleConfiguration } from '@concilia/platform/example-configuration.ts'
import { expect, test } from 'vitest'
import { serverConfigurationSchema } from './configuration.ts'

const file = fileURLToPath(new URL('example.toml', import.meta.url))
const introduction =
  'Configuration of a relation server: DATABASE_URL=... node relation-server/main.ts --config FILE\n' +
  'Keys in comments show their defaults.'

test('the committed example is what the schema says', () => {
  expect(readFileSync(file, 'utf8')).toBe(exampleConfiguration(serverConfigurationSchema, introduction))
})

test('the example can be read, and its limits agree', () => {
  const configuration = readConfiguration(serverConfigurationSchema, file)
  expect(configuration.sales.charge).toBe('debit')
  expect(configuration.subscriberKeyFile).toMatch(/relation-server\/subscriber\.key$/)
  assertLimits(configuration.limits, file)
})
