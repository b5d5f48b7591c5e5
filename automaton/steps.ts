// The automaton's part of the published sequence (ST1 to ST6), read off what one step of the sale did: for
// the log line that technicians and the supervisor follow. It decides nothing.
import { priceText } from '@concilia/protocol/money.ts'
import type { SaleEffect } from './sale-effects.ts'

export interface SaleStep {
  readonly step: 'ST1' | 'ST2' | 'ST3' | 'ST4' | 'ST5' | 'ST51' | 'ST52' | 'ST6'
  readonly saleId?: string
  readonly words: string
}

export function stepsOf(
  event: { readonly type: string; readonly saleId?: string },
  effects: readonly SaleEffect[],
  current: string | undefined,
): SaleStep[] {
  const steps = effects.flatMap((effect) => stepOf(effect, current))
  if (event.type === 'offerStored' && current !== undefined) {
    steps.push({ step: 'ST5', saleId: current, words: 'the server has the offer; waiting for a phone' })
  }
  const onStandby = event.type !== 'sessionEnded' && effects.some(({ type }) => type === 'sleepLink')
  return onStandby ? [...steps, { step: 'ST1', words: 'standby' }] : steps
}

function stepOf({ type, params }: SaleEffect, current: string | undefined): SaleStep[] {
  switch (type) {
    case 'makeOffer': {
      const { saleId, item, price } = params
      return [
        { step: 'ST2', saleId, words: 'phone payment chosen' },
        { step: 'ST3', saleId, words: `item ${item} chosen at ${priceText(price)}` },
        { step: 'ST4', saleId, words: 'offer signed and on its way to the server' },
      ]
    }
    case 'promiseWithdrawal':
      return [{ step: 'ST51', saleId: params.saleId, words: `offer withdrawn: ${params.reason}` }]
    case 'approveVend':
      return [
        {
          step: 'ST52',
          ...(current !== undefined && { saleId: current }),
          words: 'acknowledgement verified; delivering',
        },
      ]
    case 'recordOutcome': {
      const { saleId, result, detail } = params
      return [{ step: 'ST6', saleId, words: `outcome ${result} (${detail}) reported` }]
    }
    default:
      return []
  }
}
