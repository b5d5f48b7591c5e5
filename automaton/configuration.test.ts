import { fileURLToPath } from 'node:url'
import { assertLimits, readConfiguration } from '@concilia/platform/configuration.ts'
import { exampleConfiguration } from '@concilia/platform/example-configuration.ts'
import { expect, test } from 'vitest'
import { automatonConfigurationSchema } from './configuration.ts'

const file = fileURLToPath(new URL('example.toml', import.meta.url))
const introduction =
  'Configuration of an automaton: node automaton/main.ts --config FILE\nKeys in comments show their defaults.'

// `npx vitest run automaton/configuration.test.ts -u` writes it.
test('the committed example is what the schema says', async () => {
  await expect(exampleConfiguration(automatonConfigurationSchema, introduction)).toMatchFileSnapshot(file)
})

test('the example can be read, and its limits agree', () => {
  const configuration = readConfiguration(automatonConfigurationSchema, file)
  expect(configuration).toMatchObject({
    machineNumber: '4021',
    link: { mode: 'permanent' },
    reader: { address: '0x60', alwaysIdle: true },
  })
  expect(configuration.journal).toMatch(/automaton\/journal\.db$/)
  assertLimits(configuration.limits, file)
})
