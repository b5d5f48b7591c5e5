// From a validated body to a command of the books: who pays, how much, and what the signed words in it say.
// Signatures are checked here, once; the books compare what they say.
import {
  type acknowledgementRequestSchema,
  type cancelRequestSchema,
  type confirmRequestSchema,
  type eligibilityRequestSchema,
  moneyOf,
  type PaymentRequest,
  type pinRequestSchema,
  type refundRequestSchema,
  type VoucherRequest,
} from '@concilia/protocol/carrier-billing.ts'
import type { KnownParties } from '@concilia/protocol/certificates.ts'
import type { Money } from '@concilia/protocol/money.ts'
import {
  acknowledgementKind,
  check,
  outcomeKind,
  slipKind,
  withdrawalKind,
} from '@concilia/protocol/promises.ts'
import type { Subscriber } from '@concilia/protocol/subscriber.ts'
import type { z } from 'zod'
import type { Charge, Command, Evidence, Keyed, RefundCommand, Repost } from '../books/commands.ts'
import { pinSalt, stretchedPin } from '../pin-stretching.ts'
import type { Secrets } from '../secrets.ts'
import { DoorRefusal } from './refusal.ts'

/** What reading a request needs besides the request. */
export interface Door {
  readonly secrets: Secrets
  readonly parties: KnownParties
  /** The centre's own id in its certificate. */
  readonly ownId: string
}

export interface Asking {
  readonly client: string
  readonly now: number
  /** Keyed hash of method, path and body; of a request under a key. */
  readonly bodyHash: () => string
}

interface Payer {
  readonly phoneNumber?: string
  readonly subscriber?: Subscriber
}

function subscriberOf({ phoneNumber, subscriber }: Payer): Subscriber | undefined {
  if (phoneNumber !== undefined && subscriber !== undefined) {
    throw new DoorRefusal('UNNECESSARY_IDENTIFIER', 'Send either phoneNumber or subscriber, not both.')
  }
  return phoneNumber === undefined ? subscriber : { realm: 'e164', key: phoneNumber }
}

function payingSubscriber(payer: Payer): Subscriber {
  const subscriber = subscriberOf(payer)
  if (subscriber) return subscriber
  throw new DoorRefusal('MISSING_IDENTIFIER', 'Say who pays: send phoneNumber, or subscriber for an alias.')
}

function subscriberHashOf(payer: Payer, { secrets }: Door): string {
  return secrets.subscriberHash(payingSubscriber(payer))
}

/** For requests on a payment, where the buyer may be left out. */
function statedSubscriber(payer: Payer, { secrets }: Door): { subscriberHash?: string } {
  const subscriber = subscriberOf(payer)
  return subscriber ? { subscriberHash: secrets.subscriberHash(subscriber) } : {}
}

function wholeMoney(amount: Parameters<typeof moneyOf>[0]): Money {
  const money = moneyOf(amount)
  if (money && money.amountMinor > 0) return money
  throw new DoorRefusal(
    'INVALID_ARGUMENT',
    `amount: ${amount.amount} cannot be paid in ${amount.currency}. Use its own number of decimals.`,
  )
}

function withoutSink(sink: string | undefined): void {
  if (sink === undefined) return
  throw new DoorRefusal(
    'INVALID_SINK',
    'This centre sends no notifications. Leave sink out and ask for the payment.',
  )
}

function keyed({ clientCorrelator }: { clientCorrelator: string }, { client, bodyHash }: Asking): Keyed {
  return { client, bodyHash: bodyHash(), key: clientCorrelator }
}

export function chargeFrom(
  body: PaymentRequest,
  charge: 'debit' | 'hold',
  asking: Asking,
  door: Door,
): Charge {
  withoutSink(body.sink)
  const { amountTransaction: transaction, priceSlip, consent } = body
  const { chargingInformation, chargingMetaData } = transaction.paymentAmount
  const merchant = chargingMetaData?.merchantIdentifier
  const subscriber = payingSubscriber(transaction)
  return {
    kind: 'charge',
    charge,
    ...keyed(transaction, asking),
    referenceCode: transaction.referenceCode,
    subscriber,
    subscriberHash: door.secrets.subscriberHash(subscriber),
    money: wholeMoney(chargingInformation),
    description: chargingInformation.description,
    ...(merchant === undefined ? {} : { merchant }),
    consent,
    slip: check(slipKind, priceSlip, door.parties, asking.now),
  }
}

export function voucherFrom(body: VoucherRequest, asking: Asking): Command {
  const { referenceCode, seller, automatonId, service, sellerShareBps, livesMs } = body
  return {
    kind: 'voucher',
    ...keyed(body, asking),
    money: wholeMoney(body),
    ...{ referenceCode, seller, automatonId, service, sellerShareBps, livesMs },
  }
}

type RefundBody = z.infer<typeof refundRequestSchema>

export function refundFrom(body: RefundBody, paymentId: string, asking: Asking, door: Door): RefundCommand {
  withoutSink(body.sink)
  const transaction = body.amountTransaction
  const charging =
    body.type === 'partial' ? body.amountTransaction.refundAmount.chargingInformation : undefined
  return {
    kind: 'refund',
    ...keyed(transaction, asking),
    paymentId,
    type: body.type,
    referenceCode: transaction.referenceCode,
    ...(charging ? { money: wholeMoney(charging), description: charging.description } : {}),
    because: body.because ?? 'failed',
    ...(body.reason === undefined ? {} : { reason: body.reason }),
    ...statedEvidence(body.evidence, asking, door),
  }
}

export function confirmFrom(
  body: z.infer<typeof confirmRequestSchema>,
  paymentId: string,
  asking: Asking,
  door: Door,
): Command {
  const { client, now } = asking
  const evidence = body.outcome === undefined ? {} : { evidence: outcomeFrom(body.outcome, now, door) }
  return { kind: 'confirm', client, paymentId, ...statedSubscriber(body, door), ...evidence }
}

export function cancelFrom(
  body: z.infer<typeof cancelRequestSchema>,
  paymentId: string,
  asking: Asking,
  door: Door,
): Command {
  return {
    kind: 'cancel',
    client: asking.client,
    paymentId,
    ...statedSubscriber(body, door),
    ...(body.because === undefined ? {} : { because: body.because }),
    ...statedEvidence(body.evidence, asking, door),
  }
}

export function outcomeFrom(token: string, now: number, { parties }: Door): Evidence {
  return { kind: 'outcome', checked: check(outcomeKind, token, parties, now) }
}

/** An outcome or a withdrawal: which of them, its own type says. */
function statedEvidence(token: string | undefined, { now }: Asking, door: Door): { evidence?: Evidence } {
  if (token === undefined) return {}
  const withdrawal = check(withdrawalKind, token, door.parties, now)
  const evidence: Evidence = withdrawal.ok
    ? { kind: 'withdrawal', checked: withdrawal }
    : outcomeFrom(token, now, door)
  return { evidence }
}

export function eligibilityFrom(
  body: z.infer<typeof eligibilityRequestSchema>,
  { client }: Asking,
  door: Door,
): Command {
  const subscriberHash = subscriberHashOf(body, door)
  const { seller, proof } = body
  const asked = { client, subscriberHash, seller, money: wholeMoney(body), ...(proof && { proof }) }
  return { kind: 'eligibility', ...asked }
}

/** Stretched here: the books never see a PIN. */
export async function pinFrom(body: z.infer<typeof pinRequestSchema>, door: Door): Promise<Command> {
  const { secrets } = door
  const subscriberHash = subscriberHashOf(body, door)
  const salt = pinSalt(subscriberHash, secrets)
  const hash = await stretchedPin(body.pin, salt, secrets)
  const { currentPin } = body
  const current =
    currentPin === undefined ? {} : { currentHash: await stretchedPin(currentPin, salt, secrets) }
  return { kind: 'setPin', subscriberHash, hash, ...current, by: 'buyer' }
}

/** Only our own word counts, not that of another centre below the same root. */
export function repostFrom(
  body: z.infer<typeof acknowledgementRequestSchema>,
  { client, now }: Asking,
  door: Door,
): Repost {
  const checked = check(acknowledgementKind, body.acknowledgement, door.parties, now)
  const isOurs = !checked.ok || checked.by.id === door.ownId
  return {
    kind: 'repost',
    client,
    key: body.clientCorrelator,
    referenceCode: body.referenceCode,
    subscriberHash: subscriberHashOf(body, door),
    token: body.acknowledgement,
    acknowledgement: isOurs ? checked : { ok: false, refusal: 'notValid' },
  }
}
