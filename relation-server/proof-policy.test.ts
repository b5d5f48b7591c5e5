import { expect, test } from 'vitest'
import { type ProofRule, proofRuleSchema, proofWanted, type Standing } from './proof-policy.ts'

const standing: Standing = {
  machineNumber: '4021',
  channel: 'ussd',
  amountMinor: 150,
  currency: 'EUR',
  vouched: true,
}
const rule = (given: object): ProofRule => proofRuleSchema.parse({ proof: 'pin', ...given })

test('without a rule the carrier’s word or a returned code will do', () => {
  expect(proofWanted([], standing)).toEqual({ vouched: true })
  expect(proofWanted([], { ...standing, vouched: false })).toEqual({ vouched: false })
})

test.each<[ProofRule['proof'], boolean, object | undefined]>([
  ['code', true, { vouched: false }],
  ['network', true, { vouched: true }],
  ['network', false, undefined],
  ['pin', true, { vouched: true, proof: 'pin' }],
  ['pin', false, { vouched: false, proof: 'pin' }],
  ['refused', true, undefined],
])('%s, vouched %s: %j', (proof, vouched, wanted) => {
  expect(proofWanted([rule({ proof })], { ...standing, vouched })).toEqual(wanted)
})

test.each<[object, boolean]>([
  [{ machines: ['4021', '4022'] }, true],
  [{ machines: ['4022'] }, false],
  [{ ways: ['text', 'ussd'] }, true],
  [{ ways: ['web'] }, false],
  [{ aboveMinor: 149 }, true],
  [{ aboveMinor: 150 }, false],
  [{ aboveMinor: 100, currency: 'USD' }, false],
])('%j fits: %s', (given, isFitting) => {
  expect(proofWanted([rule(given)], standing)?.proof).toBe(isFitting ? 'pin' : undefined)
})

test('the first that fits decides', () => {
  const rules = [
    rule({ ways: ['web'] }),
    rule({ machines: ['4021'], proof: 'code' }),
    rule({ proof: 'refused' }),
  ]
  expect(proofWanted(rules, standing)).toEqual({ vouched: false })
})
