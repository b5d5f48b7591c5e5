// An answer of the payment centre, given to its sale. One in doubt stays in the outbox and is asked again;
// when that has gone on for long, a person is told of it: whatever keeps the centre from saying yes or no (a
// lost registration, a machine nobody can introduce) will not end by itself.
import { voucherAnswered } from './call-step.ts'
import type { PaymentInput } from './inputs.ts'
import { stepSale } from './sale-step.ts'
import type { Scene } from './scene.ts'
import type { World } from './world.ts'

/** About a quarter of an hour of growing intervals. */
export const longDoubtAttempts = 45
/** Refused, these leave everything as it was: what comes late is refused by the void that overtook it. */
const movesNothing = new Set(['eligibility', 'charge', 'prepare', 'validate'])
const longDoubt = 'the payment centre gives no definite answer to'

export function paymentAnswered(scene: Scene, world: World, input: PaymentInput): void {
  const { operationId, operationKind, result, saleId } = input
  scene.attempt = input.attempt
  // Only the question about an account may go unanswered.
  const isOver = result.kind !== 'inDoubt' || operationKind === 'eligibility'
  if (isOver) scene.changes.outboxDone.push(operationId)
  noteDoubt(scene, input)
  if (input.callId !== undefined) {
    voucherAnswered(scene, world, input)
    return
  }
  const sale = scene.sale(saleId)
  if (sale?.open) stepSale(scene, world, sale, { type: 'paymentAnswered', operationId, result })
  else if (sale && result.kind === 'refused' && !movesNothing.has(operationKind)) {
    const aside = `after its end the centre refused to ${operationKind}: ${result.code}`
    scene.putSale({ ...sale, aside })
  }
}

/** Sets the sale aside once the doubt is old, and takes that back when it is over. Moves no money. */
function noteDoubt(scene: Scene, { saleId, operationKind, result, attempt }: PaymentInput): void {
  const sale = scene.sale(saleId)
  if (!sale) return
  if (result.kind !== 'inDoubt') {
    if (sale.aside?.startsWith(longDoubt)) scene.putSale({ ...sale, aside: null })
  } else if (attempt >= longDoubtAttempts && sale.aside === null) {
    const aside = `${longDoubt} ${operationKind}, asked ${attempt} times: ${result.why}`
    scene.putSale({ ...sale, aside })
    scene.note({ saleId, words: aside, alarm: true })
  }
}
