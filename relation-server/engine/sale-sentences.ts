// What a sale says, with what the sentence must name: the machine, the price, the operator.
import type { Say } from '../phones/say.ts'
import type { SaleContext } from '../sale-context.ts'
import type { SaleSay } from '../sale-events.ts'
import type { World } from './world.ts'

export function sayOfSale(
  say: SaleSay,
  { machineNumber, amountMinor, currency, saleId }: SaleContext,
  code: string,
  tradeName: string,
  { settings }: World,
): Say {
  const price = { amountMinor, currency }
  const reference = saleId.slice(0, 8)
  switch (say.kind) {
    case 'price':
      return { kind: 'price', machineNumber, price, code, withinMs: settings.limits.consentMs }
    case 'paying':
      return { kind: 'paying', machineNumber, price }
    case 'declined':
      return { kind: 'declined', machineNumber, reason: say.reason }
    case 'wrongCode':
      return { kind: 'wrongCode', machineNumber, triesLeft: say.triesLeft }
    case 'validationAsked':
      return { ...say, machineNumber, price }
    case 'receipt':
      return { kind: 'receipt', machineNumber, price, reference, seller: tradeName }
    case 'refunded':
      return { kind: 'refundNotice', machineNumber, price, reference }
    case 'unknownClosed':
      return { kind: 'unknownClosedNotice', machineNumber, price, reference }
    case 'owed':
      return { kind: 'owedNotice', machineNumber, price, reference }
    case 'takenByAnother':
    case 'tooLate':
    case 'cancelled':
      return { kind: say.kind, machineNumber }
  }
}
