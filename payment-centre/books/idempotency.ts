// Rule 10: the same key with the same body gets the same bytes again, with another body an error. A refusal
// is kept like any other answer, so that a refused id stays refused. After a void the key refuses for good,
// whatever came before it.
import { errorAnswer, remainingMinor } from './answers.ts'
import type { Books } from './books.ts'
import type { Answer, Decision, Desk, Keyed } from './commands.ts'
import type { KeyRecord, PaymentRecord } from './records.ts'

interface KeyedDecision extends Decision {
  /** The payment that came into being under this key. */
  readonly paymentId?: string
}

const otherBody = errorAnswer(
  'ALREADY_EXISTS',
  'This clientCorrelator was used for another request. Use a new one for a new request.',
)
const voided = errorAnswer(
  'CONCILIA.VOIDED',
  'This clientCorrelator was voided: nothing will ever be applied under it. Use a new one for a new attempt.',
)

/** Of a key that is old: whether it is still needed, because its payment can be voided by it. */
export function keepsItsKey(payment: PaymentRecord): boolean {
  const isHeld = payment.status === 'reserved' || payment.status === 'pending_validation'
  return isHeld || (payment.position === 'unsettled' && remainingMinor(payment) > 0)
}

/** Answers from the key's record, or decides and keeps the answer in the same commit as what it changes. */
export function once(
  books: Books,
  request: Keyed,
  use: KeyRecord['use'],
  desk: Desk,
  decide: () => KeyedDecision,
): Decision {
  const known = books.key(request.client, request.key)
  if (known?.voided) return { answer: voided }
  if (known && known.bodyHash !== request.bodyHash) return { answer: otherBody }
  if (known) return { answer: answerOf(known, desk) }
  const { paymentId, ...decision } = decide()
  if (decision.undecided) return decision
  const record: KeyRecord = {
    client: request.client,
    key: request.key,
    use,
    voided: false,
    bodyHash: request.bodyHash,
    status: decision.answer.status,
    sealedAnswer: desk.secrets.seal(decision.answer.body),
    ...(paymentId === undefined ? {} : { paymentId }),
    createdAt: desk.now,
  }
  const { change = {} } = decision
  return { ...decision, change: { ...change, keys: [...(change.keys ?? []), record] } }
}

function answerOf(known: KeyRecord, desk: Desk): Answer {
  return { status: known.status, body: desk.secrets.open(known.sealedAnswer) }
}
