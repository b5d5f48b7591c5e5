// The centre's signed yes to a payment (ST14). A hold is promised until its time; once it is confirmed the
// promise is signed anew as that of a debit, so that a centre restored from an old backup honours it for
// good.
import { acknowledgementKind, promise } from '@concilia/protocol/promises.ts'
import type { Desk } from './commands.ts'
import type { PaymentRecord } from './records.ts'

export function acknowledged(payment: PaymentRecord, desk: Desk): PaymentRecord {
  const { offerHash, amountMinor, currency, seller, dueAt } = payment
  const acknowledgement = promise(acknowledgementKind, desk.signer, {
    offerHash,
    amountMinor,
    currency,
    seller,
    paymentId: payment.id,
    ...(dueAt === undefined ? { charge: 'debit' } : { charge: 'hold', honouredUntil: dueAt }),
    at: desk.now,
  })
  return { ...payment, acknowledgement }
}
