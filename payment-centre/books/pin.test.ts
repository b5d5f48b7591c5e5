// A buyer's PIN over a trade: asked for in place of a code, counted over all payments, and never guessed.
import { beforeEach, expect, test } from 'vitest'
import { MemoryStore } from '../store/memory-store.ts'
import { generous, Trade } from '../trade.ts'
import type { Settings } from './commands.ts'
import { mostWrongPins } from './pin.ts'

const minute = 60_000
const { validation: _, ...withoutCodes } = generous
let trade: Trade
beforeEach(() => begin(withoutCodes))

async function begin(settings: Settings): Promise<void> {
  trade = await new Trade(new MemoryStore(), 'pins', settings).open()
  await trade.openAccount('buyer', 10_000, { validateAboveMinor: 500 })
}

const setPin = (hash: string, by: 'buyer' | 'person' = 'person', currentHash?: string) =>
  trade.do({
    ...{ kind: 'setPin', subscriberHash: trade.hash('buyer'), hash, by },
    ...(currentHash === undefined ? {} : { currentHash }),
  })

let offers = 0
/** @returns how a payment of this amount is answered */
async function prepare(amountMinor: number, proof?: 'pin') {
  const offer = `offer ${offers++}`
  const charge = trade.charge('buyer', offer, { amountMinor, offer }, 'hold')
  return await trade.do({ ...charge, consent: { ...charge.consent, ...(proof && { proof }) } })
}

function waiting({ body }: { body: Record<string, unknown> }) {
  const { authorizationId, by } = Object(body.validationInfo)
  return { paymentId: String(body.paymentId), authorizationId: String(authorizationId), by }
}

async function tries(code: string) {
  const { paymentId, authorizationId } = waiting(await prepare(600))
  return await trade.do({ kind: 'validate', client: trade.client, paymentId, authorizationId, code })
}
const codeOf = ({ body }: { body: Record<string, unknown> }) => body.code

test('without a PIN and without codes what needs one is refused; with a PIN it is asked for', async () => {
  expect(codeOf(await prepare(600))).toBe('CARRIER_BILLING.UNAUTHORIZED_AMOUNT')
  await setPin('right')
  const asked = await prepare(600)
  expect(waiting(asked)).toMatchObject({ by: 'pin', authorizationId: expect.stringMatching(/^pin\./) })
  expect(trade.texts).toEqual([])
  expect((await tries('right')).status).toBe(204)
})

test('where a PIN is wanted a code that was sent is not enough', async () => {
  await begin(generous)
  expect(waiting(await prepare(600)).by).toBeUndefined()
  expect(codeOf(await prepare(100, 'pin'))).toBe('CONCILIA.NO_PIN')
  await setPin('right')
  expect(waiting(await prepare(100, 'pin')).by).toBe('pin')
  expect((await prepare(100)).body.paymentStatus).toBe('reserved')
})

test('three wrong ones pause it, each further one longer; six want a person; a right one ends it', async () => {
  await setPin('right')
  for (let wrong = 0; wrong < 2; wrong++) {
    expect(codeOf(await tries('wrong'))).toBe('CARRIER_BILLING.INVALID_CODE')
  }
  expect((await tries('right')).status).toBe(204)
  for (let wrong = 0; wrong < 2; wrong++) await tries('wrong')
  expect(codeOf(await tries('wrong'))).toBe('CARRIER_BILLING.VALIDATION_FAILED')
  expect(codeOf(await prepare(600))).toBe('CARRIER_BILLING.UNAUTHORIZED_AMOUNT')
  for (const pauseMs of [15, 60, 24 * 60].map((minutes) => minutes * minute)) {
    trade.clock.advance(pauseMs - 1)
    expect(codeOf(await prepare(600, 'pin'))).toBe('CONCILIA.NO_PIN')
    trade.clock.advance(1)
    expect(codeOf(await tries('wrong'))).toBe('CARRIER_BILLING.VALIDATION_FAILED')
  }
  trade.clock.advance(1000 * 24 * 60 * minute)
  expect(mostWrongPins).toBe(6)
  expect(codeOf(await prepare(600, 'pin'))).toBe('CONCILIA.NO_PIN')
  await setPin('new')
  expect((await tries('new')).status).toBe(204)
})

test('a payment begun before the pause does not take the right PIN in it', async () => {
  await setPin('right')
  const { paymentId, authorizationId } = waiting(await prepare(600))
  for (let wrong = 0; wrong < 3; wrong++) await tries('wrong')
  const late = { kind: 'validate', client: trade.client, paymentId, authorizationId, code: 'right' } as const
  expect(codeOf(await trade.do(late))).toBe('CARRIER_BILLING.VALIDATION_FAILED')
})

test('a buyer who has a PIN changes it by showing it, and guesses there count too', async () => {
  expect((await setPin('first', 'buyer')).status).toBe(200)
  expect(codeOf(await setPin('second', 'buyer'))).toBe('CARRIER_BILLING.INVALID_CODE')
  expect((await setPin('second', 'buyer', 'first')).status).toBe(200)
  for (let wrong = 0; wrong < 3; wrong++) await setPin('third', 'buyer', 'wrong')
  expect(codeOf(await setPin('third', 'buyer', 'second'))).toBe('CONCILIA.NO_PIN')
})
