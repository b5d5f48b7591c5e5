import { fileURLToPath } from 'node:url'
import { assertLimits, readConfiguration } from '@concilia/platform/configuration.ts'
import { exampleConfiguration } from '@concilia/platform/example-configuration.ts'
import { machineConfigurationSchema } from '@concilia/protocol/machine-configuration.ts'
import { expect, test } from 'vitest'
import { serverConfigurationSchema } from './configuration.ts'

const file = fileURLToPath(new URL('example.toml', import.meta.url))
const introduction =
  'Configuration of a relation server: DATABASE_URL=... node relation-server/main.ts --config FILE\n' +
  'Keys in comments show their defaults.'

// `npx vitest run relation-server/configuration.test.ts -u` writes it.
test('the committed example is what the schema says', async () => {
  await expect(exampleConfiguration(serverConfigurationSchema, introduction)).toMatchFileSnapshot(file)
})

const machineFile = fileURLToPath(new URL('machine-configuration.example.toml', import.meta.url))
const machineIntroduction =
  'What a machine is to run on: node relation-server/main.ts machine configure --file FILE ...\n' +
  "Every key may be left out: the automaton's own file then counts."

test("the committed example of a machine's configuration is what the schema says, and can be read", async () => {
  const example = exampleConfiguration(machineConfigurationSchema, machineIntroduction)
  await expect(example).toMatchFileSnapshot(machineFile)
  expect(readConfiguration(machineConfigurationSchema, machineFile)).toEqual({ limits: {}, texts: {} })
})

test('the example can be read, and its limits agree', () => {
  const configuration = readConfiguration(serverConfigurationSchema, file)
  expect(configuration.sales.charge).toBe('debit')
  expect(configuration.subscriberKeyFile).toMatch(/relation-server\/subscriber\.key$/)
  assertLimits(configuration.limits, file)
})
