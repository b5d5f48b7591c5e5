// When the SIM is looked at, and what follows from what is said of it.
import { expect, test } from 'vitest'
import type { PaymentOperation, PaymentResult, Payments } from '../payments/port.ts'
import { type CheckedPaymentsParts, checkedPayments, checkedPins } from './checked-payments.ts'
import type { SimSwap } from './port.ts'

const subscriber = { realm: 'e164', key: '+33612345678' }
const asked = { kind: 'eligibility', subscriber, amountMinor: 500, currency: 'EUR', seller: 'acme' } as const
const ok: PaymentResult = { kind: 'ok' }

interface Case {
  readonly said?: SimSwap
  readonly bought?: boolean
  readonly otherwise?: 'pin' | 'decline'
  readonly answer?: PaymentResult
}

function payments({ said = 'notSwapped', bought = true, otherwise = 'pin', answer = ok }: Case) {
  const performed: PaymentOperation[] = []
  const checks: unknown[] = []
  const centre: Payments = {
    perform: async (operation) => {
      performed.push(operation)
      return answer
    },
    walk: async function* () {},
    chains: async () => [],
    close: async () => {},
  }
  const parts: CheckedPaymentsParts = {
    payments: centre,
    simSwap: {
      check: async (whose) => {
        checks.push(whose)
        return said
      },
      close: async () => {},
    },
    policy: { aboveMinor: 1000, firstPurchase: true, otherwise },
    hasBought: async () => bought,
    log: { warn: () => {} } as never,
  }
  return { payments: checkedPayments(parts), performed, checks }
}

test.each([
  ['a small purchase of somebody known', asked, true, 0],
  ['a first purchase', asked, false, 1],
  ['a dear purchase', { ...asked, amountMinor: 1001 }, true, 1],
  ['one that wants the PIN anyway', { ...asked, amountMinor: 1001, proof: 'pin' as const }, false, 0],
  ['a voucher', { ...asked, subscriber: { realm: 'voucher', key: 'v' } }, false, 0],
] as const)('%s', async (_, operation, bought, checked) => {
  const { payments: port, performed, checks } = payments({ bought })
  expect(await port.perform(operation, 1)).toEqual(ok)
  expect(checks).toHaveLength(checked)
  expect(performed).toEqual([operation])
})

test.each(['swapped', 'unknown'] as const)(
  '%s: the PIN is wanted, and the centre is asked whether there is one',
  async (said) => {
    const { payments: port, performed } = payments({ said, bought: false })
    expect(await port.perform(asked, 1)).toEqual({ kind: 'ok', proof: 'pin' })
    expect(performed).toEqual([{ ...asked, proof: 'pin' }])
  },
)

test('a centre that is silent then does not make the number believed', async () => {
  const answer: PaymentResult = { kind: 'inDoubt', why: 'silence' }
  const { payments: port } = payments({ said: 'swapped', bought: false, answer })
  expect(await port.perform(asked, 1)).toEqual({ ...answer, proof: 'pin' })
})

test('a buyer without a PIN is refused as the centre says, and by policy whoever has a new SIM', async () => {
  const answer: PaymentResult = { kind: 'refused', code: 'CONCILIA.NO_PIN', reason: 'noPin' }
  expect(await payments({ said: 'swapped', bought: false, answer }).payments.perform(asked, 1)).toEqual(
    answer,
  )
  const declined = payments({ said: 'unknown', bought: false, otherwise: 'decline' })
  expect(await declined.payments.perform(asked, 1)).toMatchObject({
    kind: 'refused',
    reason: 'wayNotAllowed',
  })
  expect(declined.performed).toEqual([])
})

test.each([
  ['swapped', undefined, 'notNow'],
  ['unknown', undefined, 'notNow'],
  ['notSwapped', undefined, 'set'],
  ['swapped', '4711', 'set'],
] as const)('%s, and the PIN until now %s: %s', async (said, current, expected) => {
  const simSwap = { check: async () => said, close: async () => {} }
  const pins = checkedPins({ choose: async () => 'set' }, simSwap)
  expect(await pins.choose(subscriber, '0815', current)).toBe(expected)
})
