// What one number may ask for, and all of a country: counted with what it caused, on any server alike.
import { beforeEach, expect, test } from 'vitest'
import { capRuleSchema, capsFor, defaultCaps } from '../caps.ts'
import { Scenario } from './scenario.ts'
import type { ScenarioMachine } from './scenario-machine.ts'

const hourMs = 3_600_000
let scenario: Scenario
let machine: ScenarioMachine
beforeEach(async () => {
  scenario = await Scenario.open()
  machine = await scenario.machine()
})

const unknownMachine = {
  type: 'answerOnly',
  say: { kind: 'noSuchMachine', machineNumber: '9999' },
  channel: 'text',
  sessionId: null,
} as const
const help = { ...unknownMachine, say: { kind: 'help' } } as const

function phone(number: string, caps: object = {}, isStranger = false) {
  const made = scenario.phone(number)
  made.budget = { caps: capRuleSchema.parse(caps), isStranger }
  return made
}

test('requests beyond the hour are answered once more and then not at all, until the next hour', async () => {
  const asker = phone('+33612345678', { requestsPerHour: 2 })
  for (let times = 0; times < 5; times++) await asker.act(null, help)
  expect(asker.heard()).toEqual(['help', 'help', 'tooManyRequests'])
  await scenario.leap(hourMs)
  await asker.act(null, help)
  expect(asker.heard()).toHaveLength(4)
})

test('the day and the month are counted where a rule says so', async () => {
  const asker = phone('+33612345678', { requestsPerDay: 1, requestsPerMonth: 2 })
  await asker.act(null, help)
  await asker.act(null, help)
  expect(asker.heard()).toEqual(['help', 'tooManyRequests'])
  await scenario.leap(24 * hourMs)
  await asker.act(null, help)
  // The first of its day, but the third of its month.
  expect(asker.heard()).toEqual(['help', 'tooManyRequests', 'tooManyRequests'])
})

test('STOP is always answered, and a sale that is open goes on', async () => {
  const buyer = phone('+33612345678', { requestsPerHour: 1 })
  const saleId = await machine.offer()
  await buyer.identify()
  await buyer.act(null, help)
  await buyer.act(null, help)
  await buyer.act(null, { ...help, say: { kind: 'stopped' } })
  await buyer.yes()
  expect(scenario.centre.paid(saleId)).toBe(150)
  expect(buyer.heard().filter((kind) => kind === 'stopped')).toHaveLength(1)
})

test('wrong codes use up the same budget as unknown machines', async () => {
  const guesser = phone('+33612345678', { failuresPerHour: 3 })
  await machine.offer()
  await guesser.identify()
  await guesser.yes('0000')
  await guesser.yes('0001')
  await guesser.act(null, unknownMachine)
  await guesser.act(null, unknownMachine)
  await guesser.act(null, unknownMachine)
  expect(guesser.heard().slice(-2)).toEqual(['noSuchMachine', 'tooManyRequests'])
})

test('when many numbers guess, guesses are answered no more; who knows a machine is heard', async () => {
  const caps = { failuresInAllPerHour: 2 }
  const guessers = [1, 2, 3].map((last) => phone(`+3361234567${last}`, caps))
  for (const guesser of guessers) await guesser.act(null, unknownMachine)
  expect(guessers.map((guesser) => guesser.heard().length)).toEqual([1, 1, 0])
  const saleId = await machine.offer()
  const buyer = phone('+33612345679', caps)
  await buyer.identify()
  await buyer.yes()
  expect(scenario.centre.paid(saleId)).toBe(150)
})

test('as many strangers of a country are answered as its rule says; others leave no number', async () => {
  const caps = { prefix: '+7', strangersPerHour: 1 }
  const strangers = ['+79161234567', '+79161234568'].map((number) => phone(number, caps, true))
  for (const stranger of strangers) await stranger.act(null, help)
  expect(strangers.map((stranger) => stranger.heard().length)).toEqual([1, 0])
  expect(await scenario.store.subscriber(strangers[1]?.subscriberId ?? '')).toBeUndefined()
})

test('codes for pages count to the country, not to the number somebody typed', async () => {
  const caps = { requestsPerHour: 1, strangersPerHour: 2 }
  const owner = phone('+33612345678', caps)
  const pageCode = { ...help, say: { kind: 'pageCode', machineNumber: '4021', code: '123456' } } as const
  for (let times = 0; times < 3; times++) await owner.act(null, pageCode)
  await owner.act(null, help)
  expect(owner.heard()).toEqual(['pageCode', 'pageCode', 'help'])
})

test('what is asked again by its gateway is counted once', async () => {
  const asker = phone('+33612345678', { requestsPerHour: 2 })
  for (let times = 0; times < 4; times++) await asker.act(null, help, 'the same')
  await asker.act(null, help)
  expect(asker.heard()).toEqual(['help', 'help'])
})

test('a rule is found by how the number begins, or by its carrier; the first that fits', () => {
  const rules = [{ prefix: '+336' }, { prefix: '+33' }, { realm: 'orange-fr' }].map((rule, index) =>
    capRuleSchema.parse({ ...rule, openRequests: index + 1 }),
  )
  const openOf = (realm: string, key: string) => capsFor({ realm, key }, rules).openRequests
  expect(openOf('e164', '+33612345678')).toBe(1)
  expect(openOf('e164', '+33712345678')).toBe(2)
  expect(openOf('orange-fr', '+33')).toBe(3)
  expect(capsFor({ realm: 'e164', key: '+447911123456' }, rules)).toBe(defaultCaps)
})
