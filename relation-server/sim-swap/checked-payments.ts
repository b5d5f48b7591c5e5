// The payments port with a SIM-swap check before the price is told: for dear purchases, and for numbers that
// are new here. What the check says travels with the answer about the account, in the same durable operation,
// so that no crash lets a buyer past it. What nobody can say is not silently allowed.
import type { Log } from '@concilia/platform/log.ts'
import type { Subscriber } from '@concilia/protocol/subscriber.ts'
import type { Pins } from '../payments/pins.ts'
import type { PaymentOperation, PaymentResult, Payments } from '../payments/port.ts'
import type { SimSwapConfiguration } from './configuration.ts'
import type { SimSwapCheck } from './port.ts'

type Eligibility = Extract<PaymentOperation, { kind: 'eligibility' }>

export interface CheckedPaymentsParts {
  readonly payments: Payments
  readonly simSwap: SimSwapCheck
  readonly policy: Pick<SimSwapConfiguration, 'aboveMinor' | 'firstPurchase' | 'otherwise'>
  readonly hasBought: (subscriber: Subscriber) => Promise<boolean>
  readonly log: Log
}

export function checkedPayments(parts: CheckedPaymentsParts): Payments {
  const { payments, simSwap } = parts
  return {
    perform: (operation, attempt) =>
      operation.kind === 'eligibility'
        ? eligibility(parts, operation, attempt)
        : payments.perform(operation, attempt),
    walk: (from) => payments.walk(from),
    chains: () => payments.chains(),
    close: async () => {
      await Promise.all([payments.close(), simSwap.close()])
    },
  }
}

/** A first PIN is set on the word of the number alone, so that number must be its owner's. */
export function checkedPins(pins: Pins, simSwap: SimSwapCheck): Pins {
  return {
    async choose(subscriber, pin, current) {
      if (current === undefined && (await simSwap.check(subscriber)) !== 'notSwapped') return 'notNow'
      return await pins.choose(subscriber, pin, current)
    },
  }
}

async function eligibility(
  parts: CheckedPaymentsParts,
  operation: Eligibility,
  attempt: number,
): Promise<PaymentResult> {
  const { payments, simSwap, policy, log } = parts
  const { subscriber } = operation
  // A PIN is wanted anyway: nobody who only has the SIM knows it. A voucher has no SIM.
  const isAsked = operation.proof !== 'pin' && subscriber.realm !== 'voucher'
  if (!isAsked || !(await isRisky(parts, operation))) return await payments.perform(operation, attempt)
  const said = await simSwap.check(subscriber)
  if (said === 'notSwapped') return await payments.perform(operation, attempt)
  log.warn({ simSwap: said }, 'a number is not believed because of its SIM')
  if (policy.otherwise === 'decline') {
    return { kind: 'refused', code: 'CONCILIA.SIM_SWAP', reason: 'wayNotAllowed' }
  }
  const answer = await payments.perform({ ...operation, proof: 'pin' }, attempt)
  return answer.kind === 'ok' || answer.kind === 'inDoubt' ? { ...answer, proof: 'pin' } : answer
}

async function isRisky(
  { policy, hasBought }: CheckedPaymentsParts,
  operation: Eligibility,
): Promise<boolean> {
  if (operation.amountMinor > policy.aboveMinor) return true
  return policy.firstPurchase && !(await hasBought(operation.subscriber))
}
