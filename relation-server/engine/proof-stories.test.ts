// What proves a buyer, as stories: the operator's policy, from the phone to the charge.
import { expect, test } from 'vitest'
import { type ProofRule, proofRuleSchema } from '../proof-policy.ts'
import { boughtScope } from './budget.ts'
import { Scenario } from './scenario.ts'

const number = '+33612345678'

async function town(...rules: (Partial<ProofRule> & Pick<ProofRule, 'proof'>)[]) {
  const scenario = await Scenario.open({ proof: rules.map((rule) => proofRuleSchema.parse(rule)) })
  const machine = await scenario.machine()
  return { scenario, machine, phone: scenario.phone(number), centre: scenario.centre }
}
const codeOf = async (scenario: Scenario, subscriberId: string) =>
  (await scenario.store.identificationsOf(subscriberId))[0]?.code ?? ''

test('a code is wanted: a vouched dialogue is sent one, and its line 1 pays nothing', async () => {
  const { scenario, machine, phone, centre } = await town({ ways: ['ussd'], proof: 'code' })
  phone.sessionId = 'session'
  const saleId = await machine.offer()
  await phone.identify()
  expect(scenario.said.at(-1)).toMatchObject({ say: { kind: 'price' }, vouched: false })
  await phone.yes(null)
  expect(centre.paid(saleId)).toBe(0)
  await phone.yes(await codeOf(scenario, phone.subscriberId))
  expect(centre.paid(saleId)).toBe(150)
})

test('only the network will do: a text is told so, whoever came first, and the machine waits on', async () => {
  const { scenario, machine, phone, centre } = await town({ proof: 'network' })
  await phone.identify()
  const saleId = await machine.offer()
  expect(phone.heard().at(-1)).toBe('declined wayNotAllowed')
  await phone.identify()
  expect(phone.heard().at(-1)).toBe('declined wayNotAllowed')
  expect(await scenario.state(saleId)).toBe('open.awaitingPhone')
  const vouched = scenario.phone('+33612345679')
  vouched.sessionId = 'session'
  await vouched.identify()
  await vouched.yes()
  expect(centre.paid(saleId)).toBe(150)
})

test('above an amount the PIN is wanted: the centre asks for it, and nothing is paid before', async () => {
  const { scenario, machine, phone, centre } = await town({ aboveMinor: 150, proof: 'pin' })
  centre.validationCode = '4711'
  const cheap = await machine.offer()
  await phone.identify()
  await phone.yes()
  expect(centre.paid(cheap)).toBe(150)
  await machine.report(cheap, 'delivered')
  const dear = await machine.offer({ amountMinor: 200 })
  await phone.identify()
  await phone.yes()
  expect(scenario.said.at(-1)).toMatchObject({ say: { kind: 'validationAsked', by: 'pin' } })
  expect(centre.paid(dear)).toBe(0)
  await phone.type('0815')
  expect(phone.heard().at(-1)).toBe('wrongCode')
  await phone.type('4711')
  expect(centre.paid(dear)).toBe(200)
  const asked = centre.heard.filter(({ operation }) => operation.kind === 'eligibility')
  expect(asked.map(({ operation }) => 'proof' in operation && operation.proof)).toEqual([false, 'pin'])
})

test('what is known of a number by the time of its price may want the PIN', async () => {
  const { machine, phone, centre } = await town()
  centre.validationCode = '4711'
  centre.next('eligibility', { kind: 'ok', proof: 'pin' })
  const saleId = await machine.offer()
  await phone.identify()
  await phone.yes()
  expect(centre.paid(saleId)).toBe(0)
  await phone.type('4711')
  expect(centre.paid(saleId)).toBe(150)
})

test('who has bought is remembered only where it matters', async () => {
  const { scenario, machine, phone } = await town()
  const buy = async () => {
    const saleId = await machine.offer()
    await phone.identify()
    await phone.yes()
    await machine.report(saleId, 'delivered')
  }
  await buy()
  expect(await scenario.store.tally(boughtScope(phone.subscriberId))).toBe(0)
  Object.assign(scenario.settings, { remembersBuyers: true })
  await buy()
  expect(await scenario.store.tally(boughtScope(phone.subscriberId))).toBe(1)
})
